"""Hooks by the API: what clients of the hosted service send and read, filters, pages, errors."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from roomreel.service.hooks.hooks import matches_name

sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
sys.path.insert(0, str(Path(__file__).parent))
from api_in_process import URL, Api, client_of, empty_api
from asking import REGION, Forms, layout, read

SOUND = {"AudioSources": "*"}
PATH = "/CompositionHooks"

DEFAULTS = {
    "enabled": True,
    "date_updated": None,
    "audio_sources": ["*"],
    "audio_sources_excluded": [],
    "video_layout": {},
    "resolution": "640x480",
    "trim": True,
    "format": "webm",
    "status_callback": None,
    "status_callback_method": "POST",
}
KEYS = {*DEFAULTS, "account_sid", "friendly_name", "date_created", "sid", "url", "roomreel"}

GIVEN: list[tuple[Forms, Forms]] = [
    (SOUND, {}),
    (SOUND | {"Enabled": "false"}, {"enabled": False}),
    (SOUND | layout(), {"video_layout": {"grid": REGION}}),
    (
        SOUND | {"Resolution": "1280x720", "Format": "mp4"},
        {"resolution": "1280x720", "format": "mp4"},
    ),
    (SOUND | {"Trim": "false"}, {"trim": False}),
    (
        {"VideoLayout": '{"grid":{"video_sources":[{"role":"host"}]}}'},
        {
            "audio_sources": [],
            "video_layout": {"grid": REGION | {"video_sources": [{"role": "host"}]}},
        },
    ),
    (SOUND | {"AudioSourcesExcluded": ["a", "b*"]}, {"audio_sources_excluded": ["a", "b*"]}),
    (
        SOUND | {"StatusCallback": "https://example.org/x", "StatusCallbackMethod": "GET"},
        {"status_callback": "https://example.org/x", "status_callback_method": "GET"},
    ),
    (
        {"Template": "presenter", "AudioSources": "x"},
        {"audio_sources": ["x"], "enabled": True, "resolution": "1280x720", "format": "mp4"},
    ),
]

INVALID: list[tuple[Forms, str]] = [
    ({"FriendlyName": ""} | SOUND, "FriendlyName"),
    ({"FriendlyName": "x" * 101} | SOUND, "FriendlyName"),
    ({}, "VideoLayout or AudioSources"),
    (SOUND | {"Enabled": "perhaps"}, "Enabled"),
    (SOUND | {"Format": "avi"}, "Format"),
    (SOUND | {"Resolution": "1x1"}, "Resolution"),
    ({"VideoLayout": '{"a":{"video_sources":"*"}}'}, "/a/video_sources"),
    (SOUND | {"StatusCallback": "ftp://x"}, "StatusCallback"),
    (SOUND | {"Template": "nowhere"}, "Template"),
]


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with empty_api(tmp_path, templates=str(tmp_path / "templates")) as api:
        (tmp_path / "templates").mkdir()
        yield api


@pytest.fixture
def client(api: Api) -> Iterator[TestClient]:
    with client_of(api) as client:
        yield client


def make(client: TestClient, name: str = "mine", **form: Any) -> dict[str, Any]:
    answer = client.post(PATH, data={"FriendlyName": name} | SOUND | form)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def template(api: Api, name: str, **about: Any) -> None:
    document = {"schema": "roomreel.template/1", "friendly_name": name, "audio_sources": ["*"]}
    (api.folder / "templates" / f"{name}.json").write_text(json.dumps(document | about))


@pytest.mark.parametrize(("form", "expected"), GIVEN)
def test_what_is_given_is_answered_and_the_rest_is_as_by_default(
    api: Api, client: TestClient, form: Forms, expected: Forms
) -> None:
    for file in (Path(__file__).parents[3] / "roomreel" / "layouts").glob("*.json"):
        (api.folder / "templates" / file.name).write_bytes(file.read_bytes())
    answer = client.post(PATH, data={"FriendlyName": "mine"} | form)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made.keys() == KEYS
    of_layout = made["video_layout"] if "Template" in form else {}
    expected = DEFAULTS | {"video_layout": of_layout} | expected
    assert {key: made[key] for key in expected} == expected
    assert made["friendly_name"] == "mine"
    assert made["account_sid"] == api.account.sid
    assert made["url"] == f"{URL}/v1{PATH}/{made['sid']}"
    assert read(client, f"{PATH}/{made['sid']}") == made
    (listed,) = [
        one for one in read(client, PATH)["composition_hooks"] if one["sid"] == made["sid"]
    ]
    assert listed == made


@pytest.mark.parametrize(("form", "named"), INVALID)
def test_what_is_invalid_is_refused_and_changes_nothing(
    client: TestClient, form: Forms, named: str
) -> None:
    made = make(client)
    for path, name in ((PATH, "other"), (f"{PATH}/{made['sid']}", "mine")):
        answer = client.post(path, data={"FriendlyName": name} | form)
        assert (answer.status_code, answer.json()["code"]) == (400, 20001), answer.text
        assert named in answer.json()["message"]
    assert read(client, PATH)["composition_hooks"] == [made]


def test_a_name_is_needed(client: TestClient) -> None:
    answer = client.post(PATH, data=SOUND)
    assert answer.json()["message"] == "Missing required parameter FriendlyName"


def test_an_update_replaces_all(client: TestClient) -> None:
    made = make(client, Enabled="false", Format="mp4", Resolution="16x16", Trim="false")
    answer = client.post(f"{PATH}/{made['sid']}", data={"FriendlyName": "new"} | SOUND)
    assert answer.status_code == 200
    changed = answer.json()
    assert {key: changed[key] for key in DEFAULTS} == DEFAULTS | {
        "date_updated": changed["date_updated"]
    }
    assert changed["friendly_name"] == "new"
    assert changed["date_updated"] is not None
    assert (changed["sid"], changed["date_created"]) == (made["sid"], made["date_created"])
    assert read(client, f"{PATH}/{made['sid']}") == changed
    # The name is free again, and one's own is no other's.
    make(client, "mine")
    again = client.post(f"{PATH}/{made['sid']}", data={"FriendlyName": "NEW"} | SOUND)
    assert again.status_code == 200


def test_a_deleted_hook_is_gone(api: Api, client: TestClient) -> None:
    made = make(client)
    assert client.delete(f"{PATH}/{made['sid']}").status_code == 204
    for answer in (
        client.get(f"{PATH}/{made['sid']}"),
        client.post(f"{PATH}/{made['sid']}", data={"FriendlyName": "x"} | SOUND),
        client.delete(f"{PATH}/{made['sid']}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, 20404)
    assert read(client, PATH)["composition_hooks"] == []
    assert not [*(api.folder / "store" / "hooks").iterdir()]


def test_no_two_have_one_name_in_whatever_place_and_case(api: Api, client: TestClient) -> None:
    template(api, "Straße")
    made = make(client, "Lesson")
    for name in ("lesson", "LESSON", "STRASSE"):
        answer = client.post(PATH, data={"FriendlyName": name} | SOUND)
        assert (answer.status_code, answer.json()["code"]) == (400, 20001)
        assert "FriendlyName is that of hook HK" in answer.json()["message"]
    other = make(client, "other")
    taken = client.post(f"{PATH}/{other['sid']}", data={"FriendlyName": "lesson"} | SOUND)
    assert taken.status_code == 400
    names = {one["friendly_name"] for one in read(client, PATH)["composition_hooks"]}
    assert names == {"Straße", "Lesson", "other"}
    assert made["sid"] in taken.json()["message"]


def test_a_template_of_the_operator_is_a_hook_that_the_api_leaves_alone(
    api: Api, client: TestClient
) -> None:
    template(api, "mine", rooms=["lesson-*"], date_created="2026-11-20T09:00:00Z")
    (hook,) = read(client, PATH)["composition_hooks"]
    assert hook["roomreel"]["is_file"] is True
    assert hook["roomreel"]["rooms"] == ["lesson-*"]
    assert hook["date_created"] == "2026-11-20T09:00:00Z"
    assert read(client, f"{PATH}/{hook['sid'].lower().replace('hk', 'HK')}") == hook
    before = (api.folder / "templates" / "mine.json").read_bytes()
    for answer in (
        client.post(f"{PATH}/{hook['sid']}", data={"FriendlyName": "mine"} | SOUND),
        client.delete(f"{PATH}/{hook['sid']}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, 20409)
        assert "its file there" in answer.json()["message"]
    assert (api.folder / "templates" / "mine.json").read_bytes() == before


def test_of_two_files_of_one_name_the_other_says_so(api: Api, client: TestClient) -> None:
    made = make(client, "lesson")
    template(api, "Lesson")
    first, second = read(client, PATH)["composition_hooks"]
    assert first["sid"] == made["sid"]
    assert "is that of" in first["roomreel"]["problem"]
    assert second["roomreel"]["problem"] is None
    # It can be given another name.
    renamed = client.post(f"{PATH}/{made['sid']}", data={"FriendlyName": "other"} | SOUND)
    assert renamed.json()["roomreel"]["problem"] is None


def test_layouts_that_come_with_roomreel_are_no_hooks(tmp_path: Path) -> None:
    with (
        empty_api(tmp_path) as api,
        TestClient(api.app, base_url=f"{URL}/v1", follow_redirects=False) as client,
    ):
        client.auth = api.auth
        assert read(client, PATH)["composition_hooks"] == []
        assert make(client, "grid")["friendly_name"] == "grid"


def test_a_document_that_was_damaged_is_said_to_be_and_can_be_removed(
    api: Api, client: TestClient
) -> None:
    made, other = make(client, "one"), make(client, "two")
    (api.folder / "store" / "hooks" / f"{made['sid']}.json").write_text("{")
    for answer in (
        client.get(f"{PATH}/{made['sid']}"),
        client.post(f"{PATH}/{made['sid']}", data={"FriendlyName": "x"} | SOUND),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, 20409)
    assert read(client, PATH)["composition_hooks"] == [other]
    assert client.delete(f"{PATH}/{made['sid']}").status_code == 204
    assert client.get(f"{PATH}/{made['sid']}").status_code == 404


@pytest.mark.parametrize(
    "sid", ["HK0", "HK" + "g" * 32, "CJ" + "0" * 32, "..%2F..%2Fx", "hk" + "0" * 32]
)
def test_what_is_no_sid_of_a_hook_leads_to_none(client: TestClient, sid: str) -> None:
    for answer in (
        client.get(f"{PATH}/{sid}"),
        client.post(f"{PATH}/{sid}", data={"FriendlyName": "x"} | SOUND),
        client.delete(f"{PATH}/{sid}"),
    ):
        assert answer.status_code == 404


FILTERS: list[tuple[dict[str, str], set[str]]] = [
    ({}, {"Lesson one", "lesson two", "standup"}),
    ({"FriendlyName": "LESSON*"}, {"Lesson one", "lesson two"}),
    ({"FriendlyName": "*on*"}, {"Lesson one", "lesson two"}),
    ({"FriendlyName": "standup"}, {"standup"}),
    ({"FriendlyName": "stand"}, set()),
    ({"FriendlyName": "*"}, {"Lesson one", "lesson two", "standup"}),
    ({"FriendlyName": ""}, set()),
    ({"Enabled": "true"}, {"Lesson one", "standup"}),
    ({"Enabled": "false"}, {"lesson two"}),
    ({"Enabled": "false", "FriendlyName": "s*"}, set()),
    ({"DateCreatedBefore": "2020-01-01"}, set()),
    ({"DateCreatedAfter": "2020-01-01"}, {"Lesson one", "lesson two", "standup"}),
    ({"DateCreatedAfter": "2100-01-01T00:00:00Z"}, set()),
]


@pytest.mark.parametrize(("query", "names"), FILTERS)
def test_filters(client: TestClient, query: dict[str, str], names: set[str]) -> None:
    make(client, "Lesson one")
    make(client, "lesson two", Enabled="false")
    make(client, "standup")
    found = read(client, PATH, **query)
    assert {one["friendly_name"] for one in found["composition_hooks"]} == names
    assert found["meta"]["key"] == "composition_hooks"


def test_pages_have_each_hook_once_newest_first_while_others_come(client: TestClient) -> None:
    made = [make(client, f"hook {number}")["sid"] for number in range(5)]
    answer = read(client, PATH, PageSize=2)
    seen = [one["sid"] for one in answer["composition_hooks"]]
    make(client, "another")
    client.delete(f"{PATH}/{seen[-1]}")
    while url := answer["meta"]["next_page_url"]:
        answer = client.get(url).json()
        seen += [one["sid"] for one in answer["composition_hooks"]]
    assert seen == made[::-1]
    back = client.get(answer["meta"]["previous_page_url"]).json()
    assert [one["sid"] for one in back["composition_hooks"]] == [made[2], made[1]]
    assert read(client, PATH, PageSize=5000)["meta"]["page_size"] == 1000
    assert client.get(PATH, params={"PageToken": "x"}).status_code == 400


@given(
    st.lists(st.text("aA*", max_size=4), min_size=1, max_size=4).map("".join),
    st.text("aAb", max_size=8),
)
def test_names_are_matched_as_by_a_regular_expression(pattern: str, name: str) -> None:
    expected = ".*".join(re.escape(part) for part in pattern.split("*"))
    assert matches_name(pattern, name) is bool(re.fullmatch(expected, name, re.IGNORECASE))
