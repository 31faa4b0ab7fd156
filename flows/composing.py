"""What the flows that compose have in common: read, plan, mix, record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from prefect.exceptions import TerminationSignal
from prefect.logging import get_run_logger
from prefect.states import Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner

from roomreel.batch.planning import Planner, RoomPlan
from roomreel.batch.report import BatchReport, Line, failed_line
from roomreel.batch.selection import RunFilter, distinct, in_order
from roomreel.catalog.catalog import open_catalog
from roomreel.errors import BatchFailed, DocumentInvalid, NotFound, RoomreelError, StoreUnreachable
from roomreel.flows.mixing import Mixing
from roomreel.flows.orchestration.failures import show
from roomreel.flows.orchestration.summary import publish
from roomreel.flows.orchestration.tags import tag_with_codes
from roomreel.maintenance.clearing import forget_deleted, sweep
from roomreel.model.room import Manifest
from roomreel.model.table import day_of
from roomreel.settings import Settings
from roomreel.storage import clean_up_unfinished, discover
from roomreel.tasks.ingest import ingest
from roomreel.tasks.log import listen
from roomreel.tasks.machine import machine_of
from roomreel.tasks.plan import plan
from roomreel.tasks.record import record_documents
from roomreel.tasks.validate import Validated, validate
from roomreel.text import counted, listed, no_such

T = TypeVar("T")

ANY_DAY = datetime.min.replace(tzinfo=UTC)

DOCUMENTS_A_BATCH = 500
# Few tasks, and little memory: the packet index of an hour of video takes some 3 MB.
RECORDINGS_A_BATCH = 100
# Enough that no worker waits while the next batch is planned.
UNDER_WAY_PER_WORKER = 2


def ended(compose: Callable[[], BatchReport]) -> BatchReport:
    """Compose, tell of it in artifacts and log, and end the flow Failed where something failed."""
    try:
        report = compose()
    except RoomreelError as error:
        tag_with_codes({error.code})
        return _ended_failed(error, str(error))
    publish(report)
    told = () if report.dry_run else (*report.failures, *report.known)
    tag_with_codes({line.code for line in told})
    get_run_logger().info(report.headline)
    if report.is_failed and not report.dry_run:
        return _ended_failed(BatchFailed(report.failure_table, "", report), report.failure_table)
    if count := len(report.known):
        message = f"Completed with {counted(count, 'known failure')}"
        return cast("BatchReport", Completed(message=message, data=report))
    return report


def clear_machine(settings: Settings) -> None:
    """Clear what killed runs left on this machine, and what it has of what is deleted by now.

    Raises:
        StorageFailed: a folder of the settings cannot be read or cleared.
    """
    machine = machine_of(settings)
    sweep(machine)
    for problem in forget_deleted(open_catalog(settings), machine).problems:
        get_run_logger().warning("Copies of what is deleted there stay: %s", problem)


def clear_store(settings: Settings) -> None:
    """Finish and clear what killed runs left in the store.

    Raises:
        StorageFailed: a folder of the settings cannot be read or cleared.
    """
    catalog = open_catalog(settings)
    catalog.recover()
    # Files of one table are of one schema, or other readers stumble. What cannot be written
    # anew fails again where it is needed.
    catalog.upgrade()
    clean_up_unfinished(settings.compositions_root)


def templates_of(choice: RunFilter, settings: Settings) -> Validated:
    """The templates that are asked for, and what of them cannot be used.

    Raises:
        NotFound: one is asked for by name, and is not there.
        StorageFailed: their folder cannot be read.
    """
    names = settings.template_names if choice.template is None else [choice.template]
    wanted = None if names is None else frozenset(names)
    validated = validate(discover(settings.templates_root), wanted)
    if choice.template is not None and choice.template in validated.missing:
        raise validated.missing[choice.template]
    # Those of the settings that are not there stop no other.
    lines = [failed_line(error, "", name) for name, error in validated.missing.items()]
    return replace(validated, problems=(*validated.problems, *lines))


def ingested(urls: Sequence[str]) -> tuple[list[Manifest], list[Line]]:
    """The manifests in the order they are composed, one a room; a line for what cannot be used."""
    manifests: list[Manifest] = []
    problems: list[Line] = []
    for batch in _batches(urls, DOCUMENTS_A_BATCH):
        read = ingest(batch)
        manifests += read.manifests
        problems += read.problems
    rooms, repeated = distinct(manifests)
    for manifest, first in repeated:
        error = DocumentInvalid(
            f"room {manifest.room.sid} is described by {first} already", "remove one of them"
        )
        problems.append(failed_line(error, manifest.url))
    return in_order(rooms), problems


def unknown_room(room: str, manifests: Iterable[Manifest], unread: Sequence[Line]) -> NotFound:
    """The error of a room that no manifest describes; one that cannot be read may have done so."""
    names = (manifest.room.unique_name for manifest in manifests)
    error = no_such("room", room, names)
    if not unread:
        return error
    files = listed(line.room for line in unread)
    return NotFound(error.message, f"{error.remedy}; it may be in what cannot be read: {files}")


def planned(manifests: Sequence[Manifest], planner: Planner) -> Iterator[RoomPlan]:
    """What to do with each room that is considered, a batch planned at a time.

    Raises:
        CatalogError: a newer roomreel has written where they are to be recorded.
        StorageFailed: that cannot be looked at, or several writers would lose rows there.
    """
    considered = [manifest for manifest in manifests if planner.choice.includes(manifest.room)]
    # At once for all: what is composed before that is found would be in no catalog.
    days = {day_of(each.room.end_time) for each in considered if each.room.end_time}
    open_catalog(planner.settings).refuse_unrecordable(days)
    for batch in _batches(considered, RECORDINGS_A_BATCH, _recordings):
        yield from plan(batch, planner)


def composed(rooms: Iterator[RoomPlan], settings: Settings, choice: RunFilter) -> BatchReport:
    """Mix what is due while the rooms after it are planned, and record it."""
    listen(settings)
    up_to_date, gone = 0, None
    runner: ThreadPoolTaskRunner[Any] = ThreadPoolTaskRunner(max_workers=settings.workers)
    # Who only waits takes no core.
    most = UNDER_WAY_PER_WORKER * settings.workers * settings.spread_shares
    waiting: ThreadPoolTaskRunner[Any] = ThreadPoolTaskRunner(max_workers=most)
    with runner as pool, waiting as elsewhere:
        mixing = Mixing(pool, elsewhere, settings, choice.force)
        try:
            for room in rooms:
                mixing.add(room)
                up_to_date += room.up_to_date
                mixing.wait(UNDER_WAY_PER_WORKER * settings.workers)
            mixing.wait()
        except StoreUnreachable as error:
            gone = error
        except (KeyboardInterrupt, TerminationSignal):
            mixing.stop()
            raise
        finally:
            # Whatever ends the night here, what ended before it is worth keeping.
            mixing.record()
    lines = mixing.lines if gone is None else _without_echo(mixing.lines, gone)
    show(line for line in lines if line.composition not in mixing.mixed)
    return BatchReport(tuple(lines), up_to_date)


def composed_from(urls: Sequence[str], choice: RunFilter, settings: Settings) -> BatchReport:
    """Compose the rooms of some manifests, as they and the catalog are now."""
    # A form takes any text: only what the settings let in is read.
    known = set(discover(settings.manifests))
    missing = NotFound("it is not among the manifests of the settings", "was it moved or removed?")
    rooms, unread = ingested([url for url in urls if url in known])
    lines = [*(failed_line(missing, url) for url in urls if url not in known), *unread]
    show(lines)
    record_documents(lines, settings)
    planner = Planner(templates_of(choice, settings).templates, choice, settings, datetime.now(UTC))
    report = composed(planned(rooms, planner), settings, choice)
    # What is wrong with templates the night tells, once.
    return replace(report, lines=(*lines, *report.lines))


def _without_echo(lines: Iterable[Line], gone: StoreUnreachable) -> list[Line]:
    """The lines, of which one alone says that the store is gone: the last."""
    silence = gone.message.partition(",")[0]
    return [*(line for line in lines if silence not in line.message), failed_line(gone, "store")]


def _one(_: object) -> int:
    return 1


def _recordings(manifest: Manifest) -> int:
    return len(manifest.room.recordings)


def _batches(items: Iterable[T], most: int, weight: Callable[[T], int] = _one) -> Iterator[list[T]]:
    """Items together as long as they weigh no more than `most`; one that does is alone."""
    batch: list[T] = []
    held = 0
    for item in items:
        if batch and held + weight(item) > most:
            yield batch
            batch, held = [], 0
        batch.append(item)
        held += weight(item)
    if batch:
        yield batch


def _ended_failed(error: RoomreelError, message: str) -> BatchReport:
    # Prefect raises the data of a returned Failed state to whoever called the flow. Raised in
    # here, the same error would put the wall of its traceback into the log of the run.
    return cast("BatchReport", Failed(message=message, data=error))
