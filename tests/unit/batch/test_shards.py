"""Cutting a night into shards."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from roomreel.batch.report import Line, State
from roomreel.batch.shards import MOST_COMPOSITIONS, DueRoom, shards


def room(number: int, count: int, cost_s: int) -> DueRoom:
    return DueRoom(
        manifest=f"{number}.json",
        due=tuple(Line(State.DUE, f"room {number}", str(index)) for index in range(count)),
        cost_s=Fraction(cost_s),
    )


ROOMS = st.lists(st.tuples(st.integers(1, 260), st.integers(0, 5000)), max_size=40).map(
    lambda drawn: [room(number, *what) for number, what in enumerate(drawn)]
)


def costs(cut: list[list[DueRoom]]) -> list[int]:
    return [int(sum(one.cost_s for one in shard)) for shard in cut]


@given(ROOMS, st.integers(1, 5000))
def test_every_room_is_in_one_shard_and_none_is_too_large(
    rooms: list[DueRoom], shard_s: int
) -> None:
    cut = shards(rooms, shard_s)
    assert sorted(one.manifest for shard in cut for one in shard) == sorted(
        one.manifest for one in rooms
    )
    assert all(cut)
    assert all(sum(len(one.due) for one in shard) <= MOST_COMPOSITIONS for shard in cut)
    assert all(shard == sorted(shard, key=rooms.index) for shard in cut)


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=40), st.integers(1, 5000))
def test_shards_cost_about_the_same(cost: list[int], shard_s: int) -> None:
    cut = shards([room(number, 1, one) for number, one in enumerate(cost)], shard_s)
    assert costs(cut) == sorted(costs(cut), reverse=True)
    assert max(costs(cut)) - min(costs(cut)) <= max(cost)


def test_as_many_as_the_seconds_and_the_compositions_want() -> None:
    assert costs(shards([room(number, 1, 100) for number in range(12)], 300)) == [300] * 4
    assert len(shards([room(number, 100, 0) for number in range(20)], 300)) == 4


def test_a_room_is_never_split() -> None:
    huge = room(0, MOST_COMPOSITIONS + 1, 1000)
    assert shards([huge, room(1, 1, 1)], 10) == [[huge], [room(1, 1, 1)]]
    assert shards([huge], 10) == [[huge]]
    assert shards([], 10) == []
