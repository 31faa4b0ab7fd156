"""An interrupt at any bytecode of the loop of a batch loses nothing, and records nothing twice."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from fake_run import Fake

from roomreel.batch import run
from roomreel.batch.claims import NoClaims
from roomreel.batch.executor import Result
from roomreel.batch.planning import PlannedJob
from roomreel.batch.run import compose_rooms
from roomreel.errors import EmptyTrackList, RenderError, StorageFailed, StoreUnreachable

Place = tuple[str, int]
"""A bytecode: the name of its function, and where it is in it."""


@contextmanager
def tracing(at: Callable[[Place], None]) -> Iterator[None]:
    """Call `at` before each bytecode of the loop's module."""

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename != run.__file__:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            at((frame.f_code.co_qualname, frame.f_lasti))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


class Night(Fake):
    """A batch in which everything happens that may happen to a composition."""

    def __init__(self, rooms: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(rooms)
        self.released: set[str] = set()
        self.claims = Claims(self.released)
        self.states: dict[str, set[str]] = defaultdict(set)
        self.is_away = False
        monkeypatch.setattr(run, "RECORD_OUTCOMES", 3)
        monkeypatch.setattr(run, "outage", lambda: AWAY if self.is_away else None)
        monkeypatch.setattr(run, "await_store", self.come_back)
        nothing = Result(words="Crashed")
        self.results = {
            "broken": [lambda one: Result(rooms.failed(one, RenderError("it is text")))],
            "gone": [self.lack],
            "crashes": [lambda _: nothing, lambda _: nothing],
            "held": [self.lose],
        }

    def come_back(self) -> None:
        self.is_away = False

    def lose(self, planned: PlannedJob) -> Result:
        self.is_away = True
        return Result(self.rooms.failed(planned, StorageFailed("no answer")))

    def lack(self, planned: PlannedJob) -> Result:
        return Result(self.rooms.completed(planned, is_there=False), kept=True)

    def compose(self) -> None:
        room, failed = self.rooms.room, self.rooms.failed
        refused = room("refused")
        why = EmptyTrackList("nothing is left")
        planned = [
            replace(refused, due=(), refused=(failed(refused.due[0], why),)),
            *map(room, ("plain", "broken", "gone", "crashes", "held")),
            room("drawn", "grid", "solo", has_video=True),
            room("last"),
        ]
        compose_rooms(iter(planned), self.rooms.settings, self)

    def call(self, step: Any, *args: Any) -> Any:
        """Note in which states each composition is recorded."""
        _, outcomes, *_ = args
        assert len({one.sid for one in outcomes}) == len(outcomes)
        for one in outcomes:
            self.states[f"{one.room_name} {one.template.friendly_name}"].add(str(one.status))
        return super().call(step, *args)

    def handed(self) -> list[PlannedJob]:
        """Return what was submitted, and may be under way."""
        return [one for one in (*self.ended.values(), *self.under_way.values()) if one]

    def stood(self) -> dict[str, str]:
        """Return the state of each render that ended, and is the last of its composition."""
        results = {
            _name_of(planned): self.result(handle)
            for handle, planned in self.ended.items()
            if planned and planned.job.manifest.room.unique_name != "held"
        }
        return {
            name: str(result.outcome.status)
            for name, result in results.items()
            if result.outcome and not result.kept
        }


class Claims(NoClaims):
    """Claims that note what is given up."""

    def __init__(self, released: set[str]) -> None:
        self._released = released

    def release(self, sids: Collection[str]) -> None:
        self._released |= {*sids}


def _name_of(planned: PlannedJob) -> str:
    return f"{planned.job.manifest.room.unique_name} {planned.job.template.friendly_name}"


AWAY = StoreUnreachable("the store s3://b, it does not answer", "see to it")

WHOLE = {
    "refused grid": {"failed"},
    "plain grid": {"completed"},
    "broken grid": {"failed"},
    "gone grid": {"completed"},
    "crashes grid": {"failed"},
    "held grid": {"completed"},
    "drawn grid": {"completed"},
    "drawn solo": {"completed"},
    "last grid": {"completed"},
}


def moments(rooms: Any, monkeypatch: pytest.MonkeyPatch, *, is_first: bool) -> list[int]:
    """Return when a whole night first, or last, comes by each bytecode."""
    night, seen = Night(rooms, monkeypatch), list[Place]()
    with tracing(seen.append):
        night.compose()
    assert night.states == WHOLE
    numbered = [*enumerate(seen)]
    times = {place: number for number, place in (reversed(numbered) if is_first else numbered)}
    return sorted(times.values())


@pytest.mark.parametrize("is_first", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_an_interrupt_at_any_bytecode(
    rooms: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_first: bool
) -> None:
    for moment in moments(rooms, monkeypatch, is_first=is_first):
        night = Night(type(rooms)(tmp_path / str(moment)), monkeypatch)
        seen: list[Place] = []

        def interrupt(place: Place, seen: list[Place] = seen, moment: int = moment) -> None:
            seen.append(place)
            if len(seen) > moment:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt), tracing(interrupt):
            night.compose()
        where = seen[-1]
        assert {_name_of(one) for one in night.handed()} <= night.states.keys(), where
        assert {one.job.sid for one in night.handed()} <= night.released, where
        assert [name for name, found in night.states.items() if len(found) > 1] == [], where
        for name, state in night.stood().items():
            assert night.states[name] == {state}, (where, name)
