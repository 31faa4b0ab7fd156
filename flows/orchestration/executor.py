"""Prefect's side of a batch: its steps are task runs, and what it renders is submitted to pools."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar, cast

from prefect import Task
from prefect.exceptions import TerminationSignal
from prefect.runtime import flow_run
from prefect.task_runners import ThreadPoolTaskRunner

from roomreel.batch import planning, reading, record
from roomreel.batch.claims import Claims, NoClaims
from roomreel.batch.executor import STOP_S, Handle, Result
from roomreel.batch.planning import PlannedJob, RoomPlan
from roomreel.batch.report import Line
from roomreel.batch.run import UNDER_WAY_PER_WORKER
from roomreel.batch.shares import split_into_shares
from roomreel.flows.orchestration.failures import show
from roomreel.flows.orchestration.gallery import Gallery
from roomreel.flows.orchestration.spreading import draw_elsewhere
from roomreel.flows.orchestration.tags import tags_of
from roomreel.maintenance.places import Machine
from roomreel.model.composition import Outcome
from roomreel.process.isolate import stop_children
from roomreel.service.requests.claims import claims_of
from roomreel.service.requests.pending import deliver_pending
from roomreel.settings import Settings
from roomreel.settings.batches import Batches
from roomreel.tasks.draw import draw
from roomreel.tasks.log import listen, show_lines
from roomreel.tasks.machine import machine_of
from roomreel.tasks.plan import plan_rooms
from roomreel.tasks.read_manifests import read_manifests
from roomreel.tasks.read_templates import read_templates
from roomreel.tasks.record import record_outcomes
from roomreel.tasks.render import render

P = ParamSpec("P")
T = TypeVar("T")
Pool = ThreadPoolTaskRunner[Any]

TASKS: Mapping[Callable[..., Any], Task[..., Any]] = {
    reading.read_manifests: read_manifests,
    reading.read_templates: read_templates,
    planning.plan_rooms: plan_rooms,
    record.record_outcomes: record_outcomes,
}
"""The task that a step of a batch is."""


@dataclass
class PrefectRun:
    """The flow run that a batch is.

    Attributes:
        holder: what others call it that find a composition claimed; "": by the name of the run.
    """

    settings: Settings
    holder: str = ""
    stops: tuple[type[BaseException], ...] = (KeyboardInterrupt, TerminationSignal)
    claims: Claims = field(default_factory=NoClaims)
    _gallery: Gallery = field(init=False)

    def __post_init__(self) -> None:
        show_lines()
        self._gallery = Gallery(self.settings)

    @property
    def run_id(self) -> str | None:
        """Return the id of the flow run."""
        return cast("str | None", flow_run.id)

    @property
    def machine(self) -> Machine:
        """Return the machine of this process, with what Prefect keeps of it."""
        return machine_of(self.settings)

    def call(self, step: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the task that a step is, and return what it returns."""
        return cast("T", TASKS[step](*args, **kwargs))

    @contextmanager
    def executor(self, settings: Batches) -> Iterator[TaskExecutor]:
        """Yield an executor of as many threads as the settings have workers."""
        listen(settings)
        # Who only waits takes no core.
        most = UNDER_WAY_PER_WORKER * settings.workers * settings.spread_shares
        pool: Pool = ThreadPoolTaskRunner(max_workers=settings.workers)
        waiting: Pool = ThreadPoolTaskRunner(max_workers=most)
        holder = self.holder or f"the run {flow_run.name}"
        claims = claims_of(self.settings, holder)
        with ExitStack() as at_end, pool as here, waiting as elsewhere, claims as self.claims:
            yield TaskExecutor(here, elsewhere, settings, at_end)
        # By now its outcomes are recorded.
        deliver_pending(self.settings)

    def show_outcome(self, room: RoomPlan, outcome: Outcome) -> None:
        """Leave the pictures of the first compositions with the run."""
        self._gallery.show(room, outcome)

    def show_failures(self, lines: Iterable[Line]) -> None:
        """Leave a failed task run for each failure that no task had."""
        show(lines)


@dataclass
class TaskExecutor:
    """Renders in task runs.

    Attributes:
        pool: where this run renders.
        elsewhere: where it waits for what others draw.
        at_end: is closed once no thread of the two is at work.
    """

    pool: Pool
    elsewhere: Pool
    settings: Batches
    at_end: ExitStack

    def submit_drawing(self, planned: Sequence[PlannedJob]) -> Sequence[Handle]:
        """Have pictures of one room drawn, by this run alone or by others, too.

        This run draws the first share of what is spread, so that it goes on where nobody else is
        free.
        """
        shares = split_into_shares(planned, self.settings)
        if not shares and len(planned) < 2:
            return []
        mine = {piece.sid: piece.chunks for share in shares[:1] for piece in share.pieces}
        asked = {"planned": planned, "settings": self.settings, "only": mine}
        config = flow_run.parameters.get("config")
        others = [
            {"share": share, "settings": self.settings, "config": config} for share in shares[1:]
        ]
        here = self.pool.submit(draw, asked)
        return [here, *(self.elsewhere.submit(draw_elsewhere, other) for other in others)]

    def submit_render(self, planned: PlannedJob, *, from_scratch: bool) -> Handle:
        """Have a composition rendered, unless a result of it is cached."""
        task = render.with_options(tags=render.tags | tags_of(planned.job))
        if from_scratch:
            task = task.with_options(refresh_cache=True)
        return self.pool.submit(task, {"planned": planned, "settings": self.settings})

    def wait(self, handles: Collection[Handle], timeout_s: float) -> Collection[Handle]:
        """Wait until at least one has ended, or for some seconds; return those that have."""
        of = {handle.wrapped_future: handle for handle in handles}
        done = wait(of, timeout=timeout_s, return_when=FIRST_COMPLETED).done
        return [of[future] for future in done]

    def result(self, handle: Handle) -> Result:
        """Return how a render ended; one that has not has no outcome."""
        if handle.wrapped_future.cancelled() or not handle.wrapped_future.done():
            return Result(words="stopped")
        value = handle.result(raise_on_failure=False)
        outcome = value if isinstance(value, Outcome) else None
        return Result(outcome, kept=handle.state.name == "Cached", words=str(value))

    def cancel(self, handles: Collection[Handle]) -> None:
        """End what is under way, within seconds: a worker kills what runs half a minute later."""
        futures = [handle.wrapped_future for handle in handles]
        self.at_end.enter_context(stop_children())
        for future in futures:
            future.cancel()  # those that wait for a thread
        wait(futures, timeout=STOP_S)
