"""What the catalogs purged is nowhere in the database, whatever was killed."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, text

from roomreel.catalog import deletion
from roomreel.catalog.catalog import Catalog
from roomreel.model.callback import Callback
from roomreel.model.table import Table
from roomreel.service.callbacks.events import Event, add_event
from roomreel.service.database.tables import (
    CALLBACK_TRIES,
    CLAIMS,
    EVENTS,
    IDEMPOTENCY_KEYS,
    METADATA,
    REQUESTS,
)
from roomreel.service.database.upsert import put
from roomreel.service.projection.projection import refresh
from roomreel.service.purge import forget, forget_purged
from roomreel.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))
from archive import NOON, commit, composition, composition_sid, recording, room
from killing import Killed, killed_at


def everything(database: Any) -> str:
    with database.read() as connection:
        return str([list(connection.execute(select(table))) for table in METADATA.sorted_tables])


def tell(connection: Connection, sid: str) -> None:
    """Have events, deliveries and tries know of a composition or a recording."""
    callback = Callback(f"https://example.org/{sid}")
    event = Event(sid, room(1)["sid"], "x", NOON, {"sid": sid}, callback)
    if add_event(connection, event, 1):
        number = connection.execute(select(EVENTS.c.id).where(EVENTS.c.stream == sid)).scalar()
        tried = {"event_id": number, "date": NOON, "url": callback.url, "ms": 1}
        connection.execute(insert(CALLBACK_TRIES).values(tried))


def ask(database: Any, sid: str, status: str = "completed") -> None:
    """Have all tables know of a composition."""
    common = {"room_sid": room(1)["sid"], "room_name": "call 1", "date_created": NOON}
    with database.write() as connection:
        request = {"sid": sid, "status": status, "priority": 0, "template": {}} | common
        put(connection, REQUESTS, [request | {"template_name": "api"}])
        tell(connection, sid)
        key = {"api_key": "SK", "key": sid[-8:], "sid": sid, "date_created": NOON}
        put(connection, IDEMPOTENCY_KEYS, [key | {"body_sha256": b"x"}])
        put(connection, CLAIMS, [{"sid": sid, "holder": "x", "until": NOON}])


def purge(catalog: Catalog) -> None:
    for partition, rows in deletion.due_for_purge(catalog, NOON).items():
        deletion.purge(catalog, partition, rows, NOON, NOON)


@pytest.fixture
def purged(database: Any, catalog: Catalog) -> list[str]:
    """Sids of what is purged in the catalogs; others lie beside."""
    commit(catalog, Table.ROOMS, room(1))
    commit(catalog, Table.COMPOSITIONS, *map(composition, range(4)))
    commit(catalog, Table.RECORDINGS, recording(1), recording(2))
    for number in range(4):
        ask(database, composition_sid(number))
    refresh(database, catalog)
    gone = [composition_sid(1), composition_sid(2)]
    deletion.delete(catalog, Table.COMPOSITIONS, gone, NOON)
    deletion.delete(catalog, Table.RECORDINGS, [recording(1)["sid"]], NOON)
    purge(catalog)
    return [*gone, recording(1)["sid"]]


def test_nothing_is_left_of_what_was_purged(
    database: Any, catalog: Catalog, purged: list[str], settings: Settings
) -> None:
    before = everything(database)
    assert all(sid in before for sid in purged)
    assert forget_purged(database, catalog) == 3
    refresh(database, catalog)
    after = everything(database)
    assert not any(sid in after for sid in purged)
    assert all(sid in after for sid in (composition_sid(0), composition_sid(3)))
    assert recording(2)["sid"] in after
    assert forget_purged(database, catalog) == 0
    if database.is_sqlite:
        with database.engine.connect() as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        held = b"".join(file.read_bytes() for file in settings.service_root.iterdir())
        assert not any(sid.encode() in held for sid in purged)


def test_what_the_projection_does_not_know_any_more_is_found(
    database: Any, catalog: Catalog, purged: list[str]
) -> None:
    refresh(database, catalog)  # came first
    assert forget_purged(database, catalog) == 2
    assert not any(sid in everything(database) for sid in purged)


def test_events_of_a_recording_are_found_by_its_room(
    database: Any, catalog: Catalog, purged: list[str]
) -> None:
    refresh(database, catalog)  # the recording itself is gone from there
    with database.write() as connection:
        for number in (1, 2):
            tell(connection, recording(number)["sid"])
    forget_purged(database, catalog)
    after = everything(database)
    assert recording(1)["sid"] not in after
    assert f"https://example.org/{recording(2)['sid']}" in after


def test_killed_anywhere_the_next_run_does_what_is_left(
    database: Any, catalog: Catalog, purged: list[str]
) -> None:
    step = 0
    while True:
        step += 1
        for sid in purged[:2]:
            ask(database, sid)
        with killed_at(database, step):
            try:
                forget_purged(database, catalog)
            except Killed:
                pass
            else:
                break
        forget_purged(database, catalog)
        assert not any(sid in everything(database) for sid in purged)
    assert step > 15


def test_what_is_there_again_stays(database: Any, catalog: Catalog, purged: list[str]) -> None:
    """Composed by hand, or asked for, after it was purged."""
    later = NOON + timedelta(days=1)
    commit(catalog, Table.COMPOSITIONS, composition(1, updated_at=later))
    ask(database, composition_sid(2), "enqueued")
    refresh(database, catalog)
    forget_purged(database, catalog)
    after = everything(database)
    assert composition_sid(1) in after
    assert composition_sid(2) in after


def test_forgetting_nothing_and_what_is_not_there_is_no_error(database: Any) -> None:
    forget(database, [])
    forget(database, ["CJ" + "0" * 32, "'"])
