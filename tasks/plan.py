"""Decide what is due in a batch of rooms, and plan it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import task_run

from roomreel.batch.due import Previous
from roomreel.batch.planning import CatalogState, Planner, RoomPlan
from roomreel.batch.report import failed_line
from roomreel.catalog.catalog import open_catalog
from roomreel.catalog.remake import failure_of_remake
from roomreel.catalog.rooms import find_rooms
from roomreel.compose.publish import is_stored
from roomreel.documents.identity import OTHER_INPUTS
from roomreel.errors import RoomreelError
from roomreel.metrics import timed
from roomreel.model.composition import CompositionStatus
from roomreel.model.room import Manifest
from roomreel.model.table import Row, Table, composition_day
from roomreel.tasks.edge import attempt
from roomreel.text import counted


def _name() -> str:
    return f"plan {counted(len(task_run.parameters['manifests']), 'room')}"


@task(task_run_name=_name, persist_result=False, cache_policy=NO_CACHE)
def plan(manifests: list[Manifest], planner: Planner) -> list[RoomPlan]:
    """Decide and plan for each room; one that cannot be planned never stops the others."""
    memory = attempt(remembered, manifests, planner)
    if isinstance(memory, RoomreelError):
        return [_unplanned(manifest, memory) for manifest in manifests]
    with timed("plan"):
        plans = [(manifest, attempt(planner.plan, manifest, memory)) for manifest in manifests]
    return [made if isinstance(made, RoomPlan) else _unplanned(of, made) for of, made in plans]


def remembered(manifests: Sequence[Manifest], planner: Planner) -> CatalogState:
    """What the catalogs know of these rooms and of what they could be composed into.

    Raises:
        CatalogError: the catalogs cannot be read.
        StorageFailed: likewise.
    """
    catalog = open_catalog(planner.settings)
    found = find_rooms(catalog, [manifest.room for manifest in manifests])
    memory = CatalogState(
        templates_done={sid: frozenset(row["templates_done"] or ()) for sid, row in found.items()},
        end_times={sid: row["end_time"] for sid, row in found.items() if row["end_time"]},
    )
    sids = list(planner.sids(manifests, memory))
    days = {composition_day(sid) for sid in sids}
    rows = catalog.find(Table.COMPOSITIONS, sids, days)
    runs = planner.choice.runs
    return replace(memory, compositions={sid: _previous(row, runs) for sid, row in rows.items()})


def _previous(row: Row, runs: Collection[str]) -> Previous:
    status, of_this_run = CompositionStatus(row["status"]), row["flow_run_id"] in runs
    return Previous(
        status,
        None if row["engine_version"] in OTHER_INPUTS else row["inputs_sha256"],
        row["failure_code"],
        row["failure_message"],
        row["attempts"] or 1,
        of_this_run,
        # Reading whole files is for whoever tries a run again, not for each night.
        in_place=not of_this_run
        or status is not CompositionStatus.COMPLETED
        or is_stored(row["media_url"], row["size_bytes"], row["media_sha256"]),
        remake_failed=failure_of_remake(row) is not None,
        ended=row["date_completed"],
    )


def _unplanned(manifest: Manifest, error: RoomreelError) -> RoomPlan:
    return RoomPlan(manifest, lines=(failed_line(error, manifest.room.unique_name),))
