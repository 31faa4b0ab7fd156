"""Lists as clients of the hosted service know them: filters, pages, and what is invalid."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
sys.path.insert(0, str(Path(__file__).parent))
from api_in_process import URL, sid_of
from asking import PERSON, ROOM, Forms, read, stamp

PAST = {"DateCreatedBefore": stamp(3600)}
LISTED: list[tuple[str, Forms, int]] = [
    ("/Compositions", PAST, 50),
    ("/Compositions", PAST | {"PageSize": 100}, 60),
    ("/Compositions", PAST | {"PageSize": 1000}, 60),
    ("/Compositions", PAST | {"Status": "completed"}, 20),
    ("/Compositions", PAST | {"Status": "failed"}, 20),
    ("/Compositions", PAST | {"Status": "deleted", "RoomSid": ROOM}, 5),
    ("/Compositions", PAST | {"RoomSid": ROOM}, 15),
    ("/Compositions", PAST | {"RoomSid": ROOM.upper()}, 15),
    ("/Compositions", PAST | {"Status": "processing"}, 0),
    # From a moment on, and before one.
    ("/Compositions", {"DateCreatedAfter": stamp(50), "DateCreatedBefore": stamp(55)}, 5),
    ("/Compositions", {"DateCreatedAfter": "2026-11-20", "DateCreatedBefore": "2026-11-21"}, 50),
    (
        "/Compositions",
        {
            "DateCreatedAfter": "2026-11-20T13:00:50+01:00",
            "DateCreatedBefore": "2026-11-20T13:00:51+01:00",
        },
        1,
    ),
    # Names of parameters count by case.
    ("/Compositions", PAST | {"status": "failed", "PageSize": 100}, 60),
    ("/Recordings", {}, 10),
    ("/Recordings", {"MediaType": "audio"}, 5),
    ("/Recordings", {"MediaType": "data"}, 0),
    ("/Recordings", {"Status": "processing"}, 2),
    ("/Recordings", {"GroupingSid": ROOM}, 2),
    ("/Recordings", {"GroupingSid": [ROOM, PERSON]}, 1),
    ("/Recordings", {"GroupingSid": [sid_of("RM", 2), PERSON]}, 0),
    ("/Recordings", {"SourceSid": sid_of("MT", 1, "video")}, 1),
    ("/Recordings", {"PageSize": 3}, 3),
    (f"/Rooms/{ROOM}/Recordings", {}, 2),
    (f"/Rooms/{ROOM}/Recordings", {"Status": "failed"}, 0),
    (f"/Rooms/{ROOM}/Recordings", {"SourceSid": sid_of("MT", 1, "video")}, 1),
    # Those that go on, by default.
    ("/Rooms", {}, 1),
    ("/Rooms", {"Status": "in-progress"}, 1),
    ("/Rooms", {"Status": "completed"}, 4),
    ("/Rooms", {"UniqueName": "call 2"}, 0),
    ("/Rooms", {"Status": "completed", "UniqueName": "call 2"}, 1),
    ("/Rooms", {"Status": "completed", "UniqueName": "Call 2"}, 0),
    ("/Rooms", {"Status": "completed", "DateCreatedAfter": stamp(120)}, 2),
    (f"/Rooms/{ROOM}/Participants", {}, 2),
    (f"/Rooms/{ROOM}/Participants", {"Identity": "audio"}, 1),
    (f"/Rooms/{ROOM}/Participants", {"Status": "connected"}, 0),
    (f"/Rooms/{ROOM}/Participants", {"DateCreatedAfter": stamp(60)}, 2),
    (f"/Rooms/{ROOM}/Participants", {"DateCreatedAfter": stamp(61)}, 0),
    (f"/Rooms/{ROOM}/Participants", {"DateCreatedBefore": stamp(60)}, 0),
]


@pytest.mark.parametrize(("path", "query", "count"), LISTED)
def test_a_list_is_filtered(client: TestClient, path: str, query: Forms, count: int) -> None:
    found = read(client, path, **query)
    assert len(found[found["meta"]["key"]]) == count
    assert found.keys() == {found["meta"]["key"], "meta"}


ODD: list[tuple[str, str, str]] = [
    ("/Compositions", "Status", "done"),
    ("/Compositions", "Status", ""),
    ("/Compositions", "RoomSid", "RM1"),
    ("/Compositions", "RoomSid", ""),
    ("/Compositions", "RoomSid", sid_of("CJ", 1)),
    ("/Compositions", "DateCreatedAfter", "yesterday"),
    ("/Compositions", "DateCreatedBefore", ""),
    ("/Compositions", "PageSize", "0"),
    ("/Compositions", "PageSize", "-1"),
    ("/Compositions", "PageSize", "ten"),
    ("/Compositions", "PageSize", ""),
    ("/Compositions", "Page", "-1"),
    ("/Compositions", "PageToken", "x"),
    ("/Recordings", "Status", "enqueued"),
    ("/Recordings", "SourceSid", "MT1"),
    ("/Recordings", "GroupingSid", "x"),
    ("/Recordings", "MediaType", "sound"),
    (f"/Rooms/{ROOM}/Recordings", "SourceSid", "MT1"),
    ("/Rooms", "Status", "over"),
    ("/Rooms", "DateCreatedAfter", "2026-13-01"),
    (f"/Rooms/{ROOM}/Participants", "Status", "gone"),
    (f"/Rooms/{ROOM}/Participants", "DateCreatedAfter", "x"),
    (f"/Rooms/{ROOM}/Participants", "PageToken", "x"),
]


@pytest.mark.parametrize(("path", "name", "value"), ODD)
def test_an_invalid_filter_is_named(client: TestClient, path: str, name: str, value: str) -> None:
    answer = client.get(path, params={name: value})
    assert (answer.status_code, answer.json()["code"]) == (400, 20001)
    assert name in answer.json()["message"]


def test_a_page_says_where_it_is(client: TestClient) -> None:
    query = PAST | {"Status": "completed", "PageSize": 7}
    start = f"{URL}/v1/Compositions?DateCreatedBefore=2026-11-20T13%3A00%3A00Z&Status=completed"
    first = read(client, "/Compositions", **query)["meta"]
    assert first | {"next_page_url": ""} == {
        "page": 0,
        "page_size": 7,
        "first_page_url": f"{start}&PageSize=7&Page=0",
        "previous_page_url": None,
        "url": f"{start}&PageSize=7&Page=0",
        "next_page_url": "",
        "key": "compositions",
    }
    assert first["next_page_url"].startswith(f"{start}&PageSize=7&Page=1&PageToken=")
    second = client.get(first["next_page_url"]).json()
    third = client.get(second["meta"]["next_page_url"]).json()
    assert [len(one["compositions"]) for one in (second, third)] == [7, 6]
    assert third["meta"]["next_page_url"] is None
    assert third["meta"]["page"] == 2
    back = client.get(third["meta"]["previous_page_url"]).json()
    assert back["compositions"] == second["compositions"]


LARGEST = {
    "/Compositions": 100,
    "/Recordings": 100,
    "/Rooms": 1000,
    f"/Rooms/{ROOM}/Recordings": 1000,
    f"/Rooms/{ROOM}/Participants": 1000,
}


@pytest.mark.parametrize("path", LARGEST)
def test_more_than_the_largest_page_is_the_largest(client: TestClient, path: str) -> None:
    assert read(client, path)["meta"]["page_size"] == 50
    assert read(client, path, PageSize=5000)["meta"]["page_size"] == LARGEST[path]
