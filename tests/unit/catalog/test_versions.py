"""Files that the engine before this one wrote: read, added to, written anew."""

from __future__ import annotations

import tarfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import damage
import duckdb
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import users

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.journal import new_entry_id
from roomreel.catalog.local import LocalBackend
from roomreel.catalog.reader import REPLACED, Reader, Replaced
from roomreel.catalog.store import Store
from roomreel.catalog.tables import SCHEMAS, VERSION, Partition, Row, Table
from roomreel.catalog.version import MARKER, Marker
from roomreel.errors import CatalogError
from roomreel.settings import Settings
from roomreel.upkeep.check import check

DAYS = [date(2026, 11, 20), date(2026, 11, 21)]
NIGHT = datetime(2026, 11, 22, tzinfo=UTC)

# What version 1 did not have.
SINCE = {
    Table.ROOMS: ["recordings_purged", "participants"],
    Table.RECORDINGS: ["found_codec", "usable", "start_time", "end_time"],
}


def schema_before(table: Table) -> pa.Schema:
    schema = SCHEMAS[table]
    for name in SINCE.get(table, []):
        schema = schema.remove(schema.get_field_index(name))
    return schema.with_metadata({"roomreel.catalog": "1", "roomreel.engine": "0.0"})


@pytest.fixture
def old(catalog: Catalog, tmp_path: Path) -> Catalog:
    """Two dates of every table in the schemas of version 1, a row each."""
    for table, prefix in (
        (Table.ROOMS, "RM"),
        (Table.RECORDINGS, "RT"),
        (Table.COMPOSITIONS, "CJ"),
        (Table.ATTEMPTS, "AT"),
    ):
        for number, day in enumerate(DAYS):
            end_ms = round(datetime(day.year, day.month, day.day, 9, tzinfo=UTC).timestamp() * 1000)
            row = {
                "sid": f"{prefix}{end_ms:012x}{number:020x}",
                "status": "completed",
                "rev": 3,
                "updated_at": NIGHT,
            }
            file = tmp_path / "catalog" / Partition(table, day).folder / "part.parquet"
            file.parent.mkdir(parents=True)
            pq.write_table(pa.Table.from_pylist([row], schema=schema_before(table)), file)
    return catalog


def schemas(root: Path, table: Table) -> list[pa.Schema]:
    return [pq.read_schema(file) for file in sorted((root / "catalog" / table).glob("*/*"))]


def test_the_version_went_up_with_the_columns() -> None:
    assert VERSION == "4"
    assert SCHEMAS[Table.ROOMS].metadata[b"roomreel.catalog"] == b"4"


@pytest.mark.parametrize("table", Table)
def test_it_is_read(old: Catalog, table: Table) -> None:
    rows = old.rows(table)
    assert [row["rev"] for row in rows] == [3, 3]
    assert old.lookup(rows[0]["sid"]) == rows[0]
    assert set(rows[0]) == set(SCHEMAS[table].names)
    assert old.sql(f"from {table}").num_rows == 2


@pytest.mark.parametrize("table", Table)
def test_a_commit_writes_its_file_anew(old: Catalog, table: Table, tmp_path: Path) -> None:
    new = {"sid": "zz", "status": "completed", "updated_at": NIGHT}
    assert old.store.commit(Partition(table, DAYS[0]), [new]).lost == {}
    first, second = schemas(tmp_path, table)
    assert first.equals(SCHEMAS[table], check_metadata=True)
    assert second.equals(schema_before(table), check_metadata=True)
    assert old.read(table).num_rows == 3


def test_the_first_commit_writes_all_files_again(old: Catalog, tmp_path: Path) -> None:
    old.commit(Partition(Table.ROOMS, DAYS[0]), [{"sid": "zz", "updated_at": NIGHT}])
    for table in Table:
        for schema in schemas(tmp_path, table):
            assert schema.equals(SCHEMAS[table], check_metadata=True)
    assert old.upgrade() == (0, ())


def test_an_upgrade_writes_all_of_them_anew_once(old: Catalog, tmp_path: Path) -> None:
    before = {table: old.rows(table) for table in Table}
    assert old.upgrade() == (8, ())
    for table in Table:
        for schema in schemas(tmp_path, table):
            assert schema.equals(SCHEMAS[table], check_metadata=True)
        assert old.rows(table) == before[table]
    assert old.upgrade() == (0, ())


