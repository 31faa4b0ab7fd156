from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.record import RecordReport, RoomRecord, record
from roomreel.model.composition import CompositionStatus, Outcome, composition_sid
from roomreel.model.room import RecordingStatus, RoomStatus
from roomreel.model.table import Partition, Table

NIGHT = datetime(2026, 11, 21, 1, tzinfo=UTC)
DAY = date(2026, 11, 20)

Rooms = Callable[..., RoomRecord]
Outcomes = Callable[..., Outcome]


def night(
    catalog: Catalog, rooms: list[RoomRecord], outcomes: list[Outcome], after_h: int = 0
) -> RecordReport:
    return record(catalog, rooms, outcomes, "run", NIGHT + timedelta(hours=after_h))


def revs(catalog: Catalog) -> dict[str, int]:
    return {row["sid"]: row["rev"] for table in Table for row in catalog.read(table).to_pylist()}


def test_a_night_is_written_down(
    catalog: Catalog, room_record: Rooms, outcome_of: Outcomes
) -> None:
    rooms = [room_record(1), room_record(2, datetime(2026, 11, 21, tzinfo=UTC))]
    outcomes = [outcome_of(rooms[0]), outcome_of(rooms[0], "row"), outcome_of(rooms[1])]
    report = night(catalog, rooms, outcomes)
    made = {Table.COMPOSITIONS: 3, Table.ATTEMPTS: 3, Table.TALK: 2}
    assert report.written == {Table.ROOMS: 2, Table.RECORDINGS: 2} | made
    assert (report.unchanged, report.skipped, report.superseded, report.problems) == (0, (), (), ())
    for table in Table:
        assert catalog.reader.days(table) == [DAY, date(2026, 11, 21)]
    room = catalog.lookup(rooms[0].manifest.room.sid)
    assert room is not None
    assert room["templates_done"] == sorted(outcome.template_sha256 for outcome in outcomes[:2])
    recording = catalog.lookup(f"RT{1:032x}")
    assert recording is not None
    assert (recording["frame_count"], recording["gap_ms"]) == (900, None)
    assert [warning["code"] for warning in recording["warnings"]] == ["timestamp-gap"]


def test_the_same_again_changes_nothing(
    catalog: Catalog, room_record: Rooms, outcome_of: Outcomes, tmp_path: Path
) -> None:
    rooms, outcomes = [room_record()], [outcome_of(room_record())]
    night(catalog, rooms, outcomes)
    files = {path: path.stat().st_ino for path in tmp_path.rglob("*.parquet")}
    assert len(files) == len(Table)
    for again in (outcomes, []):
        report = night(catalog, rooms, again, after_h=24)
        assert (sum(report.written.values()), report.unchanged) == (0, 3 + 2 * len(again))
        assert report.superseded == ()
    assert {path: path.stat().st_ino for path in tmp_path.rglob("*.parquet")} == files


def test_a_change_is_written(catalog: Catalog, room_record: Rooms) -> None:
    night(catalog, [room_record()], [])
    report = night(catalog, [room_record(unique_name="renamed")], [], after_h=24)
    assert report.written[Table.ROOMS] == 1
    room = catalog.lookup(f"RM{1:032x}")
    assert room is not None
    assert (room["unique_name"], room["rev"]) == ("renamed", 2)
    assert room["updated_at"] == NIGHT + timedelta(hours=24)


def test_a_change_is_written_though_the_clock_jumped_back(
    catalog: Catalog, room_record: Rooms
) -> None:
    night(catalog, [room_record()], [])
    night(catalog, [room_record(unique_name="renamed")], [], after_h=-5)
    room = catalog.lookup(f"RM{1:032x}")
    assert room is not None
    assert room["unique_name"] == "renamed"


