"""The ports of a batch: who runs its steps, and who renders beside it.

`roomreel.batch.threads` has both within one process; `roomreel.flows.orchestration.executor` has
them as flow run and task runs of Prefect.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ParamSpec, Protocol, TypeVar

from roomreel.batch.claims import Claims
from roomreel.batch.planning import PlannedJob, RoomPlan
from roomreel.batch.report import Line
from roomreel.maintenance.places import Machine
from roomreel.model.composition import Outcome
from roomreel.settings.batches import Batches

P = ParamSpec("P")
T = TypeVar("T")

STOP_S = 5.0
"""How long a run that is stopped waits for its renders: a worker kills it after half a minute."""

Handle = Any
"""What an executor knows something by that was submitted; hashable."""


@dataclass(frozen=True, slots=True)
class Result:
    """The end of a render.

    Attributes:
        outcome: None where it did not come to one, or that cannot be read.
        kept: whether an earlier run made it, and its result was kept.
        words: why there is no outcome.
    """

    outcome: Outcome | None = None
    kept: bool = False
    words: str = ""


class Executor(Protocol):
    """Renders beside the loop of a batch."""

    def submit_drawing(self, planned: Sequence[PlannedJob]) -> Sequence[Handle]:
        """Have the pictures of compositions of one room drawn together.

        Returns:
            What is to end before each is rendered; nothing where the renders may as well draw.
        """

    def submit_render(self, planned: PlannedJob, *, from_scratch: bool) -> Handle:
        """Have a composition rendered, tried again where storage fails.

        Args:
            from_scratch: whatever result is kept of it.
        """

    def wait(self, handles: Collection[Handle], timeout_s: float) -> Collection[Handle]:
        """Wait until at least one has ended, or for some seconds; return those that have."""

    def result(self, handle: Handle) -> Result:
        """Return how a render ended."""

    def cancel(self, handles: Collection[Handle]) -> None:
        """End what is under way, and begin nothing more; return within seconds.

        What was submitted and is not among these (an interrupt kept its handle from the caller)
        comes to nothing, too.
        """


class Orchestrator(Protocol):
    """Runs the steps of a batch, and shows people how they went."""

    @property
    def run_id(self) -> str | None:
        """Return the id by which catalogs know the run, or None."""

    @property
    def machine(self) -> Machine:
        """Return the machine of this process."""

    @property
    def claims(self) -> Claims:
        """Return the claims of the run on what it composes."""

    @property
    def stops(self) -> tuple[type[BaseException], ...]:
        """Return the exceptions that end a run in order: what it did is recorded."""

    def call(self, step: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a step returns: a function of this package that reads, plans or records."""

    def executor(self, settings: Batches) -> AbstractContextManager[Executor]:
        """Return an executor that works as long as the block lasts."""

    def show_outcome(self, room: RoomPlan, outcome: Outcome) -> None:
        """Show a composition that has ended."""

    def show_failures(self, lines: Iterable[Line]) -> None:
        """Show failures that no step had of its own."""
