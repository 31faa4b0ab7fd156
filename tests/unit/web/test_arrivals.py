"""Rooms that come by the API, as they grow, and their media, which are whole or not there."""

from __future__ import annotations

import copy
import hashlib
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from roomreel.storage import clean_up_unfinished

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
from api_in_process import URL, Api, client_of, empty_api, sid_of
from arriving import (
    AUDIO,
    BOTH,
    MB,
    OVER,
    PERSON,
    ROOM,
    VIDEO,
    left,
    manifest,
    put,
    put_medium,
    recording,
)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with empty_api(tmp_path, upload_limit_bytes=8 * MB, upload_free_bytes=0) as api:
        api.look()
        yield api


@pytest.fixture
def client(api: Api) -> Iterator[TestClient]:
    with client_of(api) as client:
        yield client


def test_a_room_is_seen_as_soon_as_it_is_put_and_grows(client: TestClient) -> None:
    answer = put(client, manifest())
    assert (answer.status_code, answer.json()["unique_name"]) == (200, "arriving"), answer.text
    assert client.get(f"/Rooms/{ROOM}/Recordings").json()["recordings"] == []
    assert put(client, BOTH).status_code == 200
    found = client.get("/Rooms/arriving/Recordings").json()["recordings"]
    assert {one["sid"] for one in found} == {AUDIO, VIDEO}
    assert {one["status"] for one in found} == {"processing"}


def test_the_way_of_a_room_from_its_first_word_to_its_media(client: TestClient, api: Api) -> None:
    put(client, BOTH)
    sound, picture = b"sound" * 1000, random.Random(1).randbytes(3 * MB + 17)
    assert put_medium(client, AUDIO, sound).json()["sid"] == AUDIO
    digest = hashlib.sha256(picture).hexdigest()
    assert put_medium(client, VIDEO, picture, **{"X-Content-SHA256": digest}).status_code == 200
    assert left(api) == {f"{AUDIO}.mka": sound, "cam.mkv": picture}
    done = manifest(
        recording(AUDIO, "audio", "completed"),
        recording(VIDEO, "video", "completed", media="cam.mkv"),
        **OVER,
    )
    for _ in range(2):  # whoever is unsure puts it again
        answer = put(client, done)
        assert (answer.status_code, answer.json()["status"]) == (200, "completed"), answer.text
    for sid, data in ((AUDIO, sound), (VIDEO, picture)):
        link = client.get(f"/Recordings/{sid}/Media").json()["redirect_to"]
        assert client.get(link).content == data
    assert client.get(f"/Rooms/{ROOM}").json()["end_time"] == OVER["end_time"]


def test_chunked_bodies_are_taken_and_none_is_kept_in_memory(client: TestClient, api: Api) -> None:
    put(client, BOTH)
    pieces = [random.Random(number).randbytes(700_001) for number in range(9)]
    assert put_medium(client, VIDEO, iter(pieces)).status_code == 200
    assert left(api)["cam.mkv"] == b"".join(pieces)


@pytest.mark.parametrize(
    ("sid", "content", "headers", "status", "words"),
    [
        (VIDEO, b"x" * 10, {"X-Content-SHA256": "00" * 32}, 400, "X-Content-SHA256 is 0000"),
        (VIDEO, b"x" * 10, {"X-Content-SHA256": "short"}, 400, "64 hex digits"),
        (VIDEO, b"", {}, 400, "no bytes"),
        (VIDEO, b"x" * (8 * MB + 1), {}, 413, "at most 8388608 bytes"),
        (VIDEO, iter([b"x" * MB] * 9), {}, 413, "at most 8388608 bytes"),
        (sid_of("RT", "other"), b"x", {}, 404, "has no recording"),
        ("RTx", b"x", {}, 404, "no such recording"),
    ],
)
def test_a_medium_that_is_refused_leaves_nothing(
    client: TestClient,
    api: Api,
    sid: str,
    content: Any,
    headers: dict[str, str],
    status: int,
    words: str,
) -> None:
    put(client, BOTH)
    answer = put_medium(client, sid, content, **headers)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert words in answer.json()["message"]
    assert left(api) == {}


