"""Have a batch composed by shards, each a run of a deployment, and report their results."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import TerminationSignal
from prefect.runtime import flow_run
from prefect.utilities.urls import url_for

from roomreel.batch.planning import RoomPlan
from roomreel.batch.report import BatchReport, Line, recorded_line
from roomreel.batch.run import compose_rooms
from roomreel.batch.selection import RunFilter
from roomreel.batch.shards import DueRoom, due_room, shards
from roomreel.batch.steps import ANY_DAY, Batch, BatchPlan, compose_manifests
from roomreel.catalog.catalog import open_catalog
from roomreel.errors import Cancelled
from roomreel.flows.orchestration.deployments import start_run, wait_for_ends
from roomreel.flows.orchestration.related_runs import cancel_with_us, related_runs, started_by
from roomreel.model.table import Table, composition_day
from roomreel.settings import Settings


def submit_shards(plan: BatchPlan, batch: Batch) -> BatchReport:
    """Have what is due composed by shards, and record the other rooms here.

    Tried again, it first waits for the shards of the attempt before that are still at work, then
    submits what is due then: what they did is not done twice. What no worker begins it does itself:
    it may hold the only place there is.

    Returns:
        The report of each composition, as the catalogs have it.

    Raises:
        OrchestratorFailed: there is no such deployment.
        CatalogError: the catalog cannot be read.
    """
    wait_for_ends(run.id for run in started_by([str(flow_run.id)]))
    due: list[DueRoom] = []
    here = compose_rooms(_not_due(plan.rooms, due), batch.settings, batch.orchestrator)
    cut = shards(due, batch.settings.shard_s)
    ids = [_start_shard(number, cut, batch) for number in range(len(cut))]
    by_id = dict(zip(ids, cut, strict=True))
    try:
        ends = wait_for_ends(ids, lambda run: _compose_here(by_id[run.id], batch))
    except (KeyboardInterrupt, TerminationSignal):
        cancel_with_us(ids)
        raise
    left_alone = [line for room in due for line in room.lines]
    recorded = _recorded_lines([(ends[run_id], by_id[run_id]) for run_id in ids], batch.settings)
    batch.orchestrator.show_failures([*left_alone, *recorded])
    report = BatchReport(
        lines=(*here.lines, *left_alone, *recorded),
        up_to_date=here.up_to_date + sum(room.up_to_date for room in due),
        shards=tuple(_end_of(ends[run_id]) for run_id in ids if not _is_completed(ends[run_id])),
    )
    return report.after(plan.problems)


def _not_due(rooms: Iterable[RoomPlan], due: list[DueRoom]) -> Iterator[RoomPlan]:
    """Yield the rooms of which nothing is due; the others are noted in `due`."""
    for room in rooms:
        wanted = due_room(room)
        if wanted is None:
            yield room
        else:
            due.append(wanted)


def _start_shard(number: int, cut: Sequence[Sequence[DueRoom]], batch: Batch) -> UUID:
    manifests = [room.manifest for room in cut[number]]
    given = {"template": batch.wanted.template, "config": flow_run.parameters.get("config")}
    parameters = {"manifests": manifests, "force": batch.wanted.force}
    # What is not given here, the deployment has defaults for.
    parameters |= {name: value for name, value in given.items() if value is not None}
    digest = hashlib.sha256("\n".join(manifests).encode()).hexdigest()
    key = f"{flow_run.id}-{flow_run.run_count}-{digest}"
    name = f"{flow_run.name} shard {number + 1} of {len(cut)}"
    deployment = str(batch.settings.shards)
    return start_run(deployment, parameters, key, setting="shards", name=name).id


def _compose_here(shard: Sequence[DueRoom], batch: Batch) -> None:
    """Compose the rooms of a shard in this run; the catalogs then have the results."""
    wanted = batch.wanted
    again = RunFilter(ANY_DAY, template=wanted.template, force=wanted.force, runs=related_runs())
    here = Batch(again, batch.settings, batch.orchestrator)
    compose_manifests([room.manifest for room in shard], here)


def _recorded_lines(
    made: Sequence[tuple[FlowRun, Sequence[DueRoom]]], settings: Settings
) -> list[Line]:
    """Return a line for each composition that was submitted, as the catalogs have it."""
    catalog = open_catalog(settings)
    catalog.recover()
    sids = [line.composition for _, shard in made for room in shard for line in room.due]
    rows = catalog.find(Table.COMPOSITIONS, sids, {composition_day(sid) for sid in sids})
    ours = related_runs()
    lines: list[Line] = []
    for run, shard in made:
        undone = Cancelled(f"its shard did not come to it: {_end_of(run)}", "retry that run")
        for line in (line for room in shard for line in room.due):
            row = rows.get(line.composition)
            # What an earlier run recorded says nothing of one that did not get so far.
            stands = row is not None and (_is_completed(run) or row["flow_run_id"] in ours)
            lines.append(recorded_line(line, row if stands else None, undone))
    return lines


def _is_completed(run: FlowRun) -> bool:
    return run.state is not None and run.state.is_completed()


def _end_of(run: FlowRun) -> str:
    state = run.state.name if run.state else "nowhere"
    return f"{run.name} ended {state}, see {url_for(run) or run.id}"
