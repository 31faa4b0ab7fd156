"""Journal entries: the changed rows of one commit to one partition, as immutable JSON. Pure."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any

import orjson
import pyarrow as pa

from roomreel.catalog.schema.tables import RETIRED, SCHEMAS, VERSION, tabled
from roomreel.catalog.schema.upgrade import upgraded
from roomreel.errors import CatalogError
from roomreel.model.table import Partition, Row

SCHEMA = "roomreel.journal/1"

# Which version of the catalogs the rows are of; until 3, entries did not say.
_VERSION = "catalog_version"


def new_entry_id() -> str:
    """Return a new id, unique across processes, that sorts by time: a UUID 7 (RFC 9562).

    The 12 bits after the milliseconds hold the fraction of the millisecond.
    """
    ms, ns = divmod(time.time_ns(), 1_000_000)
    fraction = ns * 4096 // 1_000_000
    value = ms << 80 | 7 << 76 | fraction << 64 | 2 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=value))


def encode(partition: Partition, rows: list[Row]) -> bytes:
    """Return one entry; the same rows give the same bytes."""
    document: dict[str, Any] = {**_heading(partition), _VERSION: int(VERSION), "rows": rows}
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def decode(partition: Partition, entry: str, data: bytes) -> pa.Table:
    """Return the rows of an entry, in the schema of their table.

    Raises:
        CatalogError: it is not an entry of this partition; names it.
    """
    try:
        rows = _rows(partition, orjson.loads(data))
        return upgraded(partition.table, tabled(partition.table, rows))
    except (ValueError, TypeError, KeyError, AttributeError, CatalogError) as error:
        raise CatalogError(
            f"journal entry {partition}/{entry}.json cannot be used: {error}",
            "move it out of the journal, then run roomreel catalog recover",
        ) from error


def rows_before(version: int, data: bytes) -> list[dict[str, Any]]:
    """Return the rows of an entry as they stand in it, where its version is a lower one."""
    document = orjson.loads(data)
    return document["rows"] if document.get(_VERSION, 0) < version else []


def _rows(partition: Partition, document: dict[str, Any]) -> list[Row]:
    expected = _heading(partition)
    if {key: document[key] for key in expected} != expected:
        raise ValueError("another version wrote it, or it is of another partition")
    schema = SCHEMAS[partition.table]
    known = {*schema.names, *RETIRED.get(partition.table, ())}
    instants = _instants(schema)
    return [_typed(known, instants, row) for row in document["rows"]]


def _instants(schema: pa.Schema) -> list[str]:
    return [field.name for field in schema if pa.types.is_timestamp(field.type)]


def _heading(partition: Partition) -> dict[str, str]:
    return {
        "schema": SCHEMA,
        "table": partition.table.value,
        "date": partition.day.isoformat(),
    }


def _typed(known: AbstractSet[str], instants: Iterable[str], row: dict[str, Any]) -> Row:
    if not row.keys() <= known:
        foreign = ", ".join(sorted(row.keys() - known))
        raise ValueError(f"it has columns this engine does not know: {foreign}")
    times = {name: row[name] for name in instants if row.get(name) is not None}
    return row | {name: datetime.fromisoformat(text) for name, text in times.items()}