def test_then_readers_that_take_the_schema_of_one_file_read_all(
    old: Catalog, tmp_path: Path
) -> None:
    old.store.commit(Partition(Table.ROOMS, DAYS[0]), [{"sid": "z", "updated_at": NIGHT}])
    # Which file it takes depends on the order of the folder, so the order is given here.
    files = sorted(map(str, (tmp_path / "catalog" / "rooms").glob("*/*.parquet")), reverse=True)
    query = "select recordings_purged from read_parquet(?, hive_partitioning=1)"
    with pytest.raises(duckdb.Error):
        duckdb.execute(query, [files])
    old.upgrade()
    assert len(duckdb.execute(query, [files]).fetchall()) == 3


def test_a_broken_file_stops_no_other_from_being_upgraded(old: Catalog, tmp_path: Path) -> None:
    broken = tmp_path / "catalog" / "recordings" / "date=2026-11-20" / "part.parquet"
    broken.write_bytes(b"not ours")
    count, problems = old.upgrade()
    assert count == 7
    assert [problem.code for problem in problems] == ["catalog-invalid"]
    assert "recordings/date=2026-11-20" in problems[0].message
    # The next run looks at that one alone,
    spoil_all(tmp_path)
    assert [problem.code for problem in again(tmp_path).upgrade()[1]] == ["catalog-invalid"]
    # until it is gone.
    broken.unlink()
    assert again(tmp_path).upgrade() == (0, ())
    assert again(tmp_path).upgrade() == (0, ())


def again(root: Path) -> Catalog:
    """The same catalogs in another process."""
    return Catalog.open(root / "catalog", root / "journal")


def spoil_all(root: Path) -> None:
    """Make every file one that cannot be read: whoever looks at one reports it."""
    for file in (root / "catalog").glob("*/*/part.parquet"):
        file.write_bytes(b"not ours")


def test_what_is_upgraded_is_not_looked_at_again(old: Catalog, tmp_path: Path) -> None:
    assert old.upgrade() == (8, ())
    spoil_all(tmp_path)
    assert again(tmp_path).upgrade() == (0, ())
    assert len(again(tmp_path).upgrade(whole=True)[1]) == 8


def test_a_catalog_without_a_marker_is_looked_at_once(catalog: Catalog, tmp_path: Path) -> None:
    catalog.commit(Partition(Table.ROOMS, DAYS[0]), [{"sid": "RM1", "updated_at": NIGHT}])
    (tmp_path / "catalog" / MARKER).unlink()
    assert again(tmp_path).upgrade() == (0, ())
    spoil_all(tmp_path)
    assert again(tmp_path).upgrade() == (0, ())


def test_an_engine_alone_writes_nothing_again(catalog: Catalog, tmp_path: Path) -> None:
    rooms = Partition(Table.ROOMS, DAYS[0])
    file = tmp_path / "catalog" / rooms.folder / "part.parquet"
    file.parent.mkdir(parents=True)
    by_another = SCHEMAS[Table.ROOMS].with_metadata(
        {"roomreel.catalog": VERSION, "roomreel.engine": "0.1.0"}
    )
    row = {"sid": "RM1", "updated_at": NIGHT, "engine_version": "0.1.0"}
    pq.write_table(pa.Table.from_pylist([row], schema=by_another), file)
    before = file.read_bytes()
    assert catalog.upgrade(whole=True) == (0, ())
    assert file.read_bytes() == before


@pytest.mark.parametrize("kind", damage.DAMAGES)
def test_a_damaged_marker_is_written_again(kind: str) -> None:
    def damage_one() -> None:
        catalog = again(folder)
        catalog.commit(Partition(Table.ROOMS, DAYS[0]), [{"sid": "RM1", "updated_at": NIGHT}])
        marker = folder / "catalog" / MARKER
        damage.DAMAGES[kind](marker)
        for sid in ("RM2", "RM3"):
            again(folder).commit(
                Partition(Table.ROOMS, DAYS[0]), [{"sid": sid, "updated_at": NIGHT}]
            )
        assert again(folder).read(Table.ROOMS).num_rows == 3
        if kind != "a full folder":
            assert again(folder).upgrade() == (0, ())
            assert marker.read_bytes()

    with users.open_folder() as folder:
        users.run_as(users.NOBODY, damage_one)


