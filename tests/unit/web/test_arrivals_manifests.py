"""Manifests of rooms that come by the API: refused, said for good, and over."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from roomreel.service.rooms.arrivals import is_plain

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
from api_in_process import Api, client_of, empty_api, sid_of
from arriving import AUDIO, BOTH, MB, OVER, ROOM, VIDEO, manifest, put, put_medium, recording


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with empty_api(tmp_path, upload_limit_bytes=8 * MB, upload_free_bytes=0) as api:
        api.look()
        yield api


@pytest.fixture
def client(api: Api) -> Iterator[TestClient]:
    with client_of(api) as client:
        yield client


BROKEN: list[tuple[str, Any, int, str]] = [
    ("no JSON", "{", 400, ""),
    ("another room", manifest(sid=sid_of("RM", "other")), 400, "as in the URL"),
    ("another kind", {"schema": "roomreel.template/1"}, 400, "/schema"),
    (
        "all at once",
        manifest(recording("RT1", "audio"), recording(VIDEO, "film")),
        400,
        "/recordings/1/type",
    ),
    *(
        (name, manifest(recording(VIDEO, "video", media=name)), 400, "/recordings/0/media")
        for name in (
            "../other/cam.mkv",
            "/etc/passwd",
            "a/b.mkv",
            "..",
            ".hidden",
            "s3://bucket/cam.mkv",
            "https://example.org/cam.mkv",
            "file:///etc/passwd",
            "room.json",
            "RULES.JSON",
            "a\\b.mkv",
            "a\nb.mkv",
            "x" * 300,
            "cam.mkv?versionId=1",
        )
    ),
    *(
        (url, manifest(status_callback=url), 400, f"/room/status_callback: expected {words}")
        for url, words in (
            ("ftp://app.example.org/x", "an http or https URL"),
            ("https://" + "x" * 1024, "an http or https URL"),
            ("http://127.0.0.1/x", "a URL that events can be sent to"),
            ("http://2130706433/x", "a URL that events can be sent to"),
            ("https://[::1]/x", "a URL that events can be sent to"),
            ("http://169.254.169.254/latest", "a URL that events can be sent to"),
            ("https://localhost:8080/x", "a URL that events can be sent to"),
            ("https://app.example.org:0/x", "a URL that events can be sent to"),
            ("https://-/x", "a URL that events can be sent to"),
            ("https://app.example.org/x#rc=9", "a fragment in which rc is a number from 0 to 5"),
            ("https://app.example.org/x#ct=1&rp=5xx", "a fragment in which ct is a number"),
            ("https://app.example.org/x#tt=soon", "a fragment in which tt is a number"),
            ("https://app.example.org/x#rp=5xx,6xx", "a fragment in which rp is some of"),
        )
    ),
    (
        "a medium that was not put",
        manifest(recording(VIDEO, "video", "completed", media="cam.mkv"), **OVER),
        409,
        "was not put",
    ),
]


@pytest.mark.parametrize(
    ("document", "status", "words"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_a_manifest_that_is_refused_changes_nothing(
    client: TestClient, api: Api, document: Any, status: int, words: str
) -> None:
    content = document if isinstance(document, str) else json.dumps(document)
    answer = client.put(f"/Rooms/{ROOM}/Manifest", content=content)
    assert (answer.status_code, answer.json()["status"]) == (status, status), answer.text
    assert words in answer.json()["message"]
    assert client.get(f"/Rooms/{ROOM}").status_code == 404
    assert not (api.folder / "store" / "rooms" / ROOM / "room.json").exists()


def changed(**members: Any) -> dict[str, Any]:
    document = copy.deepcopy(BOTH)
    document["recordings"][1].update(members)
    return document


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (manifest(recording(VIDEO, "video", media="cam.mkv")), f"recording {AUDIO} is missing"),
        (changed(media="other.mkv"), "has its media 'cam.mkv' already"),
        (changed(track_name="screen"), "has another track_name already"),
        (changed(type="audio"), "has another type already"),
        (changed(offset=5), "has another offset already"),
    ],
)
def test_what_was_said_is_not_unsaid(client: TestClient, after: Any, words: str) -> None:
    put(client, BOTH)
    answer = put(client, after)
    assert answer.status_code == 409, answer.text
    assert words in answer.json()["message"]
    assert put(client, BOTH).status_code == 200


def test_a_room_that_is_over_stays_over_and_gets_no_new_recordings(client: TestClient) -> None:
    put(client, manifest(recording(AUDIO, "audio", "failed"), **OVER))
    words = [
        (manifest(recording(AUDIO, "audio", "failed")), "cannot be in-progress again"),
        (manifest(recording(AUDIO, "audio"), **OVER), "cannot be processing again"),
        (manifest(*BOTH["recordings"], **OVER), "is new"),
        (
            manifest(recording(AUDIO, "audio", "failed"), **OVER, sid=ROOM)
            | {"room": {"sid": ROOM, **OVER, "end_time": "2026-11-20T13:00:00Z"}},
            "end_time",
        ),
    ]
    for document, said in words:
        answer = put(client, document)
        assert answer.status_code == 409, answer.text
        assert said in answer.json()["message"]


def test_a_recording_whose_file_never_came_fails(client: TestClient) -> None:
    put(client, manifest(recording(AUDIO, "audio")))
    assert put(client, manifest(recording(AUDIO, "audio", "completed"))).status_code == 409
    answer = put(client, manifest(recording(AUDIO, "audio", "failed"), **OVER))
    assert answer.status_code == 200, answer.text
    (found,) = client.get(f"/Rooms/{ROOM}/Recordings").json()["recordings"]
    assert found["status"] == "failed"


def test_a_recording_ends_after_its_room(client: TestClient) -> None:
    put(client, manifest(recording(AUDIO, "audio"), **OVER))
    assert put_medium(client, AUDIO, b"sound").status_code == 200
    assert put(client, manifest(recording(AUDIO, "audio", "completed"), **OVER)).status_code == 200
    (found,) = client.get(f"/Rooms/{ROOM}/Recordings").json()["recordings"]
    assert found["status"] == "completed"


def test_a_room_of_the_folder_of_manifests_is_not_put(client: TestClient, api: Api) -> None:
    sid = api.room(7)
    api.look()
    document = manifest(sid=sid)
    answer = put(client, document, sid)
    assert answer.status_code == 409
    assert "has a manifest in the folder of manifests" in answer.json()["message"]
    medium = client.put(f"/Rooms/{sid}/Recordings/{sid_of('RT', 7, 'audio')}/Media", content=b"x")
    assert medium.status_code == 409


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=12) | st.from_regex(r"[./\\a-z:?#%~-]{0,12}", fullmatch=True))
def test_plain_names_stay_in_their_folder(name: str) -> None:
    if is_plain(name):
        assert (Path("/a/b") / name).resolve().parent == Path("/a/b")
        assert not name.startswith(".")
        assert name.lower() not in {"room.json", "rules.json"}


def test_a_room_says_where_its_events_go(client: TestClient, api: Api) -> None:
    url = "https://app.example.org/x?y=1#ct=1000&rc=2&rp=5xx,ct&mine=1"
    told = {"status_callback": url, "status_callback_method": "GET"}
    answers = [put(client, manifest(**told)).json()]
    api.look()
    answers += [client.get(f"/Rooms/{ROOM}").json(), client.get("/Rooms/arriving").json()]
    answers += client.get("/Rooms", params={"Status": "in-progress"}).json()["rooms"]
    assert len(answers) == 4
    assert all(one.items() >= told.items() for one in answers)
    put(client, manifest())
    found = client.get(f"/Rooms/{ROOM}").json()
    assert (found["status_callback"], found["status_callback_method"]) == (None, "POST")


def test_a_manifest_in_the_folder_is_composed_whatever_its_receiver_is(
    client: TestClient, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    room = api.room(7, status_callback="http://user:hush@127.0.0.1/x?token=hush")
    api.look()
    assert client.get(f"/Rooms/{room}").json()["status"] == "completed"
    assert "/room/status_callback: expected a URL that events can be sent to" in caplog.text
    assert "127.0.0.1 is an address of this machine" in caplog.text
    assert "hush" not in caplog.text
