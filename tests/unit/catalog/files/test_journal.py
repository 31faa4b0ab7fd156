from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from roomreel.catalog.files.journal import decode, encode, new_entry_id
from roomreel.catalog.schema.tables import normalised
from roomreel.errors import CatalogError
from roomreel.model.table import Partition, Table

PARTITION = Partition(Table.RECORDINGS, date(2026, 11, 20))
ROWS = normalised(
    Table.RECORDINGS,
    [
        {
            "sid": "RT1",
            "status": "completed",
            "updated_at": datetime(2026, 11, 21, 3, 0, 0, 1, tzinfo=timezone(timedelta(hours=2))),
            "track_name": "камера 📷 \u202e",
            "offset_ms": -(2**62),
            "drift_ppm": 0.1,
            "warnings": [{"code": "media-empty", "message": 'a "file" of 0 bytes'}],
        }
    ],
)


def test_what_goes_in_comes_out() -> None:
    assert decode(PARTITION, "e", encode(PARTITION, ROWS)).to_pylist() == ROWS
    assert ROWS[0]["updated_at"] == datetime(2026, 11, 21, 1, 0, 0, 1, tzinfo=UTC)


def test_an_entry_names_its_version_table_and_date() -> None:
    document = json.loads(encode(PARTITION, ROWS))
    assert {key: document[key] for key in ("schema", "table", "date")} == {
        "schema": "roomreel.journal/1",
        "table": "recordings",
        "date": "2026-11-20",
    }


def _document(**changes: object) -> bytes:
    return json.dumps(json.loads(encode(PARTITION, ROWS)) | changes).encode()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xfe", id="not text"),
        pytest.param(b"[]", id="not an object"),
        pytest.param(b"{}", id="no heading"),
        pytest.param(_document(schema="roomreel.journal/2"), id="another version"),
        pytest.param(_document(table="rooms"), id="another table"),
        pytest.param(_document(date="2026-11-21"), id="another date"),
        pytest.param(_document(rows=[{"colour": "red"}]), id="a column of the future"),
        pytest.param(_document(rows=[{"updated_at": "soon"}]), id="no time"),
        pytest.param(_document(rows=[{"updated_at": 5}]), id="a number for a time"),
        pytest.param(_document(rows=[{"gap_ms": "long"}]), id="a wrong type"),
        pytest.param(_document(rows=["row"]), id="no row"),
    ],
)
def test_a_foreign_entry_is_named_and_refused(data: bytes) -> None:
    with pytest.raises(CatalogError, match=r"recordings/date=2026-11-20/the-entry\.json"):
        decode(PARTITION, "the-entry", data)


def test_a_missing_column_is_null() -> None:
    old = _document(rows=[{"sid": "RT1"}])
    assert decode(PARTITION, "e", old)["warnings"].to_pylist() == [None]


def test_ids_are_unique_and_sort_by_time() -> None:
    ids = []
    for _ in range(50):
        ids.append(new_entry_id())
        time.sleep(0.000_01)
    assert sorted(set(ids)) == ids
    assert {entry[14] for entry in ids} == {"7"}
