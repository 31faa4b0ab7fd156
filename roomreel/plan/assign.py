"""Assignment: which source a cell shows when, under the three policies of reuse."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Generic, Protocol, TypeVar

from roomreel.model.template import Reuse
from roomreel.model.time import Span


class Playable(Protocol):
    """Something that plays in cells: its time, and its place among others that start."""

    @property
    def span(self) -> Span:
        """When it is active."""

    @property
    def order(self) -> Any:
        """Sort key: start, then whatever tells those apart that start together."""


S = TypeVar("S", bound=Playable)

# What a cell holds: None while fresh, else its running sources, the latest on top; empty is idle.
Board = dict[int, "list[S] | None"]
Looked = Mapping[int, Sequence[Playable] | None]


@dataclass(frozen=True, slots=True)
class CellInterval(Generic[S]):
    """A source on top of a cell, over a span of the room clock."""

    source: S
    cell: int
    span: Span


def assign(sources: Iterable[S], cells: Sequence[int], reuse: Reuse) -> tuple[CellInterval[S], ...]:
    """Play the sources through the cells of a region.

    Sources are taken in their order. At one instant ends come before
    starts, and those who wait before those who start.

    Args:
        sources: with effective spans.
        cells: indices that may be used, ascending.
        reuse: what happens where no cell is fresh.

    Returns:
        What is seen, none of it empty, by (start, cell); no two overlap in one cell.
    """
    board: Board[S] = dict.fromkeys(cells)
    waiting: list[S] = []
    interval: dict[int, tuple[S, Fraction]] = {}
    result: list[CellInterval[S]] = []
    for instant, starting in _instants(sources):
        _end(board, instant)
        candidates = [source for source in waiting if source.span.end > instant] + starting
        unplaced = [source for source in candidates if not _place(source, board, reuse)]
        waiting = unplaced if reuse is Reuse.SHOW_OLDEST else []
        tops = {cell: stack[-1] for cell, stack in board.items() if stack}
        for cell, (source, since) in tuple(interval.items()):
            if tops.get(cell) is not source:
                result.append(CellInterval(source, cell, Span(since, instant)))
                del interval[cell]
        for cell, source in tops.items():
            interval.setdefault(cell, (source, instant))
    return tuple(sorted(result, key=lambda shown: (shown.span.start, shown.cell)))


def _instants(sources: Iterable[S]) -> Iterator[tuple[Fraction, list[S]]]:
    """Yield every instant at which something starts or ends, with what starts, in order."""
    starting: dict[Fraction, list[S]] = {}
    for source in sorted(sources, key=lambda source: source.order):
        starting.setdefault(source.span.start, []).append(source)
        starting.setdefault(source.span.end, [])
    for instant in sorted(starting):
        yield instant, starting[instant]


def _end(board: Board[S], instant: Fraction) -> None:
    for stack in board.values():
        if stack:
            stack[:] = [source for source in stack if source.span.end > instant]


def _place(source: S, board: Board[S], reuse: Reuse) -> bool:
    cell = CHOICES[reuse](board)
    if cell is None:
        return False
    board[cell] = [*(board[cell] or ()), source]
    return True


def _fresh(board: Looked) -> int | None:
    return next((cell for cell, stack in board.items() if stack is None), None)


def _free(board: Looked) -> int | None:
    return next((cell for cell, stack in board.items() if not stack), None)


def _free_or_ending_first(board: Looked) -> int | None:
    free = _free(board)
    if free is not None:
        return free
    ends = {cell: stack[-1].span.end for cell, stack in board.items() if stack}
    return min(ends, key=lambda cell: (ends[cell], cell), default=None)


CHOICES: Mapping[Reuse, Callable[[Looked], int | None]] = {
    Reuse.NONE: _fresh,
    Reuse.SHOW_OLDEST: _free,
    Reuse.SHOW_NEWEST: _free_or_ending_first,
}
