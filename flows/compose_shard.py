"""The flow of a shard: some rooms of a batch, composed by a run of their own on a free worker."""

from __future__ import annotations

from prefect import flow

from roomreel.batch.leftovers import clear_machine
from roomreel.batch.report import BatchReport
from roomreel.batch.selection import RunFilter
from roomreel.batch.steps import ANY_DAY, Batch, compose_manifests
from roomreel.catalog.catalog import open_catalog
from roomreel.encryption import check_keys
from roomreel.flows.orchestration.executor import PrefectRun
from roomreel.flows.orchestration.parameters import Config, Force, Manifests, TemplateName
from roomreel.flows.orchestration.related_runs import related_runs
from roomreel.flows.orchestration.run_end import end_run
from roomreel.flows.orchestration.settings import load_to_compose


@flow(name="compose-shard")
def compose_shard(
    manifests: Manifests,
    template: TemplateName = None,
    force: Force = False,
    config: Config = None,
) -> BatchReport:
    """Compose some rooms, as they and the catalog are now.

    Retry makes what failed once more, and nothing else.

    Returns:
        A line for each composition.

    Raises:
        BatchFailed: something failed; everything else is done, and `report` has both.
        RoomreelError: nothing could be composed at all (settings, folders).
    """

    def compose() -> BatchReport:
        settings = load_to_compose(config)
        check_keys(settings)
        run = PrefectRun(settings)
        open_catalog(settings).recover()
        clear_machine(run.machine)
        wanted = RunFilter(ANY_DAY, template=template, force=force, runs=related_runs())
        return compose_manifests(manifests, Batch(wanted, settings, run))

    return end_run(compose)
