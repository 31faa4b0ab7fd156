"""Runs of requests: the port of the service, as runs of the deployment `compose-requests`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterIdempotencyKey
from prefect.client.schemas.objects import FlowRun
from prefect.states import Crashed

from roomreel.errors import OrchestratorFailed
from roomreel.flows.orchestration.deployments import start_run
from roomreel.text import counted

BEGINS_WITHIN = timedelta(seconds=60)
"""A worker that took a run starts its process at once, which takes seconds."""

DEPLOYMENT = "compose-requests/compose-requests"


class RequestRuns:
    """Flow runs; the ticket of one is its idempotency key."""

    def start(self, ticket: str, sids: Sequence[str]) -> None:
        """Have the requests of these sids composed; asked twice, one run is started."""
        parameters = {"requests": list(sids), "ticket": ticket}
        name = f"compose-requests {sids[0]}" if len(sids) == 1 else _name(sids)
        with _answering():
            start_run(DEPLOYMENT, parameters, ticket, setting="serve", name=name)

    def find_ended(self, tickets: Collection[str]) -> set[str]:
        """Return those whose run has ended, or was never started."""
        with _answering(), get_client(sync_client=True) as client:
            alive = [run for run in _alive(client, tickets) if not _is_stuck(run)]
        return set(tickets) - {run.idempotency_key for run in alive}

    def give_up(self, ticket: str) -> None:
        """Have a run count as ended that is not heard of any more."""
        words = "Its requests were not heard of for too long: they are in the queue again."
        with _answering(), get_client(sync_client=True) as client:
            for run in _alive(client, [ticket]):
                client.set_flow_run_state(run.id, Crashed(message=words), force=True)


def _alive(client: SyncPrefectClient, tickets: Collection[str]) -> list[FlowRun]:
    keys = FlowRunFilterIdempotencyKey(any_=sorted(tickets))
    runs = client.read_flow_runs(flow_run_filter=FlowRunFilter(idempotency_key=keys))
    return [run for run in runs if not (run.state and run.state.is_final())]


def _is_stuck(run: FlowRun) -> bool:
    """Return whether a worker took a run and did not begin it: one that was killed."""
    if run.state is None or not run.state.is_pending():
        return False
    return datetime.now(UTC) - run.state.timestamp > BEGINS_WITHIN


def _name(sids: Sequence[str]) -> str:
    return f"compose-requests {sids[0]} and {counted(len(sids) - 1, 'other')}"


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (httpx.HTTPError, RuntimeError) as error:
        raise OrchestratorFailed(
            f"the Prefect server does not answer: {str(error) or type(error).__name__}",
            "it is asked again",
        ) from error
