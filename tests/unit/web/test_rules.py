"""Recording rules by the API, and that they are what a room is planned by."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from roomreel.batch.reading import read_each
from roomreel.compose.rules import with_posted_rules
from roomreel.plan.rules import allowed_recordings

sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
from api_in_process import URL, Api, empty_api, sid_of

EVERYTHING = [{"type": "include", "all": True}]


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with empty_api(tmp_path) as api:
        api.room(1)
        api.room(2, recording_rules=[{"type": "include", "kind": "audio"}])
        api.look()
        yield api


@pytest.fixture
def client(api: Api) -> Iterator[TestClient]:
    with TestClient(api.app, base_url=f"{URL}/v1") as client:
        client.auth = api.auth
        yield client


def post(client: TestClient, rules: Any, room: str = sid_of("RM", 1)) -> Any:
    text = rules if isinstance(rules, str) else json.dumps(rules)
    return client.post(f"/Rooms/{room}/RecordingRules", data={"Rules": text})


def planned(api: Api, number: int) -> set[str]:
    """The types of recordings that a night would take."""
    url = str(api.folder / "rooms" / f"{sid_of('RM', number)}.json")
    found: Any = read_each([url])[url]
    room = with_posted_rules(found, api.service.settings).room
    kept = allowed_recordings(room)
    return {str(one.type) for one in room.recordings if one.sid in kept}


def test_rules_of_the_manifest_hold_until_others_are_posted(client: TestClient, api: Api) -> None:
    for number, rules in ((1, EVERYTHING), (2, [{"type": "include", "kind": "audio"}])):
        found = client.get(f"/Rooms/{sid_of('RM', number)}/RecordingRules").json()
        assert (found["room_sid"], found["rules"]) == (sid_of("RM", number), rules)
        assert found["date_created"] == found["date_updated"] is not None
    assert (planned(api, 1), planned(api, 2)) == ({"audio", "video"}, {"audio"})


def test_posted_rules_replace_all_others_in_planning(client: TestClient, api: Api) -> None:
    rules = [*EVERYTHING, {"type": "exclude", "kind": "audio"}]
    for room in (sid_of("RM", 2), "call 2"):
        answer = post(client, rules, room)
        assert (answer.status_code, answer.json()["rules"]) == (200, rules)
        assert set(answer.json()) == {"room_sid", "date_created", "date_updated", "rules"}
        assert client.get(f"/Rooms/{room}/RecordingRules").json() == answer.json()
    assert planned(api, 2) == {"video"}
    assert planned(api, 1) == {"audio", "video"}


def test_rules_that_match_nothing_leave_nothing(client: TestClient, api: Api) -> None:
    assert post(client, [{"type": "include", "publisher": "nobody"}]).status_code == 200
    assert planned(api, 1) == set()


def test_unset_filters_may_be_null_and_twenty_rules_are_taken(client: TestClient) -> None:
    echoed = {"type": "include", "all": True, "kind": None, "publisher": None, "track": None}
    answer = post(client, [echoed] * 20)
    assert (answer.status_code, answer.json()["rules"]) == (200, EVERYTHING * 20)


@pytest.mark.parametrize(
    "rules",
    [
        "",
        "{",
        "[]",
        "{}",
        "null",
        '"include"',
        '[{"type": "include", "all": true, "all": true}]',
        [{"type": "include"}],
        [{"type": "keep", "all": True}],
        [{"type": "include", "all": False}],
        [{"type": "include", "all": True, "kind": "audio"}],
        [{"type": "include", "kind": "smell"}],
        [{"type": "include", "track": ""}],
        [{"type": "include", "track": "a\x00b"}],
        [{"type": "include", "tracks": "a"}],
        [{"all": True}],
        EVERYTHING * 21,
        "[" * 1000,
    ],
)
def test_invalid_rules_are_refused_and_those_of_before_stay(
    client: TestClient, api: Api, rules: Any
) -> None:
    before = post(client, [{"type": "include", "kind": "video"}]).json()
    answer = post(client, rules)
    assert (answer.status_code, answer.json()["code"]) == (400, 53120), answer.text
    assert "Rules" in answer.json()["message"]
    assert client.get(f"/Rooms/{sid_of('RM', 1)}/RecordingRules").json() == before
    assert planned(api, 1) == {"video"}


def test_rules_are_needed_once(client: TestClient) -> None:
    path = f"/Rooms/{sid_of('RM', 1)}/RecordingRules"
    text = json.dumps(EVERYTHING)
    for data in ({}, {"Rules": [text, text]}):
        answer = client.post(path, data=data)
        assert (answer.status_code, answer.json()["code"]) == (400, 53120)


@pytest.mark.parametrize("room", ["nobody", sid_of("RM", 77), "../x", "%2e%2e"])
def test_of_an_unknown_room_there_are_none(client: TestClient, room: str) -> None:
    assert client.get(f"/Rooms/{room}/RecordingRules").status_code == 404
    assert post(client, EVERYTHING, room).status_code == 404
