"""The page: every plot of `sections` asked, drawn and written into one HTML file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from jinja2.filters import do_filesizeformat

from roomreel import __version__
from roomreel.model.mark import MARK
from roomreel.model.table import Row
from roomreel.report.charts import Chart
from roomreel.report.figures import WORTH, Figures
from roomreel.report.plot import Plot, is_empty
from roomreel.report.scale import lasting, words
from roomreel.report.sections import SECTIONS
from roomreel.report.tables import FAILED, SUMMARY, WORST

# A message says what happened and what to do; the names of strangers are shorter.
_LONGEST_MESSAGE = 400

# A unit that the name of a column ends in.
_UNIT = re.compile("_(s|ms|ppm)$")

# Name and unit of what stands at the top, by column of `SUMMARY`.
TILES: Mapping[str, tuple[str, str]] = {
    "rooms": ("rooms", ""),
    "recordings": ("recordings", ""),
    "source_bytes": ("recorded", "B"),
    "completed": ("compositions completed", ""),
    "failed": ("compositions failed", ""),
    "success_rate": ("success rate", " %"),
    "hours": ("playing time made", "h"),
    "output_bytes": ("size of compositions", "B"),
    "realtime_factor": ("median speed of rendering", "x"),
    "busy_hours": ("rendering time", "h"),
}


@dataclass(frozen=True, slots=True)
class DrawnPlot:
    """A plot as the page shows it.

    Attributes:
        chart: None where there is nothing to plot; `says` says so.
        rows: the figures behind it, one column or more.
    """

    title: str
    note: str
    says: str
    chart: Chart | None
    rows: list[Row]


def page(figures: Figures, made_at: datetime) -> str:
    """Return the report as HTML that needs nothing else, the same for the same figures and instant.

    Raises:
        CatalogError: a table cannot be read.
    """
    (summary,) = figures.ask(SUMMARY)
    interval = figures.period.interval
    failed = figures.ask(FAILED, _LONGEST_MESSAGE)
    return _template().render(
        version=__version__,
        made_at=made_at.astimezone(UTC),
        period=figures.period,
        is_empty=not failed and is_empty([{"": None} | summary]),
        tiles=[(_with_unit(summary[c], unit), name) for c, (name, unit) in TILES.items()],
        sections=[
            (
                section.title,
                [draw_plot(plot, figures.ask(plot.sql), interval) for plot in section.plots],
            )
            for section in SECTIONS
        ],
        failed=failed,
        failed_rooms={row["room_sid"] for row in failed} - {None, ""},
        worst=figures.ask(WORST),
        worth=WORTH,
    )


def draw_plot(plot: Plot, rows: list[Row], interval: str) -> DrawnPlot:
    """Return a plot with what its query gave."""
    title = plot.title.format(interval=interval)
    if is_empty(rows):
        return DrawnPlot(title, "", plot.none, None, [])
    return DrawnPlot(title, plot.note, plot.says(rows), plot.draw(rows), rows)


def _with_unit(value: Any, unit: str) -> str:
    """Return a figure at the top, in a unit in which it is short."""
    match unit:
        case "B":
            return do_filesizeformat(value)
        case "h":
            return lasting(value)
        case "x":
            return f"{words(1 / value)}x real time" if value else words(None)
        case _:
            return f"{words(value)}{unit}"


def cell(value: Any) -> str:
    """Return a figure in a table."""
    if isinstance(value, list):
        return ", ".join(value)
    return words(value) if isinstance(value, int | float | None) else str(value)


def heading(column: str) -> str:
    """Return the heading of a column of a table: its name, with its unit in brackets."""
    return _UNIT.sub(r" (\1)", column).replace("_", " ")


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("roomreel.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"cell": cell, "heading": heading}
    environment.globals["mark"] = MARK
    environment.globals["style"] = (
        resources.files("roomreel.report").joinpath("page.css").read_text(encoding="utf-8")
    )
    return environment.get_template("page.html.jinja")
