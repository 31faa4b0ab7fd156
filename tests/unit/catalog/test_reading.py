from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow.dataset as ds
import pytest

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.queries.listing import Filters
from roomreel.catalog.schema.tables import SCHEMAS
from roomreel.errors import ArgumentsInvalid, CatalogError, NotFound, QueryInvalid
from roomreel.model.table import Partition, Row, Table

NIGHT = datetime(2026, 11, 22, 1, tzinfo=UTC)
DAYS = [date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 21)]


def end_of(day: int, room: int) -> datetime:
    return datetime(2026, 11, 19 + day, 9 + room, tzinfo=UTC)


def sids_of(day: int, room: int) -> dict[Table, str]:
    end_ms = round(end_of(day, room).timestamp() * 1000)
    number = day * 10 + room
    return {
        Table.ROOMS: f"RM{number:032x}",
        Table.RECORDINGS: f"RT{number:032x}",
        Table.COMPOSITIONS: f"CJ{end_ms:012x}{number:020x}",
        Table.ATTEMPTS: f"AT{number:032x}",
        Table.TALK: f"TK{end_ms:012x}{number:020x}",
    }


@pytest.fixture
def three_days(catalog: Catalog) -> Catalog:
    """Two rooms a day with a recording and a composition each; room 1 of each day failed."""
    for day, when in enumerate(DAYS):
        rows: dict[Table, list[Row]] = {table: [] for table in Table}
        for room in range(2):
            sids = sids_of(day, room)
            common = {
                "status": "failed" if room else "completed",
                "updated_at": NIGHT,
                "date_created": end_of(day, room) - timedelta(minutes=30),
            }
            of_room = common | {"room_sid": sids[Table.ROOMS], "room_name": f"room {room}"}
            rows[Table.ROOMS].append(
                common
                | {
                    "sid": sids[Table.ROOMS],
                    "unique_name": f"room {room}",
                    "end_time": end_of(day, room),
                }
            )
            rows[Table.RECORDINGS].append(of_room | {"sid": sids[Table.RECORDINGS]})
            rows[Table.COMPOSITIONS].append(
                of_room | {"sid": sids[Table.COMPOSITIONS], "template": "grid"}
            )
            attempt = {"sid": sids[Table.ATTEMPTS], "time": end_of(day, room), "template": "grid"}
            rows[Table.ATTEMPTS].append(of_room | attempt)
            rows[Table.TALK].append(of_room | {"sid": sids[Table.TALK]})
        for table in Table:
            catalog.commit(Partition(table, when), rows[table])
    return catalog


def listed(catalog: Catalog, table: Table, **filters: object) -> list[tuple[int, int]]:
    known = {sids_of(day, room)[table]: (day, room) for day in range(3) for room in range(2)}
    return [known[row["sid"]] for row in catalog.rows(table, Filters(**filters))]  # type: ignore[arg-type]


@pytest.mark.parametrize("table", Table)
def test_a_catalog_without_files_is_empty(catalog: Catalog, table: Table) -> None:
    assert catalog.read(table).equals(SCHEMAS[table].empty_table())
    assert catalog.rows(table) == []
    assert catalog.lookup("RM" + "0" * 32) is None
    assert catalog.sql(f"from {table}").num_rows == 0


@pytest.mark.parametrize("table", Table)
def test_a_table_is_read_in_its_schema(three_days: Catalog, table: Table) -> None:
    read = three_days.read(table)
    assert read.schema.equals(SCHEMAS[table])
    assert read.num_rows == 6


def test_reading_part_of_a_table(three_days: Catalog) -> None:
    where = ds.field("date") == DAYS[1]
    assert three_days.read(Table.ROOMS, where, ["sid"]).column_names == ["sid"]
    assert three_days.read(Table.ROOMS, where).num_rows == 2
    assert three_days.read(Table.ROOMS, days=[DAYS[0], date(2000, 1, 1)]).num_rows == 2


@pytest.mark.parametrize("table", Table)
def test_a_row_is_looked_up_by_its_sid(three_days: Catalog, table: Table) -> None:
    sid = sids_of(2, 1)[table]
    row = three_days.lookup(sid)
    assert row is not None
    assert (row["sid"], row["rev"], row["updated_at"]) == (sid, 1, NIGHT)


