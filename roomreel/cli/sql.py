"""`roomreel sql QUERY`: DuckDB over the catalogs."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from roomreel.cli import console, rows
from roomreel.cli.options import Config, Csv, Json
from roomreel.errors import NotFound

if TYPE_CHECKING:
    import pyarrow as pa

# A person reads no more of a table, and laying out a million rows takes minutes.
MOST_SHOWN = 1000

# Rows that are Python objects at a time: as such they take tens of times the memory.
_BATCH = 10_000


def sql(
    query: Annotated[
        str | None,
        typer.Argument(
            metavar="QUERY", help="SQL over rooms, recordings and compositions; - reads it."
        ),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="Read the query from this file.")
    ] = None,
    as_json: Json = False,
    as_csv: Csv = False,
    config: Config = None,
) -> None:
    """Query the catalogs with SQL; the query can read them and nothing else."""
    how = rows.form(as_json=as_json, as_csv=as_csv)
    text = query_text(query, file)
    from roomreel.cli.catalog import opened
    from roomreel.settings import load

    result = opened(load(config)).sql(text)
    # A query may name two columns alike; a row is by name, so the later one gets a number.
    result = result.rename_columns(distinct(result.column_names))
    if how is rows.Form.TABLE:
        shown = result.slice(0, MOST_SHOWN)
        rows.print_rows(list(plain_rows(shown)), result.column_names, how)
        if shown.num_rows < result.num_rows:
            console.say(f"of {result.num_rows}; --csv and --json print all", "dim")
    else:
        rows.print_rows(plain_rows(result), result.column_names, how)


def query_text(query: str | None, file: Path | None) -> str:
    """The query that was said, or is in the file, or comes in where QUERY is "-".

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
    """The names, with a number after one that was there before."""
    seen: list[str] = []
    for name in names:
        fresh, number = name, 2
        while fresh in seen:
            fresh, number = f"{name}_{number}", number + 1
        seen.append(fresh)
    return seen


def plain_rows(result: pa.Table) -> Iterator[dict[str, Any]]:
    """The rows by column name, with values as JSON knows them or as `rows` prints them."""
    for batch in result.to_batches(max_chunksize=_BATCH):
        for row in batch.to_pylist():
            yield {name: plain(value) for name, value in row.items()}


def plain(value: Any) -> Any:
    """The value with numbers as numbers: a sum of whole numbers is a decimal to DuckDB.

    A number that is none becomes None, since JSON has no word for it; bytes become hex digits.
    """
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case float():
            return value if math.isfinite(value) else None
        case bytes():
            return value.hex()
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case list():
            return [plain(item) for item in value]
        case _:
            return value