def test_templates_done_gather_over_nights(
    catalog: Catalog, room_record: Rooms, outcome_of: Outcomes
) -> None:
    item = room_record()
    made = [outcome_of(item, "grid"), outcome_of(item, "row")]
    failed = outcome_of(item, "mosaic", status=CompositionStatus.FAILED)
    for outcomes in ([made[0]], [made[1], failed], []):
        night(catalog, [item], outcomes)
    room = catalog.lookup(item.manifest.room.sid)
    assert room is not None
    assert room["templates_done"] == sorted(outcome.template_sha256 for outcome in made)


def test_the_first_end_time_stays(
    catalog: Catalog, room_record: Rooms, outcome_of: Outcomes
) -> None:
    first = room_record()
    night(catalog, [first], [])
    moved = room_record(end=datetime(2026, 12, 24, tzinfo=UTC), unique_name="renamed")
    night(catalog, [moved], [])
    for table in (Table.ROOMS, Table.RECORDINGS):
        assert catalog.reader.days(table) == [DAY]
    room = catalog.lookup(first.manifest.room.sid)
    assert room is not None
    assert (room["end_time"], room["unique_name"]) == (first.manifest.room.end_time, "renamed")


def test_the_first_end_time_stays_though_it_waits_in_the_journal(
    catalog: Catalog, room_record: Rooms, tmp_path: Path
) -> None:
    # A run was killed between journal and partition.
    from roomreel.catalog.backends.local import LocalBackend
    from roomreel.catalog.files import journal
    from roomreel.catalog.rows import Stamp, room_row

    item = room_record()
    end = item.manifest.room.end_time
    assert end is not None
    partition = Partition(Table.ROOMS, DAY)
    row = room_row(item.manifest, {}, [], end, Stamp(NIGHT))
    backend = LocalBackend(tmp_path / "catalog", tmp_path / "journal")
    backend.append(partition, journal.new_entry_id(), journal.encode(partition, [row]))
    night(catalog, [room_record(end=datetime(2026, 12, 24, tzinfo=UTC))], [])
    assert catalog.reader.days(Table.ROOMS) == [DAY]


@pytest.mark.parametrize(
    ("end", "status"), [(None, RoomStatus.COMPLETED), (NIGHT, RoomStatus.IN_PROGRESS)]
)
def test_a_room_that_is_not_over_has_no_rows_yet(
    catalog: Catalog, room_record: Rooms, end: datetime | None, status: RoomStatus
) -> None:
    item = room_record(end=end)
    room = replace(item.manifest.room, status=status)
    item = replace(item, manifest=replace(item.manifest, room=room))
    report = night(catalog, [item], [])
    assert report.skipped == (room.sid,)
    assert revs(catalog) == {}


def test_a_recording_that_is_still_processed_has_no_row_yet(
    catalog: Catalog, room_record: Rooms
) -> None:
    night(catalog, [room_record(status=RecordingStatus.PROCESSING)], [])
    assert list(revs(catalog)) == [f"RM{1:032x}"]


def test_an_outcome_deleted_meanwhile_is_lost_and_its_files_are_to_go(
    catalog: Catalog, room_record: Rooms, outcome_of: Outcomes
) -> None:
    item = room_record()
    outcome = outcome_of(item)
    deleted = {"sid": outcome.sid, "status": "deleted", "updated_at": NIGHT, "attempts": 1}
    catalog.commit(Partition(Table.COMPOSITIONS, DAY), [deleted])
    report = night(catalog, [item], [replace(outcome, attempts=2), outcome_of(item, "row")])
    assert [lost.sid for lost in report.superseded] == [outcome.sid]
    assert report.discard == (outcome.files,)
    row = catalog.lookup(outcome.sid)
    assert row is not None
    assert row["status"] == "deleted"


def test_files_that_a_newer_outcome_tells_of_are_not_to_go(
    catalog: Catalog, room_record: Rooms, outcome_of: Outcomes
) -> None:
    item = room_record()
    night(catalog, [item], [outcome_of(item, attempts=3)])
    report = night(catalog, [item], [outcome_of(item, attempts=2)])
    assert len(report.superseded) == 1
    assert report.discard == ()


