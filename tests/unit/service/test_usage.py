"""Usage by day: sums of what the catalogs have, kept as they change."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from roomreel.catalog.catalog import Catalog
from roomreel.model.table import Partition, Row, Table
from roomreel.service.database.connections import Database
from roomreel.service.lists.usage import Usage, list_usage
from roomreel.service.projection.projection import begin_again, refresh

DAY = date(2026, 11, 1)
STATUSES = ("completed", "deleted", "failed", "cancelled")


def row(number: int, seed: random.Random, **said: Any) -> Row:
    status = seed.choice(STATUSES)
    made = status in {"completed", "deleted"}
    return {
        "sid": f"CJ{number:032x}",
        "rev": 1,
        "status": status,
        "updated_at": datetime(2026, 11, 20, tzinfo=UTC),
        "date_created": datetime(2026, 11, 20, tzinfo=UTC),
        "room_sid": f"RM{number:032x}",
        "duration_ms": seed.randrange(10**7) if made else None,
        "size_bytes": seed.randrange(10**10) if made else None,
        "render_s": seed.random() * 100 if made else None,
    } | said


def expected(rows: list[Row]) -> Usage:
    made = [one for one in rows if one["duration_ms"] is not None]
    return Usage(
        len(made),
        len(rows) - len(made),
        sum(one["duration_ms"] for one in made),
        sum(one["size_bytes"] for one in made),
        sum(one["render_s"] for one in made),
    )


def rounded(found: list[tuple[date, Usage]]) -> list[tuple[Any, ...]]:
    return [
        (day, one.completed, one.failed, one.duration_ms, one.size_bytes, round(one.render_s, 6))
        for day, one in found
    ]


def test_nothing_is_nothing(database: Database) -> None:
    assert list_usage(database, 5) == []
    assert Usage().realtime_factor is None


def test_days_are_sums_of_their_rows(database: Database, catalog: Catalog) -> None:
    seed = random.Random(7)
    days: dict[date, list[Row]] = {}
    for number in range(60):
        day = DAY + timedelta(days=seed.randrange(6))
        days.setdefault(day, []).append(row(number, seed))
    for day, rows in days.items():
        catalog.commit(Partition(Table.COMPOSITIONS, day), rows)
    refresh(database, catalog)
    wanted = [(day, expected(rows)) for day, rows in sorted(days.items(), reverse=True)]
    assert rounded(list_usage(database, 10)) == rounded(wanted)
    assert rounded(list_usage(database, 2)) == rounded(wanted[:2])
    assert rounded(list_usage(database, 9, wanted[1][0])) == rounded(wanted[2:])
    total = sum((one for _, one in wanted), Usage())
    assert total.completed + total.failed == 60
    assert total.realtime_factor == total.render_s * 1000 / total.duration_ms


def test_a_change_of_a_row_changes_its_day(database: Database, catalog: Catalog) -> None:
    seed = random.Random(8)
    of_day = Partition(Table.COMPOSITIONS, DAY)
    first = row(1, seed, status="completed", duration_ms=2000, size_bytes=5, render_s=1.0)
    catalog.commit(of_day, [first])
    refresh(database, catalog)
    assert list_usage(database, 5) == [(DAY, Usage(1, 0, 2000, 5, 1.0))]
    later = first["updated_at"] + timedelta(hours=1)
    # Deleted since: it was made all the same.
    catalog.commit(of_day, [first | {"status": "deleted", "updated_at": later}])
    failed = {"duration_ms": None, "size_bytes": None, "render_s": None}
    catalog.commit(of_day, [row(2, seed, status="failed", **failed)])
    refresh(database, catalog)
    assert list_usage(database, 5) == [(DAY, Usage(1, 1, 2000, 5, 1.0))]
    begin_again(database)
    assert list_usage(database, 5) == [(DAY, Usage(1, 1, 2000, 5, 1.0))]
    refresh(database, catalog)
    assert list_usage(database, 5) == [(DAY, Usage(1, 1, 2000, 5, 1.0))]
