"""The loop of a batch: submit what is due, take in what ends, record it now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from roomreel.batch.executor import Executor, Handle, Orchestrator, Result
from roomreel.batch.outage import await_store
from roomreel.batch.planning import PlannedJob, RoomPlan, held_line
from roomreel.batch.record import record_outcomes
from roomreel.batch.render import is_in_place, needs_pictures
from roomreel.batch.report import BatchReport, Line, failed_line, outcome_line
from roomreel.compose.outcome import failed
from roomreel.compose.publish import files_of
from roomreel.errors import (
    Cancelled,
    OrchestratorFailed,
    RoomreelError,
    StorageFailed,
    StoreUnreachable,
)
from roomreel.model.composition import CompositionStatus, Outcome
from roomreel.settings.batches import Batches
from roomreel.storage import outage

# Enough that no worker waits while the next rooms are planned.
UNDER_WAY_PER_WORKER = 2
# A commit replaces whole files, so not one a composition; and a run may be watched or killed,
# so not one at its end. Results that a kill keeps from being recorded are found by the next run.
RECORD_OUTCOMES = 50
RECORD_AFTER_S = 120.0
# A signal that arrives just before a wait begins does not end it: Python looks at it afterwards.
LOOK_S = 5.0


def compose_rooms(
    rooms: Iterator[RoomPlan],
    settings: Batches,
    orchestrator: Orchestrator,
    *,
    force: bool = False,
    record_after_s: float = RECORD_AFTER_S,
) -> BatchReport:
    """Compose what is due while the rooms after it are planned, and record it.

    Args:
        force: render whatever an earlier run has kept of it.
        record_after_s: seconds after which what has ended is recorded at the latest.
    """
    up_to_date, gone = 0, None
    with orchestrator.executor(settings) as executor:
        loop = Loop(executor, orchestrator, settings, force, record_after_s)
        try:
            for room in rooms:
                loop.add(room)
                up_to_date += room.up_to_date
                loop.wait(UNDER_WAY_PER_WORKER * settings.workers)
            loop.wait()
            loop.record()
        except StoreUnreachable as error:
            gone = error
        except orchestrator.stops:
            loop.stop()
            raise
        finally:
            # Whatever ends the batch here, what ended before it is worth keeping.
            loop.record()
    lines = loop.lines if gone is None else _without_echo(loop.lines, gone)
    orchestrator.show_failures(line for line in lines if line.composition not in loop.rendered)
    return BatchReport(tuple(lines), up_to_date)


class After(StrEnum):
    """The next step of a composition whose render has ended."""

    DONE = "done"
    HOLD = "hold"
    START_OVER = "start over"
    FAIL = "fail"


@dataclass(slots=True)
class Item:
    """One composition on its way through the loop.

    Attributes:
        from_scratch: whether it is rendered whatever result of it is kept.
        was_held: whether it waited for the store once.
    """

    planned: PlannedJob
    room: RoomPlan
    from_scratch: bool
    was_held: bool = False


def decide_after(result: Result, item: Item, settings: Batches) -> After:
    """Say what follows the end of a render; the first row that applies decides.

    ============================  ===================================  ==========
    its outcome                   and                                  then
    ============================  ===================================  ==========
    failed, the store is away     it was not held before               hold
    failed, or cancelled                                               done
    completed                     its file is in place                 done
    completed, or none            it was rendered from scratch         fail
    completed, or none            (a kept result whose file is gone,   start over
                                  or that cannot be read)
    ============================  ===================================  ==========
    """
    outcome = result.outcome
    if outcome and _ended_with_the_store(outcome) and not item.was_held:
        return After.HOLD
    if outcome and _stands(outcome, item, settings, kept=result.kept):
        return After.DONE
    return After.FAIL if item.from_scratch else After.START_OVER


@dataclass(slots=True)
class _Drawing:
    """Pictures that are drawn together, and the compositions that wait for them."""

    handles: set[Handle]
    items: tuple[Item, ...]


@dataclass
class Loop:
    """The compositions of a batch that are under way, and what of them is to be recorded.

    A composition goes this way, and nowhere else::

        added -> drawing -> rendering -> DONE, FAIL -> recorded
        added ------------> rendering -> START_OVER -> rendering
                            rendering -> HOLD -> held -> rendering

    An interrupt may come between any two of its steps. So what is added stays unfinished until it
    has an outcome, wherever it is meanwhile, and the first outcome that it has stands.

    Attributes:
        force: render compositions from scratch whatever an earlier run has kept of them.
        lines: a line for everything that has ended so far.
        rendered: sids of compositions that were submitted.
    """

    executor: Executor
    orchestrator: Orchestrator
    settings: Batches
    force: bool = False
    record_after_s: float = RECORD_AFTER_S
    clock: Callable[[], float] = time.monotonic
    lines: list[Line] = field(default_factory=list)
    rendered: set[str] = field(default_factory=set)
    _drawing: list[_Drawing] = field(default_factory=list)
    _rendering: dict[Handle, Item] = field(default_factory=dict)
    _held: list[Item] = field(default_factory=list)
    _unfinished: dict[str, Item] = field(default_factory=dict)
    _rooms: dict[str, RoomPlan] = field(default_factory=dict)
    _outcomes: dict[str, Outcome] = field(default_factory=dict)
    _recorded_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._recorded_at = self.clock()

    def add(self, room: RoomPlan) -> None:
        """Take in a planned room: submit what is due, note what is refused.

        Raises:
            StoreUnreachable: the store stays away.
        """
        await_store()
        self.lines += room.lines
        for outcome in room.refused:
            self._end(room, outcome)
        items = self._claim(room)
        pictures = [
            item.planned
            for item in items
            if needs_pictures(item.planned, self.settings, force=self.force)
        ]
        handles = self.executor.submit_drawing(pictures) if pictures else ()
        if handles:
            self._drawing.append(_Drawing(set(handles), items))
        else:
            self._submit(items)
        self._rooms.setdefault(room.manifest.room.sid, room)

    def wait(self, most: int = 0) -> None:
        """Take in what ends, until at most `most` are under way.

        Raises:
            StoreUnreachable: the store stays away.
        """
        while len(self._drawing) + len(self._rendering) > most:
            for handle in self.executor.wait(self._handles(), LOOK_S):
                self._take_in(handle)
            if self._held:
                await_store()
                held, self._held = self._held, []
                for item in held:
                    item.was_held = True
                self._submit(held)
            if self._is_time_to_record():
                self.record()

    def stop(self) -> None:
        """End what is under way, within seconds, and record it as cancelled."""
        self.executor.cancel(self._handles())
        for handle, item in self._rendering.items():
            result = self.executor.result(handle)
            if result.outcome and decide_after(result, item, self.settings) is After.DONE:
                self._end(item.room, result.outcome)
        for item in [*self._unfinished.values()]:
            self._end(item.room, _cancelled(item.planned))
        self.record()

    def record(self) -> None:
        """Record what ended since the last time; what is recorded twice is there once."""
        outcomes = [*self._outcomes.values()]
        if self._rooms:
            rooms, run_id = list(self._rooms.values()), self.orchestrator.run_id
            call = self.orchestrator.call
            self.lines += call(record_outcomes, rooms, outcomes, self.settings, run_id)
        # Not before it stands in the catalogs: whoever comes next goes by those.
        self.orchestrator.claims.release([outcome.sid for outcome in outcomes])
        self._rooms, self._outcomes, self._recorded_at = {}, {}, self.clock()

    def _claim(self, room: RoomPlan) -> tuple[Item, ...]:
        """Return what nobody else composes at this time; the rest is reported, and left alone."""
        held = self.orchestrator.claims.take([planned.job.sid for planned in room.due])
        self.lines += [
            held_line(planned, held[planned.job.sid])
            for planned in room.due
            if planned.job.sid in held
        ]
        ours = {
            planned.job.sid: Item(planned, room, self.force)
            for planned in room.due
            if planned.job.sid not in held
        }
        self._unfinished |= ours
        self.orchestrator.claims.begin([item.planned.job for item in ours.values()])
        return tuple(ours.values())

    def _handles(self) -> list[Handle]:
        drawing = [handle for one in self._drawing for handle in one.handles]
        return [*drawing, *self._rendering]

    def _submit(self, items: Iterable[Item]) -> None:
        for item in items:
            planned, from_scratch = item.planned, item.from_scratch
            handle = self.executor.submit_render(planned, from_scratch=from_scratch)
            self._rendering[handle] = item
            self.rendered.add(planned.job.sid)

    def _take_in(self, handle: Handle) -> None:
        item = self._rendering.get(handle)
        if item is not None:
            self._go_on(item, self.executor.result(handle))
            del self._rendering[handle]
            return
        drawing = next(one for one in self._drawing if handle in one.handles)
        drawing.handles.remove(handle)
        if not drawing.handles:
            self._submit(drawing.items)
            self._drawing.remove(drawing)

    def _go_on(self, item: Item, result: Result) -> None:
        match decide_after(result, item, self.settings), result.outcome:
            case After.DONE, Outcome() as outcome:
                self._end(item.room, outcome)
            case After.HOLD, _:
                self._held.append(item)
            case After.START_OVER, _:
                item.from_scratch = True
                self._submit([item])
            case _:
                error = _unfinished(result)
                self._end(item.room, failed(item.planned.job, error, None, datetime.now(UTC)))

    def _end(self, room: RoomPlan, outcome: Outcome) -> None:
        # Its templates_done goes with the outcome, even where the room was recorded before.
        self._rooms[room.manifest.room.sid] = room
        if outcome.sid not in self._outcomes:
            self._outcomes[outcome.sid] = outcome
            self.lines.append(outcome_line(outcome))
            self.orchestrator.show_outcome(room, outcome)
        self._unfinished.pop(outcome.sid, None)

    def _is_time_to_record(self) -> bool:
        age_s = self.clock() - self._recorded_at
        return len(self._outcomes) >= RECORD_OUTCOMES or age_s >= self.record_after_s


def _ended_with_the_store(outcome: Outcome) -> bool:
    """Return whether a composition failed because the store is away: no fault of its own."""
    return outcome.failure_code == StorageFailed.code and outage() is not None


def _stands(outcome: Outcome, item: Item, settings: Batches, *, kept: bool) -> bool:
    if outcome.status is not CompositionStatus.COMPLETED:
        return True
    return is_in_place(outcome, files_of(item.planned.job, settings), kept=kept)


def _cancelled(planned: PlannedJob) -> Outcome:
    error = Cancelled("it was stopped before it was finished", "the next run makes it")
    return failed(planned.job, error, None, datetime.now(UTC))


def _unfinished(result: Result) -> RoomreelError:
    if result.outcome is None:
        words = f"its task did not finish: {result.words}"
        return OrchestratorFailed(words, "the next run makes it")
    place = result.outcome.files.media if result.outcome.files else "nowhere"
    return StorageFailed(f"the composition is not where it was published: {place}")


def _without_echo(lines: Iterable[Line], gone: StoreUnreachable) -> list[Line]:
    """Return the lines, of which one alone says that the store is gone: the last."""
    silence = gone.message.partition(",")[0]
    return [*(line for line in lines if silence not in line.message), failed_line(gone, "store")]