@pytest.mark.parametrize("sid", ["RM" + "f" * 32, "CJ" + "f" * 32, "CJ", "PA1", "", "' or 1=1"])
def test_an_unknown_sid_has_no_row(three_days: Catalog, sid: str) -> None:
    assert three_days.lookup(sid) is None


def test_a_composition_is_looked_up_in_its_own_day_only(
    three_days: Catalog, tmp_path: Path
) -> None:
    for path in (tmp_path / "catalog" / "compositions").glob("date=2026-11-[12][91]/*.parquet"):
        path.write_bytes(b"unreadable")
    assert three_days.lookup(sids_of(1, 0)[Table.COMPOSITIONS]) is not None
    with pytest.raises(CatalogError):
        three_days.lookup(sids_of(2, 0)[Table.COMPOSITIONS])


@pytest.mark.parametrize("table", Table)
def test_rows_come_newest_first(three_days: Catalog, table: Table) -> None:
    assert listed(three_days, table) == [(2, 1), (2, 0), (1, 1), (1, 0), (0, 1), (0, 0)]
    assert listed(three_days, table, limit=3) == [(2, 1), (2, 0), (1, 1)]
    assert listed(three_days, table, limit=0) == []


@pytest.mark.parametrize("table", Table)
def test_rows_are_filtered(three_days: Catalog, table: Table) -> None:
    assert listed(three_days, table, status="failed") == [(2, 1), (1, 1), (0, 1)]
    assert listed(three_days, table, room="room 0", limit=2) == [(2, 0), (1, 0)]
    assert listed(three_days, table, room=sids_of(1, 1)[Table.ROOMS]) == [(1, 1)]
    late = end_of(2, 1)
    assert listed(three_days, table, room="room 0", since=late) == []


@pytest.mark.parametrize("table", Table)
@pytest.mark.parametrize(
    ("room", "remedy"),
    [
        ("rom 1", 'did you mean "room 1"?'),
        ("' or 1=1 --", "there are: room 0, room 1"),
        ("RM" + "f" * 32, "there are: room 0, room 1"),
    ],
)
def test_a_room_that_is_not_there_is_no_empty_list(
    three_days: Catalog, table: Table, room: str, remedy: str
) -> None:
    with pytest.raises(NotFound, match="there is no room") as caught:
        listed(three_days, table, room=room)
    assert caught.value.remedy == remedy


@pytest.mark.parametrize("hours", [0, 1, 48])
def test_a_range_that_ends_before_it_begins_is_refused(hours: int) -> None:
    with pytest.raises(ArgumentsInvalid, match="swap the two"):
        Filters(since=NIGHT, until=NIGHT - timedelta(hours=hours))


@pytest.mark.parametrize("table", Table)
def test_since_is_within_and_until_is_not(three_days: Catalog, table: Table) -> None:
    since, until = end_of(0, 1), end_of(2, 1)
    assert listed(three_days, table, since=since, until=until) == [(2, 0), (1, 1), (1, 0), (0, 1)]
    assert listed(three_days, table, since=until + timedelta(milliseconds=1)) == []


def test_a_template_is_asked_of_compositions_only(three_days: Catalog) -> None:
    assert len(listed(three_days, Table.COMPOSITIONS, template="grid")) == 6
    with pytest.raises(NotFound, match='did you mean "grid"'):
        listed(three_days, Table.COMPOSITIONS, template="gird")
    with pytest.raises(ArgumentsInvalid, match="rooms cannot be filtered by template"):
        listed(three_days, Table.ROOMS, template="grid")


