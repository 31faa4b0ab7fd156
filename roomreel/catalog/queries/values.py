"""Values of Arrow as JSON knows them; instants that Python has no dates for as text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

# Rows that are Python objects at a time: as such they take tens of times the memory.
_BATCH = 10_000

_DAY_S = 24 * 3600
# The calendar repeats itself after so many days, 400 years.
_CYCLE_DAYS = 146_097
_TICKS_PER_S = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def plain_rows(result: pa.Table) -> Iterator[dict[str, Any]]:
    """Yield the rows by column name, with values as JSON knows them or as `rows` prints them."""
    for batch in result.to_batches(max_chunksize=_BATCH):
        columns = [map(plain, _values(column)) for column in batch.columns]
        for row in zip(*columns, strict=True):
            yield dict(zip(batch.schema.names, row, strict=True))


def plain(value: Any) -> Any:
    """Return the value with numbers as numbers: a sum of whole numbers is a decimal to DuckDB.

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


def _values(column: pa.Array[Any]) -> list[Any]:
    try:
        return column.to_pylist()
    except (OverflowError, ValueError):
        return [_value(scalar) for scalar in column]


def _value(scalar: pa.Scalar[Any]) -> Any:
    if not scalar.is_valid:
        return None
    match scalar:
        case pa.StructScalar():
            return {name: _value(part) for name, part in scalar.items()}
        case pa.MapScalar() | pa.ListScalar() | pa.LargeListScalar() | pa.FixedSizeListScalar():
            return [_value(part) for part in scalar.values or ()]
        case pa.Date32Scalar() | pa.TimestampScalar():
            return _instant(scalar)
        case _:
            return scalar.as_py()


def _instant(scalar: pa.Date32Scalar | pa.TimestampScalar) -> Any:
    """Return a date or an instant; beyond the years 1 to 9999 as DuckDB writes it."""
    try:
        return scalar.as_py()
    except (OverflowError, ValueError):
        bits = 32 if isinstance(scalar, pa.Date32Scalar) else 64
        ticks: int = scalar.cast(pa.int32() if bits == 32 else pa.int64()).as_py()
    if infinite := _infinite(ticks, bits):
        return infinite
    if isinstance(scalar, pa.Date32Scalar):
        return _far_date(ticks)
    seconds, part = divmod(ticks, per_s := _TICKS_PER_S[scalar.type.unit])
    days, of_day = divmod(seconds, _DAY_S)
    clock = datetime.fromtimestamp(of_day, UTC).replace(microsecond=part * 10**6 // per_s)
    return f"{_far_date(days)} {clock:%H:%M:%S.%f}"


def _infinite(ticks: int, bits: int) -> str:
    largest = 2 ** (bits - 1) - 1
    return {largest: "infinity", -largest: "-infinity"}.get(ticks, "")


def _far_date(days: int) -> str:
    """Return the date so many days after 1970-01-01, of any year; before the year 1 with (BC)."""
    cycles, days = divmod(days, _CYCLE_DAYS)
    day = date(1970, 1, 1) + timedelta(days)
    year = day.year + 400 * cycles
    written, era = (year, "") if year > 0 else (1 - year, " (BC)")
    return f"{written:04d}-{day:%m-%d}{era}"
