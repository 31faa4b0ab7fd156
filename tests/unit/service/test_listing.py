"""Lists: pages by key that stay right while rows come and go, each by an index."""

from __future__ import annotations

import base64
import itertools
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import delete, update

from roomreel.errors import ArgumentsInvalid
from roomreel.model.table import Row, Table
from roomreel.service.database.connections import Database
from roomreel.service.database.paging import Page
from roomreel.service.database.tables import COMPOSITIONS, REQUESTS
from roomreel.service.database.upsert import put
from roomreel.service.lists.listing import (
    CompositionFilter,
    RecordingFilter,
    RoomFilter,
    fetch_composition,
    fetch_recording,
    fetch_room,
    list_compositions,
    list_recordings,
    list_rooms,
)
from roomreel.service.projection.projection import project_row

sys.path.insert(0, str(Path(__file__).parent))
from archive import DAY, NOON, composition, composition_sid, recording, room, second, sid_of


def project(database: Database, table: Table, *rows: Row) -> None:
    with database.write() as connection:
        for row in rows:
            project_row(connection, table, row | {"rev": 1})


def request(database: Database, number: int, **said: Any) -> str:
    row = {
        "sid": composition_sid(number),
        "room_sid": sid_of("RM", number % 3, DAY),
        "room_name": "call",
        "status": "enqueued",
        "priority": 0,
        "template": {"friendly_name": "api"},
        "template_name": "api",
        "date_created": second(number),
    } | said
    with database.write() as connection:
        put(connection, REQUESTS, [row])
    return str(row["sid"])


def sids(page: Page) -> list[str]:
    return [row["sid"] for row in page.rows]


def walk(get: Callable[[str | None], Page]) -> Iterator[Page]:
    page = get(None)
    yield page
    while page.next is not None:
        page = get(page.next)
        yield page


def test_pages_lead_forward_and_back_over_requests_and_rows(database: Database) -> None:
    made = [composition(number) for number in range(0, 20, 2)]
    project(database, Table.COMPOSITIONS, *made)
    asked = [
        request(database, number, status=("enqueued", "processing")[number % 4 == 1])
        for number in range(1, 20, 2)
    ]
    pages = list(walk(lambda token: list_compositions(database, size=6, token=token)))
    assert [len(page.rows) for page in pages] == [6, 6, 6, 2]
    expected = sorted([*asked, *(row["sid"] for row in made)], reverse=True)
    assert list(itertools.chain(*map(sids, pages))) == expected
    assert (pages[0].previous, pages[-1].next) == (None, None)
    back = pages[-1]
    for page in reversed(pages[:-1]):
        back = list_compositions(database, size=6, token=back.previous)
        assert sids(back) == sids(page)
        assert back.next is not None
    assert back.previous is None
    assert sids(list_compositions(database, size=6, token=back.next)) == sids(pages[1])


def test_rows_of_one_instant_are_each_on_one_page(database: Database) -> None:
    made = [composition(number, date_created=NOON) for number in range(7)]
    project(database, Table.COMPOSITIONS, *made)
    pages = list(walk(lambda token: list_compositions(database, size=2, token=token)))
    assert [len(page.rows) for page in pages] == [2, 2, 2, 1]
    assert sorted(itertools.chain(*map(sids, pages))) == sorted(row["sid"] for row in made)


def test_an_open_request_answers_and_then_the_catalog_does(database: Database) -> None:
    template = {"friendly_name": "api", "format": "mp4"}
    sid = request(
        database,
        1,
        status="processing",
        template=template,
        date_started=second(3),
        attempts=1,
        percentage_done=40,
    )
    found = fetch_composition(database, sid)
    assert found is not None
    assert orjson.loads(found["template_json"]) == template
    assert found | {"template_json": ""} == dict.fromkeys(found) | {
        "sid": sid,
        "status": "processing",
        "room_sid": sid_of("RM", 1, DAY),
        "room_name": "call",
        "template": "api",
        "template_json": "",
        "date_created": second(1),
        "date_started": second(3),
        "attempts": 1,
        "percentage_done": 40,
    }
    assert composition().keys() - {"recordings"} <= found.keys()
    # One that failed before and is tried again: the request says how it stands.
    project(database, Table.COMPOSITIONS, composition(1, status="failed"))
    assert list_compositions(database).rows == [found]
    assert list_compositions(database, CompositionFilter(status="failed")).rows == []
    request(database, 1, status="completed")
    (row,) = list_compositions(database).rows
    assert row["status"] == "failed"
    assert fetch_composition(database, sid) == row


def test_what_was_deleted_while_it_waited_is_deleted(database: Database) -> None:
    sid = request(database, 1)
    project(database, Table.COMPOSITIONS, composition(1, status="deleted"))
    for status, count in (("enqueued", 0), ("deleted", 1), (None, 1)):
        assert len(list_compositions(database, CompositionFilter(status=status)).rows) == count
    found = fetch_composition(database, sid)
    assert found is not None
    assert found["status"] == "deleted"


