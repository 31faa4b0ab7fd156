"""Figures about the work of the service, in both kinds of databases."""

from __future__ import annotations

import sys
from pathlib import Path

from roomreel.model.table import Table
from roomreel.service.database.connections import Database
from roomreel.service.database.tables import REQUESTS
from roomreel.service.database.upsert import put
from roomreel.service.figures import count_compositions
from roomreel.service.projection.projection import project_row

sys.path.insert(0, str(Path(__file__).parent))
from archive import DAY, NOON, composition, composition_sid, sid_of


def test_compositions_are_counted_where_each_of_them_is(database: Database) -> None:
    nothing = dict.fromkeys(["enqueued", "processing", "completed", "failed", "deleted"], 0)
    assert count_compositions(database) == nothing
    request = {
        "room_sid": sid_of("RM", 1, DAY),
        "room_name": "call",
        "priority": 0,
        "template": {},
        "template_name": "api",
        "date_created": NOON,
    }
    with database.write() as connection:
        for number, status in enumerate(["completed", "completed", "cancelled", "deleted"], 1):
            row = composition(number, status=status) | {"rev": 1}
            project_row(connection, Table.COMPOSITIONS, row)
        for number, status in enumerate(["enqueued", "processing", "completed"], 10):
            put(
                connection, REQUESTS, [request | {"sid": composition_sid(number), "status": status}]
            )
    assert count_compositions(database) == {
        "enqueued": 1,
        "processing": 1,
        "completed": 2,
        "failed": 1,
        "deleted": 1,
    }
