"""Lists are read by indexes: what planners say of every statement, of many rows."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.dialects import postgresql, sqlite

from roomreel.service.database import paging
from roomreel.service.database.connections import Database
from roomreel.service.database.paging import Page
from roomreel.service.database.tables import COMPOSITIONS, RECORDINGS, REQUESTS, ROOMS
from roomreel.service.lists import listing
from roomreel.service.lists.listing import (
    CompositionFilter,
    RecordingFilter,
    RoomFilter,
    fetch_composition,
    list_compositions,
    list_recordings,
    list_rooms,
)

sys.path.insert(0, str(Path(__file__).parent))
from archive import NOON, second, sid_of

# How they are found.


# PostgreSQL may sort what it thinks are few, such as the recordings of one room.
MOST_SORTED = 30


@pytest.fixture
def explained(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The plans of all statements by which lists are read, of many rows."""
    _fill(database, 20_000)
    plans: list[str] = []
    fetch = paging.fetch_all
    dialect: Any = sqlite.dialect() if database.is_sqlite else postgresql.dialect()

    def explain(connection: Any, statements: Any) -> list[Any]:
        for statement in statements:
            options = {"literal_binds": True}
            said = str(statement.compile(dialect=dialect, compile_kwargs=options))
            prefix = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
            rows = connection.exec_driver_sql(prefix + said.replace("%", "%%"))
            plans.append("\n".join(str(row[-1]) for row in rows))
        return fetch(connection, statements)

    monkeypatch.setattr(paging, "fetch_all", explain)
    monkeypatch.setattr(listing, "fetch_all", explain)
    return plans


def _fill(database: Database, count: int) -> None:
    """Rows of which statuses and types have many each, and rooms and tracks few."""
    common = [
        {
            "sid": sid_of("CJ", number),
            "status": ("completed", "completed", "failed")[number % 3],
            "date_created": second(number),
            "rev": 1,
            "updated_at": NOON,
            "day": "2026-11-20",
            "row": {},
        }
        for number in range(count)
    ]
    with database.write() as connection:
        rooms = [{"room_sid": sid_of("RM", number // 20)} for number in range(count)]
        connection.execute(
            insert(COMPOSITIONS), [a | b for a, b in zip(common, rooms, strict=True)]
        )
        of_recordings = [
            {
                "participant_sid": sid_of("PA", number // 5),
                "source_sid": sid_of("MT", number // 2),
                "type": ("audio", "video")[number % 2],
                "dated": True,
            }
            for number in range(count)
        ]
        several = zip(common, rooms, of_recordings, strict=True)
        connection.execute(insert(RECORDINGS), [a | b | c for a, b, c in several])
        names = [{"name_key": f"call {number // 3}"} for number in range(count)]
        connection.execute(insert(ROOMS), [a | b for a, b in zip(common, names, strict=True)])
        requests = [
            {
                "sid": row["sid"],
                "status": ("completed", "enqueued", "processing")[number % 50 % 3],
                "date_created": row["date_created"],
                "room_sid": rooms[number]["room_sid"],
                "room_name": "call",
                "priority": 0,
                "template": {},
                "template_name": "api",
            }
            for number, row in enumerate(common[: count // 2])
        ]
        connection.execute(insert(REQUESTS), requests)
    if not database.is_sqlite:
        with database.write() as connection:
            connection.execute(text("ANALYZE"))


def test_no_list_scans_a_table_or_sorts_it(database: Database, explained: list[str]) -> None:
    dates = [(None, None), (second(50), None), (None, second(9000)), (second(50), second(9000))]
    some = sid_of("RM", 100)
    for after, before in dates:
        between = {"created_after": after, "created_before": before}
        statuses, sids = (None, "completed", "enqueued"), (None, sid_of("CJ", 5))
        for status, room_sid, sid in itertools.product(statuses, (None, some), sids):
            page_through(
                list_compositions,
                database,
                CompositionFilter(status=status, room_sid=room_sid, sid=sid, **between),
            )
        for status, group in itertools.product((None, "failed"), ((), (some,))):
            recordings = RecordingFilter(
                sid=sid_of("RT", 5), status=status, grouping_sids=group, **between
            )
            page_through(list_recordings, database, recordings)
        groups = [(), (some,), (sid_of("PA", 9),), (some, sid_of("PA", 9))]
        for status, source, group, kind in itertools.product(
            (None, "failed"), (None, sid_of("MT", 9)), groups, (None, "audio")
        ):
            recordings = RecordingFilter(
                status=status, source_sid=source, grouping_sids=group, media_type=kind, **between
            )
            page_through(list_recordings, database, recordings)
        for status, name in itertools.product((None, "failed"), (None, "call 9")):
            page_through(
                list_rooms, database, RoomFilter(status=status, unique_name=name, **between)
            )
    fetch_composition(database, sid_of("CJ", 5))
    assert len(explained) > 400
    bad = [plan for plan in explained if reads_too_much(plan)]
    assert bad == []


def page_through(get: Callable[..., Page], database: Database, wanted: Any) -> None:
    """Two pages on and one back."""
    page = get(database, wanted, size=2)
    for token in (page.next, page.next and get(database, wanted, size=2, token=page.next).previous):
        if token is not None:
            get(database, wanted, size=2, token=token)


def reads_too_much(plan: str) -> bool:
    """Whether it reads or sorts more rows than those of a page, or of one room or track."""
    if "Limit  (" not in plan:  # of SQLite, where an index may be read along the list
        along = (f"USING INDEX ix_{table}_date_created_sid" for table in ("rooms", "recordings"))
        scans = [line for line in plan.splitlines() if line.startswith("SCAN")]
        in_order = ("USING INDEX ix_compositions_date_created_sid", *along)
        return "TEMP B-TREE" in plan or any(not line.endswith(in_order) for line in scans)
    sorts = [int(rows) for rows in re.findall(r"Sort  \(cost=\S+ rows=(\d+)", plan)]
    return "Seq Scan" in plan or any(rows > MOST_SORTED for rows in sorts)
