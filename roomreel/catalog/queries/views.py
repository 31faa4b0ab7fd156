"""Views over the tables: what is asked for often, and `roomreel sql --attach` for other tools."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow as pa

from roomreel.catalog.columns import COLUMNS
from roomreel.catalog.queries.ages import UNKNOWN, Ages
from roomreel.catalog.reader import Reader
from roomreel.catalog.schema.tables import SCHEMAS
from roomreel.errors import OutputRefused, SettingsInvalid
from roomreel.model.location import Location
from roomreel.model.table import Table

_PARTICIPANTS = """
select room.sid as room_sid, room.unique_name as room_name, room.date as date,
    person.sid as participant_sid, person.identity as participant_identity,
    min(track.start_time) as join_time, max(track.end_time) as leave_time,
    count(track.sid) as recording_count
from (select sid, unique_name, date, unnest(participants) as person from rooms) as room
left join recordings as track
    on track.date = room.date and track.room_sid = room.sid
    and track.participant_sid = person.sid
group by all
"""

_RETENTION = """
select sid, 'compositions' as kind, room_sid, room_name, date, status,
    case when status = 'completed' then date_completed + to_days({delete_after_days}) end
        as delete_on,
    case when status = 'deleted' then date_deleted + to_days({retention_days}) end as purge_on
from compositions
union all by name
select sid, 'recordings' as kind, room_sid, room_name, date, status,
    case when status = 'deleted' then date_deleted + to_days({retention_days}) end as purge_on
from recordings
"""

_TURNS = """
select sid as talk_sid, room_sid, room_name, date, participant_sid, participant_identity,
    turn.start_ms as start_ms, turn.end_ms as end_ms, turn.talk_ms as talk_ms,
    turn.level_db as level_db
from (select *, unnest(turns) as turn from talk where status <> 'deleted')
"""

VIEWS: Mapping[str, str] = {
    "participants": _PARTICIPANTS,
    "turns": _TURNS,
    "retention": _RETENTION,
    "live_compositions": "select * from compositions where status = 'completed'",
}
"""By name, the query of a view over the tables.

`participants` has everybody in a manifest, with the start of their first and the end of their last
recording: null for who has none. `turns` has a row for each turn of talk. `retention` has from when
on a run of retention deletes or purges what a row is about, by the settings that ask.
`live_compositions` has those whose media are there.
"""


def attach(
    file: Path, root: Location, reader: Reader, ages: Ages = UNKNOWN
) -> tuple[list[str], list[str]]:
    """Put views of the tables into a DuckDB file, which then reads the catalogs as they are.

    What else is in the file stays. Columns have their descriptions as comments. DuckDB refuses
    to look for files where there are none, so a table that has no file yet stays without rows
    until this is done again.

    Returns:
        The names of the views, and of the tables that have no file yet.

    Raises:
        SettingsInvalid: the catalogs are in S3.
        OutputRefused: the file is there and is none of DuckDB's.
    """
    if not isinstance(root, Path):
        raise SettingsInvalid(
            f"the catalogs are in S3: {root}", "docs/analysts.md says how DuckDB reads them there"
        )
    empty = [table for table in Table if not reader.days(table)]
    try:
        with duckdb.connect(str(file)) as connection:
            for table in Table:
                is_empty = table in empty
                query = _without_rows(connection, table) if is_empty else _of_files(root, table)
                _create(connection, table, query)
                _describe(connection, table)
            for name, query in VIEWS.items():
                _create(connection, name, ages.filled(query))
    except (duckdb.Error, OSError) as error:
        raise OutputRefused(f"cannot write views into {file}: {error}", "name another") from error
    return [*map(str, Table), *VIEWS], [*map(str, empty)]


def _of_files(root: Path, table: Table) -> str:
    files = _literal(f"{root.absolute()}/{table}/*/part.parquet")
    return f"from read_parquet({files}, hive_partitioning = true)"


def _without_rows(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    schema = SCHEMAS[table].append(pa.field("date", pa.date32()))
    columns = connection.from_arrow(schema.empty_table())
    typed = zip(columns.columns, columns.types, strict=True)
    return f"select {', '.join(f'null::{kind} as {name}' for name, kind in typed)} where false"


def _describe(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    for column in COLUMNS[table]:
        words = f"{column.meaning} [{column.unit}]" if column.unit else column.meaning
        connection.execute(f"comment on column {table}.{column.name} is {_literal(words)}")


def create_views(connection: duckdb.DuckDBPyConnection, ages: Ages) -> None:
    """Add the views to a connection that has the tables."""
    for name, query in VIEWS.items():
        connection.execute(f"create temp view {name} as {ages.filled(query)}")


def _create(connection: duckdb.DuckDBPyConnection, name: str, query: str) -> None:
    connection.execute(f"create or replace view {name} as {query}")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
