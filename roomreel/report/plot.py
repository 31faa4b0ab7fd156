"""A plot of the report: a question to the catalogs, and drawings and words of the answer. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from roomreel.model.table import Row
from roomreel.report.charts import Bars, Chart, Columns, Lines, Ranges, Series
from roomreel.report.scale import words

Rows = Sequence[Row]

# Column of a query to colour; the colours are those of the style sheet.
Tones = dict[str, str]

Draw = Callable[[Rows], Chart]
Say = Callable[[Rows], str]

BY_TIME = "{interval} (UTC)"


@dataclass(frozen=True, slots=True)
class Plot:
    """One question and its answer.

    Attributes:
        title: what is plotted; "{interval}" stands for day, week or month.
        sql: gives the rows, over the tables of `figures`; what is in the first column is the label.
        draw: the chart of the rows.
        says: what the rows show, in a sentence.
        none: what it says where there is nothing to plot.
        note: how to read it, where that is not plain.
    """

    title: str
    sql: str
    draw: Draw
    says: Say
    none: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Plots that belong together."""

    title: str
    plots: tuple[Plot, ...]


def is_empty(rows: Rows) -> bool:
    """Return whether there is nothing to plot: no row, or nothing but labels and zeros."""
    return not any(value for row in rows for value in list(row.values())[1:])


def binned(value: str, bounds: Sequence[float], rows: str) -> str:
    """Return the query of a histogram: the counts of `rows` up to each bound, and above the last.

    Args:
        value: an SQL expression, as written in this package.
        bounds: rising; what is above the last one is counted without a bound.
        rows: what follows "from", likewise.
    """
    marks = [float(bound) for bound in bounds]
    return (
        "select nullif(bin.key, 'inf') as up_to, bin.value as n from (select"  # noqa: S608  ours
        f" unnest(map_entries(histogram(({value})::double, {marks}))) as bin from {rows})"
    )


@dataclass(frozen=True, slots=True)
class Ladder:
    """Units of one kind, so that axes and sentences have numbers from 1 up.

    Attributes:
        steps: the largest first: its name, for "{unit}", and how many of it a figure of 1 is.
    """

    steps: tuple[tuple[str, float], ...] = (("", 1),)

    def fitted(self, rows: Rows, names: Iterable[str]) -> tuple[Rows, str]:
        """Return the rows, these columns in the unit that fits the largest row, and its name."""
        names = list(names)
        top = max((total([row], *names) for row in rows), default=0.0)
        unit, factor = next((step for step in self.steps if top * step[1] >= 1), self.steps[-1])
        return [row | {name: _times(row[name], factor) for name in names} for row in rows], unit


PLAIN = Ladder()
HOURS = Ladder((("hours", 1), ("minutes", 60), ("seconds", 3600)))
GIGABYTES = Ladder((("GB", 1), ("MB", 1000), ("kB", 1_000_000)))


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def columns(up: str, tones: Tones, across: str = BY_TIME, units: Ladder = PLAIN) -> Draw:
    """Return columns of the toned columns of a query, on top of one another."""

    def draw(rows: Rows) -> Chart:
        rows, unit = units.fitted(rows, tones)
        return Columns(labels(rows), series(rows, tones), across, up.format(unit=unit))

    return draw


def lines(up: str, tones: Tones, include: Sequence[float] = (0,)) -> Draw:
    """Return a line for each toned column of a query."""
    return lambda rows: Lines(labels(rows), series(rows, tones), BY_TIME, up, include)


def histogram(up: str, across: str) -> Draw:
    """Return columns of how many rows are up to each bound and above the one before."""

    def draw(rows: Rows) -> Chart:
        bounds = [words(row["up_to"]) for row in rows if row["up_to"] is not None]
        between = [f"{low} to {high}" for low, high in pairwise(bounds)]
        names = [f"up to {bounds[0]}", *between, f"over {bounds[-1]}"]
        counts = series(rows, {"n": "plain"})
        return Columns(names[: len(rows)], counts, across, up, bounds=bounds)

    return draw


def bars(along: str, tones: Tones, units: Ladder = PLAIN) -> Draw:
    """Return a bar a row."""

    def draw(rows: Rows) -> Chart:
        rows, unit = units.fitted(rows, tones)
        return Bars(labels(rows), series(rows, tones), along.format(unit=unit))

    return draw


def ranges(along: str) -> Draw:
    """Return ranges from the tenth to the ninetieth percentile, with a mark at the median."""
    reads = "A bar spans the middle 80 of 100; its mark is the median."

    def draw(rows: Rows) -> Chart:
        values = [(row["p10"], row["median"], row["p90"]) for row in rows]
        return Ranges(labels(rows), values, along, reads)

    return draw


def labels(rows: Rows) -> list[str]:
    """Return the values of the first column, in words."""
    firsts = [next(iter(row.values())) for row in rows]
    are_months = len(firsts) > 1 and all(isinstance(at, date) and at.day == 1 for at in firsts)
    return [f"{at:%b %Y}" if are_months else label(at) for at in firsts]


def label(value: object) -> str:
    """Return a day, or a text, in words."""
    return f"{value.day} {value:%b}" if isinstance(value, date) else str(value)


def series(rows: Rows, tones: Tones) -> list[Series]:
    """Return the toned columns; one alone needs no name."""
    return [
        Series(
            column.replace("_", " ") if len(tones) > 1 else "",
            tone,
            [row[column] for row in rows],
        )
        for column, tone in tones.items()
    ]


def total(rows: Rows, *names: str) -> float:
    """Return the sum of columns."""
    return sum(row[name] or 0 for row in rows for name in names)


def percent(part: float, whole: float) -> str:
    """Return a share in words."""
    return f"{words(100 * part / whole)} %" if whole else "none"


def most_at(what: str, *names: str, units: Ladder = PLAIN) -> Say:
    """Return a sentence of the total and its maximum."""

    def say(rows: Rows) -> str:
        rows, unit = units.fitted(rows, names)
        top = max(rows, key=lambda row: total([row], *names))
        most, day = words(total([top], *names)), label(top["first_day"])
        return f"{words(total(rows, *names))} {what.format(unit=unit)}; at most {most} ({day})."

    return say


def first_of(what: str, *names: str) -> Say:
    """Return a sentence of the first row and its share of all that is plotted."""

    def say(rows: Rows) -> str:
        share = percent(total(rows[:1], *names), total(rows, *names))
        return f"{labels(rows)[0]} has {share} of {what}."

    return say


def within(bound: float, what: str, what_not: str) -> Say:
    """Return a sentence of the share of a histogram's rows up to a bound."""

    def say(rows: Rows) -> str:
        inside = total([row for row in rows if (row["up_to"] or bound + 1) <= bound], "n")
        return f"{percent(inside, total(rows, 'n'))} of {words(total(rows, 'n'))} {what}{what_not}."

    return say