def test_what_breaks_off_leaves_what_was_there(client: TestClient, api: Api) -> None:
    put(client, BOTH)
    put_medium(client, VIDEO, b"whole")

    def half() -> Iterator[bytes]:
        yield b"x" * 3 * MB
        raise ZeroDivisionError

    assert put_medium(client, VIDEO, half()).status_code == 500
    assert left(api) == {"cam.mkv": b"whole"}
    assert clean_up_unfinished(api.service.settings.rooms_root) == 0


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    with empty_api(tmp_path, upload_free_bytes=10**18) as api:
        api.look()
        with TestClient(api.app, base_url=f"{URL}/v1") as client:
            client.auth = api.auth
            put(client, BOTH)
            answer = put_medium(client, VIDEO, b"x")
            assert (answer.status_code, answer.json()["code"]) == (507, 20507)
            assert "upload_free_bytes" in answer.json()["message"]
            assert left(api) == {}


def test_media_come_after_the_manifest(client: TestClient) -> None:
    answer = put_medium(client, VIDEO, b"x")
    assert (answer.status_code, "no manifest yet" in answer.json()["message"]) == (404, True)


def test_without_credentials_nothing_is_put(client: TestClient, api: Api) -> None:
    client.auth = None
    assert put(client, BOTH).status_code == 401
    assert put_medium(client, VIDEO, b"x").status_code == 401
    assert not (api.folder / "store" / "rooms").exists()


def put_avatar(client: TestClient, content: Any, person: str = PERSON, **headers: str) -> Any:
    path = f"/Rooms/{ROOM}/Participants/{person}/Avatar"
    return client.put(path, content=content, headers=headers)


def with_avatar(name: str, document: dict[str, Any] = BOTH) -> dict[str, Any]:
    document = copy.deepcopy(document)
    document["participants"][0]["avatar"] = name
    return document


def test_an_avatar_is_put_where_the_manifest_names_it(client: TestClient, api: Api) -> None:
    assert put_avatar(client, b"picture").status_code == 404
    put(client, BOTH)
    answer = put_avatar(client, b"picture")
    assert (answer.status_code, "names no avatar" in answer.json()["message"]) == (409, True)
    assert put(client, with_avatar("alice.png")).status_code == 200
    for content in (b"picture", b"another"):
        answer = put_avatar(client, content)
        assert (answer.status_code, answer.json()["sid"]) == (200, PERSON), answer.text
        assert left(api)["alice.png"] == content
    assert put_avatar(client, b"x", **{"X-Content-SHA256": "00" * 32}).status_code == 400
    assert put_avatar(client, b"x" * (8 * MB + 1)).status_code == 413
    assert put_avatar(client, b"x", person=sid_of("PA", "other")).status_code == 404
    assert put_avatar(client, b"x", person="alice").status_code == 404
    assert left(api)["alice.png"] == b"another"


def test_a_room_may_have_another_avatar_or_none(client: TestClient) -> None:
    for name in ("alice.png", "a.webp"):
        assert put(client, with_avatar(name)).status_code == 200
    assert put(client, BOTH).status_code == 200


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../alice.png", "the plain name of a file"),
        ("/alice.png", "the plain name of a file"),
        ("s3://bucket/alice.png", "the plain name of a file"),
        (".hidden.png", "the plain name of a file"),
        ("room.json", "the plain name of a file"),
        ("cam.mkv", "a name that no recording has"),
        (f"{AUDIO}.mka", "a name that no recording has"),
    ],
)
def test_an_avatar_is_a_file_of_its_own(client: TestClient, name: str, words: str) -> None:
    answer = put(client, with_avatar(name))
    assert answer.status_code == 400
    assert f"/participants/0/avatar: expected {words}" in answer.text


def test_events_come_in_the_manifest_or_as_a_recording(client: TestClient) -> None:
    events = [{"at_ms": 5, "type": "mark", "text": "Questions"}]
    assert put(client, {**BOTH, "events": events}).status_code == 200
    answer = put(client, {**BOTH, "events": {"media": "events.jsonl"}})
    assert answer.status_code == 400
    assert "/events/media: expected none: events stand in the manifest" in answer.text


def test_no_avatar_comes_for_whose_recordings_are_deleted(client: TestClient) -> None:
    put(client, with_avatar("alice.png"))
    gone = [recording(AUDIO, "audio", "deleted"), recording(VIDEO, "video", media="cam.mkv")]
    assert put(client, with_avatar("alice.png", manifest(*gone))).status_code == 200
    assert put_avatar(client, b"picture").status_code == 200
    gone[1] |= {"status": "deleted"}
    assert put(client, with_avatar("alice.png", manifest(*gone))).status_code == 200
    answer = put_avatar(client, b"picture")
    assert (answer.status_code, "were deleted" in answer.json()["message"]) == (409, True)
