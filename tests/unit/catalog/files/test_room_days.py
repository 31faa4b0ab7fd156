from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from roomreel.catalog.files.room_days import NO_DAYS, RoomDays, decode, encode

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
BOTH = RoomDays.of(MONDAY, "m1", ["RM1", "RM2"]) | RoomDays.of(TUESDAY, "t1", ["RM3"])


def days(of: RoomDays, *sids: str) -> set[date]:
    return of.days_of(sids, of.versions.keys())


def test_rooms_are_found_on_their_days_and_new_ones_on_none() -> None:
    assert days(BOTH, "RM2") == {MONDAY}
    assert days(BOTH, "RM1", "RM3", "RM9") == {MONDAY, TUESDAY}
    assert days(BOTH, "RM9") == set()
    assert BOTH.days_of(["RM1", "RM3"], [TUESDAY]) == {TUESDAY}


def test_what_is_written_is_read() -> None:
    again = decode(encode(BOTH))
    assert again.versions == BOTH.versions
    assert [days(again, sid) for sid in ("RM1", "RM2", "RM3", "RM4")] == [
        {MONDAY},
        {MONDAY},
        {TUESDAY},
        set(),
    ]


def _without_versions() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(BOTH.rooms, sink)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize("data", [None, b"", b"not ours", encode(BOTH)[:-9], _without_versions()])
def test_what_is_not_an_index_has_no_days(data: bytes | None) -> None:
    assert decode(data).versions == {}


def test_the_later_entry_of_a_day_takes_its_place() -> None:
    later = BOTH | RoomDays.of(MONDAY, "m2", ["RM4"])
    assert later.versions == {MONDAY: "m2", TUESDAY: "t1"}
    assert [days(later, sid) for sid in ("RM1", "RM3", "RM4")] == [set(), {TUESDAY}, {MONDAY}]


def test_a_day_is_renewed_from_the_version_it_is_of() -> None:
    now = BOTH.renewed(MONDAY, "m1", "m2", ["RM2", "RM5"])
    assert now is not None
    assert now.versions == {MONDAY: "m2"}
    assert now.rooms.num_rows == 3
    assert days(now, "RM1") == days(now, "RM5") == {MONDAY}
    assert BOTH.renewed(MONDAY, "m0", "m2", []) is None
    assert NO_DAYS.renewed(MONDAY, "m1", "m2", []) is None


def test_a_hundred_thousand_rooms_take_less_than_a_megabyte() -> None:
    entries = [
        RoomDays.of(MONDAY + timedelta(days=day), f"v{day}", [f"RM{day}-{n}" for n in range(1000)])
        for day in range(100)
    ]
    assert len(encode(RoomDays.joined(entries))) < 1_000_000
