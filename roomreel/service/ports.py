"""The port of the service to whoever runs things: `roomreel.flows` implements it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Runs(Protocol):
    """Runs that compose requests, on whatever machine."""

    def start(self, sids: Sequence[str]) -> str:
        """Have the requests of these sids composed; return the id of the run.

        Raises:
            OrchestratorFailed: none can be started now.
        """

    def cancel(self, run_id: str, sid: str) -> None:
        """Have a run leave one composition; the others of it are composed all the same.

        Raises:
            OrchestratorFailed: it cannot be asked now.
        """

    def lost(self, run_ids: Sequence[str]) -> set[str]:
        """Return those of the runs that have ended, or do not exist.

        Raises:
            OrchestratorFailed: it cannot be asked now.
        """
