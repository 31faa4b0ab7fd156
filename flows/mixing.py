"""The mixes that are under way in a night, and what of them is still to be recorded."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from prefect.futures import PrefectConcurrentFuture
from prefect.task_runners import ThreadPoolTaskRunner

from roomreel.batch.planning import PlannedJob, RoomPlan
from roomreel.batch.report import Line, outcome_line
from roomreel.compose.outcome import failed
from roomreel.compose.publish import files_of
from roomreel.errors import Cancelled, OrchestratorFailed, RoomreelError, StorageFailed
from roomreel.flows.drawing import drawn
from roomreel.flows.orchestration.gallery import Gallery
from roomreel.flows.orchestration.outage import await_store
from roomreel.flows.orchestration.tags import tags_of
from roomreel.model.composition import CompositionStatus, Job, Outcome
from roomreel.process.isolate import stopped
from roomreel.settings import Settings
from roomreel.storage import outage, stat
from roomreel.storage.location import location_of
from roomreel.tasks.mix import is_in_place, mix
from roomreel.tasks.record import record

# A commit replaces whole files, so not one a composition; and a night may be watched or killed,
# so not one at its end. Results that a kill keeps from being recorded are found by the next run.
RECORD_OUTCOMES = 50
RECORD_AFTER_S = 120.0
# A worker kills what still runs half a minute after it asked it to end.
STOP_S = 5.0
# A signal that arrives just before a wait begins does not end it: Python looks at it afterwards.
LOOK_S = 5.0


@dataclass(frozen=True, slots=True)
class _Entry:
    work: PlannedJob
    room: RoomPlan
    afresh: bool
    was_held: bool = False


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """What a future is about, and what to do with what it comes to."""

    entries: tuple[_Entry, ...]
    take_in: Callable[[object, bool], None]


@dataclass
class Mixing:
    """Submits what is due, takes in what ends, and records it in batches.

    Attributes:
        pool: where mixes run.
        elsewhere: where somebody waits for what others draw.
        force: make compositions afresh whatever an earlier run has kept of them.
        lines: what became of everything so far.
        mixed: sids of compositions that have a task run of their own.
    """

    pool: ThreadPoolTaskRunner[Any]
    elsewhere: ThreadPoolTaskRunner[Any]
    settings: Settings
    force: bool = False
    lines: list[Line] = field(default_factory=list)
    mixed: set[str] = field(default_factory=set)
    _under_way: dict[PrefectConcurrentFuture[Any], _UnderWay] = field(default_factory=dict)
    _rooms: dict[str, RoomPlan] = field(default_factory=dict)
    _outcomes: list[Outcome] = field(default_factory=list)
    _held: list[_Entry] = field(default_factory=list)
    _recorded_at: float = field(default_factory=time.monotonic)
    _gallery: Gallery = field(init=False)

    def __post_init__(self) -> None:
        self._gallery = Gallery(self.settings)

    def add(self, room: RoomPlan) -> None:
        """Take in a planned room: submit its work, note what is refused.

        Raises:
            StoreUnreachable: the store stays away.
        """
        await_store()
        self.lines += room.lines
        for outcome in room.refused:
            self._ended(room, outcome)
        entries = tuple(_Entry(work, room, afresh=self.force) for work in room.work)
        together = [entry.work for entry in entries if self._is_to_be_drawn(entry.work)]
        self._mixed_after(drawn(together, self.pool, self.elsewhere, self.settings), entries)
        self._rooms.setdefault(room.manifest.room.sid, room)

    def wait(self, most: int = 0) -> None:
        """Take in what ends, until at most `most` mixes are under way.

        Raises:
            StoreUnreachable: the store stays away.
        """
        while len(self._under_way) > most:
            future = self._first_to_end()
            take_in = self._under_way.pop(future).take_in
            result = future.result(raise_on_failure=False)
            take_in(result, future.state.name == "Cached")
            if self._held:
                await_store()
                held, self._held = self._held, []
                for entry in held:
                    self._submit(replace(entry, was_held=True))
            if self._is_time_to_record():
                self.record()

    def stop(self) -> None:
        """End what is under way, within seconds, and record it as cancelled."""
        with stopped():
            for future in self._under_way:
                future.wrapped_future.cancel()  # those that wait for a thread
            wait([future.wrapped_future for future in self._under_way], timeout=STOP_S)
        for future, about in self._under_way.items():
            for entry in about.entries:
                self._ended(entry.room, _result_of(future) or _cancelled(entry.work))
        self._under_way = {}
        self.record()

    def record(self) -> None:
        """Record what ended since the last time."""
        if self._rooms:
            self.lines += record(list(self._rooms.values()), self._outcomes, self.settings)
        self._rooms, self._outcomes, self._recorded_at = {}, [], time.monotonic()

    def _first_to_end(self) -> PrefectConcurrentFuture[Any]:
        while True:
            of = {future.wrapped_future: future for future in self._under_way}
            ended, _ = wait(of, timeout=LOOK_S, return_when=FIRST_COMPLETED)
            if ended:
                return of[next(iter(ended))]

    def _submit(self, entry: _Entry) -> None:
        task = mix.with_options(tags=mix.tags | tags_of(entry.work.job))
        if entry.afresh:
            task = task.with_options(refresh_cache=True)
        future = self.pool.submit(task, {"work": entry.work, "settings": self.settings})
        self._under_way[future] = _UnderWay((entry,), partial(self._take_in, entry))
        self.mixed.add(entry.work.job.sid)

    def _mixed_after(
        self,
        drawing: Sequence[PrefectConcurrentFuture[Any]],
        entries: tuple[_Entry, ...],
        *_: object,
    ) -> None:
        """Submit mixes when all that draws for them has ended."""
        if drawing:
            first, *others = drawing
            self._under_way[first] = _UnderWay(entries, partial(self._mixed_after, others, entries))
            return
        for entry in entries:
            self._submit(entry)

    def _is_to_be_drawn(self, work: PlannedJob) -> bool:
        """Whether a mix of it has pictures to draw: it may be kept from a run that was killed."""
        painted = work.plan.has_video and not work.plan.copied
        return painted and (self.force or not _is_published(work, self.settings))

    def _take_in(self, entry: _Entry, result: object, cached: bool) -> None:
        outcome = result if isinstance(result, Outcome) else None
        if outcome and _ended_with_the_store(outcome) and not entry.was_held:
            self._held.append(entry)
        elif outcome and self._stands(entry.work.job, outcome, cached=cached):
            self._ended(entry.room, outcome)
        elif entry.afresh:
            error = _unfinished(outcome, result)
            self._ended(entry.room, failed(entry.work.job, error, None, datetime.now(UTC)))
        else:
            # It came from the cache, and its file is gone or its result cannot be read.
            self._submit(replace(entry, afresh=True))

    def _ended(self, room: RoomPlan, outcome: Outcome) -> None:
        self.lines.append(outcome_line(outcome))
        self._outcomes.append(outcome)
        self._gallery.show(room, outcome)
        # Its templates_done goes with the outcome, even where the room was recorded before.
        self._rooms[room.manifest.room.sid] = room

    def _stands(self, job: Job, outcome: Outcome, *, cached: bool) -> bool:
        if outcome.status is not CompositionStatus.COMPLETED:
            return True
        return is_in_place(outcome, files_of(job, self.settings), cached=cached)

    def _is_time_to_record(self) -> bool:
        age_s = time.monotonic() - self._recorded_at
        return len(self._outcomes) >= RECORD_OUTCOMES or age_s >= RECORD_AFTER_S


def _is_published(work: PlannedJob, settings: Settings) -> bool:
    with suppress(StorageFailed):  # the mix tells of it
        return stat(location_of(files_of(work.job, settings).media)) is not None
    return False


def _ended_with_the_store(outcome: Outcome) -> bool:
    """Whether a composition failed because the store is away: no fault of its own."""
    return outcome.failure_code == StorageFailed.code and outage() is not None


def _result_of(future: PrefectConcurrentFuture[Any]) -> Outcome | None:
    if future.wrapped_future.cancelled() or not future.wrapped_future.done():
        return None
    result = future.result(raise_on_failure=False)
    return result if isinstance(result, Outcome) else None


def _cancelled(work: PlannedJob) -> Outcome:
    error = Cancelled("it was stopped before it began", "the next run makes it")
    return failed(work.job, error, None, datetime.now(UTC))


def _unfinished(outcome: Outcome | None, result: object) -> RoomreelError:
    if outcome is None:
        return OrchestratorFailed(f"its task did not finish: {result}", "the next run makes it")
    place = outcome.files.media if outcome.files else "nowhere"
    return StorageFailed(f"the composition is not where it was published: {place}")
