"""Files that are read one after the other answer for themselves alone."""

import os
from pathlib import Path

import pytest
import stand_ins

from roomreel.errors import ChildCrashed
from roomreel.process.in_turn import read_in_turn
from roomreel.process.isolate import Budget

AMPLE = Budget(wall_s=60, memory_bytes=10**9)


@pytest.fixture(autouse=True)
def _children_find_the_stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)


def read(*items: str) -> dict[str, str]:
    found = read_in_turn(stand_ins.reads_in_turn, {item: item for item in items}, AMPLE)
    return {
        item: answer if isinstance(answer, str) else f"blamed: {answer.message}"
        for item, answer in found.items()
    }


def test_all_are_read_by_one_process():
    found = read("a", "b", "c")
    assert found.keys() == {"a", "b", "c"}
    assert len({*found.values()}) == 1


def test_the_one_that_ends_the_process_is_named_and_those_after_it_are_read():
    found = read("a", "crash", "b")
    assert "SIGSEGV" in found["crash"]
    assert "read by" in found["a"]
    assert "read by" in found["b"]


def test_what_one_leaves_behind_is_not_the_fault_of_the_next():
    found = read("poison", "a", "b")
    assert all("read by" in answer for answer in found.values())
    assert found["a"] != found["poison"]


def test_one_without_an_answer_is_named():
    assert read("leave", "a")["leave"] == "blamed: the process ended without an answer"
    assert "read by" in read("leave", "a")["a"]


def test_nobody_answers_a_second_time_or_for_nobody():
    found = read("a", "lie")
    assert found.keys() == {"a", "lie"}
    assert "read by" in found["a"]


def test_what_it_does_to_the_process_is_told_as_an_error():
    found = read_in_turn(stand_ins.reads_in_turn, {"x": "crash"}, AMPLE)
    assert isinstance(found["x"], ChildCrashed)
