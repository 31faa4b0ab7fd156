"""Callbacks by the API: listed, fetched, delivered again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from api_in_process import Api, composition_sid, sid_of
from asking import read, stamp
from sqlalchemy import insert, select, update
from starlette.testclient import TestClient

from roomreel.service.access.keys import create_key
from roomreel.service.access.scopes import Scope
from roomreel.service.database.tables import CALLBACK_TRIES, DELIVERIES


def listed(client: TestClient, **query: Any) -> list[int]:
    return [one["id"] for one in read(client, "/Callbacks", **query)["callbacks"]]


def change(api: Api, number: int, **values: Any) -> None:
    with api.service.database.write() as connection:
        this = update(DELIVERIES).where(DELIVERIES.c.event_id == number)
        connection.execute(this.values(values))


def test_they_are_listed_newest_first_without_secrets(client: TestClient, api: Api) -> None:
    assert listed(client) == [6, 5, 4, 3, 2, 1]
    first = read(client, "/Callbacks")["callbacks"][0]
    assert first | {"idempotency_token": "", "date_due": ""} == {
        "id": 6,
        "account_sid": api.auth[0],
        "event": "composition-available",
        "status": "waiting",
        "date_created": stamp(2),
        "date_due": "",
        "room_sid": sid_of("RM", 2),
        "composition_sid": composition_sid(2),
        "recording_sid": None,
        "status_callback": "https://app.example.org/events",
        "status_callback_method": "POST",
        "idempotency_token": "",
        "tries": 0,
        "url": f"{api.service.url}/v1/Callbacks/6",
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"Sid": composition_sid(1)}, [4, 3]),
        ({"RoomSid": sid_of("RM", 0)}, [2, 1]),
        ({"Status": "waiting"}, [6, 5, 4, 3, 2, 1]),
        ({"Status": "given-up"}, []),
        ({"DateCreatedAfter": stamp(1), "DateCreatedBefore": stamp(2)}, [4, 3]),
        ({"Sid": sid_of("RT", 1)}, []),
    ],
)
def test_they_are_filtered(client: TestClient, query: dict[str, str], found: list[int]) -> None:
    assert listed(client, **query) == found


def test_they_are_paged_in_both_directions(client: TestClient, api: Api) -> None:
    pages, path = [], "/Callbacks?PageSize=2"
    while path:
        page = client.get(path).json()
        pages.append([one["id"] for one in page["callbacks"]])
        path = (page["meta"]["next_page_url"] or "").removeprefix(f"{api.service.url}/v1")
    assert pages == [[6, 5], [4, 3], [2, 1]]
    before = page["meta"]["previous_page_url"].removeprefix(f"{api.service.url}/v1")
    page = client.get(before).json()
    assert [one["id"] for one in page["callbacks"]] == [4, 3]
    before = page["meta"]["previous_page_url"].removeprefix(f"{api.service.url}/v1")
    page = client.get(before).json()
    assert [one["id"] for one in page["callbacks"]] == [6, 5]
    assert page["meta"]["previous_page_url"] is None


def test_they_are_in_the_order_in_which_things_happened(client: TestClient, api: Api) -> None:
    dates = {1: 5, 2: 1, 3: 5, 4: -1, 5: 9, 6: 1}  # seconds after 1970
    for number, second in dates.items():
        change(api, number, date=datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second))
    order = sorted(dates, key=lambda number: (dates[number], number), reverse=True)
    for size in range(1, 7):
        found, path, pages = [], f"/Callbacks?PageSize={size}", []
        while path:
            page = client.get(path).json()
            pages.append([one["id"] for one in page["callbacks"]])
            found += pages[-1]
            path = (page["meta"]["next_page_url"] or "").removeprefix(f"{api.service.url}/v1")
        assert found == order
        for seen in reversed(pages[:-1]):
            before = page["meta"]["previous_page_url"].removeprefix(f"{api.service.url}/v1")
            page = client.get(before).json()
            assert [one["id"] for one in page["callbacks"]] == seen


@pytest.mark.parametrize(
    "query",
    [{"PageToken": "older-x"}, {"PageToken": "older-1-9999999999"}, {"Status": "x"}, {"Sid": "x"}],
)
def test_what_is_no_page_and_no_filter_is_refused(client: TestClient, query: Any) -> None:
    answer = client.get("/Callbacks", params=query)
    assert (answer.status_code, answer.json()["code"]) == (400, 20001)


@pytest.mark.parametrize("number", ["0", "7", "99999999999", "2147483648", "-1", "x", "1.0"])
def test_what_is_not_there_is_not_found(client: TestClient, number: str) -> None:
    for answer in (
        client.get(f"/Callbacks/{number}"),
        client.post(f"/Callbacks/{number}/Redeliver"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, 20404)


def test_it_has_its_parameters_and_tries(client: TestClient, api: Api) -> None:
    tried = {"event_id": 2, "date": datetime(2026, 1, 1, tzinfo=UTC), "url": "https://x/", "ms": 7}
    with api.service.database.write() as connection:
        for more in ({"error": "no connection"}, {"http_status": 503, "answer": "busy"}):
            connection.execute(insert(CALLBACK_TRIES).values(tried | more))
    found = read(client, "/Callbacks/2")
    assert found["parameters"]["StatusCallbackEvent"] == "composition-available"
    assert found["parameters"]["Size"] == "2"
    assert [one["error"] for one in found["log"]] == ["no connection", None]
    assert found["log"][1] == {
        "date": "2026-01-01T00:00:00Z",
        "status_callback": "https://x/",
        "http_status": 503,
        "milliseconds": 7,
        "answer": "busy",
        "error": None,
    }
    assert "hush" not in str(found)


def test_it_is_sent_again_with_the_same_token(client: TestClient, api: Api) -> None:
    token = read(client, "/Callbacks/3")["idempotency_token"]
    change(api, 3, status="given-up", tries=33, tries_since=33)
    answer = client.post("/Callbacks/3/Redeliver")
    assert answer.status_code == 200
    found = answer.json()
    assert (found["status"], found["tries"]) == ("waiting", 33)
    assert found["idempotency_token"] == token
    with api.service.database.read() as connection:
        row = connection.execute(select(DELIVERIES).where(DELIVERIES.c.event_id == 3)).one()
    assert row.tries_since == 0
    assert row.due <= datetime.now(UTC)


def test_what_is_being_sent_is_left_alone(client: TestClient, api: Api) -> None:
    change(api, 1, holder="x", held_until=datetime.now(UTC) + timedelta(minutes=1))
    answer = client.post("/Callbacks/1/Redeliver")
    assert (answer.status_code, answer.json()["code"]) == (409, 20409)


def test_only_who_may_administer_sends_again(client: TestClient, api: Api) -> None:
    scopes = [Scope.READ, Scope.WRITE, Scope.MEDIA]
    key, secret = create_key(api.service.database, "reader", scopes, None)
    assert client.get("/Callbacks/2", auth=(key.sid, secret)).status_code == 200
    answer = client.post("/Callbacks/2/Redeliver", auth=(key.sid, secret))
    assert (answer.status_code, answer.json()["code"]) == (403, 20403)