@pytest.mark.parametrize("stop", range(1, 8))
def test_a_kill_in_an_upgrade_has_the_next_run_go_on(
    old: Catalog, tmp_path: Path, stop: int
) -> None:
    reached: list[str] = []

    def step(name: str) -> None:
        if name in {"part renamed", "marker written"}:
            reached.append(name)
            if len(reached) == stop:
                raise KeyboardInterrupt

    roots = tmp_path / "catalog", tmp_path / "journal"
    killed = Catalog(Store(LocalBackend(*roots, step)), Reader.of(roots[0]))
    with pytest.raises(KeyboardInterrupt):
        killed.upgrade()
    assert not (tmp_path / "catalog" / MARKER).exists()
    count, problems = again(tmp_path).upgrade()
    assert problems == ()
    assert count < 6
    for table in Table:
        for schema in schemas(tmp_path, table):
            assert schema.equals(SCHEMAS[table], check_metadata=True)
    assert again(tmp_path).upgrade() == (0, ())


def test_an_older_engine_writes_nothing_among_newer_files(catalog: Catalog, tmp_path: Path) -> None:
    rooms = Partition(Table.ROOMS, DAYS[0])
    catalog.store.mark(Marker(int(VERSION) + 1))
    with pytest.raises(CatalogError, match="newer roomreel: the store is of catalog version"):
        again(tmp_path).commit(rooms, [{"sid": "RM1", "updated_at": NIGHT}])
    assert [problem.code for problem in again(tmp_path).upgrade()[1]] == ["catalog-invalid"]
    assert [problem.code for problem in again(tmp_path).recover().problems] == ["catalog-invalid"]
    assert not (tmp_path / "catalog" / "rooms").exists()
    # Once that machine is updated, the row is there.
    catalog.store.mark(Marker(int(VERSION)))
    assert again(tmp_path).recover().entries == 1
    assert again(tmp_path).read(Table.ROOMS)["sid"].to_pylist() == ["RM1"]


def newer(root: Path, partition: Partition) -> None:
    """Have a newer engine, which knows one more column, write a file."""
    file = root / "catalog" / partition.folder / "part.parquet"
    rows = pq.read_table(file)
    schema = rows.schema.append(pa.field("from_the_future", pa.string()))
    said = schema.metadata | {b"roomreel.catalog": str(int(VERSION) + 1).encode()}
    rows = rows.append_column("from_the_future", pa.nulls(rows.num_rows, pa.string()))
    pq.write_table(rows.cast(schema.with_metadata(said)), file)


@pytest.mark.parametrize("table", Table)
def test_a_file_of_a_newer_engine_is_not_called_broken(
    old: Catalog, tmp_path: Path, table: Table
) -> None:
    partition = Partition(table, DAYS[0])
    newer(tmp_path, partition)
    with pytest.raises(CatalogError, match="written by a newer roomreel") as caught:
        old.store.commit(partition, [{"sid": "zz", "updated_at": NIGHT}])
    assert caught.value.remedy == "update roomreel on this machine"
    _, (problem,) = old.upgrade(whole=True)
    assert "written by a newer roomreel" in problem.message
    settings = Settings(store=tmp_path, catalog=tmp_path / "catalog")
    (finding,) = [f for f in check(old, settings, NIGHT) if f.where == str(partition)]
    assert "written by a newer roomreel" in finding.what
    assert old.read(table).num_rows == 2


def test_what_a_newer_engine_wrote_is_refused_before_any_work(old: Catalog, tmp_path: Path) -> None:
    newer(tmp_path, Partition(Table.COMPOSITIONS, DAYS[0]))
    old.refuse_unrecordable({DAYS[1], date(2026, 11, 24)})
    with pytest.raises(CatalogError, match="update roomreel"):
        old.refuse_unrecordable(DAYS)
    old.store.mark(Marker(int(VERSION) + 1))
    with pytest.raises(CatalogError, match="update roomreel"):
        again(tmp_path).refuse_unrecordable()


@pytest.mark.parametrize("table", Table)
def test_every_table_is_looked_at_and_a_damaged_file_is_not_newer(
    old: Catalog, tmp_path: Path, table: Table
) -> None:
    partition = Partition(table, DAYS[0])
    newer(tmp_path, partition)
    with pytest.raises(CatalogError, match=f"{table}/date=.*catalog version {int(VERSION) + 1}"):
        old.refuse_unrecordable(DAYS)
    (tmp_path / "catalog" / partition.folder / "part.parquet").write_bytes(b"not ours")
    old.refuse_unrecordable(DAYS)


