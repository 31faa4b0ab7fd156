"""Insert rows that may be there already: the one statement that SQLAlchemy has by dialect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")


def pieces(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield the items, at most so many at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def insert_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row, unless one of its key is there; return whether it was inserted."""
    # Not by a count of rows, which one driver does not have.
    return insert_for_key(connection, table, row) is not None


def insert_for_key(connection: Connection, table: Table, row: Mapping[str, Any]) -> Any:
    """Insert a row as `insert_new` does; return the first column of its key, None of none."""
    statement = _insert(connection, table).values(dict(row)).on_conflict_do_nothing()
    return connection.execute(statement.returning(*table.primary_key)).scalar()


def put(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    where: ColumnElement[bool] | None = None,
) -> None:
    """Insert rows, all with the same columns; each replaces the one of its key.

    Args:
        where: of a row that is there and may be replaced; others stay.
    """
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    statement = _insert(connection, table)
    given = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    replacing = statement.on_conflict_do_update(index_elements=keys, set_=given, where=where)
    # Said once for all of them: a statement of a thousand rows takes longer to say than to do.
    connection.execute(replacing, [dict(row) for row in rows])


def _insert(connection: Connection, table: Table) -> Any:
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)
