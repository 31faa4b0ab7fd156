"""Stores that earlier versions wrote, with what they know of attempts."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from stores import again, schemas

from roomreel.catalog.backends.local import LocalBackend
from roomreel.catalog.catalog import Catalog
from roomreel.catalog.files.journal import new_entry_id
from roomreel.catalog.reader import Reader
from roomreel.catalog.schema.marker import MARKER
from roomreel.catalog.schema.tables import SCHEMAS
from roomreel.catalog.store import Store
from roomreel.model.table import Partition, Row, Table

DAY = date(2026, 11, 20)
NIGHT = datetime(2026, 11, 22, tzinfo=UTC)

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
    old.commit(Partition(Table.ROOMS, DAY), [{"sid": "zz", "updated_at": NIGHT}])
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
OF_DAY = Partition(Table.COMPOSITIONS, DAY)


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
    file = tmp_path / "catalog" / OF_DAY.subfolder / "part.parquet"
    file.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(IN_FILE_3, schema=SCHEMA_3), file)
    rows = pa.Table.from_pylist(IN_JOURNAL_3, schema=SCHEMA_3).to_pylist()
    entry = {"schema": "roomreel.journal/1", "table": "compositions", "date": str(DAY)}
    waiting = tmp_path / "journal" / OF_DAY.subfolder / f"{new_entry_id()}.json"
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
        reached += name in {"entry renamed", "part renamed", "entry removed"}
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