def test_a_file_that_others_replace_meanwhile_is_looked_at_again(
    old: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, looks = Reader.file, Counter[Partition]()

    def replaced_at_first(reader: Reader, partition: Partition) -> Any:
        looks[partition] += 1
        if looks[partition] == 1:
            raise Replaced(REPLACED)
        return look(reader, partition)

    monkeypatch.setattr(Reader, "file", replaced_at_first)
    old.refuse_unrecordable(DAYS[:1])
    assert set(looks.values()) == {2}


STORE_2 = Path(__file__).with_name("store-2.tar.gz")
"""A store that version 2 wrote, with an entry that was left in its journal: two rooms; of
compositions one is completed, one deleted, one failed, and two, one of them in the journal, were
cancelled, which was a failure then."""


@pytest.fixture
def store_2(tmp_path: Path) -> Path:
    with tarfile.open(STORE_2) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path


def test_a_store_of_version_2_is_read_and_upgraded_by_the_first_commit(store_2: Path) -> None:
    old = again(store_2)
    outcomes = "select status, failure_code from compositions order by all"
    before = old.sql(outcomes).to_pylist()
    assert [row["status"] for row in before] == ["completed", "deleted", "failed", "failed"]
    old.commit(Partition(Table.ROOMS, DAYS[0]), [{"sid": "zz", "updated_at": NIGHT}])
    assert old.recover().problems == ()
    for table in Table:
        for schema in schemas(store_2, table):
            assert schema.equals(SCHEMAS[table], check_metadata=True)
    assert [tuple(row.values()) for row in old.sql(outcomes).to_pylist()] == [
        ("cancelled", "cancelled"),
        ("cancelled", "cancelled"),
        ("completed", None),
        ("deleted", None),
        ("failed", "empty-track-list"),
    ]
    # What happened last in version 2 is what there was of attempts.
    told = "select status, code from attempts"
    told += " where composition_sid in (select sid from compositions) order by all"
    assert [tuple(row.values()) for row in old.sql(told).to_pylist()] == [
        ("cancelled", "cancelled"),
        ("cancelled", "cancelled"),
        ("completed", None),
        ("failed", "empty-track-list"),
    ]
    assert again(store_2).upgrade() == (0, ())


OUTCOME = pa.struct(
    [
        ("time", pa.timestamp("us", "UTC")),
        *((name, pa.string()) for name in ("flow_run_id", "status", "code", "message")),
    ]
)
SCHEMA_3 = (
    SCHEMAS[Table.COMPOSITIONS]
    .append(pa.field("history", pa.list_(OUTCOME)))
    .with_metadata({"roomreel.catalog": "3"})
)
OF_DAY = Partition(Table.COMPOSITIONS, DAYS[0])


def sid_3(number: int) -> str:
    end_ms = round(datetime(2026, 11, 20, 9, tzinfo=UTC).timestamp() * 1000)
    return f"CJ{end_ms:012x}{number:020x}"


def composition_3(number: int, status: str, *outcomes: tuple[int, str, str | None]) -> Row:
    """A row of version 3, whose history has these outcomes: hours after a night, status, code."""
    history = [
        {
            "time": NIGHT + timedelta(hours=hours),
            "flow_run_id": f"run {hours}",
            "status": told,
            "code": code,
            "message": code and f"because {code}",
        }
        for hours, told, code in outcomes
    ]
    last = history[-1]
    return {
        "sid": sid_3(number),
        "status": status,
        "rev": len(history),
        "updated_at": last["time"],
        "flow_run_id": last["flow_run_id"],
        "room_name": "stand-up",
        "template": "grid",
        "date_completed": last["time"],
        "failure_code": last["code"],
        "failure_message": last["message"],
        "attempts": len(history),
        "history": history,
    }


BROKE, MADE = "render-failed", None
STOPPED = (1, "cancelled", "cancelled")
IN_FILE_3 = [
    composition_3(1, "completed", (0, "failed", BROKE), STOPPED, (2, "completed", MADE)),
    composition_3(2, "deleted", (0, "failed", BROKE), (1, "completed", MADE)),
    composition_3(3, "failed", (0, "failed", BROKE)),
    composition_3(4, "completed", (0, "completed", MADE)),
]
# One is newer than its row in the file, one older, and of one there is no row.
IN_JOURNAL_3 = [
    composition_3(3, "completed", (5, "completed", MADE)),
    composition_3(4, "failed", (-5, "failed", BROKE)) | {"attempts": 0},
    composition_3(5, "failed", (0, "failed", "no-space"), (3, "failed", "no-space")),
]
OUTCOMES_3 = {
    (row["sid"], one["time"], one["status"], one["code"], one["message"], one["flow_run_id"])
    for row in (*IN_FILE_3, *IN_JOURNAL_3)
    for one in row["history"]
}


@pytest.fixture
def store_3(tmp_path: Path) -> Path:
    """A day as version 3 left it when its last run was killed after its entry of the journal."""
    file = tmp_path / "catalog" / OF_DAY.folder / "part.parquet"
    file.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(IN_FILE_3, schema=SCHEMA_3), file)
    rows = pa.Table.from_pylist(IN_JOURNAL_3, schema=SCHEMA_3).to_pylist()
    entry = {"schema": "roomreel.journal/1", "table": "compositions", "date": str(DAYS[0])}
    waiting = tmp_path / "journal" / OF_DAY.folder / f"{new_entry_id()}.json"
    waiting.parent.mkdir(parents=True)
    waiting.write_bytes(orjson.dumps(entry | {"rows": rows}, option=orjson.OPT_SORT_KEYS))
    (tmp_path / "catalog" / MARKER).write_text(
        '{"schema": "roomreel.catalog/1", "version": 3, "left": []}'
    )
    return tmp_path


