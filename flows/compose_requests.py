"""The flow of requests: compositions that were asked for by the API."""

from __future__ import annotations

from prefect import flow
from prefect.runtime import flow_run

from roomreel.batch.leftovers import clear_machine
from roomreel.batch.report import BatchReport
from roomreel.batch.selection import RunFilter
from roomreel.batch.steps import ANY_DAY, Batch
from roomreel.catalog.catalog import open_catalog
from roomreel.encryption import check_keys
from roomreel.flows.orchestration.executor import PrefectRun
from roomreel.flows.orchestration.parameters import Config, Requests, Ticket
from roomreel.flows.orchestration.run_end import end_run
from roomreel.flows.orchestration.settings import load_to_compose
from roomreel.service.composing import compose_requests as compose_all
from roomreel.service.database.connections import open_database
from roomreel.service.requests.dispatcher import holder_of

# Somebody waits for each of them.
RECORD_AFTER_S = 5.0


@flow(name="compose-requests")
def compose_requests(requests: Requests, ticket: Ticket, config: Config = None) -> BatchReport:
    """Compose what was requested, as the rooms and the catalog are now.

    Retry makes once more what failed, and what is not made yet.

    Returns:
        A line for each composition.

    Raises:
        BatchFailed: something failed; everything else is done, and `report` has both.
        RoomreelError: nothing could be composed at all (settings, folders, database).
    """

    def compose() -> BatchReport:
        settings = load_to_compose(config)
        check_keys(settings)
        run = PrefectRun(settings, holder_of(ticket))
        open_catalog(settings).recover()
        clear_machine(run.machine)
        batch = Batch(RunFilter(ANY_DAY), settings, run, record_after_s=RECORD_AFTER_S)
        database = open_database(settings)
        return compose_all(requests, ticket, database, batch, again=flow_run.run_count > 1)

    return end_run(compose)
