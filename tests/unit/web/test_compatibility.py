"""What clients of the hosted service send is understood, and what they read is there: a table each.

The facts are those of the documentation of the hosted service: parameters, defaults, rules, echoes,
filters, pages and errors.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
sys.path.insert(0, str(Path(__file__).parent))
from api_in_process import URL, Api, composition_sid, sid_of
from asking import PERSON, REGION, ROOM, Forms, create, layout, read, stamp

DEFAULTS = {
    "status": "enqueued",
    "date_completed": None,
    "date_deleted": None,
    "room_sid": ROOM,
    "audio_sources": [],
    "audio_sources_excluded": [],
    "video_layout": {},
    "resolution": "640x480",
    "trim": True,
    "format": "webm",
    "bitrate": 0,
    "size": 0,
    "duration": 0,
    "media_external_location": None,
    "status_callback": None,
    "status_callback_method": "POST",
}

CREATED: list[tuple[Forms, Forms]] = [
    ({"AudioSources": "*"}, {"audio_sources": ["*"]}),
    ({"AudioSources": ["a", "b*", "*c"]}, {"audio_sources": ["a", "b*", "*c"]}),
    (
        {"AudioSources": ['{"role": "host"}', "{x"], "AudioSourcesExcluded": '{"identity":"b*"}'},
        # Texts, as everywhere in lists of clients.
        {
            "audio_sources": ['{"role":"host"}', "{x"],
            "audio_sources_excluded": ['{"identity":"b*"}'],
        },
    ),
    (
        {"AudioSources": "*", "AudioSourcesExcluded": ["x", "y"]},
        {"audio_sources": ["*"], "audio_sources_excluded": ["x", "y"]},
    ),
    (layout(), {"video_layout": {"grid": REGION}}),
    # A client may send what it has fetched.
    ({"VideoLayout": json.dumps({"grid": REGION})}, {"video_layout": {"grid": REGION}}),
    (layout(gap=0, last_row="start"), {"video_layout": {"grid": REGION}}),
    (
        layout(unit="participant", voice_sources=["mic"]),
        {"video_layout": {"grid": REGION | {"unit": "participant", "voice_sources": ["mic"]}}},
    ),
    (layout(gap=8, padding=None), {"video_layout": {"grid": REGION | {"gap": 8}}}),
    (layout(fit="cover", mirror=False), {"video_layout": {"grid": REGION | {"fit": "cover"}}}),
    (layout(bars="#000000"), {"video_layout": {"grid": REGION}}),
    (
        layout(bars="none", background_color="#FF0000"),
        {"video_layout": {"grid": REGION | {"bars": "none", "background_color": "#ff0000"}}},
    ),
    (layout(video_sources=[]), {"video_layout": {"grid": REGION | {"video_sources": []}}}),
    (
        layout(cells_excluded=["4", 2]),
        {"video_layout": {"grid": REGION | {"cells_excluded": [2, 4]}}},
    ),
    (
        layout(x_pos=624, y_pos=464, z_pos=-99),
        {"video_layout": {"grid": REGION | {"x_pos": 624, "y_pos": 464, "z_pos": -99}}},
    ),
    (
        layout(width=16, height=480, max_rows=1000, max_columns=1, reuse="none"),
        {
            "video_layout": {
                "grid": REGION
                | {"width": 16, "height": 480, "max_rows": 1000, "max_columns": 1, "reuse": "none"}
            }
        },
    ),
    (layout() | {"Resolution": "16x16"}, {"resolution": "16x16"}),
    (layout() | {"Resolution": "641x481"}, {"resolution": "641x481"}),
    # Larger than there.
    (layout() | {"Resolution": "1920x1080"}, {"resolution": "1920x1080"}),
    (layout() | {"Format": "mp4"}, {"format": "mp4"}),
    (layout() | {"Trim": "false"}, {"trim": False}),
    (layout() | {"Trim": "True"}, {"trim": True}),
    (
        layout() | {"StatusCallback": "https://example.org/x?y=1", "StatusCallbackMethod": "GET"},
        {"status_callback": "https://example.org/x?y=1", "status_callback_method": "GET"},
    ),
    (layout() | {"RoomSid": "RM" + ROOM[2:].upper()}, {}),
    (layout() | {"roomsid": "x", "Unknown": "1"}, {}),
]


@pytest.mark.parametrize(("form", "echoed"), CREATED)
@pytest.mark.parametrize("encoding", ["urlencoded", "multipart"])
def test_a_composition_is_created_and_echoed(
    client: TestClient, api: Api, form: Forms, echoed: Forms, encoding: str
) -> None:
    if "VideoLayout" in form:
        echoed = {"video_layout": {"grid": REGION}} | echoed
    if encoding == "urlencoded":
        answer = create(client, form)
    else:
        given = {"RoomSid": ROOM} | form
        pairs = [
            (name, (None, value))
            for name, values in given.items()
            for value in (values if isinstance(values, list) else [values])
        ]
        answer = client.post("/Compositions", files=pairs)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert {name: made[name] for name in DEFAULTS} == DEFAULTS | echoed
    assert made["account_sid"] == api.account.sid
    assert made["url"] == f"{URL}/v1/Compositions/{made['sid']}"
    assert made["links"] == {"media": f"{made['url']}/Media"}
    assert read(client, f"/Compositions/{made['sid']}") == made


def test_a_template_is_named_in_the_form_or_in_the_query(client: TestClient) -> None:
    row = {"RoomSid": ROOM, "Format": "mp4"}
    in_form = client.post("/Compositions", data=row | {"Template": "row"})
    in_query = client.post("/Compositions", params={"Template": "row"}, data=row)
    assert [one.status_code for one in (in_form, in_query)] == [201, 201]
    one, other = in_form.json(), in_query.json()
    assert one["roomreel"]["template"] == "row"
    assert one["video_layout"]["row"]["max_rows"] == 1
    for key in ("video_layout", "audio_sources", "resolution", "format", "trim"):
        assert one[key] == other[key]
    both = client.post("/Compositions", params={"Template": "row"}, data=row | {"Template": "grid"})
    assert both.status_code == 400
    assert "Template" in both.json()["message"]


def test_what_is_given_wins_over_the_template(client: TestClient) -> None:
    document = {
        "schema": "roomreel.template/1",
        "friendly_name": "mine",
        "audio_sources": ["a"],
        "resolution": "320x240",
        "frame_rate": "30000/1001",
        "trim": False,
        "window": {"start_ms": 1000},
    }
    form = {"Template": json.dumps(document), "AudioSources": "b", "Trim": "true"}
    made = create(client, form).json()
    assert (made["audio_sources"], made["resolution"], made["trim"]) == (["b"], "320x240", True)
    assert made["roomreel"]["frame_rate"] == "30000/1001"
    assert made["roomreel"]["template"] == "mine"
    assert made["roomreel"]["window"] == {"start_ms": 1000, "end_ms": None}
    odd = create(client, {"Template": json.dumps(document | {"frame_rate": 0})})
    assert odd.status_code == 400
    assert "Template (/frame_rate)" in odd.json()["message"]


REFUSED: list[tuple[Forms, str]] = [
    ({}, "VideoLayout or AudioSources"),
    ({"VideoLayout": "{}"}, "VideoLayout or AudioSources"),
    ({"VideoLayout": "null"}, "VideoLayout or AudioSources"),
    ({"VideoLayout": "{"}, "VideoLayout"),
    ({"VideoLayout": ""}, "VideoLayout"),
    ({"VideoLayout": "[]"}, "VideoLayout"),
    ({"VideoLayout": '{"a":{"video_sources":["*"]},"a":{"video_sources":["*"]}}'}, "VideoLayout"),
    ({"VideoLayout": "[" * 5000}, "VideoLayout"),
    ({"VideoLayout": json.dumps({f"r{n}": REGION for n in range(1001)})}, "VideoLayout"),
    ({"VideoLayout": '{"grid":{}}'}, "VideoLayout (/grid/video_sources)"),
    (layout(video_sources="RT1"), "VideoLayout (/grid/video_sources)"),
    (layout(video_sources=["a*b"]), "VideoLayout (/grid/video_sources/0)"),
    (layout(x_pos=625), "VideoLayout (/grid/x_pos)"),
    (layout(y_pos=465), "VideoLayout (/grid/y_pos)"),
    (layout(x_pos=-1), "VideoLayout (/grid/x_pos)"),
    (layout(x_pos=100, width=541), "VideoLayout (/grid/width)"),
    (layout(width=15), "VideoLayout (/grid/width)"),
    (layout(z_pos=100), "VideoLayout (/grid/z_pos)"),
    (layout(max_rows=0), "VideoLayout (/grid/max_rows)"),
    (layout(fit_anchor="middle"), "VideoLayout (/grid/fit_anchor)"),
    (layout(bars="blur"), "VideoLayout (/grid/bars)"),
    (layout(voice_sources=["*"]), "VideoLayout (/grid/voice_sources)"),
    (layout(unit="track"), "VideoLayout (/grid/unit)"),
    (layout(gap=201), "VideoLayout (/grid/gap)"),
    (layout(padding=233), "VideoLayout (/grid/padding)"),
    (layout(max_columns=1001), "VideoLayout (/grid/max_columns)"),
    (layout(cells_excluded=[1_000_000]), "VideoLayout (/grid/cells_excluded/0)"),
    (layout(reuse="all"), "VideoLayout (/grid/reuse)"),
    (layout(colour="red"), "VideoLayout (/grid"),
    (layout() | {"Resolution": "15x480"}, "Resolution"),
    (layout() | {"Resolution": "640X480"}, "Resolution"),
    (layout() | {"Resolution": "3841x16"}, "Resolution"),
    (layout() | {"Format": "mkv"}, "Format"),
    (layout() | {"Trim": "maybe"}, "Trim"),
    (layout() | {"Format": ["mp4", "webm"]}, "Format"),
    (layout() | {"StatusCallback": "ftp://example.org"}, "StatusCallback"),
    (layout() | {"StatusCallback": "https://example.org/" + "x" * 1004}, "StatusCallback"),
    (layout() | {"StatusCallbackMethod": "PUT"}, "StatusCallbackMethod"),
    ({"AudioSources": ""}, "AudioSources"),
    ({"AudioSources": "a*b"}, "AudioSources"),
    ({"AudioSources": '{"roles":"host"}'}, "AudioSources (/0"),
    ({"Template": "nobody's"}, "Template"),
    ({"RoomSid": "", "AudioSources": "*"}, "RoomSid"),
]


@pytest.mark.parametrize(("form", "words"), REFUSED, ids=lambda one: str(one)[:60])
def test_what_is_invalid_is_named(client: TestClient, form: Forms, words: str) -> None:
    answer = create(client, form)
    error = answer.json()
    assert (answer.status_code, error["status"], error["code"]) == (400, 400, 20001)
    assert words in error["message"]
    assert error["more_info"] == f"{URL}/docs/errors/20001"
    assert error.keys() == {"code", "message", "more_info", "status"}


@pytest.mark.parametrize("sid", ["RM" + "0" * 32, "RM1", sid_of("CJ", 1), "call 1"])
def test_an_unknown_room_is_53106(client: TestClient, sid: str) -> None:
    answer = client.post("/Compositions", data={"RoomSid": sid, "AudioSources": "*"})
    assert (answer.status_code, answer.json()["code"]) == (404, 53106)


COMPOSITION = {
    *("account_sid", "status", "date_created", "date_completed", "date_deleted", "sid", "room_sid"),
    *("audio_sources", "audio_sources_excluded", "video_layout", "resolution", "trim", "format"),
    *("bitrate", "size", "duration", "media_external_location", "status_callback"),
    *("status_callback_method", "url", "links"),
}
RECORDING = {
    *("account_sid", "status", "date_created", "sid", "source_sid", "size", "url", "type"),
    *("duration", "container_format", "codec", "grouping_sids", "track_name", "offset"),
    *("media_external_location", "links"),
}


def test_a_composition_has_the_keys_and_units_that_clients_know(client: TestClient) -> None:
    made = read(client, f"/Compositions/{composition_sid(4)}")
    assert made.keys() == COMPOSITION | {"roomreel"}
    sid = composition_sid(5)
    deleted = read(client, f"/Compositions/{sid}")
    assert deleted["status"] == "deleted"
    assert deleted["date_deleted"] == "2026-11-21T12:00:00Z"
    assert deleted["date_created"] == "2026-11-20T12:00:05Z"
    assert deleted["date_completed"] == "2026-11-20T12:00:43Z"
    # 37.71 s of 3 964 300 bytes.
    assert (deleted["bitrate"], deleted["size"], deleted["duration"]) == (841, 3_964_300, 38)
    failed = read(client, f"/Compositions/{composition_sid(1)}")
    assert (failed["status"], failed["date_completed"]) == ("failed", None)
    assert (failed["bitrate"], failed["size"], failed["duration"]) == (0, 0, 0)


def test_a_recording_has_the_keys_and_units_that_clients_know(client: TestClient) -> None:
    sid = sid_of("RT", 1, "audio")
    made = read(client, f"/Recordings/{sid}")
    own = {"status_callback", "status_callback_method"}
    assert made.keys() == RECORDING | own | {"roomreel"}
    assert made["duration"] == 1  # of 700 ms
    assert made["codec"] == "OPUS"
    assert made["container_format"] == "mka"
    assert (made["offset"], made["size"]) == (250, 5000)
    assert made["grouping_sids"] == {"room_sid": ROOM, "participant_sid": PERSON}
    assert made["links"] == {"media": f"{URL}/v1/Recordings/{sid}/Media"}
    of_room = read(client, f"/Rooms/{ROOM}/Recordings/{sid}")
    assert of_room.keys() == RECORDING | {"room_sid", "roomreel"}
    url = f"{URL}/v1/Rooms/{ROOM}/Recordings/{sid}"
    assert (of_room["url"], of_room["links"]) == (url, {"media": f"{url}/Media"})


def test_a_room_and_its_people_are_as_clients_know_them(client: TestClient) -> None:
    room = read(client, f"/Rooms/{ROOM}")
    assert room == read(client, "/Rooms/call 1")
    assert (room["status"], room["type"], room["unique_name"]) == ("completed", "group", "call 1")
    assert (room["date_created"], room["end_time"]) == (stamp(60), stamp(3600))
    assert room["date_updated"] == room["end_time"]
    assert room["duration"] == 3540
    going_on = read(client, f"/Rooms/{sid_of('RM', 4)}")
    assert (going_on["end_time"], going_on["duration"]) == (None, None)
    assert going_on["date_updated"] == going_on["date_created"]
    people = read(client, f"/Rooms/{ROOM}/Participants")["participants"]
    person = next(one for one in people if one["sid"] == PERSON)
    assert person == read(client, f"/Rooms/{ROOM}/Participants/audio")
    assert (person["status"], person["end_time"]) == ("disconnected", stamp(3600))
    assert person["links"].keys() == {
        *("published_tracks", "subscribed_tracks", "subscribe_rules", "anonymize")
    }


GONE = "0" * 32
FAILING: list[tuple[str, str, int, int]] = [
    ("GET", f"/Compositions/CJ{GONE}", 404, 20404),
    ("GET", "/Compositions/nobody", 404, 20404),
    ("DELETE", f"/Compositions/CJ{GONE}", 404, 20404),
    ("DELETE", f"/Compositions/{composition_sid(1)}", 409, 20409),
    ("GET", f"/Compositions/{composition_sid(1)}/Media", 404, 20404),
    ("GET", f"/Recordings/RT{GONE}", 404, 20404),
    ("GET", f"/Recordings/{sid_of('RT', 4, 'audio')}/Media", 404, 20404),
    ("DELETE", f"/Recordings/{sid_of('RT', 4, 'audio')}", 409, 20409),
    ("GET", f"/Rooms/RM{GONE}", 404, 53106),
    ("GET", f"/Rooms/RM{GONE}/Recordings", 404, 53106),
    ("GET", f"/Rooms/{sid_of('RM', 2)}/Recordings/{sid_of('RT', 1, 'audio')}", 404, 20404),
    ("GET", f"/Rooms/{ROOM}/Participants/PA{GONE}", 404, 20404),
    ("POST", "/Rooms", 501, 20501),
    ("GET", "/Rooms/x/Transcriptions", 501, 20501),
    ("POST", f"/Rooms/{ROOM}/RecordingRules", 400, 53120),
    ("POST", "/Rooms/nobody/RecordingRules", 404, 53106),
    ("PUT", "/Compositions", 405, 20004),
    ("GET", "/Nothing", 404, 20404),
]


@pytest.mark.parametrize(("method", "path", "status", "code"), FAILING)
def test_what_fails_is_in_the_envelope(
    client: TestClient, method: str, path: str, status: int, code: int
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status, answer.text
    error = answer.json()
    assert (error["status"], error["code"]) == (status, code)
    assert error["more_info"] == f"{URL}/docs/errors/{code}"


def test_another_method_says_all_that_there_are(client: TestClient) -> None:
    answer = client.patch(f"/Compositions/{composition_sid(1)}")
    assert answer.headers["allow"] == "GET, DELETE"
    assert client.patch("/Rooms").headers["allow"] == "GET, POST"


@pytest.mark.parametrize("digits", ["e" * 32, "ef23ceffdb4fe235400ac5a904d34813", "0" * 32])
@pytest.mark.parametrize("what", ["", "/Media", "/Plan"])
def test_a_sid_whose_time_is_none_is_of_nothing(client: TestClient, digits: str, what: str) -> None:
    assert client.get(f"/Compositions/CJ{digits}{what}").status_code == 404
    assert what or client.delete(f"/Compositions/CJ{digits}").status_code == 404


def test_what_is_deleted_is_gone_once_and_for_all(client: TestClient, api: Api) -> None:
    asked = create(client, layout()).json()["sid"]
    for sid in (asked, composition_sid(0)):
        assert client.delete(f"/Compositions/{sid}").status_code == 204
        assert client.delete(f"/Compositions/{sid}").status_code == 204
        gone = read(client, f"/Compositions/{sid}")
        assert gone["status"] == "deleted"
        assert gone["date_deleted"] >= gone["date_created"]
        assert client.get(f"/Compositions/{sid}/Media").status_code == 404
    # It never was completed.
    assert read(client, f"/Compositions/{asked}")["date_completed"] is None
    recording = sid_of("RT", 0, "video")
    answer = client.delete(f"/Rooms/{sid_of('RM', 0)}/Recordings/{recording}")
    assert (answer.status_code, answer.content) == (204, b"")
    listed = read(client, "/Recordings", Status="deleted")["recordings"]
    assert [one["sid"] for one in listed] == [recording]
    api.look()
    assert read(client, f"/Recordings/{recording}")["status"] == "deleted"


def test_without_a_key_nothing_is_said(client: TestClient) -> None:
    answer = client.get(f"/Compositions/{composition_sid(0)}", auth=("AC" + GONE, "x"))
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)
    assert answer.headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/x",
        "http://127.0.0.1:8000/x",
        "https://[::1]/x",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[::ffff:169.254.169.254]/latest/meta-data",
        "http://metadata.google.internal/",
        "https://example.org/\r\nX: y",
        "https://example.org\\@10.0.0.1/",
    ],
)
def test_a_callback_that_leads_to_ourselves_is_refused(client: TestClient, url: str) -> None:
    answer = create(client, layout() | {"StatusCallback": url})
    error = answer.json()
    assert (answer.status_code, error["status"], error["code"]) == (400, 400, 53662)
    assert error["message"].startswith("Parameter StatusCallback ")
