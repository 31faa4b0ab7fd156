"""The flow of "Custom run": compose one room, or one composition, once more."""

from __future__ import annotations

from prefect import flow

from roomreel.batch.one_room import compose_one_room
from roomreel.batch.report import BatchReport
from roomreel.batch.selection import RunFilter
from roomreel.batch.steps import ANY_DAY, Batch
from roomreel.flows.orchestration.executor import PrefectRun
from roomreel.flows.orchestration.parameters import Config, Force, TemplateName, What
from roomreel.flows.orchestration.related_runs import related_runs
from roomreel.flows.orchestration.run_end import end_run
from roomreel.flows.orchestration.run_names import of_the_room
from roomreel.flows.orchestration.settings import load_to_compose


@flow(name="compose-room", flow_run_name=of_the_room)
def compose_room(
    what: What,
    template: TemplateName = None,
    force: Force = True,
    config: Config = None,
) -> BatchReport:
    """Compose one room by its templates, or one composition, whatever was made of it before.

    Returns:
        A line for each composition.

    Raises:
        BatchFailed: it failed; `report` says why.
        RoomreelError: it does not exist, or the settings cannot be used.
    """

    def compose() -> BatchReport:
        settings = load_to_compose(config)
        wanted = RunFilter(ANY_DAY, template=template, force=force, runs=related_runs())
        return compose_one_room(what, Batch(wanted, settings, PrefectRun(settings)))

    return end_run(compose)
