"""`roomreel sql QUERY`: DuckDB over the catalogs."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from roomreel.cli import console, rows
from roomreel.cli.options import Config, Csv, Json
from roomreel.errors import NotFound

if TYPE_CHECKING:
    import pyarrow as pa

    from roomreel.catalog.queries.ages import Ages
    from roomreel.settings import Settings

# A person reads no more of a table, and laying out a million rows takes minutes.
MOST_SHOWN = 1000


def sql(
    query: Annotated[
        str | None,
        typer.Argument(metavar="QUERY", help="SQL over the tables and views; - reads it."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="Read the query from this file.")
    ] = None,
    attach: Annotated[
        Path | None,
        typer.Option("--attach", help="Write views of the catalogs into this DuckDB file instead."),
    ] = None,
    as_json: Json = False,
    as_csv: Csv = False,
    config: Config = None,
) -> None:
    """Query the catalogs with SQL; the query can read them and nothing else.

    A table shows the beginning of long values; --json and --csv have all of them.
    """
    if attach is not None:
        _attach(attach, query, file, config)
        return
    how = rows.form(as_json=as_json, as_csv=as_csv)
    text = query_text(query, file)
    from roomreel.catalog.queries.values import plain_rows
    from roomreel.cli.configuration import load

    result = ask(text, load(config))
    # A query may name two columns alike; a row is by name, so the later one gets a number.
    result = result.rename_columns(distinct(result.column_names))
    if how is rows.Form.TABLE:
        shown = result.slice(0, MOST_SHOWN)
        rows.print_rows(list(plain_rows(shown)), result.column_names, how)
        if shown.num_rows < result.num_rows:
            console.say(f"of {result.num_rows}; --csv and --json print all", "dim")
    else:
        rows.print_rows(plain_rows(result), result.column_names, how)


def _attach(attached: Path, query: str | None, file: Path | None, config: Path | None) -> None:
    if query is not None or file is not None:
        raise typer.BadParameter("--attach takes no query: open the file in another tool")
    from roomreel.catalog.queries.views import attach
    from roomreel.cli.catalog import open_catalogs
    from roomreel.cli.configuration import load

    settings = load(config)
    reader, ages = open_catalogs(settings).reader, ages_of(settings)
    names, empty = attach(attached, settings.catalog_root, reader, ages)
    console.out_literal(str(attached))
    console.say(f"views: {', '.join(names)}")
    if empty:
        console.say(f"no rows yet in {', '.join(empty)}: attach again once there are")


def ask(query: str, settings: Settings) -> pa.Table:
    """Return the result of a query, within the bounds of the settings.

    Raises:
        CatalogError: it is refused, or takes more than it may.
        StorageFailed: a table cannot be read.
    """
    from roomreel.catalog.queries.bounds import Bounds, StillRunning
    from roomreel.cli.catalog import open_catalogs

    bounds = Bounds(settings.sql_memory_bytes, settings.sql_timeout_s)
    try:
        return open_catalogs(settings).sql(query, bounds, ages_of(settings))
    except StillRunning as error:
        # In the middle of one call of a function DuckDB hears nothing. It ends with the process.
        console.report(error)
        sys.stdout.flush()
        os._exit(error.exit_code)


def ages_of(settings: Settings) -> Ages:
    """Return for how long the settings keep things."""
    from roomreel.catalog.queries.ages import Ages

    return Ages(settings.delete_after_days, settings.retention_days)


def query_text(query: str | None, file: Path | None) -> str:
    """Return the query that was said, or is in the file, or comes in where QUERY is "-".

    Raises:
        typer.BadParameter: none, both, or nothing in it.
        NotFound: the file cannot be read.
    """
    if (query is None) == (file is None):
        raise typer.BadParameter("say the query, or name the file it is in with --file")
    try:
        if file is not None:
            text = file.read_text(encoding="utf-8")
        else:
            text = sys.stdin.read() if query == "-" else query or ""
    except (OSError, ValueError) as error:  # ValueError: no UTF-8, or a NUL in the name
        raise NotFound(f"cannot read the query from {file or 'standard input'}: {error}") from error
    if not text.strip():
        raise typer.BadParameter("the query is empty")
    return text


def distinct(names: list[str]) -> list[str]:
    """Return the names, with a number after one that was there before."""
    seen: list[str] = []
    for name in names:
        fresh, number = name, 2
        while fresh in seen:
            fresh, number = f"{name}_{number}", number + 1
        seen.append(fresh)
    return seen
