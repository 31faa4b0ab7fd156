"""Shapes of plots: in percent of the plot's area, with the words at its edges. Pure.

Each kind is a class that holds what there is to see and works out where it is; the templates only
write it down.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from roomreel.report.scale import Scale, scale, spread, words

Value = float | None

# What fits below a plot at the width of a phone.
_MOST_LABELS = 5

# A column of a single day would else fill the plot, and look like a background.
_WIDEST_PERCENT = 12


@dataclass(frozen=True)
class Series:
    """Values of one colour.

    Attributes:
        name: for the legend; "" where there is one series alone.
        tone: `good`, `bad`, `plain`, `mild` or `warm`: a colour of the style sheet.
        values: one a label; None: nothing to show.
    """

    name: str
    tone: str
    values: Sequence[Value]


@dataclass(frozen=True)
class Box:
    """A rectangle of a plot, in percent; `y` counts from the top."""

    x: float
    y: float
    width: float
    height: float
    tone: str
    title: str


@dataclass(frozen=True)
class Mark:
    """A word at an axis, in percent of its length."""

    at: float
    text: str


@dataclass(frozen=True)
class Upright:
    """A plot whose values go up: what columns and lines have in common.

    Attributes:
        labels: one a column, left to right.
        series: as many values as labels, each.
        across: what the labels are.
        up: what the values are, with their unit.
        include: values the axis reaches besides what there is to see.
    """

    labels: Sequence[str]
    series: Sequence[Series]
    across: str
    up: str
    include: Sequence[float] = (0,)

    @cached_property
    def axis(self) -> Scale:
        """The axis of the values."""
        return scale([*self.include, *self._reached()])

    @property
    def across_marks(self) -> list[Mark]:
        """The labels that fit, each below the middle of its column."""
        chosen = spread(len(self.labels), _MOST_LABELS)
        return [Mark(self._middle(number), self.labels[number]) for number in chosen]

    @property
    def up_marks(self) -> list[Mark]:
        """The marks of the axis, from the top in percent."""
        return [Mark(100 - self.axis.place(mark), words(mark)) for mark in self.axis.marks]

    def _reached(self) -> list[float]:
        return [value for one in self.series for value in one.values if value is not None]

    def _middle(self, number: int) -> float:
        return round(100 * (number + 0.5) / len(self.labels), 3)

    def _title(self, one: Series, number: int) -> str:
        name = f", {one.name}" if one.name else ""
        return f"{self.labels[number]}{name}: {words(one.values[number])}"


@dataclass(frozen=True)
class Columns(Upright):
    """Columns, the series on top of one another.

    Attributes:
        bounds: what divides one column from the next, where that is shown instead of the labels.
    """

    bounds: Sequence[str] = ()

    kind = "columns"

    @property
    def across_marks(self) -> list[Mark]:
        """Words below the middle of columns, or below what divides them."""
        if not self.bounds:
            return super().across_marks
        chosen = spread(len(self.bounds), _MOST_LABELS)
        pitch = 100 / len(self.labels)
        return [Mark(round(pitch * (number + 1), 3), self.bounds[number]) for number in chosen]

    @property
    def boxes(self) -> Iterator[Box]:
        """The columns' parts, from the ground up."""
        width = min(80 / len(self.labels), _WIDEST_PERCENT)
        for number in range(len(self.labels)):
            ground = 0.0
            for one in self.series:
                value = one.values[number] or 0.0
                top = self.axis.place(ground + value)
                height = top - self.axis.place(ground)
                ground += value
                if height > 0:
                    left = self._middle(number) - width / 2
                    title = self._title(one, number)
                    yield Box(left, 100 - top, width, height, one.tone, title)

    def _reached(self) -> list[float]:
        return [
            sum(one.values[number] or 0 for one in self.series)
            for number in range(len(self.labels))
        ]


@dataclass(frozen=True)
class Lines(Upright):
    """Lines with a dot at each value; a line breaks where there is none."""

    kind = "lines"

    def path(self, one: Series) -> str:
        """Return the SVG path of a series."""
        steps: list[str] = []
        pen_is_down = False
        for number, value in enumerate(one.values):
            if value is not None:
                command = "L" if pen_is_down else "M"
                steps.append(f"{command}{self._middle(number)},{100 - self.axis.place(value)}")
            pen_is_down = value is not None
        return " ".join(steps)

    def dots(self, one: Series) -> Iterator[Box]:
        """Yield a point a value, of no size."""
        for number, value in enumerate(one.values):
            if value is not None:
                place = 100 - self.axis.place(value)
                yield Box(self._middle(number), place, 0, 0, one.tone, self._title(one, number))


@dataclass(frozen=True)
class Bars:
    """Bars from left to right, a line a label, the series behind one another.

    Attributes:
        labels: from the top.
        series: as many values as labels, each.
        along: what the values are, with their unit.
    """

    labels: Sequence[str]
    series: Sequence[Series]
    along: str

    kind = "bars"

    @property
    def rows(self) -> Iterator[tuple[str, list[Box], str]]:
        """Label, boxes, and the sum in words, from the top; the longest bar fills its line."""
        sums = [
            sum(one.values[number] or 0 for one in self.series)
            for number in range(len(self.labels))
        ]
        longest = max(sums, default=0) or 1
        for number, label in enumerate(self.labels):
            boxes: list[Box] = []
            left = 0.0
            for one in self.series:
                width = round(100 * (one.values[number] or 0) / longest, 3)
                if width > 0:
                    name = f", {one.name}" if one.name else ""
                    title = f"{label}{name}: {words(one.values[number])}"
                    boxes.append(Box(left, 0, width, 100, one.tone, title))
                left += width
            yield label, boxes, words(sums[number])


@dataclass(frozen=True)
class Ranges:
    """A range with a mark in it, a line a label.

    Attributes:
        labels: from the top.
        ranges: low, middle and high value of each.
        along: what the values are, with their unit.
        reads: what low, middle and high are.
    """

    labels: Sequence[str]
    ranges: Sequence[tuple[float, float, float]]
    along: str
    reads: str

    kind = "ranges"

    @cached_property
    def axis(self) -> Scale:
        """The axis of the values, from 0."""
        return scale([0, *(high for _, _, high in self.ranges)])

    @property
    def marks(self) -> list[Mark]:
        """The marks of the axis, from the left in percent."""
        return [Mark(self.axis.place(mark), words(mark)) for mark in self.axis.marks]

    @property
    def rows(self) -> Iterator[tuple[str, Box, float, str]]:
        """Label, range, place of its mark, and the middle in words, from the top."""
        for label, (low, middle, high) in zip(self.labels, self.ranges, strict=True):
            left, right = self.axis.place(low), self.axis.place(high)
            title = f"{label}: {words(low)} to {words(high)}, middle {words(middle)}"
            box = Box(left, 25, right - left, 50, "plain", title)
            yield label, box, self.axis.place(middle), words(middle)


Chart = Columns | Lines | Bars | Ranges
