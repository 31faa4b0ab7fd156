"""A shard of a night: some rooms, composed by a run of their own on whatever worker is free."""

from __future__ import annotations

from prefect import flow

from roomreel.batch.report import BatchReport
from roomreel.batch.selection import RunFilter
from roomreel.catalog.catalog import open_catalog
from roomreel.encryption import check_keys
from roomreel.flows.composing import ANY_DAY, clear_machine, composed_from, ended
from roomreel.flows.orchestration.parameters import Config, Force, Manifests, TemplateName
from roomreel.flows.orchestration.related_runs import related_runs
from roomreel.flows.orchestration.settings import load


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
        What became of them.

    Raises:
        BatchFailed: something failed; everything else is done, and `report` tells of both.
        RoomreelError: there is nothing to speak of (settings, folders).
    """

    def shard() -> BatchReport:
        settings = load(config)
        check_keys(settings)
        open_catalog(settings).recover()
        clear_machine(settings)
        choice = RunFilter(ANY_DAY, template=template, force=force, runs=related_runs())
        return composed_from(manifests, choice, settings)

    return ended(shard)
