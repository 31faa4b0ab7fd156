"""Rooms that come by the API: manifests that grow, media that are whole or not there."""

from __future__ import annotations

import copy
import hashlib
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from roomreel.service.rooms.arrivals import is_plain
from roomreel.storage import clean_up_unfinished

sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
from api_in_process import URL, Api, client_of, empty_api, sid_of

ROOM = sid_of("RM", "arrives")
AUDIO, VIDEO = sid_of("RT", "a"), sid_of("RT", "v")
PERSON = sid_of("PA", "p")
MB = 2**20


def recording(sid: str, kind: str, status: str = "processing", **said: Any) -> dict[str, Any]:
    return {
        "sid": sid,
        "participant_sid": PERSON,
        "track_name": kind,
        "type": kind,
        "status": status,
    } | said


def manifest(*recordings: dict[str, Any], **room: Any) -> dict[str, Any]:
    return {
        "schema": "roomreel.room/1",
        "room": {"sid": ROOM, "unique_name": "arriving", "status": "in-progress"} | room,
        "participants": [{"sid": PERSON, "identity": "alice"}],
        "recordings": list(recordings),
    }


OVER = {"status": "completed", "end_time": "2026-11-20T12:00:00Z"}
BOTH = manifest(recording(AUDIO, "audio"), recording(VIDEO, "video", media="cam.mkv"))


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with empty_api(tmp_path, upload_limit_bytes=8 * MB, upload_free_bytes=0) as api:
        api.look()
        yield api


@pytest.fixture
def client(api: Api) -> Iterator[TestClient]:
    with client_of(api) as client:
        yield client


def put(client: TestClient, document: Any, room: str = ROOM) -> Any:
    return client.put(f"/Rooms/{room}/Manifest", json=document)


def put_medium(client: TestClient, sid: str, content: Any, **headers: str) -> Any:
    return client.put(f"/Rooms/{ROOM}/Recordings/{sid}/Media", content=content, headers=headers)


def left(api: Api) -> dict[str, bytes]:
    folder = api.service.settings.rooms_root / ROOM
    assert isinstance(folder, Path)
    return {path.name: path.read_bytes() for path in folder.glob("*") if path.name != "room.json"}


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


def test_media_come_after_the_manifest(client: TestClient) -> None:
    answer = put_medium(client, VIDEO, b"x")
    assert (answer.status_code, "no manifest yet" in answer.json()["message"]) == (404, True)


def test_without_credentials_nothing_is_put(client: TestClient, api: Api) -> None:
    client.auth = None
    assert put(client, BOTH).status_code == 401
    assert put_medium(client, VIDEO, b"x").status_code == 401
    assert not (api.folder / "store" / "rooms").exists()


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


def test_no_avatar_comes_for_whose_recordings_are_deleted(client: TestClient) -> None:
    put(client, with_avatar("alice.png"))
    gone = [recording(AUDIO, "audio", "deleted"), recording(VIDEO, "video", media="cam.mkv")]
    assert put(client, with_avatar("alice.png", manifest(*gone))).status_code == 200
    assert put_avatar(client, b"picture").status_code == 200
    gone[1] |= {"status": "deleted"}
    assert put(client, with_avatar("alice.png", manifest(*gone))).status_code == 200
    answer = put_avatar(client, b"picture")
    assert (answer.status_code, "were deleted" in answer.json()["message"]) == (409, True)
