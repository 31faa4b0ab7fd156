"""Remove what is old enough, what has no row, and what was left half-done.

Every step is safe to repeat and to kill, and one that fails stops no other. Media go before the
rows that name them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from roomreel.catalog import deletion
from roomreel.catalog.catalog import Catalog, open_catalog
from roomreel.catalog.queries.conditions import column
from roomreel.errors import CatalogError, RoomreelError, StorageFailed
from roomreel.maintenance.arrived import forget_rooms
from roomreel.maintenance.clearing import forget_deleted, sweep
from roomreel.maintenance.places import Machine
from roomreel.maintenance.published import orphans, published_files
from roomreel.maintenance.removal import COLUMNS, media_left, remove_all, remove_media
from roomreel.maintenance.versions import kept_versions
from roomreel.model.table import DELETABLE, Row, Table
from roomreel.settings import Settings
from roomreel.storage import clean_up_unfinished, remove


@dataclass(frozen=True, slots=True)
class RetentionReport:
    """Counts of what was removed, or would be.

    Attributes:
        counts: by what was done, in the order of doing it.
        problems: what failed; the rest is done.
        old_versions: where what was removed is still to be had.
    """

    counts: Mapping[str, int]
    problems: tuple[RoomreelError, ...]
    dry_run: bool
    old_versions: tuple[str, ...] = ()

    @property
    def headline(self) -> str:
        """The run in one sentence."""
        reported = ", ".join(f"{count} {what}" for what, count in self.counts.items() if count)
        begin = "Dry run: " if self.dry_run else ""
        failed = f"; {len(self.problems)} steps failed" if self.problems else ""
        kept = "".join(f"; {words}" for words in self.old_versions if reported)
        return f"{begin}{reported or 'nothing to remove'}{failed}{kept}"


@dataclass(frozen=True, slots=True)
class _Run:
    catalog: Catalog
    settings: Settings
    now: datetime
    dry_run: bool
    machine: Machine
    problems: list[RoomreelError]

    def before(self, days: int) -> datetime:
        return self.now - timedelta(days=days)


def retain(
    settings: Settings, now: datetime, *, dry_run: bool = False, machine: Machine | None = None
) -> RetentionReport:
    """Remove what is due at an instant, or report what would be.

    Args:
        machine: whose places are cleared; unset: this one, as its settings describe it.

    Raises:
        StorageFailed: there is no catalog to be opened.
    """
    catalog = open_catalog(settings)
    run = _Run(catalog, settings, now, dry_run, machine or Machine.of(settings), [])
    counts: dict[str, int] = {}
    for what, step in _STEPS.items():
        try:
            counts[what] = step(run)
        except (CatalogError, StorageFailed) as error:
            run.problems.append(error)
    kept = tuple(map(str, kept_versions(settings)))
    return RetentionReport(counts, tuple(run.problems), dry_run, kept)


def _recover(run: _Run) -> int:
    if run.dry_run:
        return run.catalog.store.waiting()
    recovery = run.catalog.recover()
    run.problems.extend(recovery.problems)
    return recovery.entries


def _delete_old(run: _Run) -> int:
    days = run.settings.delete_after_days
    if days is None:
        return 0
    completed = deletion.instant(run.before(days))
    old = (column("status") == "completed") & (column("date_completed") <= completed)
    sids = [str(sid) for sid in run.catalog.read(Table.COMPOSITIONS, old, ["sid"])["sid"]]
    if not run.dry_run:
        removal = remove_all(run.catalog, Table.COMPOSITIONS, sids, run.settings, run.now)
        run.problems.extend(removal.problems)
    return len(sids)


def _remove_media(run: _Run) -> int:
    count = 0
    for table in DELETABLE:
        rows = _deleted(run.catalog, table)
        if run.dry_run:
            count += sum(1 for _ in media_left(run.catalog, table, rows, run.settings))
        else:
            removed = remove_media(run.catalog, table, rows, run.settings)
            run.problems.extend(removed.problems)
            count += removed.files
    return count


def _deleted(catalog: Catalog, table: Table) -> list[Row]:
    deleted = column("status") == "deleted"
    return catalog.read(table, deleted, COLUMNS[table]).to_pylist()


def _remove_orphans(run: _Run) -> int:
    found = orphans(run.catalog, published_files(run.settings.compositions_root), run.now)
    for file in () if run.dry_run else found:
        remove(file.place)
    return len(found)


def _purge(run: _Run) -> int:
    deleted_by = run.before(run.settings.retention_days)
    due = deletion.due_for_purge(run.catalog, deleted_by)
    for partition, rows in () if run.dry_run else due.items():
        deletion.purge(run.catalog, partition, rows, deleted_by, run.now)
    return sum(map(len, due.values()))


def _forget_rooms(run: _Run) -> int:
    return forget_rooms(run.catalog, run.settings, dry_run=run.dry_run)


def _forget(run: _Run) -> int:
    cleared = forget_deleted(run.catalog, run.machine, dry_run=run.dry_run)
    run.problems.extend(cleared.problems)
    return cleared.count


def _sweep(run: _Run) -> int:
    return sweep(run.machine, dry_run=run.dry_run).count


def _reap_temps(run: _Run) -> int:
    roots = run.settings.compositions_root, run.settings.rooms_root
    return sum(clean_up_unfinished(root, dry_run=run.dry_run) for root in roots)


_STEPS: Mapping[str, Callable[[_Run], int]] = {
    "journal entries merged": _recover,
    "compositions deleted for their age": _delete_old,
    "files of deleted rows removed": _remove_media,
    "orphaned files removed": _remove_orphans,
    # Before their rows go: what this machine has of them is found by those.
    "copies of what is deleted removed": _forget,
    "rows purged": _purge,
    "folders of purged rooms removed": _forget_rooms,
    "unused files of this machine removed": _sweep,
    "unfinished files and uploads removed": _reap_temps,
}
