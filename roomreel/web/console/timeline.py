"""The timeline of a room: when each of its recordings begins and ends. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roomreel.model.table import Row

WIDTH = 1000
"""Units of the timeline, from the first begin to the last end."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A recording on the timeline.

    Attributes:
        row: of the recording.
        begin_ms: since the first begin of all; None where nothing says when it is.
        x: where it begins, and `width`: how long it is, in units.
    """

    row: Row
    begin_ms: int | None = None
    x: float = 0
    width: float = 0


def bars_of(recordings: Sequence[Row]) -> list[Bar]:
    """Return the bars of recordings, in the order in which they begin; unknown ones last."""
    spans = {row["sid"]: span for row in recordings if (span := _span(row)) is not None}
    first = min((begin for begin, _ in spans.values()), default=0)
    scale = WIDTH / max(1, max((end for _, end in spans.values()), default=0) - first)

    def bar(row: Row) -> Bar:
        if row["sid"] not in spans:
            return Bar(row)
        begin, end = spans[row["sid"]]
        x = (begin - first) * scale
        # A moment is seen, too, and stays inside.
        width = max(2.0, (end - begin) * scale)
        return Bar(row, begin - first, round(min(x, WIDTH - 2), 1), round(width, 1))

    bars = [bar(row) for row in recordings]
    return sorted(bars, key=lambda one: (one.begin_ms is None, one.begin_ms or 0, one.row["sid"]))


def _span(row: Row) -> tuple[int, int] | None:
    """Return begin and end on the room clock: as measured, else as claimed."""
    if row["start_ms"] is not None and row["end_ms"] is not None:
        return row["start_ms"], max(row["start_ms"], row["end_ms"])
    if row["offset_ms"] is not None:
        length = row["duration_ms"] or row["claimed_duration_ms"] or 0
        return row["offset_ms"], row["offset_ms"] + max(0, length)
    return None
