"""The nightly flow: read the rooms, plan what is due, have it composed, tell what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from prefect import flow
from prefect.logging import get_run_logger
from prefect.runtime import flow_run

from roomreel.batch import known
from roomreel.batch.planning import Planner, RoomPlan, due_line
from roomreel.batch.report import BatchReport, Line, outcome_line
from roomreel.batch.selection import RunFilter, in_utc, since_when
from roomreel.encryption import check_keys
from roomreel.errors import StorageFailed
from roomreel.flows.composing import (
    clear_machine,
    clear_store,
    composed,
    ended,
    ingested,
    planned,
    templates_of,
    unknown_room,
)
from roomreel.flows.handover import handed_over
from roomreel.flows.orchestration.failures import show
from roomreel.flows.orchestration.parameters import (
    Config,
    DryRun,
    Force,
    RoomName,
    Since,
    TemplateName,
    Until,
)
from roomreel.flows.orchestration.related_runs import related_runs
from roomreel.flows.orchestration.run_names import of_the_day
from roomreel.flows.orchestration.settings import load
from roomreel.model.room import Manifest
from roomreel.settings import Settings
from roomreel.storage import discover
from roomreel.tasks.record import record_documents


@flow(name="nightly", flow_run_name=of_the_day)
def nightly(
    since: Since = None,
    until: Until = None,
    room: RoomName = None,
    template: TemplateName = None,
    force: Force = False,
    dry_run: DryRun = False,
    config: Config = None,
) -> BatchReport:
    """Compose every room of the window by every enabled template, once.

    Returns:
        What became of the night.

    Raises:
        BatchFailed: something failed anew; everything else is done, and `report` tells of both.
        RoomreelError: there is no night to speak of (settings, folders).
    """

    def night() -> BatchReport:
        settings, now = load(config), datetime.now(UTC)
        choice = RunFilter(
            since=since_when(since, now, settings.window_days),
            until=until and in_utc(until),
            room=room,
            template=template,
            force=force,
            dry_run=dry_run,
            runs=related_runs(),
        )
        return compose_night(choice, settings, now)

    return ended(night)


def compose_night(choice: RunFilter, settings: Settings, now: datetime) -> BatchReport:
    """The night itself, inside a flow run.

    Raises:
        NotFound: a room or a template is asked for that is not there.
        StorageFailed: a folder of the settings cannot be read or cleared.
        SettingsInvalid: a key of the settings cannot be used.
        OrchestratorFailed: there is nobody to hand shards over to.
    """
    check_keys(settings)
    if not choice.dry_run:
        clear_store(settings)
        clear_machine(settings)
    validated = templates_of(choice, settings)
    manifests, unread = ingested(discover(settings.manifests))
    if choice.room is not None:
        manifests, unread = _of_room(choice, manifests, unread), []
    problems = _reported([*validated.problems, *unread], choice, settings, now)
    rooms = planned(manifests, Planner(validated.templates, choice, settings, now))
    run = _decided if choice.dry_run else handed_over if settings.shards else composed
    report = run(rooms, settings, choice)
    return replace(report, lines=(*problems, *report.lines))


def _of_room(
    choice: RunFilter, manifests: Sequence[Manifest], unread: Sequence[Line]
) -> list[Manifest]:
    """The manifest of the one room that is asked for, or of each that has its name.

    Raises:
        NotFound: there is none.
    """
    found = [manifest for manifest in manifests if choice.names(manifest.room)]
    if not found:
        raise unknown_room(choice.room or "", manifests, unread)
    return found


def _reported(
    problems: Sequence[Line], choice: RunFilter, settings: Settings, now: datetime
) -> list[Line]:
    """Report the problems of documents, those of an earlier night as known ones.

    Only what stands in the catalogs is remembered: what a kill or an outage kept from them is
    reported once more.
    """
    file = settings.store / "known.json"
    before = known.recall(file)
    lines = known.settled(problems, before, choice.runs)
    if choice.dry_run:
        return lines
    show(lines)
    if record_documents(lines, settings):
        # A run that left out templates or rooms by name says nothing of the others.
        kept = before if choice.template or choice.room else {}
        first = known.Seen(now.date().isoformat(), flow_run.id or "")
        try:
            known.remember(file, kept | known.seen_in(problems, before, first))
        except StorageFailed as error:
            # The worst that follows is that something is reported once more.
            get_run_logger().warning("Not remembered for the next run: %s", error)
    return lines


def _decided(rooms: Iterator[RoomPlan], _settings: Settings, _choice: RunFilter) -> BatchReport:
    """What a run would do, as lines."""
    lines: list[Line] = []
    up_to_date = 0
    for room in rooms:
        lines += [*room.lines, *map(outcome_line, room.refused), *map(due_line, room.work)]
        up_to_date += room.up_to_date
    return BatchReport(tuple(lines), up_to_date, dry_run=True)
