"""Which recordings a render is tried again without."""

from dataclasses import dataclass
from fractions import Fraction
from types import SimpleNamespace

import pytest

from roomreel.errors import ChildCrashed, MemoryExceeded, RenderTimeout, SourceFailed
from roomreel.model.geometry import Size
from roomreel.model.time import Span
from roomreel.render import blame
from roomreel.render.blame import costliest_beyond, find_culprits
from roomreel.render.source_trial import SourceCost
from roomreel.render.spread import Limits

MB = 10**6
LIMITS = Limits(processes=1, memory_bytes=1000 * MB, timeout_factor=1)
FINE = SourceCost(1, 10 * MB)
COSTS = {"a": 5.0, "b": 30.0, "c": 10.0, "d": 30.0}


@pytest.mark.parametrize(
    ("allowed", "left_out"),
    [(75, ["b"]), (45, ["b"]), (44, ["b", "d"]), (14, ["b", "d", "c"]), (0, ["b", "d", "c", "a"])],
)
def test_the_costliest_go_first_and_no_more_than_needed(allowed: float, left_out: list[str]):
    assert list(costliest_beyond(COSTS, allowed)) == left_out


def test_where_nothing_costs_anything_nobody_is_left_out():
    assert list(costliest_beyond({}, 10)) == []


@dataclass
class Room:
    """Recordings of ten seconds each, and how each fares on its own."""

    alone: dict[str, object]

    def __post_init__(self):
        span = Span(Fraction(0), Fraction(10))
        sources = [SimpleNamespace(recording_sid=sid, span=span) for sid in self.alone]
        plan = SimpleNamespace(sources=sources, resolution=Size(640, 480))
        self.spec, self.tried = SimpleNamespace(plan=plan, sources=self.alone), []

    def blamed(self, monkeypatch, error, *suspects):
        def tried(_spec, sids, _limits):
            self.tried += sids
            return {sid: self.alone[sid] for sid in sids}

        monkeypatch.setattr(blame, "_try_all", tried)
        return find_culprits(self.spec, error, suspects, LIMITS)


def test_what_is_raised_names_its_recording_and_nothing_is_try_all(monkeypatch):
    room = Room({"a": FINE, "b": FINE})
    error = SourceFailed("TypeError: odd", sid="b")
    assert room.blamed(monkeypatch, error) == {"b": "TypeError: odd"}
    assert room.tried == []


def test_of_those_that_were_read_those_that_fail_alone_are_blamed(monkeypatch):
    room = Room({"a": FINE, "b": ChildCrashed("SIGSEGV"), "c": ChildCrashed("SIGBUS")})
    assert room.blamed(monkeypatch, ChildCrashed("x"), "a", "b") == {"b": "SIGSEGV"}


def test_a_crash_that_nobody_repeats_is_nobodys(monkeypatch):
    assert Room({"a": FINE, "b": FINE}).blamed(monkeypatch, ChildCrashed("x"), "a", "b") == {}


def test_memory_that_nobody_takes_alone_is_of_the_one_that_takes_most(monkeypatch):
    room = Room({"a": FINE, "b": SourceCost(1, 500 * MB), "c": SourceCost(1, 600 * MB)})
    found = room.blamed(monkeypatch, MemoryExceeded("x"), "a")
    assert found == {
        "c": "takes 600000000 bytes of memory, and with the others more than the 1000000000 allowed"
    }


def test_one_that_was_not_read_when_memory_ran_out_may_be_to_blame(monkeypatch):
    room = Room({"a": FINE, "b": MemoryExceeded("too much")})
    assert room.blamed(monkeypatch, MemoryExceeded("x"), "a") == {"b": "too much"}


def test_time_that_nobody_takes_alone_is_of_the_one_that_takes_more_than_its_share(monkeypatch):
    room = Room({"a": FINE, "b": SourceCost(40, 0), "c": SourceCost(30, 0)})
    assert room.blamed(monkeypatch, RenderTimeout("x")) == {"b": "takes 40 s to decode"}


def test_where_all_take_their_share_the_machine_is_slow(monkeypatch):
    room = Room({"a": SourceCost(14, 0), "b": SourceCost(12, 0)})
    assert room.blamed(monkeypatch, RenderTimeout("x"), "a", "b") == {}
