"""The nightly flow: compose the rooms of the last days.

A room is what a call left behind: a manifest, which lists its recordings. A template says how they
are laid out. Each room is composed once by each template that is enabled; what the catalogs have
already is not made again, so a run after one that was killed makes what is missing.
"""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import flow

from roomreel.batch.report import BatchReport
from roomreel.batch.selection import RunFilter, in_utc, since_when
from roomreel.batch.steps import Batch, compose_planned, list_due, plan_batch
from roomreel.flows.orchestration.executor import PrefectRun
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
from roomreel.flows.orchestration.run_end import end_run
from roomreel.flows.orchestration.run_names import of_the_day
from roomreel.flows.orchestration.settings import load_to_compose
from roomreel.flows.orchestration.shards import submit_shards


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
        A line for each composition, and for each document that cannot be used.

    Raises:
        BatchFailed: something failed that had not failed before; everything else is done, and
            `report` has both.
        RoomreelError: nothing could be composed at all (settings, folders).
    """

    def compose() -> BatchReport:
        settings, now = load_to_compose(config), datetime.now(UTC)
        wanted = RunFilter(
            since=since_when(since, now, settings.window_days),
            until=until and in_utc(until),
            room=room,
            template=template,
            force=force,
            dry_run=dry_run,
            # What one of these recorded is tried again: a user clicked Retry.
            runs=related_runs(),
        )
        return compose_batch(Batch(wanted, settings, PrefectRun(settings), now))

    return end_run(compose)


def compose_batch(batch: Batch) -> BatchReport:
    """Plan what is due, and have it listed, composed by other runs, or composed by this one.

    Raises:
        RoomreelError: nothing could be composed at all.
    """
    # Clears what killed runs left, reads templates and manifests, and compares them with the
    # catalogs. Rooms are planned one after the other, while those before them are composed.
    plan = plan_batch(batch)
    if batch.wanted.dry_run:
        return list_due(plan)
    if batch.settings.shards:
        # Each shard is a run of its own, of the flow compose-shard, on whatever worker is free.
        return submit_shards(plan, batch)
    # Renders each composition in a task, and writes the catalogs now and then.
    return compose_planned(plan, batch)
