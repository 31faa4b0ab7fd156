"""Cut a batch into shards, each for a run of its own. Values in, values out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil

from roomreel.batch.planning import RoomPlan, due_line
from roomreel.batch.report import Line, outcome_line
from roomreel.workload.estimate import estimate

MOST_COMPOSITIONS = 500
"""Of a shard: what a server's queue of events takes in, and a page of the UI still shows."""


@dataclass(frozen=True, slots=True)
class DueRoom:
    """The compositions of a room that a shard makes; shards never split it.

    Attributes:
        manifest: where its manifest is.
        due: a line for each composition.
        lines: what else is reported of the room.
        up_to_date: its compositions that are there.
        cost_s: estimated CPU seconds of what is due.
    """

    manifest: str
    due: tuple[Line, ...]
    lines: tuple[Line, ...] = ()
    up_to_date: int = 0
    cost_s: float = 0.0


def due_room(room: RoomPlan) -> DueRoom | None:
    """Return what a shard is to do for a planned room; None where nothing is due."""
    if not room.due and not room.refused:
        return None
    packets = {sid: medium.packets for sid, medium in room.media.items() if medium.packets}
    return DueRoom(
        manifest=room.manifest.url,
        due=(*map(due_line, room.due), *map(outcome_line, room.refused)),
        lines=room.lines,
        up_to_date=room.up_to_date,
        cost_s=sum(estimate(due.plan, packets).cpu_s for due in room.due),
    )


def shards(rooms: Sequence[DueRoom], shard_s: int) -> list[list[DueRoom]]:
    """Divide rooms so that the shards cost about the same.

    The most expensive room goes first, each to the shard that has least to do and room for it. So
    no shard has more than `MOST_COMPOSITIONS` (but for one room that has more by itself), and none
    costs more than another by more than its last room.

    Args:
        rooms: in the order they are composed, which each shard keeps.
        shard_s: CPU seconds a shard is to take, 1 or more.

    Returns:
        The shards, the most expensive first.
    """
    count, cost = sum(len(room.due) for room in rooms), _cost(rooms)
    wanted = max(ceil(count / MOST_COMPOSITIONS), ceil(cost / shard_s), 1)
    bins = [_Bin() for _ in range(min(wanted, len(rooms)))]
    order = sorted(range(len(rooms)), key=lambda index: (-rooms[index].cost_s, index))
    for index in order:
        room = rooms[index]
        fitting = [one for one in bins if one.takes(room)]
        if not fitting:
            fitting = [_Bin()]
            bins += fitting
        min(fitting, key=lambda one: (one.cost_s, one.count)).add(index, room)
    made = [[rooms[index] for index in sorted(one.members)] for one in bins]
    return sorted(made, key=_cost, reverse=True)


@dataclass(slots=True)
class _Bin:
    members: list[int] = field(default_factory=list)
    count: int = 0
    cost_s: float = 0.0

    def takes(self, room: DueRoom) -> bool:
        return not self.members or self.count + len(room.due) <= MOST_COMPOSITIONS

    def add(self, index: int, room: DueRoom) -> None:
        self.members.append(index)
        self.count += len(room.due)
        self.cost_s += room.cost_s


def _cost(rooms: Iterable[DueRoom]) -> float:
    return sum(room.cost_s for room in rooms)
