"""Files that the engine before this one wrote: read, added to, written anew."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import damage
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import users
from stores import again, schemas

from roomreel.catalog.backends.local import LocalBackend
from roomreel.catalog.catalog import Catalog
from roomreel.catalog.reader import REPLACED, Reader, Replaced
from roomreel.catalog.schema.marker import MARKER, Marker
from roomreel.catalog.schema.tables import SCHEMAS, VERSION
from roomreel.catalog.store import Store
from roomreel.errors import CatalogError
from roomreel.maintenance.check import check
from roomreel.model.table import Partition, Table
from roomreel.settings import Settings

DAYS = [date(2026, 11, 20), date(2026, 11, 21)]
NIGHT = datetime(2026, 11, 22, tzinfo=UTC)

# What version 1 did not have.
SINCE = {
    Table.ROOMS: [
        *("recordings_purged", "participants", "attributes", "participant_attributes"),
        *("talk_ms", "silence_ms", "overlap_ms", "speaker_changes"),
    ],
    Table.RECORDINGS: [
        *("found_codec", "usable", "start_time", "end_time", "participant_name", "attributes"),
        *("loudness_lufs", "true_peak_db", "talk_ms", "level_floor_db"),
    ],
    Table.COMPOSITIONS: [
        *("media_external_location", "window_start_ms", "window_end_ms"),
        *("mix_gain_db", "loudness_lufs", "true_peak_dbtp"),
        *("speaker_switches", "overlay_count", "layouts"),
    ],
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
        (Table.TALK, "TK"),
    ):
        for number, day in enumerate(DAYS):
            end_ms = round(datetime(day.year, day.month, day.day, 9, tzinfo=UTC).timestamp() * 1000)
            row = {
                "sid": f"{prefix}{end_ms:012x}{number:020x}",
                "status": "completed",
                "rev": 3,
                "updated_at": NIGHT,
            }
            file = tmp_path / "catalog" / Partition(table, day).subfolder / "part.parquet"
            file.parent.mkdir(parents=True)
            pq.write_table(pa.Table.from_pylist([row], schema=schema_before(table)), file)
    return catalog


def test_the_version_went_up_with_the_columns() -> None:
    assert VERSION == "8"
    assert SCHEMAS[Table.ROOMS].metadata[b"roomreel.catalog"] == b"8"


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
    assert old.store.commit(Partition(table, DAYS[0]), [new]).superseded == {}
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
    assert old.upgrade() == (10, ())
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
    assert count == 9
    assert [problem.code for problem in problems] == ["catalog-invalid"]
    assert "recordings/date=2026-11-20" in problems[0].message
    # The next run looks at that one alone,
    spoil_all(tmp_path)
    assert [problem.code for problem in again(tmp_path).upgrade()[1]] == ["catalog-invalid"]
    # until it is gone.
    broken.unlink()
    assert again(tmp_path).upgrade() == (0, ())
    assert again(tmp_path).upgrade() == (0, ())


def spoil_all(root: Path) -> None:
    """Make every file one that cannot be read: whoever looks at one reports it."""
    for file in (root / "catalog").glob("*/*/part.parquet"):
        file.write_bytes(b"not ours")


def test_what_is_upgraded_is_not_looked_at_again(old: Catalog, tmp_path: Path) -> None:
    assert old.upgrade() == (10, ())
    spoil_all(tmp_path)
    assert again(tmp_path).upgrade() == (0, ())
    assert len(again(tmp_path).upgrade(whole=True)[1]) == 10


def test_a_catalog_without_a_marker_is_looked_at_once(catalog: Catalog, tmp_path: Path) -> None:
    catalog.commit(Partition(Table.ROOMS, DAYS[0]), [{"sid": "RM1", "updated_at": NIGHT}])
    (tmp_path / "catalog" / MARKER).unlink()
    assert again(tmp_path).upgrade() == (0, ())
    spoil_all(tmp_path)
    assert again(tmp_path).upgrade() == (0, ())


def test_an_engine_alone_writes_nothing_again(catalog: Catalog, tmp_path: Path) -> None:
    rooms = Partition(Table.ROOMS, DAYS[0])
    file = tmp_path / "catalog" / rooms.subfolder / "part.parquet"
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
    file = root / "catalog" / partition.subfolder / "part.parquet"
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
    (tmp_path / "catalog" / partition.subfolder / "part.parquet").write_bytes(b"not ours")
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
