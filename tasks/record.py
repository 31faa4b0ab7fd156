"""Record outcomes of a batch in the catalogs, and settle those that were requested."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE

from roomreel.batch import record
from roomreel.batch.edge import attempt
from roomreel.batch.planning import RoomPlan
from roomreel.batch.report import Line
from roomreel.errors import RoomreelError
from roomreel.logs import LOG
from roomreel.model.composition import Outcome
from roomreel.service.requests.settle import settle_recorded
from roomreel.settings import Settings


@task(task_run_name="write catalogs", persist_result=False, cache_policy=NO_CACHE)
def record_outcomes(
    rooms: list[RoomPlan], outcomes: list[Outcome], settings: Settings, run_id: str | None
) -> list[Line]:
    """Commit rooms, recordings and outcomes; see `roomreel.batch.record`."""
    lines = record.record_outcomes(rooms, outcomes, settings, run_id)
    settled = attempt(settle_recorded, [outcome.sid for outcome in outcomes], settings)
    if isinstance(settled, RoomreelError):
        # The catalogs decide: an instance of the service settles it by them.
        LOG.warning("Requests are not settled yet: %s", settled)
    return lines
