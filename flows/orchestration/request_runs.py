"""Runs of requests: the port of the service, as runs of the deployment `compose-requests`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterIdempotencyKey

from roomreel.errors import OrchestratorFailed
from roomreel.flows.orchestration.deployments import start_run
from roomreel.text import counted

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
        wanted = FlowRunFilter(idempotency_key=FlowRunFilterIdempotencyKey(any_=sorted(tickets)))
        with _answering(), get_client(sync_client=True) as client:
            runs = client.read_flow_runs(flow_run_filter=wanted)
        alive = {run.idempotency_key for run in runs if not (run.state and run.state.is_final())}
        return set(tickets) - alive


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
