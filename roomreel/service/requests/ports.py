"""The port of the service to whoever runs things: `roomreel.flows` implements it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol


class Runs(Protocol):
    """Runs that compose requests, on whatever machine. Each is known by a ticket of ours."""

    def start(self, ticket: str, sids: Sequence[str]) -> None:
        """Have the requests of these sids composed; asked twice, one run is started.

        Raises:
            OrchestratorFailed: none can be started now.
        """

    def find_ended(self, tickets: Collection[str]) -> set[str]:
        """Return those whose run has ended, was never started, or does not begin.

        Raises:
            OrchestratorFailed: it cannot be asked now.
        """

    def give_up(self, ticket: str) -> None:
        """Have a run count as ended that is not heard of any more.

        Raises:
            OrchestratorFailed: it cannot be asked now.
        """
