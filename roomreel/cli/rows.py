"""Rows on standard output: a table for people, JSON or comma-separated values for programs."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import chain, islice, takewhile
from typing import Any

import typer
from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from roomreel.cli import console
from roomreel.cli.streams import is_read
from roomreel.text import counted, printable, shortened

Row = Mapping[str, Any]

# Wide enough for every table: without a terminal no edge of one is seen.
UNBOUNDED_COLUMNS = 100_000

# What begins with one of these is a formula to a spreadsheet.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


class Form(StrEnum):
    """The format in which rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def form(*, as_json: bool, as_csv: bool) -> Form:
    """Return the form two flags ask for.

    Raises:
        typer.BadParameter: both are set.
    """
    if as_json and as_csv:
        raise typer.BadParameter("--json and --csv exclude each other")
    return Form.JSON if as_json else Form.CSV if as_csv else Form.TABLE


def print_rows(rows: Iterable[Row], columns: Sequence[str], how: Form) -> None:
    """Print rows; JSON and CSV row by row, so that many take no memory.

    Args:
        rows: what a catalog gives.
        columns: those a table shows; JSON and CSV have every column there is, in a stable order.
        how: the form.
    """
    if how is Form.JSON:
        console.out_json_rows(rows)
    elif how is Form.CSV:
        _print_csv(rows, columns)
    else:
        print_table(list(rows), columns)


def cell(value: Any) -> str:
    """Return a value in a few words, safe to print."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, list | dict):
        return shortened(json.dumps(value, default=str, ensure_ascii=False))
    return shortened(str(value))


def print_table(rows: Sequence[Row], *choices: Sequence[str]) -> None:
    """Print rows as a table, or a line a value where a screen is too narrow for that.

    Args:
        choices: columns, of which the first that fit are taken; a line a value has the first.
    """
    is_seen = sys.stdout.isatty()
    page = Console(highlight=False, width=None if is_seen else UNBOUNDED_COLUMNS)
    whole = page.options.update(width=UNBOUNDED_COLUMNS)
    for columns in choices:
        table = _table(rows, columns)
        if Measurement.get(page, whole, table).maximum <= page.width:
            page.print(table)
            break
    else:
        _print_blocks(rows, choices[0])
    console.say(counted(len(rows), "row"), "dim")


def _table(rows: Sequence[Row], columns: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        numbers = all(isinstance(row[column], int | float | None) for row in rows)
        # Folded, not cut: a sid is for copying.
        table.add_column(Text(column), justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell(row[column])) for column in columns))
    return table


def _print_blocks(rows: Sequence[Row], columns: Sequence[str]) -> None:
    """Print a line a value, where a screen is too narrow for a line a row."""
    width = max(map(len, columns))
    for row in rows:
        for column in columns:
            if text := cell(row[column]):
                console.out_literal(f"{column:{width}}  {text}")
        console.out("")


def _print_csv(rows: Iterable[Row], columns: Sequence[str]) -> None:
    rows = iter(rows)
    first = list(islice(rows, 1))
    names = list(first[0]) if first else list(columns)
    # A file has the names as they are; a terminal would obey what is in them.
    shown = _harmless if sys.stdout.isatty() else _plain
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(map(shown, names))
    for row in takewhile(lambda _: is_read(), chain(first, rows)):
        writer.writerow(shown(row[name]) for name in names)


def _plain(value: Any) -> Any:
    if isinstance(value, list | dict):
        return json.dumps(value, default=console.encoded)
    return console.encoded(value) if isinstance(value, datetime) else value


def _harmless(value: Any) -> Any:
    """Return a value that neither a terminal nor the spreadsheet it is copied into acts on."""
    plain = _plain(value)
    if not isinstance(plain, str):
        return plain
    return f"'{printable(plain)}" if plain.startswith(FORMULA_SIGNS) else printable(plain)
