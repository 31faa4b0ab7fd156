"""The steps of a batch in their order: clear, read, plan, compose, with any executor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeVar

from roomreel.batch import known
from roomreel.batch.executor import Orchestrator
from roomreel.batch.leftovers import clear_machine, clear_store
from roomreel.batch.planning import Planner, RoomPlan, due_line, plan_rooms
from roomreel.batch.reading import TemplatesRead, read_manifests, read_templates
from roomreel.batch.record import record_documents
from roomreel.batch.report import BatchReport, Line, failed_line, outcome_line
from roomreel.batch.run import RECORD_AFTER_S, compose_rooms
from roomreel.batch.selection import RunFilter, distinct, in_order
from roomreel.batch.template_files import find_template_files
from roomreel.catalog.catalog import open_catalog
from roomreel.encryption import check_keys
from roomreel.errors import DocumentInvalid, NotFound, StorageFailed
from roomreel.logs import LOG
from roomreel.model.composition import beginning_of_sid
from roomreel.model.room import Manifest
from roomreel.model.table import composition_days, day_of
from roomreel.settings import Settings
from roomreel.storage import discover_rooms
from roomreel.text import listed, no_such

T = TypeVar("T")

ANY_DAY = datetime.min.replace(tzinfo=UTC)

DOCUMENTS_A_STEP = 500
# Few steps, and little memory: the packet index of an hour of video takes some 3 MB.
RECORDINGS_A_STEP = 100


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Batch:
    """One run over the rooms of the settings.

    Attributes:
        wanted: which of them, and what to do with them.
        now: the instant it began.
        record_after_s: seconds after which what has ended is recorded at the latest.
    """

    wanted: RunFilter
    settings: Settings
    orchestrator: Orchestrator
    now: datetime = field(default_factory=_now)
    record_after_s: float = RECORD_AFTER_S


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """The rooms of a batch.

    Attributes:
        rooms: planned one after the other, as they are asked for.
        problems: a line for each document that cannot be used.
    """

    rooms: Iterator[RoomPlan]
    problems: tuple[Line, ...]


def compose_batch(batch: Batch) -> BatchReport:
    """Compose every room that is wanted by every enabled template, once; or list what is due.

    Raises:
        NotFound: a room or a template is asked for that is not there.
        StorageFailed: a folder of the settings cannot be read or cleared.
        SettingsInvalid: a key of the settings cannot be used.
        CatalogError: the catalogs cannot be read or written.
    """
    plan = plan_batch(batch)
    if batch.wanted.dry_run:
        return list_due(plan)
    return compose_planned(plan, batch)


def plan_batch(batch: Batch) -> BatchPlan:
    """Clear what earlier runs left, read templates and manifests, and plan what is due.

    Raises:
        As `compose_batch`.
    """
    wanted, settings = batch.wanted, batch.settings
    check_keys(settings)
    if not wanted.dry_run:
        clear_store(settings)
        clear_machine(batch.orchestrator.machine)
    templates = read_wanted_templates(batch)
    manifests, unread = read_rooms(
        discover_rooms(settings.manifests, settings.rooms_root), batch.orchestrator
    )
    if wanted.room is not None:
        manifests, unread = _of_room(wanted, manifests, unread), []
    problems = _report_problems([*templates.problems, *unread], batch)
    planner = Planner(templates.templates, wanted, settings, batch.now)
    return BatchPlan(plan_in_turn(manifests, planner, batch.orchestrator), tuple(problems))


def compose_planned(plan: BatchPlan, batch: Batch) -> BatchReport:
    """Compose what is due while the rooms after it are planned, and record it."""
    report = compose_rooms(
        plan.rooms,
        batch.settings,
        batch.orchestrator,
        force=batch.wanted.force,
        record_after_s=batch.record_after_s,
    )
    return report.after(plan.problems)


def list_due(plan: BatchPlan) -> BatchReport:
    """Return what a run would do, as lines."""
    lines: list[Line] = []
    up_to_date = 0
    for room in plan.rooms:
        lines += [*room.lines, *map(outcome_line, room.refused), *map(due_line, room.due)]
        up_to_date += room.up_to_date
    return BatchReport(tuple(lines), up_to_date, dry_run=True).after(plan.problems)


def compose_manifests(urls: Sequence[str], batch: Batch) -> BatchReport:
    """Compose the rooms of some manifests, as they and the catalog are now."""
    # A form takes any text: only what the settings let in is read.
    known_urls = set(discover_rooms(batch.settings.manifests, batch.settings.rooms_root))
    missing = NotFound("it is not among the manifests of the settings", "was it moved or removed?")
    orchestrator = batch.orchestrator
    rooms, unread = read_rooms([url for url in urls if url in known_urls], orchestrator)
    lines = [*(failed_line(missing, url) for url in urls if url not in known_urls), *unread]
    orchestrator.show_failures(lines)
    record_documents(lines, batch.settings, orchestrator.run_id)
    # Problems of templates are reported by the batch, once.
    templates = read_wanted_templates(batch).templates
    planner = Planner(templates, batch.wanted, batch.settings, batch.now)
    plan = BatchPlan(plan_in_turn(rooms, planner, orchestrator), tuple(lines))
    return compose_planned(plan, batch)


def read_wanted_templates(batch: Batch) -> TemplatesRead:
    """Read the templates that are asked for.

    Raises:
        NotFound: one is asked for by name, and is not there.
        StorageFailed: their folder cannot be read.
    """
    settings, name = batch.settings, batch.wanted.template
    names = settings.template_names if name is None else [name]
    asked = None if names is None else frozenset(names)
    files = find_template_files(settings)
    # What the settings name are templates of the operator: hooks are enabled by whoever made them.
    hooks = files.hooks if name is None else frozenset()
    read = batch.orchestrator.call(read_templates, files.urls, asked, hooks)
    if name is not None and name in read.missing:
        raise read.missing[name]
    # Those of the settings that are not there stop no other.
    lines = [failed_line(error, "", missing) for missing, error in read.missing.items()]
    return replace(read, problems=(*read.problems, *lines))


def read_rooms(
    urls: Sequence[str], orchestrator: Orchestrator
) -> tuple[list[Manifest], list[Line]]:
    """Return manifests in the order they are composed, one a room, and what cannot be used."""
    manifests: list[Manifest] = []
    problems: list[Line] = []
    for some in _divide(urls, DOCUMENTS_A_STEP):
        read = orchestrator.call(read_manifests, some)
        manifests += read.manifests
        problems += read.problems
    rooms, repeated = distinct(manifests)
    for manifest, first in repeated:
        error = DocumentInvalid(
            f"room {manifest.room.sid} is described by {first} already", "remove one of them"
        )
        problems.append(failed_line(error, manifest.url))
    return in_order(rooms), problems


def plan_in_turn(
    manifests: Sequence[Manifest], planner: Planner, orchestrator: Orchestrator
) -> Iterator[RoomPlan]:
    """Yield the plan of each room that is considered; some rooms are planned at a time.

    Raises:
        CatalogError: a newer roomreel has written where they are to be recorded.
        StorageFailed: that cannot be looked at, or several writers would lose rows there.
    """
    considered = [manifest for manifest in manifests if planner.wanted.includes(manifest.room)]
    # At once for all: what is composed before that is found would be in no catalog.
    ends = [end for each in considered if (end := each.room.end_time)]
    days = {day_of(end) for end in ends} | composition_days(map(beginning_of_sid, ends))
    open_catalog(planner.settings).refuse_unrecordable(days)
    for some in _divide(considered, RECORDINGS_A_STEP, _recordings):
        yield from orchestrator.call(plan_rooms, some, planner)


def unknown_room(room: str, manifests: Iterable[Manifest], unread: Sequence[Line]) -> NotFound:
    """Return the error of a room that no manifest describes; an unreadable one may have done so."""
    names = (manifest.room.unique_name for manifest in manifests)
    error = no_such("room", room, names)
    if not unread:
        return error
    files = listed(line.room for line in unread)
    return NotFound(error.message, f"{error.remedy}; it may be in what cannot be read: {files}")


def _of_room(
    wanted: RunFilter, manifests: Sequence[Manifest], unread: Sequence[Line]
) -> list[Manifest]:
    """Return the manifest of the one room that is asked for, or of each that has its name.

    Raises:
        NotFound: there is none.
    """
    found = [manifest for manifest in manifests if wanted.names(manifest.room)]
    if not found:
        raise unknown_room(wanted.room or "", manifests, unread)
    return found


def _report_problems(problems: Sequence[Line], batch: Batch) -> list[Line]:
    """Report the problems of documents, those of an earlier run as known ones.

    Only what stands in the catalogs counts as known: what a kill or an outage kept from them is
    reported once more.
    """
    wanted, orchestrator = batch.wanted, batch.orchestrator
    file = batch.settings.store / "known.json"
    before = known.load(file)
    lines = known.mark_known(problems, before, wanted.runs)
    if wanted.dry_run:
        return lines
    orchestrator.show_failures(lines)
    if record_documents(lines, batch.settings, orchestrator.run_id):
        # A run that left out templates or rooms by name says nothing of the others.
        kept = before if wanted.template or wanted.room else {}
        first = known.Seen(batch.now.date().isoformat(), orchestrator.run_id or "")
        try:
            known.save(file, kept | known.seen_in(problems, before, first))
        except StorageFailed as error:
            # The worst that follows is that something is reported once more.
            LOG.warning("Not remembered for the next run: %s", error)
    return lines


def _one(_: object) -> int:
    return 1


def _recordings(manifest: Manifest) -> int:
    return len(manifest.room.recordings)


def _divide(items: Iterable[T], most: int, weight: Callable[[T], int] = _one) -> Iterator[list[T]]:
    """Yield items together as long as they weigh no more than `most`; one that does is alone."""
    some: list[T] = []
    held = 0
    for item in items:
        if some and held + weight(item) > most:
            yield some
            some, held = [], 0
        some.append(item)
        held += weight(item)
    if some:
        yield some
