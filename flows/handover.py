"""Handing the work of a night over: shards, each a run of a deployment, and what they came to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import cast
from uuid import UUID

from prefect.client.schemas.objects import FlowRun
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound, TerminationSignal
from prefect.runtime import flow_run
from prefect.utilities.urls import url_for

from roomreel.batch.planning import RoomPlan
from roomreel.batch.report import BatchReport, Line, recorded_line
from roomreel.batch.selection import RunFilter
from roomreel.batch.shards import DueRoom, due_room, shards
from roomreel.catalog.catalog import open_catalog
from roomreel.errors import Cancelled, OrchestratorFailed
from roomreel.flows.composing import ANY_DAY, composed, composed_from
from roomreel.flows.orchestration.failures import show
from roomreel.flows.orchestration.related_runs import cancel_with_us, related_runs, started_by
from roomreel.flows.orchestration.waiting import ends_of
from roomreel.model.table import Table, composition_day
from roomreel.settings import Settings


def handed_over(rooms: Iterator[RoomPlan], settings: Settings, choice: RunFilter) -> BatchReport:
    """Have what is due composed by shards, and record the other rooms here.

    Tried again, it first waits for the shards of the attempt before that are still at work, then
    hands over what is due then: what they did is not done twice. What no worker begins it does
    itself: it may hold the only place there is.

    Returns:
        What became of each composition, as the catalog tells it.

    Raises:
        OrchestratorFailed: there is no such deployment.
        CatalogError: the catalog cannot be read.
    """
    ends_of(run.id for run in started_by([str(flow_run.id)]))
    due: list[DueRoom] = []
    here = composed(_not_due(rooms, due), settings, choice)
    cut = shards(due, settings.shard_s)
    ids = [_submitted(number, cut, settings, choice) for number in range(len(cut))]
    instead = {
        run_id: _composed_here(shard, settings, choice)
        for run_id, shard in zip(ids, cut, strict=True)
    }
    try:
        ends = ends_of(ids, lambda run: instead[run.id](run))
    except (KeyboardInterrupt, TerminationSignal):
        cancel_with_us(ids)
        raise
    told = [line for room in due for line in room.lines]
    became = _became(
        [(ends[run_id], shard) for run_id, shard in zip(ids, cut, strict=True)], settings
    )
    show([*told, *became])
    return BatchReport(
        lines=(*here.lines, *told, *became),
        up_to_date=here.up_to_date + sum(room.up_to_date for room in due),
        shards=tuple(_told(ends[run_id]) for run_id in ids if not _is_completed(ends[run_id])),
    )


def _not_due(rooms: Iterable[RoomPlan], due: list[DueRoom]) -> Iterator[RoomPlan]:
    """The rooms of which nothing is due; the others are noted in `due`."""
    for room in rooms:
        wanted = due_room(room)
        if wanted is None:
            yield room
        else:
            due.append(wanted)


def _submitted(
    number: int, cut: Sequence[Sequence[DueRoom]], settings: Settings, choice: RunFilter
) -> UUID:
    """Start the run of a shard; how many run at a time is for the work pool to say."""
    manifests = [room.manifest for room in cut[number]]
    given = {"template": choice.template, "config": flow_run.parameters.get("config")}
    parameters = {"manifests": manifests, "force": choice.force}
    # What is not given here, the deployment has defaults for.
    parameters |= {name: value for name, value in given.items() if value is not None}
    # Asked twice within one attempt (the answer was lost), the server starts one run.
    digest = hashlib.sha256("\n".join(manifests).encode()).hexdigest()
    try:
        started = run_deployment(
            str(settings.shards),
            parameters=parameters,
            flow_run_name=f"{flow_run.name} shard {number + 1} of {len(cut)}",
            idempotency_key=f"{flow_run.id}-{flow_run.run_count}-{digest}",
            timeout=0,
        )
    except ObjectNotFound as error:
        raise OrchestratorFailed(
            f"there is no deployment {settings.shards!r} to hand shards over to",
            "roomreel up makes it; or unset shards",
        ) from error
    return cast("FlowRun", started).id  # a coroutine only where an event loop runs here


def _composed_here(
    shard: Sequence[DueRoom], settings: Settings, choice: RunFilter
) -> Callable[[FlowRun], object]:
    """What composes the rooms of a shard in this run; what became of them the catalog says."""
    again = RunFilter(ANY_DAY, template=choice.template, force=choice.force, runs=related_runs())
    return lambda _run: composed_from([room.manifest for room in shard], again, settings)


def _became(made: Sequence[tuple[FlowRun, Sequence[DueRoom]]], settings: Settings) -> list[Line]:
    """What the catalog tells of each composition that was handed over."""
    catalog = open_catalog(settings)
    catalog.recover()
    sids = [line.composition for _, shard in made for room in shard for line in room.due]
    rows = catalog.find(Table.COMPOSITIONS, sids, {composition_day(sid) for sid in sids})
    ours = related_runs()
    lines: list[Line] = []
    for run, shard in made:
        undone = Cancelled(f"its shard did not come to it: {_told(run)}", "retry that run")
        for line in (line for room in shard for line in room.due):
            row = rows.get(line.composition)
            # What an earlier night recorded tells nothing of a run that did not get so far.
            stands = row is not None and (_is_completed(run) or row["flow_run_id"] in ours)
            lines.append(recorded_line(line, row if stands else None, undone))
    return lines


def _is_completed(run: FlowRun) -> bool:
    return run.state is not None and run.state.is_completed()


def _told(run: FlowRun) -> str:
    state = run.state.name if run.state else "nowhere"
    return f"{run.name} ended {state}, see {url_for(run) or run.id}"
