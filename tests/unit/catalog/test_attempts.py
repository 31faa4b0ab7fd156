"""Attempts: a row for whatever ended, which nothing changes any more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl

from roomreel.catalog.attempts import Unread
from roomreel.catalog.catalog import Catalog
from roomreel.catalog.queries.listing import Filters
from roomreel.catalog.record import RoomRecord, record, record_unread
from roomreel.model.composition import CompositionStatus, Outcome
from roomreel.model.table import Row, Table

NIGHT = datetime(2026, 11, 21, 1, tzinfo=UTC)
DAY = date(2026, 11, 20)

Rooms = Callable[..., RoomRecord]
Outcomes = Callable[..., Outcome]


def attempts(catalog: Catalog) -> list[Row]:
    rows = catalog.read(Table.ATTEMPTS, columns=[*_TOLD, "date"]).to_pylist()
    return sorted(rows, key=lambda row: row["time"])


_TOLD = ("time", "status", "code", "composition_sid", "document", "flow_run_id", "rev")


def tried(outcome: Outcome, number: int, **changes: Any) -> Outcome:
    when = NIGHT + timedelta(days=number)
    return replace(outcome, attempts=number, date_completed=when, **changes)


FAILED: dict[str, Any] = {
    "status": CompositionStatus.FAILED,
    "files": None,
    "failure_code": "render-failed",
    "failure_message": "the decoder ended",
}


def test_each_outcome_of_a_composition_is_kept_once(
    catalog: Catalog, room_record: Rooms, outcome_of: Outcomes
) -> None:
    item = room_record()
    one = outcome_of(item)
    first, second, third = tried(one, 1, **FAILED), tried(one, 2, **FAILED), tried(one, 3)
    for run, outcome in (("a", first), ("b", second), ("b again", second), ("c", third)):
        record(catalog, [item], [outcome], run, outcome.date_completed)
    found = attempts(catalog)
    assert [(row["status"], row["code"], row["flow_run_id"], row["rev"]) for row in found] == [
        ("failed", "render-failed", "a", 1),
        ("failed", "render-failed", "b", 1),
        ("completed", None, "c", 1),
    ]
    assert {(row["composition_sid"], row["date"]) for row in found} == {(one.sid, DAY)}


def test_a_document_that_could_not_be_read_is_a_row_of_its_day(catalog: Catalog) -> None:
    broken = Unread("rooms/a.json", "document-invalid", "not JSON; https://u:pw@host/x")
    for _ in range(2):
        record_unread(catalog, [broken, broken], "run", NIGHT)
    record_unread(catalog, [broken], "next", NIGHT + timedelta(days=1))
    assert [(row["document"], row["date"].day, row["rev"]) for row in attempts(catalog)] == [
        ("rooms/a.json", 21, 1),
        ("rooms/a.json", 22, 1),
    ]
    (row,) = catalog.rows(Table.ATTEMPTS, Filters(since=NIGHT + timedelta(hours=1)))
    assert (row["status"], row["code"]) == ("failed", "document-invalid")
    assert "pw" not in row["message"]


def test_other_readers_find_a_folder_of_parquet(
    catalog: Catalog, room_record: Rooms, outcome_of: Outcomes, tmp_path: Path
) -> None:
    item = room_record()
    record(catalog, [item], [tried(outcome_of(item), 1, **FAILED)], None, NIGHT)
    record_unread(catalog, [Unread("t/x.json", "template-invalid", "words")], None, NIGHT)
    folder = tmp_path / "catalog" / "attempts"
    codes = {"render-failed", "template-invalid"}
    assert set(pd.read_parquet(folder)["code"]) == codes
    assert set(pl.scan_parquet(folder, hive_partitioning=True).collect()["code"]) == codes
    found = duckdb.read_parquet(f"{folder}/*/part.parquet", hive_partitioning=True)
    assert {code for (code,) in found.project("code").fetchall()} == codes


def test_the_newest_attempt_comes_first_whatever_the_day_of_its_room(
    catalog: Catalog, room_record: Rooms, outcome_of: Outcomes
) -> None:
    items = [room_record(1), room_record(2, datetime(2026, 11, 21, tzinfo=UTC))]
    older, newer = (tried(outcome_of(item), 5 - n) for n, item in enumerate(items))
    record(catalog, items, [older, newer], None, NIGHT)
    first, _ = catalog.rows(Table.ATTEMPTS)
    assert first["composition_sid"] == older.sid
    assert [row["sid"] for row in catalog.rows(Table.ATTEMPTS, Filters(limit=1))] == [first["sid"]]
