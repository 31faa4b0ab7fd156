"""Deleted rows, purged rows, and what is remembered of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from roomreel.catalog import deletion
from roomreel.catalog.attempts import Unread
from roomreel.catalog.catalog import Catalog
from roomreel.catalog.queries.ages import Ages
from roomreel.catalog.record import RecordReport, RoomRecord, record, record_unread
from roomreel.model.composition import CompositionStatus, Outcome
from roomreel.model.table import Partition, Row, Table

NIGHT = datetime(2026, 11, 21, 1, tzinfo=UTC)
THEN = NIGHT + timedelta(hours=8)
MONTH = timedelta(days=30)
DAY = date(2026, 11, 20)
RECORDING = f"RT{1:032x}"

Rooms = Callable[..., RoomRecord]
Outcomes = Callable[..., Outcome]


@pytest.fixture
def item(room_record: Rooms) -> RoomRecord:
    return room_record()


@pytest.fixture
def made(catalog: Catalog, item: RoomRecord, outcome_of: Outcomes) -> Outcome:
    """A composition of the room, recorded; another room and composition lie beside them."""
    outcome = outcome_of(item)
    write_down(catalog, item, outcome)
    return outcome


def write_down(
    catalog: Catalog, item: RoomRecord, *outcomes: Outcome, after: timedelta = timedelta()
) -> RecordReport:
    return record(catalog, [item], outcomes, None, NIGHT + after)


def purge(catalog: Catalog, now: datetime) -> int:
    due = deletion.due_for_purge(catalog, now - MONTH)
    for partition, rows in due.items():
        deletion.purge(catalog, partition, rows, now - MONTH, now)
    return sum(map(len, due.values()))


def holding(root: Path, text: str) -> Iterator[Path]:
    return (
        path for path in root.rglob("*") if path.is_file() and text.encode() in path.read_bytes()
    )


def found(catalog: Catalog, sid: str) -> Row:
    row = catalog.lookup(sid)
    assert row is not None
    return row


def test_a_deleted_row_says_so_and_keeps_the_rest(catalog: Catalog, made: Outcome) -> None:
    before = found(catalog, made.sid)
    rows = deletion.delete(catalog, Table.COMPOSITIONS, [made.sid, "CJ-unknown"], THEN)
    assert [row["sid"] for row in rows] == [made.sid]
    changed = {"status": "deleted", "date_deleted": THEN, "updated_at": THEN, "rev": 2}
    assert found(catalog, made.sid) == before | changed


def test_deleting_again_changes_nothing(catalog: Catalog, made: Outcome) -> None:
    deletion.delete(catalog, Table.COMPOSITIONS, [made.sid], THEN)
    before = found(catalog, made.sid)
    rows = deletion.delete(catalog, Table.COMPOSITIONS, [made.sid], THEN + MONTH)
    assert rows == [before]
    assert found(catalog, made.sid) == before


def test_it_is_deleted_though_the_clock_jumped_back(catalog: Catalog, made: Outcome) -> None:
    deletion.delete(catalog, Table.COMPOSITIONS, [made.sid], NIGHT - MONTH)
    assert found(catalog, made.sid)["status"] == "deleted"


@pytest.mark.parametrize("after", [timedelta(0), timedelta(days=29), MONTH - timedelta(seconds=1)])
def test_nothing_is_purged_before_its_time(
    catalog: Catalog, made: Outcome, after: timedelta
) -> None:
    deletion.delete(catalog, Table.COMPOSITIONS, [made.sid], THEN)
    assert purge(catalog, THEN + after) == 0
    assert found(catalog, made.sid)["status"] == "deleted"


def test_of_what_was_purged_no_byte_is_left(
    catalog: Catalog, made: Outcome, outcome_of: Outcomes, room_record: Rooms, tmp_path: Path
) -> None:
    other = outcome_of(room_record(2))
    write_down(catalog, room_record(2), other)
    for table, sid in ((Table.COMPOSITIONS, made.sid), (Table.RECORDINGS, RECORDING)):
        deletion.delete(catalog, table, [sid], THEN)
    assert list(holding(tmp_path, made.sid))
    assert purge(catalog, THEN + MONTH) == 2
    assert catalog.lookup(made.sid) is None
    # The other composition is of the same date and still whole; nothing tells of ours.
    assert found(catalog, other.sid)["status"] == "completed"
    assert list(holding(tmp_path, made.sid)) == []
    assert list(holding(tmp_path, RECORDING)) == []
    assert purge(catalog, THEN + 2 * MONTH) == 0


def test_who_keeps_a_copy_hears_of_a_purge_by_a_digest(catalog: Catalog, made: Outcome) -> None:
    deletion.delete(catalog, Table.COMPOSITIONS, [made.sid], THEN)
    due = deletion.due_for_purge(catalog, THEN)
    for _ in range(2):  # as after a kill
        for partition, rows in due.items():
            deletion.purge(catalog, partition, rows, THEN, THEN + MONTH)
    (row,) = catalog.rows(Table.ATTEMPTS)
    assert (row["status"], row["time"], row["rev"]) == ("purged", THEN + MONTH, 1)
    assert row["purged_sha256"] == hashlib.sha256(made.sid.encode()).hexdigest()
    assert {row[name] for name in ("composition_sid", "room_sid", "room_name")} == {None}


def test_attempts_of_documents_forget_a_recording_that_was_purged(
    catalog: Catalog, made: Outcome, tmp_path: Path
) -> None:
    telling = Unread("a.json", "document-invalid", f"{RECORDING} is there twice")
    named = Unread(f"{RECORDING}.json", "document-invalid", "not JSON")
    for number, broken in enumerate((telling, named)):
        record_unread(catalog, [broken], None, THEN + timedelta(days=3 * number))
    deletion.delete(catalog, Table.RECORDINGS, [RECORDING], THEN)
    purge(catalog, THEN + MONTH)
    assert list(holding(tmp_path, RECORDING)) == []
    rows = [row for row in catalog.rows(Table.ATTEMPTS) if row["document"]]
    assert [(row["document"], row["message"]) for row in rows] == [
        (f"{deletion.FORGOTTEN}.json", "not JSON"),
        ("a.json", f"{deletion.FORGOTTEN} is there twice"),
    ]


def test_compositions_forget_a_recording_that_was_purged(
    catalog: Catalog, item: RoomRecord, made: Outcome, tmp_path: Path
) -> None:
    text = f"the largest: {RECORDING}"
    failed = {"status": "failed", "failure_message": text, "attempts": 2, "updated_at": THEN}
    other = found(catalog, made.sid) | {"sid": made.sid[:-1] + "f", **failed}
    catalog.commit(Partition(Table.COMPOSITIONS, DAY), [other])
    before = catalog.rows(Table.COMPOSITIONS)
    deletion.delete(catalog, Table.RECORDINGS, [RECORDING], THEN)
    purge(catalog, THEN + MONTH)
    assert list(holding(tmp_path, RECORDING)) == []
    # Who keeps a copy by `rev` is to copy it again.
    told = repr([row | {"rev": row["rev"] + 1} for row in before])
    told = told.replace(RECORDING, deletion.FORGOTTEN)
    assert repr(catalog.rows(Table.COMPOSITIONS)) == told
    assert deletion.FORGOTTEN in told
    purge(catalog, THEN + MONTH)
    assert repr(catalog.rows(Table.COMPOSITIONS)) == told


def test_what_will_go_says_from_when_on(catalog: Catalog, made: Outcome) -> None:
    assert made.date_completed is not None
    deletion.delete(catalog, Table.RECORDINGS, [RECORDING], THEN)
    told = "select kind, delete_on, purge_on from retention order by kind"
    found = [tuple(row.values()) for row in catalog.sql(told, ages=Ages(90, 30)).to_pylist()]
    assert found == [
        ("compositions", made.date_completed + timedelta(days=90), None),
        ("recordings", None, THEN + MONTH),
    ]
    # As the flow of that name does.
    assert deletion.due_for_purge(catalog, THEN)
    unset = catalog.sql(told, ages=Ages(None, 0)).to_pylist()
    assert [row["delete_on"] for row in unset] == [None, None]
    assert unset[1]["purge_on"] == THEN


def test_what_was_deleted_has_its_size_and_is_not_live(catalog: Catalog, made: Outcome) -> None:
    live = "select sid, size_bytes from live_compositions"
    assert catalog.sql(live).to_pylist() == [{"sid": made.sid, "size_bytes": made.size_bytes}]
    assert made.size_bytes
    deletion.delete(catalog, Table.COMPOSITIONS, [made.sid], THEN)
    assert catalog.sql(live).to_pylist() == []
    kept = catalog.sql("select status, size_bytes from compositions").to_pylist()
    assert kept == [{"status": "deleted", "size_bytes": made.size_bytes}]


def test_an_emptied_date_is_a_file_without_rows(
    catalog: Catalog, made: Outcome, tmp_path: Path
) -> None:
    deletion.delete(catalog, Table.COMPOSITIONS, [made.sid], THEN)
    purge(catalog, THEN + MONTH)
    assert (tmp_path / "catalog/compositions/date=2026-11-20/part.parquet").is_file()
    assert catalog.read(Table.COMPOSITIONS).num_rows == 0
    assert catalog.sql("select count(*) as n from compositions").to_pylist() == [{"n": 0}]


def test_the_next_night_brings_nothing_back(
    catalog: Catalog, item: RoomRecord, made: Outcome
) -> None:
    for table, sid in ((Table.COMPOSITIONS, made.sid), (Table.RECORDINGS, RECORDING)):
        deletion.delete(catalog, table, [sid], THEN)
    purge(catalog, THEN + MONTH)
    for nights in range(2):
        write_down(catalog, item, after=2 * MONTH + timedelta(days=nights))
    assert catalog.read(Table.RECORDINGS).num_rows == 0
    room = found(catalog, item.manifest.room.sid)
    assert room["templates_done"] == [made.template_sha256]


def test_a_failed_composition_that_was_purged_is_not_made_again(
    catalog: Catalog, item: RoomRecord, outcome_of: Outcomes
) -> None:
    failed = outcome_of(item, status=CompositionStatus.FAILED, files=None)
    write_down(catalog, item, failed)
    assert found(catalog, item.manifest.room.sid)["templates_done"] == []
    deletion.delete(catalog, Table.COMPOSITIONS, [failed.sid], THEN)
    purge(catalog, THEN + MONTH)
    assert found(catalog, item.manifest.room.sid)["templates_done"] == [failed.template_sha256]


def test_an_ad_hoc_composition_leaves_the_nights_to_be_made(
    catalog: Catalog, item: RoomRecord, outcome_of: Outcomes
) -> None:
    ad_hoc = outcome_of(item, sid=outcome_of(item).sid[:14] + "0" * 20)
    write_down(catalog, item, ad_hoc)
    deletion.delete(catalog, Table.COMPOSITIONS, [ad_hoc.sid], THEN)
    assert purge(catalog, THEN + MONTH) == 1
    assert found(catalog, item.manifest.room.sid)["templates_done"] == []


def test_a_row_deleted_at_no_known_time_stays(catalog: Catalog) -> None:
    told_by_a_manifest = {"sid": RECORDING, "status": "deleted", "updated_at": NIGHT}
    catalog.commit(Partition(Table.RECORDINGS, DAY), [told_by_a_manifest])
    assert purge(catalog, NIGHT + 99 * MONTH) == 0
    assert catalog.lookup(RECORDING) is not None


def test_an_outcome_that_waits_in_the_journal_outlives_a_purge(
    catalog: Catalog, made: Outcome, outcome_of: Outcomes, room_record: Rooms
) -> None:
    from roomreel.catalog.files import journal
    from roomreel.catalog.schema.tables import normalised

    deletion.delete(catalog, Table.COMPOSITIONS, [made.sid], THEN)
    late = {"sid": outcome_of(room_record(2)).sid, "status": "completed", "updated_at": THEN}
    partition = Partition(Table.COMPOSITIONS, DAY)
    entry = journal.encode(partition, normalised(Table.COMPOSITIONS, [late]))
    catalog.store._backend.append(partition, journal.new_entry_id(), entry)
    assert purge(catalog, THEN + MONTH) == 1
    assert [row["sid"] for row in catalog.rows(Table.COMPOSITIONS)] == [late["sid"]]