def test_what_is_not_there_is_none(database: Database) -> None:
    for fetch in (fetch_composition, fetch_recording, fetch_room):
        for sid in ("CJ" + "0" * 32, "", "'", "\U0001f600", "x" * 10_000):
            assert fetch(database, sid) is None


# Filters: against the same said in Python.


STATES = ("completed", "failed", "deleted")
DATES = [(None, None), (second(5), None), (None, second(25)), (second(5), second(25))]


@pytest.fixture
def filled(database: Database) -> Database:
    rows = [composition(number, status=STATES[number % 3]) for number in range(20)]
    project(database, Table.COMPOSITIONS, *rows)
    for number in range(20, 30):
        request(database, number, status=("enqueued", "processing")[number % 2])
    project(database, Table.ROOMS, *(room(number % 4, unique_name="call") for number in range(4)))
    project(database, Table.ROOMS, room(4), room(5, status="failed"))
    rows = [recording(number, status=STATES[number % 3]) for number in range(30)]
    project(database, Table.RECORDINGS, *rows)
    return database


def expected(rows: list[Row], after: Any, before: Any, **wanted: Any) -> list[str]:
    """The sids of rows that have these values, newest first."""
    chosen = [
        (row["date_created"], row["sid"])
        for row in rows
        if all(row[name] == value for name, value in wanted.items() if value is not None)
        and (after is None or row["date_created"] >= after)
        and (before is None or row["date_created"] < before)
    ]
    return [sid for _, sid in sorted(chosen, reverse=True)]


def all_of(get: Callable[..., Page], database: Database, wanted: Any) -> list[str]:
    pages = walk(lambda token: get(database, wanted, size=4, token=token))
    return list(itertools.chain(*map(sids, pages)))


def test_compositions_by_every_filter(filled: Database) -> None:
    rows = [composition(number, status=STATES[number % 3]) for number in range(20)]
    for number in range(20, 30):
        status = ("enqueued", "processing")[number % 2]
        rows.append(composition(number, status=status))
    states = (None, "enqueued", "processing", *STATES, "nonsense")
    rooms = (None, sid_of("RM", 1, DAY), "RM" + "0" * 32)
    for status, room_sid, (after, before) in itertools.product(states, rooms, DATES):
        wanted = CompositionFilter(
            status=status, room_sid=room_sid, created_after=after, created_before=before
        )
        found = all_of(list_compositions, filled, wanted)
        assert found == expected(rows, after, before, status=status, room_sid=room_sid)


def test_recordings_by_every_filter(filled: Database) -> None:
    rows = [recording(number, status=STATES[number % 3]) for number in range(30)]
    groups = [
        (),
        (sid_of("RM", 1, DAY),),
        (sid_of("PA", 3),),
        (sid_of("PA", 3), sid_of("RM", 1, DAY)),
    ]
    for status, source, group, kind, (after, before) in itertools.product(
        (None, "completed"), (None, sid_of("MT", 2)), groups, (None, "audio"), DATES
    ):
        wanted = RecordingFilter(
            status=status,
            source_sid=source,
            grouping_sids=group,
            media_type=kind,
            created_after=after,
            created_before=before,
        )
        by_prefix = {sid[:2]: sid for sid in group}
        assert all_of(list_recordings, filled, wanted) == expected(
            rows,
            after,
            before,
            status=status,
            source_sid=source,
            type=kind,
            room_sid=by_prefix.get("RM"),
            participant_sid=by_prefix.get("PA"),
        )


def test_no_recording_is_of_two_rooms_or_of_what_is_no_group(filled: Database) -> None:
    for groups in ((sid_of("RM", 1, DAY), sid_of("RM", 2, DAY)), ("XX" + "0" * 32,), ("",)):
        wanted = RecordingFilter(grouping_sids=groups)
        assert list_recordings(filled, wanted).rows == []


def test_rooms_by_every_filter(filled: Database) -> None:
    rows = [room(number, unique_name="call") for number in range(4)]
    rows += [room(4), room(5, status="failed")]
    early = [(None, None), (second(-3598), None), (None, second(-3597))]
    for status, name, (after, before) in itertools.product(
        (None, "completed", "failed"), (None, "call", "call 4", "none"), early
    ):
        wanted = RoomFilter(
            status=status, unique_name=name, created_after=after, created_before=before
        )
        found = all_of(list_rooms, filled, wanted)
        assert found == expected(rows, after, before, status=status, unique_name=name)


def test_of_rooms_of_one_name_the_one_that_goes_on_is_fetched(database: Database) -> None:
    project(database, Table.ROOMS, *(room(number, unique_name="call") for number in range(3)))
    found = fetch_room(database, "call")
    assert found is not None
    assert found["sid"] == room(2)["sid"]
    project(database, Table.ROOMS, room(0, unique_name="call", status="in-progress"))
    found = fetch_room(database, "call")
    assert found is not None
    assert found["sid"] == room(0)["sid"]
    assert fetch_room(database, room(1)["sid"]) == fetch_room(database, room(1)["sid"])


