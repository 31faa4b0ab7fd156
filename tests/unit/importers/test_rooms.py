"""Rooms that are not to be written, by what can be used of them and by their clocks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from roomreel.errors import ClockTooCoarse, ImportEmpty
from roomreel.importers.claims import Draft, DraftTrack, Grade, Piece
from roomreel.importers.reading import Reading
from roomreel.importers.rooms import refusal_of
from roomreel.model.room import MediaType

GRADES = st.lists(st.sampled_from(Grade), min_size=1, max_size=6)


def settled(grades: list[Grade], usable: int = 1) -> Any:
    return SimpleNamespace(
        room=SimpleNamespace(unique_name="standup"),
        usable=usable,
        grade=max(grades, key=lambda one: one.rank),
        rows=[
            SimpleNamespace(participant="ann", track=f"t{number}", grade=grade)
            for number, grade in enumerate(grades)
        ],
    )


def test_grades_are_ranked_from_the_best_to_the_worst() -> None:
    ranked = sorted(Grade, key=lambda one: one.rank)
    assert ranked == [Grade.EXACT, Grade.GOOD, Grade.COARSE, Grade.GUESSED]


@given(GRADES, st.sampled_from(Grade))
def test_a_room_of_a_worse_clock_is_refused_with_its_tracks(
    grades: list[Grade], worst: Grade
) -> None:
    refusal = refusal_of(settled(grades), worst, force=True)
    worse = [f"ann/t{number}" for number, one in enumerate(grades) if one.rank > worst.rank]
    assert isinstance(refusal, ClockTooCoarse) == bool(worse)
    if refusal:
        assert refusal.message.endswith(f"--strict {worst} was asked for: {', '.join(worse)}")


@given(GRADES)
def test_any_clock_is_taken_where_none_is_asked_for(grades: list[Grade]) -> None:
    assert refusal_of(settled(grades), None, force=False) is None


def test_an_empty_room_is_refused_unless_it_is_forced() -> None:
    empty = settled([Grade.EXACT], usable=0)
    assert isinstance(refusal_of(empty, None, force=False), ImportEmpty)
    assert refusal_of(empty, None, force=True) is None


def test_the_files_of_a_reading_are_those_of_all_its_pieces() -> None:
    def track(*files: str | None) -> DraftTrack:
        return DraftTrack("ann", "t", "t", MediaType.AUDIO, tuple(map(Piece, files)))

    one = Draft("1", None, (), (track("a", None), track("b")))
    two = Draft("2", None, (), (track("b", "c"),))
    found: Any = None
    assert Reading(found, (one, two)).files == {"a", "b", "c"}
    assert Reading(found, ()).files == set()
