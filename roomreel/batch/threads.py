"""An executor of threads: renders without an orchestrator, each in child processes as ever."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field

from roomreel.batch.claims import Claims, NoClaims
from roomreel.batch.edge import attempt
from roomreel.batch.executor import STOP_S, Handle, Result
from roomreel.batch.kept_results import KeptResults
from roomreel.batch.planning import PlannedJob
from roomreel.batch.render import (
    RETRY_DELAYS_S,
    draw_pictures,
    is_worth_a_retry,
    render_composition,
    result_key,
)
from roomreel.compose.progress import OnProgress, Pace, Progress
from roomreel.compose.together import ALL_CHUNKS
from roomreel.errors import RoomreelError
from roomreel.logs import LOG
from roomreel.model.composition import CompositionStatus, Outcome
from roomreel.process.isolate import is_stopped, stop_children
from roomreel.settings.batches import Batches

_LOOK_S = 0.2


@dataclass
class ThreadExecutor:
    """Renders in the threads of a pool.

    Attributes:
        results: outcomes that are kept until they are recorded.
        claims: take the progress, beside the log.
        at_end: is closed once no thread of the pool is at work.
    """

    pool: ThreadPoolExecutor
    settings: Batches
    results: KeptResults
    claims: Claims = field(default_factory=NoClaims)
    at_end: ExitStack = field(default_factory=ExitStack)

    def submit_drawing(self, planned: Sequence[PlannedJob]) -> Sequence[Handle]:
        """Have the pictures of compositions of one room drawn by this process alone."""
        if len(planned) < 2:
            return []
        return [self.pool.submit(self._draw, planned)]

    def submit_render(self, planned: PlannedJob, *, from_scratch: bool) -> Handle:
        """Have a composition rendered, unless a result of it is kept."""
        return self.pool.submit(self._render, planned, from_scratch=from_scratch)

    def wait(self, handles: Collection[Handle], timeout_s: float) -> Collection[Handle]:
        """Wait until at least one has ended, or for some seconds; return those that have."""
        return wait(handles, timeout=timeout_s, return_when=FIRST_COMPLETED).done

    def result(self, handle: Handle) -> Result:
        """Return how a render ended; one that has not has no outcome."""
        future: Future[Result] = handle
        if future.cancelled() or not future.done():
            return Result(words="stopped")
        return future.result()

    def cancel(self, handles: Collection[Handle]) -> None:
        """End what is under way, and begin nothing more; return within seconds."""
        self.at_end.enter_context(stop_children())
        for handle in handles:
            handle.cancel()  # those that wait for a thread
        wait(handles, timeout=STOP_S)

    def _draw(self, planned: Sequence[PlannedJob]) -> None:
        also = self.claims.watch([one.job for one in planned])
        on_progress = progress_lines(planned[0].job.manifest.room.unique_name, also)
        error = draw_pictures(planned, self.settings, ALL_CHUNKS, on_progress)
        if error is not None:
            LOG.warning("Rendering each by itself: %s", error)

    def _render(self, planned: PlannedJob, *, from_scratch: bool) -> Result:
        result = attempt(self._rendered, planned, from_scratch)
        return Result(words=str(result)) if isinstance(result, RoomreelError) else result

    def _rendered(self, planned: PlannedJob, from_scratch: bool) -> Result:
        key = result_key(planned, self.settings)
        kept = None if from_scratch else self.results.read(key)
        if kept is not None:
            return Result(kept, kept=True)
        outcome = self._render_until_storage_holds(planned)
        if outcome.status is CompositionStatus.COMPLETED:
            self.results.keep(key, outcome)
        return Result(outcome)

    def _render_until_storage_holds(self, planned: PlannedJob) -> Outcome:
        names = planned.job.manifest.room.unique_name, planned.job.template.friendly_name
        on_progress = progress_lines(" / ".join(names), self.claims.watch([planned.job]))
        outcome = render_composition(planned, self.settings, on_progress)
        # Two delays are a loop; a library of retries would need to know all of this, too.
        for delay_s in RETRY_DELAYS_S:
            if not is_worth_a_retry(outcome) or not self._goes_on_after(delay_s):
                break
            LOG.info("Rendering %s once more, as storage failed", " / ".join(names))
            outcome = render_composition(planned, self.settings, on_progress)
        return outcome

    def _goes_on_after(self, seconds: float) -> bool:
        """Wait; return False if the run was stopped meanwhile."""
        until = time.monotonic() + seconds
        while not is_stopped() and time.monotonic() < until:
            time.sleep(_LOOK_S)
        return not is_stopped()


def progress_lines(name: str, also: OnProgress) -> OnProgress:
    """Return what logs a line a minute about a render, and hands its progress on."""
    pace = Pace()

    def log(progress: Progress) -> None:
        if line := pace.line(progress):
            LOG.info("%s: %s", name, line)
        also(progress)

    return log
