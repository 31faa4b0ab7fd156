"""What a machine has of deleted rows goes: by the verb that deletes, and by every next run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import damage
import pytest

from roomreel.errors import StorageFailed
from roomreel.maintenance import clearing
from roomreel.maintenance.clearing import PICTURES, forget, forget_deleted, gone_of, sweep
from roomreel.maintenance.places import DAY_S, PLACES, Gone, Machine
from roomreel.maintenance.removal import remove_all
from roomreel.maintenance.retention import retain
from roomreel.model.table import Table
from roomreel.settings import Settings
from roomreel.storage.cache import key_of

THEN = datetime(2026, 11, 22, tzinfo=UTC)


def machine(store: Any, name: str = "here") -> Machine:
    """A machine of that name: it shares the store, and has its own disk."""
    disk = store.root / name
    settings = store.settings.model_copy(update={"scratch": disk / "scratch"})

    class OnDisk(Settings):
        @property
        def indexes_root(self) -> Path:
            return disk / "indexes"

    return Machine(OnDisk(**settings.model_dump()), disk / "results")


def fill(on: Machine, made: Any) -> dict[str, Path]:
    """Make what a machine has of a room and its composition, by the name of the place."""
    sid, key = made.outcome.sid, key_of(str(made.camera))
    scratch = on.settings.scratch_root
    files = {
        "copies of recordings": scratch / "roomreel-sources" / f"{key}-{'0' * 32}.media",
        "packet indexes": on.settings.indexes_root / key[:2] / f"{key[2:]}-{'0' * 32}.npz",
        "parts of compositions": on.settings.parts_root / sid / "digest" / "part.mp4",
        "results of mixes": on.results / f"mix-{sid}-{'0' * 64}",
        "catalogs set aside": scratch / "set-aside" / f"{sid}.parquet",
        "scratch folders": scratch / f"roomreel-attempt-{sid[-16:]}" / "half.mp4",
    }
    for path in files.values():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"of " + sid.encode())
    return files


def left(files: dict[str, Path]) -> set[str]:
    return {name for name, path in files.items() if path.exists()}


def delete(store: Any, table: Table, *sids: str, when: datetime = THEN) -> Gone:
    removal = remove_all(store.catalog, table, sids, store.settings, when)
    return gone_of(store.catalog, table, removal.rows)


OF_COMPOSITION = {"parts of compositions", "results of mixes"}
OF_RECORDING = {"copies of recordings", "packet indexes", "parts of compositions"}
BY_AGE_ALONE = {"catalogs set aside"}


def test_every_place_is_tried_here(store: Any) -> None:
    files = fill(machine(store), store.room())
    assert files.keys() == {place.name for place in PLACES}
    for place in PLACES:
        assert files[place.name].is_relative_to(place.where(machine(store)))
        assert list(place.holds(place.where(machine(store)))), place.name


@pytest.mark.parametrize(
    ("table", "gone"), [(Table.COMPOSITIONS, OF_COMPOSITION), (Table.RECORDINGS, OF_RECORDING)]
)
def test_what_is_of_a_deleted_row_goes_and_nothing_else(
    store: Any, table: Table, gone: set[str]
) -> None:
    on, made, other = machine(store), store.room(1), store.room(2)
    files, others = fill(on, made), fill(on, replace(other, outcome=later(other.outcome)))
    sid = made.outcome.sid if table is Table.COMPOSITIONS else made.recording
    cleared = forget(on, delete(store, table, sid))
    assert left(files) == files.keys() - gone - {"scratch folders"}
    assert left(others) == others.keys() - {"scratch folders"}
    assert {name for name, count in cleared.counts.items() if count} == gone | {"scratch folders"}


def later(outcome: Any) -> Any:
    """An outcome of a room that ended a second later, so that its parts are of another room."""
    end = int(outcome.sid[2:14], 16) + 1000
    return replace(outcome, sid=f"CJ{end:012x}{outcome.sid[14:]}")


def test_each_other_machine_learns_of_it_by_its_next_run(store: Any) -> None:
    here, there = machine(store), machine(store, "there")
    made = store.room()
    files, others = fill(here, made), fill(there, made)
    forget_deleted(store.catalog, there)
    assert left(others) == others.keys()
    forget(here, delete(store, Table.COMPOSITIONS, made.outcome.sid))
    forget(here, delete(store, Table.RECORDINGS, made.recording))
    assert left(files) == BY_AGE_ALONE
    assert left(others) == others.keys()
    assert forget_deleted(store.catalog, there).count == 5
    assert left(others) == BY_AGE_ALONE


def test_what_comes_up_again_within_two_days_goes_too(store: Any) -> None:
    """It was in use when it should have gone, or made by a run that had begun before."""
    there, made = machine(store, "there"), store.room()
    delete(store, Table.COMPOSITIONS, made.outcome.sid, when=datetime.now(UTC))
    assert forget_deleted(store.catalog, there).count == 0
    files = fill(there, made)
    forget_deleted(store.catalog, there)
    assert not left(files) & OF_COMPOSITION


def test_only_what_changed_is_read(store: Any) -> None:
    there, made = machine(store, "there"), store.room()
    forget_deleted(store.catalog, there)
    for file in store.settings.catalog_root.glob("*/*/part.parquet"):
        about = file.stat()
        file.write_bytes(b"x" * about.st_size)  # whoever reads it reports it
        os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns))
    files = fill(there, made)
    assert forget_deleted(store.catalog, there).problems == ()
    assert left(files) == files.keys()
    # One that cannot be read stops no other, and is looked at again.
    for file in store.settings.catalog_root.glob("recordings/*/part.parquet"):
        os.utime(file)
    for _ in range(2):
        (problem,) = forget_deleted(store.catalog, there).problems
        assert problem.code == "catalog-invalid"


@pytest.mark.parametrize(("copied_days_ago", "is_read"), [(40, True), (1, False), (None, False)])
def test_a_machine_that_never_looked_reads_what_was_written_since_its_oldest_copy(
    store: Any, copied_days_ago: int | None, is_read: bool
) -> None:
    there, made = machine(store, "there"), store.room()
    delete(store, Table.RECORDINGS, made.recording)
    long_ago = time.time() - 20 * DAY_S
    for part in store.settings.catalog_root.glob("*/*/part.parquet"):
        part.write_bytes(b"not ours")  # reading it is a problem
        os.utime(part, (long_ago, long_ago))
    if copied_days_ago is not None:
        copied = time.time() - copied_days_ago * DAY_S
        os.utime(fill(there, made)["packet indexes"], (copied, copied))
    assert bool(forget_deleted(store.catalog, there).problems) is is_read
    # What was passed over is looked at when it changes.
    for part in store.settings.catalog_root.glob("*/*/part.parquet"):
        part.write_bytes(b"not ours, either")
    assert forget_deleted(store.catalog, there).problems


@pytest.mark.parametrize("kind", sorted(damage.DAMAGES.keys() - {"unreadable"}))
def test_a_damaged_notebook_has_all_looked_at_again(store: Any, kind: str) -> None:
    there, made = machine(store, "there"), store.room()
    delete(store, Table.RECORDINGS, made.recording)
    forget_deleted(store.catalog, there)
    (notebook,) = there.settings.scratch_root.glob("roomreel-cleared-*.json")
    damage.DAMAGES[kind](notebook)
    files = fill(there, made)
    forget_deleted(store.catalog, there)
    assert not left(files) & OF_RECORDING


def test_a_notebook_that_a_kill_left_half_written_goes(store: Any, tmp_path: Path) -> None:
    on = machine(store)
    killed = """if True:
        import os, sys
        from pathlib import Path
        from roomreel.maintenance import clearing
        os.replace = os.rename = lambda *_: os._exit(9)
        clearing._write(Path(sys.argv[1]), {})
    """
    notebook = on.settings.scratch_root / "roomreel-cleared-other.json"
    assert subprocess.run([sys.executable, "-c", killed, notebook], check=False).returncode == 9
    assert [path.suffix for path in tmp_path.rglob(".roomreel-*")] == [".part"]
    store.room()
    forget_deleted(store.catalog, on)
    assert list(tmp_path.rglob(".roomreel-*")) == []


def test_what_is_purged_at_once_is_gone_from_the_machine_that_purges(store: Any) -> None:
    here, made = machine(store), store.room()
    files = fill(here, made)
    settings = here.settings.model_copy(update={"retention_days": 0, "delete_after_days": 1})
    now = datetime.now(UTC) + timedelta(days=3)
    delete(store, Table.RECORDINGS, made.recording)
    report = retain(settings, now, machine=replace(here, settings=settings))
    assert report.problems == ()
    assert store.row(made.outcome.sid) is None
    assert left(files) == set()


def test_what_an_orchestrator_shows_goes_as_well_or_is_tried_again(store: Any) -> None:
    made, asked = store.room(), []

    def away(sids: Iterable[str]) -> int:
        asked.append(set(sids))
        raise StorageFailed("the server does not answer")

    gone = delete(store, Table.COMPOSITIONS, made.outcome.sid)
    on = replace(machine(store), unpublish=away)
    (problem,) = forget(on, gone).problems
    assert problem.message == "the server does not answer"
    assert len(forget_deleted(store.catalog, on).problems) == 1
    there = replace(on, unpublish=lambda sids: asked.append(set(sids)) or 3)
    assert forget_deleted(store.catalog, there).counts[PICTURES] == 3
    assert asked == [{made.outcome.sid}] * 3
    forget_deleted(store.catalog, there)
    assert len(asked) == 3


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name.replace(" ", "-"))
def test_what_is_not_used_for_long_goes(store: Any, place: Any) -> None:
    on, made = machine(store), store.room()
    kept_s = place.kept_s(on.settings)
    for age_s, stays in ((kept_s - 600, True), (kept_s + 600, False)):
        if age_s < 0:
            continue
        file = fill(on, made)[place.name]
        (entry,) = place.holds(place.where(on))
        then = time.time() - age_s
        os.utime(entry.path, (then, then))
        dry = sweep(on, dry_run=True).counts[place.name]
        assert sweep(on).counts[place.name] == dry == (not stays)
        assert file.exists() == stays


def test_a_dry_run_counts_and_leaves_all(store: Any) -> None:
    on, made = machine(store), store.room()
    delete(store, Table.COMPOSITIONS, made.outcome.sid)
    files = fill(on, made)
    assert forget_deleted(store.catalog, on, dry_run=True).count == 3
    assert left(files) == files.keys()
    assert not list(on.settings.scratch_root.glob("roomreel-cleared-*"))


def test_nothing_is_made_where_there_is_nothing(store: Any) -> None:
    on = machine(store)
    assert (sweep(on).count, forget_deleted(store.catalog, on).count) == (0, 0)
    assert not (store.root / "here").exists()
    assert clearing.AGAIN_FOR_S > 0
