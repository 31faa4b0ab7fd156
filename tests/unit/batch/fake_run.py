"""A run without an orchestrator, whose renders end as a test says."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from roomreel.batch.claims import NoClaims
from roomreel.batch.executor import Result
from roomreel.batch.planning import PlannedJob, RoomPlan
from roomreel.batch.record import record_outcomes
from roomreel.batch.report import BatchReport, Line, State
from roomreel.batch.run import compose_rooms
from roomreel.maintenance.places import Machine
from roomreel.model.composition import Outcome
from roomreel.settings import Settings


class Fake:
    """Orchestrator and executor: `wait` ends the oldest, and `results` says how it ended."""

    run_id = "run"
    stops = (KeyboardInterrupt,)
    claims = NoClaims()

    def __init__(self, rooms: Any) -> None:
        self.rooms = rooms
        self.machine = Machine(rooms.settings, Path("results"))
        self.under_way: dict[int, PlannedJob | None] = {}
        self.submitted: list[tuple[str, str, bool]] = []
        self.drawn: list[list[str]] = []
        self.results: dict[str, list[Callable[[PlannedJob], Result]]] = {}
        self.recorded: list[list[tuple[str, str]]] = []
        self.shown: list[str] = []
        self.failures: list[Line] = []
        self.on_wait: Callable[[], None] = lambda: None
        self.drawings_a_room = 1
        self.ended: dict[int, PlannedJob | None] = {}
        self.given: dict[int, Result] = {}

    def call(self, step: Any, *args: Any) -> Any:
        assert step is record_outcomes
        _, outcomes, settings, run_id = args
        assert (settings, run_id) == (self.rooms.settings, "run")
        self.recorded.append([(one.room_name, str(one.status)) for one in outcomes])
        return []

    @contextmanager
    def executor(self, _settings: Settings) -> Iterator[Fake]:
        yield self

    def show_outcome(self, room: RoomPlan, outcome: Outcome) -> None:
        assert room.manifest.room.unique_name == outcome.room_name
        self.shown.append(outcome.room_name)

    def show_failures(self, lines: Iterable[Line]) -> None:
        self.failures += lines

    def submit_drawing(self, planned: Sequence[PlannedJob]) -> Sequence[int]:
        self.drawn.append([one.job.template.friendly_name for one in planned])
        return [self._add(None) for _ in range(self.drawings_a_room if len(planned) > 1 else 0)]

    def submit_render(self, planned: PlannedJob, *, from_scratch: bool) -> int:
        job = planned.job
        names = job.manifest.room.unique_name, job.template.friendly_name
        self.submitted.append((*names, from_scratch))
        return self._add(planned)

    def _add(self, planned: PlannedJob | None) -> int:
        number = len(self.under_way) + len(self.ended)
        self.under_way[number] = planned
        return number

    def wait(self, handles: Collection[int], _timeout_s: float) -> Collection[int]:
        assert set(handles) == self.under_way.keys()
        self.on_wait()
        oldest = min(self.under_way)
        self.ended[oldest] = self.under_way.pop(oldest)
        return [oldest]

    def result(self, handle: int) -> Result:
        if handle not in self.ended:
            return Result(words="stopped")
        planned = self.ended[handle]
        assert planned is not None
        if handle not in self.given:
            results = self.results.get(planned.job.manifest.room.unique_name)
            completed = self.rooms.completed
            self.given[handle] = results.pop(0)(planned) if results else Result(completed(planned))
        return self.given[handle]

    def cancel(self, handles: Collection[int]) -> None:
        # All but the one whose handle an interrupt may have kept from the loop.
        assert len(self.under_way.keys() - set(handles)) <= 1


def compose(fake: Fake, *planned: RoomPlan, force: bool = False) -> BatchReport:
    return compose_rooms(iter(planned), fake.rooms.settings, fake, force=force)


def states(report: BatchReport) -> list[tuple[str, State]]:
    return [(line.room, line.state) for line in report.lines]