def test_sql_joins_the_tables(three_days: Catalog) -> None:
    found = three_days.sql(
        "select c.date, count(*) as made, min(date_trunc('hour', r.end_time)) as first "
        "from compositions c join rooms r on r.sid = c.room_sid where c.status = 'failed' "
        "group by all order by 1"
    )
    assert found["date"].to_pylist() == DAYS
    assert found["made"].to_pylist() == [1, 1, 1]
    assert found["first"][0].as_py() == end_of(0, 1)


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "copy (select 1) to '{out}'",
        "copy rooms to '{out}' (format parquet)",
        "export database '{out}'",
        "attach '{out}' as other",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "reset lock_configuration",
        "insert into rooms (sid) values ('RM1')",
        "delete from rooms",
        "select * from no_such_table",
        "select sid, from where",
        "select 1 / 'x'",
        "select * from sids_of",
    ],
)
def test_sql_can_read_the_tables_and_nothing_else(
    three_days: Catalog, tmp_path: Path, sql: str
) -> None:
    out = tmp_path / "out"
    with pytest.raises((CatalogError, QueryInvalid), match="the query failed"):
        three_days.sql(sql.format(out=out))
    assert not out.exists()
    assert three_days.read(Table.ROOMS).num_rows == 6


@pytest.mark.parametrize(
    "sql",
    [
        *("selct 1", "select 1 +", "select nothing from rooms", "from somewhere"),
        *("select nothing(1)", "select 'x'::int", "select cast(300 as tinyint)"),
        "copy rooms to 'x.csv'",
    ],
)
def test_a_mistake_in_a_query_is_no_broken_catalog(three_days: Catalog, sql: str) -> None:
    with pytest.raises(QueryInvalid) as caught:
        three_days.sql(sql)
    assert (caught.value.code, caught.value.exit_code) == ("query-invalid", 2)


@pytest.mark.parametrize("sql", ["select sid, rev from rooms where false", "from rooms limit 0"])
def test_a_result_without_rows_has_its_columns(three_days: Catalog, sql: str) -> None:
    result = three_days.sql(sql)
    assert result.num_rows == 0
    assert result.column_names[0] == "sid"


def test_sql_counts_in_utc_whatever_the_machine_does(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    found = catalog.sql("select (timestamptz '2026-11-20 23:30:00+00')::date::text as day")
    assert found["day"].to_pylist() == ["2026-11-20"]


def test_a_slow_query_draws_no_progress_bar(catalog: Catalog) -> None:
    # From 2 s on there would be one, in front of the result on standard output.
    found = catalog.sql("select current_setting('enable_progress_bar') as bar")
    assert found["bar"].to_pylist() == [False]


def test_a_statement_without_a_result_gives_none(three_days: Catalog) -> None:
    assert three_days.sql("create table mine (a int)").num_rows == 0


def test_foreign_files_and_folders_beside_partitions_are_passed_over(
    three_days: Catalog, tmp_path: Path
) -> None:
    rooms = tmp_path / "catalog" / "rooms"
    (rooms / "notes.txt").write_text("hello")
    (rooms / "date=2026-11-20" / "extra.parquet").write_bytes(b"junk")
    (rooms / "date=soon").mkdir()
    (rooms / "date=soon" / "part.parquet").write_bytes(b"junk")
    (rooms / "date=2027-01-01").mkdir()
    assert three_days.read(Table.ROOMS).num_rows == 6
    assert len(three_days.rows(Table.ROOMS)) == 6


def test_a_broken_partition_is_named(three_days: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "catalog" / "rooms" / "date=2026-11-20" / "part.parquet"
    path.write_bytes(path.read_bytes()[:-30])
    for read in (
        lambda: three_days.read(Table.ROOMS),
        lambda: three_days.rows(Table.ROOMS),
        lambda: three_days.lookup("RM" + "0" * 32),
    ):
        with pytest.raises(CatalogError, match="date=2026-11-20"):
            read()
    with pytest.raises(CatalogError, match="rooms"):
        three_days.sql("select * from rooms")
    assert three_days.sql("select * from recordings").num_rows == 6


def test_a_query_sees_one_state_however_often_it_names_a_table(three_days: Catalog) -> None:
    # What a self-join would trip over: the file is replaced between its two scans.
    pinned = three_days.reader.dataset(Table.ROOMS, pinned=True)
    before = pinned.to_table().sort_by("sid")
    many = [
        {"sid": f"RM{number:032x}", "status": "failed", "updated_at": NIGHT + timedelta(days=1)}
        for number in range(500)
    ]
    for day in DAYS:
        three_days.commit(Partition(Table.ROOMS, day), many)
    assert pinned.to_table().sort_by("sid").equals(before)
    assert three_days.read(Table.ROOMS).num_rows > before.num_rows