@pytest.mark.parametrize("lost_is_external", [True, False])
def test_what_lies_beside_a_medium_that_went_elsewhere_meanwhile_stays(
    catalog: Catalog, room_record: Rooms, outcome_of: Outcomes, *, lost_is_external: bool
) -> None:
    item = room_record()
    inside = outcome_of(item)
    assert inside.files is not None
    name = inside.files.media.rpartition("/")[2]
    files = replace(inside.files, media=f"s3://b/{name}", external_location=f"https://b/{name}")
    outside = replace(inside, files=files)
    lost, stands = (outside, inside) if lost_is_external else (inside, outside)
    night(catalog, [item], [replace(stands, attempts=3)])
    report = night(catalog, [item], [replace(lost, attempts=2)])
    assert len(report.superseded) == 1
    assert report.discard == ()
    row = catalog.lookup(inside.sid)
    assert row is not None
    assert stands.files is not None
    assert row["media_external_location"] == stands.files.external_location


def test_a_deleted_recording_is_not_changed_by_ingest(catalog: Catalog, room_record: Rooms) -> None:
    deleted = {"sid": f"RT{1:032x}", "status": "deleted", "updated_at": NIGHT}
    catalog.commit(Partition(Table.RECORDINGS, DAY), [deleted])
    report = night(catalog, [room_record()], [], after_h=24)
    assert report.written[Table.RECORDINGS] == 0
    row = catalog.lookup(f"RT{1:032x}")
    assert row is not None
    assert (row["status"], row["rev"]) == ("deleted", 1)


def test_evidence_outlives_a_night_that_did_not_look(
    catalog: Catalog, room_record: Rooms, outcome_of: Outcomes
) -> None:
    item = room_record()
    night(catalog, [item], [outcome_of(item)])
    before = catalog.lookup(f"RT{1:032x}")
    night(catalog, [replace(item, probe_results={})], [], after_h=24)
    assert catalog.lookup(f"RT{1:032x}") == before


def test_one_broken_date_stops_no_other(
    catalog: Catalog, room_record: Rooms, outcome_of: Outcomes, tmp_path: Path
) -> None:
    broken = tmp_path / "catalog" / "compositions" / "date=2026-11-20" / "part.parquet"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"not ours")
    rooms = [room_record(1), room_record(2, datetime(2026, 11, 21, tzinfo=UTC))]
    report = night(catalog, rooms, [outcome_of(item) for item in rooms])
    assert [problem.code for problem in report.problems] == ["catalog-invalid"]
    made = {Table.COMPOSITIONS: 1, Table.ATTEMPTS: 2, Table.TALK: 2}
    assert report.written == {Table.ROOMS: 2, Table.RECORDINGS: 2} | made
    broken.unlink()
    assert catalog.recover().entries == 1
    assert catalog.lookup(outcome_of(rooms[0]).sid) is not None


def test_a_broken_rooms_table_does_not_keep_outcomes_from_being_recorded(
    catalog: Catalog, room_record: Rooms, outcome_of: Outcomes, tmp_path: Path
) -> None:
    broken = tmp_path / "catalog" / "rooms" / "date=2026-11-25" / "part.parquet"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"not ours")
    item = room_record()
    report = night(catalog, [item], [outcome_of(item)])
    assert report.written == {Table.COMPOSITIONS: 1, Table.ATTEMPTS: 1}
    assert "date=2026-11-25" in str(report.problems[0])


def test_an_ad_hoc_composition_leaves_the_nights_to_be_made(
    catalog: Catalog, room_record: Rooms, outcome_of: Outcomes
) -> None:
    item = room_record()
    outcome = outcome_of(item, sid=outcome_of(item).sid[:14] + "0" * 20)
    night(catalog, [item], [outcome])
    room = catalog.lookup(item.manifest.room.sid)
    assert room is not None
    assert room["templates_done"] == []
    assert catalog.lookup(outcome.sid) is not None
    end = item.manifest.room.end_time
    assert end is not None
    assert composition_sid(room["sid"], end, "grid", outcome.template_sha256) != outcome.sid