# Pages while rows come and go.


@pytest.mark.parametrize("seed", range(6))
def test_what_stays_is_shown_once_while_rows_come_and_go(database: Database, seed: int) -> None:
    """Newer ones come in, older ones come in, and others are settled or purged between pages."""
    chance = random.Random(seed)
    stays = [composition(number) for number in range(0, 60, 3)]
    goes = [composition(number) for number in range(1, 60, 3)]
    project(database, Table.COMPOSITIONS, *stays, *goes)
    waits = [request(database, number) for number in range(2, 60, 3)]
    numbers = iter(range(100, 1000))
    gone = [row["sid"] for row in goes]
    chance.shuffle(gone)
    settled = list(waits)
    chance.shuffle(settled)
    shown: list[str] = []
    for page in walk(lambda token: list_compositions(database, size=5, token=token)):
        shown += sids(page)
        project(database, Table.COMPOSITIONS, composition(next(numbers)))
        late = composition(next(numbers), date_created=second(chance.randrange(60)))
        project(database, Table.COMPOSITIONS, late)
        with database.write() as connection:
            if gone:
                connection.execute(delete(COMPOSITIONS).where(COMPOSITIONS.c.sid == gone.pop()))
        if settled:
            number = int(settled.pop()[-20:], 16)
            with database.write() as connection:
                this = REQUESTS.c.sid == composition_sid(number)
                connection.execute(update(REQUESTS).where(this).values(status="completed"))
                project_row(connection, Table.COMPOSITIONS, composition(number) | {"rev": 1})
    assert len(shown) == len(set(shown))
    assert {row["sid"] for row in stays} | set(waits) <= set(shown)


def test_the_way_back_from_where_nothing_is_any_more(database: Database) -> None:
    project(database, Table.COMPOSITIONS, *(composition(number) for number in range(6)))
    first = list_compositions(database, size=3)
    with database.write() as connection:
        connection.execute(delete(COMPOSITIONS).where(COMPOSITIONS.c.date_created < second(3)))
    empty = list_compositions(database, size=3, token=first.next)
    assert (empty.rows, empty.next) == ([], None)
    back = list_compositions(database, size=3, token=empty.previous)
    assert (back.rows, back.previous) == (first.rows, None)
    assert list_compositions(database, size=3, token=back.next).rows == []


# What clients send.


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "\U0001f600",
        "x" * 100_000,
        "AAAA",
        *(
            base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")
            for value in (
                None,
                [],
                {},
                ["older", 1],
                ["older", "1", "CJ" + "0" * 32],
                ["older", 1.5, "CJ" + "0" * 32],
                ["older", 2**62, "CJ" + "0" * 32],
                ["older", -(2**62), "CJ" + "0" * 32],
                ["older", 1, "' OR 1=1 --"],
                ["older", 1, "CJ" + "0" * 33],
                ["older", 1, None],
                ["other", 1, "CJ" + "0" * 32],
                ["older", 1, "CJ" + "0" * 32, 1],
                [["older"] * 40] * 3,
            )
        ),
    ],
)
def test_a_token_that_no_list_gave_is_refused(database: Database, token: str) -> None:
    with pytest.raises(ArgumentsInvalid, match="PageToken"):
        list_compositions(database, token=token)


@pytest.mark.parametrize("key", [["older", 0, ""], ["newer", 10**12, "CJ" + "f" * 32]])
@pytest.mark.parametrize("dates", DATES)
def test_a_token_never_leads_out_of_the_filter(filled: Database, key: Any, dates: Any) -> None:
    """One that a client made up, or took from another list."""
    token = base64.urlsafe_b64encode(orjson.dumps(key)).decode().rstrip("=")
    wanted = CompositionFilter(created_after=dates[0], created_before=dates[1])
    allowed = all_of(list_compositions, filled, wanted)
    page = list_compositions(filled, wanted, token=token)
    assert set(sids(page)) <= set(allowed)


@pytest.mark.parametrize("size", [0, -1, 101, 2**70])
def test_a_page_has_1_to_100_rows(database: Database, size: int) -> None:
    with pytest.raises(ArgumentsInvalid, match=r"PageSize.*1 to 100"):
        list_compositions(database, size=size)
    list_compositions(database, size=1000, largest=1000)


@pytest.mark.parametrize("text_", ["", "'", "%", "\U0001f600", "x" * 10_000])
def test_filters_of_any_text_find_nothing_and_break_nothing(filled: Database, text_: str) -> None:
    for wanted in (CompositionFilter(status=text_), CompositionFilter(room_sid=text_)):
        assert list_compositions(filled, wanted).rows == []
    assert list_rooms(filled, RoomFilter(unique_name=text_, status=text_)).rows == []
    wanted_recordings = RecordingFilter(status=text_, source_sid=text_, media_type=text_)
    assert list_recordings(filled, wanted_recordings).rows == []