def outcomes_in(catalog: Catalog) -> list[tuple[object, ...]]:
    told = ["composition_sid", "time", "status", "code", "message", "flow_run_id"]
    return [tuple(row.values()) for row in catalog.read(Table.ATTEMPTS, columns=told).to_pylist()]


# Whatever a process of this version does first with it: a night begins with recovering.
FIRST: dict[str, Callable[[Catalog], object]] = {
    "recover": lambda catalog: catalog.recover(),
    "upgrade": lambda catalog: catalog.upgrade(),
    "commit to it": lambda catalog: catalog.store.commit(
        OF_DAY, [{"sid": sid_3(9), "status": "failed", "updated_at": NIGHT}]
    ),
    "edit it": lambda catalog: catalog.store.rewrite(OF_DAY, lambda rows: rows.slice(0)),
}


@pytest.mark.parametrize("first", FIRST)
def test_every_outcome_that_version_3_knew_becomes_an_attempt(store_3: Path, first: str) -> None:
    FIRST[first](again(store_3))
    catalog = again(store_3)
    assert catalog.recover().problems == ()
    assert catalog.upgrade()[1] == ()
    found = outcomes_in(catalog)
    assert set(found) == OUTCOMES_3
    assert len(found) == len(OUTCOMES_3)
    stands = {
        row["sid"]: (row["status"], row["attempts"]) for row in catalog.rows(Table.COMPOSITIONS)
    }
    assert (
        stands.items()
        >= {
            sid_3(1): ("completed", 3),
            sid_3(2): ("deleted", 2),
            sid_3(3): ("completed", 1),
            sid_3(4): ("completed", 1),
            sid_3(5): ("failed", 2),
        }.items()
    )
    for table in (Table.COMPOSITIONS, Table.ATTEMPTS):
        for schema in schemas(store_3, table):
            assert schema.equals(SCHEMAS[table], check_metadata=True)


@pytest.mark.parametrize("stop", range(1, 6))
def test_a_kill_among_them_loses_none_and_repeats_none(store_3: Path, stop: int) -> None:
    reached = 0

    def step(name: str) -> None:
        nonlocal reached
        reached += name in {"entry renamed", "part renamed", "entry dropped"}
        if reached == stop:
            raise KeyboardInterrupt

    roots = store_3 / "catalog", store_3 / "journal"
    killed = Catalog(Store(LocalBackend(*roots, step)), Reader.of(roots[0]))
    with pytest.raises(KeyboardInterrupt):
        killed.recover()
    catalog = again(store_3)
    catalog.recover()
    assert sorted(outcomes_in(catalog), key=str) == sorted(OUTCOMES_3, key=str)
    assert set(catalog.read(Table.ATTEMPTS, columns=["rev"])["rev"].to_pylist()) == {1}


def test_attempts_at_what_is_purged_meanwhile_are_not_written_down(store_3: Path) -> None:
    catalog, gone = again(store_3), sid_3(2)
    catalog.store.rewrite(OF_DAY, lambda rows: rows.filter(pc.field("sid") != gone))
    told = {sid for sid, *_ in outcomes_in(catalog)}
    assert told == {sid for sid, *_ in OUTCOMES_3} - {gone}
