"""Compositions that were asked for are of another day than their room: all goes by their sid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from roomreel.catalog import deletion
from roomreel.catalog.queries.listing import Filters
from roomreel.catalog.record import record
from roomreel.maintenance.check import check
from roomreel.maintenance.clearing import forget, gone_of
from roomreel.maintenance.moved import move
from roomreel.maintenance.places import Machine
from roomreel.maintenance.published import ORPHANED_AFTER, orphans, published_files
from roomreel.maintenance.rebuild import rebuild
from roomreel.maintenance.removal import remove_all
from roomreel.maintenance.retention import retain
from roomreel.model.composition import CompositionStatus, composition_sid
from roomreel.model.plan import PlanWarning, WarningCode
from roomreel.model.table import Partition, Table, composition_day

DAY = date(2026, 11, 20)
THEN = datetime(2026, 11, 21, 1, tzinfo=UTC)
# Before its room ended, on its day, and long after.
CREATED = [
    datetime(2026, 11, 18, 23, 59, 59, 999_000, tzinfo=UTC),
    datetime(2026, 11, 20, 9, 40, tzinfo=UTC),
    datetime(2026, 12, 31, tzinfo=UTC),
]
YEAR = timedelta(days=365)

pytestmark = pytest.mark.parametrize("created", CREATED, ids=lambda at: f"{at:%d-%b}")


def holding(root: Path, text: str) -> Iterator[Path]:
    """The files that have a text in their bytes or their names."""
    for path in root.rglob("*"):
        if text in path.name or (path.is_file() and text.encode() in path.read_bytes()):
            yield path


def of_its_room(made: Any) -> str:
    """The sid that a night gives the same composition."""
    room, outcome = made.item.manifest.room, made.outcome
    name, digest = outcome.template.friendly_name, outcome.template_sha256
    return composition_sid(room.sid, room.end_time, name, digest)


def test_rows_lie_on_the_day_of_the_sid_and_are_found_by_it(store: Any, created: datetime) -> None:
    made, catalog = store.asked_for(created), store.catalog
    assert catalog.reader.days(Table.COMPOSITIONS) == [created.date()]
    assert catalog.reader.days(Table.ATTEMPTS) == [created.date()]
    assert catalog.reader.days(Table.ROOMS) == catalog.reader.days(Table.RECORDINGS) == [DAY]
    # A file of another day is not even opened.
    for table in (Table.COMPOSITIONS, Table.ATTEMPTS):
        other = store.settings.catalog_root / Partition(table, date(2026, 1, 1)).subfolder
        other.mkdir()
        (other / "part.parquet").write_bytes(b"not ours")
    sid = made.outcome.sid
    assert store.row(sid)["room_sid"] == made.item.manifest.room.sid
    assert catalog.find(Table.COMPOSITIONS, [sid, "CJ1", "no sid"]).keys() == {sid}
    assert [row["sid"] for row in deletion.delete(catalog, Table.COMPOSITIONS, [sid], THEN)] == [
        sid
    ]


def test_since_and_until_are_about_its_creation(store: Any, created: datetime) -> None:
    sid, ms = store.asked_for(created).outcome.sid, timedelta(milliseconds=1)

    def listed(**filters: Any) -> list[str]:
        return [row["sid"] for row in store.catalog.rows(Table.COMPOSITIONS, Filters(**filters))]

    assert listed(since=created, until=created + ms) == [sid]
    assert listed(until=created) == listed(since=created + ms) == []
    ended = datetime(2026, 11, 20, tzinfo=UTC)
    rooms = store.catalog.rows(Table.ROOMS, Filters(since=ended, until=ended + timedelta(days=1)))
    assert len(rooms) == 1


def test_what_checks_rebuilds_and_moves_goes_by_the_sid(
    store: Any, created: datetime, tmp_path: Path
) -> None:
    made, catalog = store.asked_for(created), store.catalog
    row = store.row(made.outcome.sid)
    size = made.files[0].stat().st_size
    stored = {"size_bytes": size, "media_sha256": None, "updated_at": THEN + YEAR}
    partition = Partition(Table.COMPOSITIONS, created.date())
    elsewhere = {"media_url": str(tmp_path / "old" / made.files[0].name)}
    catalog.commit(partition, [row | stored | elsewhere])
    assert {file.day for file in published_files(store.settings.compositions_root)} == {
        created.date()
    }
    assert len(check(catalog, store.settings, THEN)) == 2  # it is not there, and elsewhere
    assert move(catalog, store.settings, THEN).rows == 1
    assert check(catalog, store.settings, THEN) == []

    (store.settings.catalog_root / partition.subfolder / "part.parquet").unlink()
    assert rebuild(catalog, store.settings, THEN).rows == 1
    assert check(catalog, store.settings, THEN) == []
    assert store.row(made.outcome.sid)["media_url"] == str(made.files[0])


def test_its_files_are_orphans_without_a_row_on_its_day(store: Any, created: datetime) -> None:
    made, catalog = store.asked_for(created), store.catalog
    later = datetime.now(UTC) + ORPHANED_AFTER + timedelta(hours=1)

    def found() -> set[Path]:
        files = published_files(store.settings.compositions_root)
        return {file.place for file in orphans(catalog, files, later)}

    assert found() == set()
    everything = lambda table: table.slice(0, 0)  # noqa: E731
    catalog.store.rewrite(
        Partition(Table.COMPOSITIONS, composition_day(made.outcome.sid)), everything
    )
    assert found() == set(made.files)


@pytest.mark.parametrize("status", [CompositionStatus.COMPLETED, CompositionStatus.FAILED])
def test_of_a_deleted_one_nothing_is_left_and_its_room_knows_of_none(
    store: Any, created: datetime, status: CompositionStatus
) -> None:
    made = store.asked_for(created, status=status)
    other = store.room(2)
    sid = made.outcome.sid
    assert {path.parent.name for path in holding(store.settings.compositions_root, sid)} == {
        f"date={created.date()}"
    }
    remove_all(store.catalog, Table.COMPOSITIONS, [sid], store.settings, THEN)
    assert list(holding(store.settings.compositions_root, sid)) == []
    assert retain(store.settings, THEN + YEAR).problems == ()
    assert list(holding(store.root, sid)) == []
    assert store.row(made.item.manifest.room.sid)["templates_done"] == []
    assert store.row(other.outcome.sid)["status"] == "completed"


def test_a_nights_own_of_a_day_that_is_not_its_rooms_is_remembered(
    store: Any, created: datetime, room_record: Callable[..., Any], outcome_of: Callable[..., Any]
) -> None:
    """An end within the last half of a millisecond of a day: its sid says the next one."""
    midnight = datetime(created.year, created.month, created.day, tzinfo=UTC)
    item = room_record(3, midnight - timedelta(microseconds=300))
    failed = outcome_of(item, status=CompositionStatus.FAILED, files=None)
    assert composition_day(failed.sid) == midnight.date()
    record(store.catalog, [item], [failed], None, THEN)
    assert store.catalog.reader.days(Table.ROOMS) == [midnight.date() - timedelta(days=1)]
    deletion.delete(store.catalog, Table.COMPOSITIONS, [failed.sid], THEN)
    assert retain(store.settings, THEN + YEAR).problems == ()
    assert list(holding(store.root, failed.sid)) == []
    assert store.row(item.manifest.room.sid)["templates_done"] == [failed.template_sha256]


def test_a_purged_recording_is_named_nowhere(store: Any, created: datetime) -> None:
    made = store.asked_for(created)
    recording, catalog = made.recording, store.catalog
    # An attempt that a kill left without its composition, on a day that has nothing else.
    alone = replace(
        made.outcome,
        sid=f"CJ{0x19AAAAAAAAA:012x}{7:020x}",
        status=CompositionStatus.FAILED,
        failure_message=f"{recording} cannot be read",
        warnings=(PlanWarning(WarningCode.MEDIA_EMPTY, recording, "empty"),),
        files=None,
    )
    record(catalog, [], [alone], None, THEN)
    day = composition_day(alone.sid)
    (
        store.settings.catalog_root / Partition(Table.COMPOSITIONS, day).subfolder / "part.parquet"
    ).unlink()
    other = store.room(2)

    deletion.delete(catalog, Table.RECORDINGS, [recording], THEN)
    made.camera.unlink()
    assert retain(store.settings, THEN + YEAR).problems == ()
    assert list(holding(store.settings.catalog_root, recording)) == []
    assert list(holding(store.settings.journal_root, recording)) == []
    (use,) = store.row(made.outcome.sid)["recordings"]
    assert use["recording_sid"] == deletion.FORGOTTEN
    (use,) = store.row(other.outcome.sid)["recordings"]
    assert use["recording_sid"] == other.recording
    assert catalog.reader.days(Table.ATTEMPTS) == sorted({created.date(), day, DAY})


def test_what_is_half_made_of_it_goes_with_it_and_with_its_recordings(
    store: Any, created: datetime
) -> None:
    made, machine = store.asked_for(created), Machine.of(store.settings)
    for table, sid in ((Table.COMPOSITIONS, made.outcome.sid), (Table.RECORDINGS, made.recording)):
        folders = [store.settings.parts_root / name for name in (of_its_room(made), f"CJ{1:032x}")]
        for folder in folders:
            (folder / "part").mkdir(parents=True, exist_ok=True)
        removal = remove_all(store.catalog, table, [sid], store.settings, THEN)
        forget(machine, gone_of(store.catalog, table, removal.rows))
        assert [folder.exists() for folder in folders] == [False, True]
