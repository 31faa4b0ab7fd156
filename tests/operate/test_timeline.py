"""A call from its beginning to its compositions, as an application sees it by REST and callbacks.

The room's manifest grows while it goes on, as a call service puts it; a composition is asked for
meanwhile, and a hook makes another one once the room is over.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from calls import Calls, hexid
from twilio.request_validator import RequestValidator

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from receiver import Receiver, receiver
from service_site import ServiceSite, create, wait_for_status

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PATIENCE_S = 180.0
OF_ROOM = {"AccountSid", "RoomSid", "RoomName", "RoomType", "StatusCallbackEvent", "Timestamp"}
OF_RECORDING = OF_ROOM | {
    "ParticipantSid",
    "ParticipantIdentity",
    "RecordingSid",
    "RecordingUri",
    "SourceSid",
    "TrackName",
    "Type",
    "Container",
    "Codec",
    "OffsetFromTwilioVideoEpoch",
}
OF_COMPOSITION = {
    "AccountSid",
    "RoomSid",
    "CompositionSid",
    "CompositionUri",
    "StatusCallbackEvent",
    "Timestamp",
}
OF_HOOK = {"HookSid", "HookUri", "HookFriendlyName"}
MADE = {"MediaUri", "Duration", "Size"}
PARAMETERS = {
    "room-created": OF_ROOM | {"RoomStatus"},
    "recording-started": OF_RECORDING,
    "recording-completed": OF_RECORDING | MADE,
    "room-ended": OF_ROOM | {"RoomStatus", "RoomDuration"},
    "composition-enqueued": OF_COMPOSITION | OF_HOOK,
    "composition-started": OF_COMPOSITION,
    "composition-progress": OF_COMPOSITION | {"PercentageDone", "SecondsRemaining"},
    "composition-available": OF_COMPOSITION | MADE,
}


class Room:
    """A room whose call service puts its manifest by the API."""

    def __init__(self, client: httpx.Client, callback: str) -> None:
        self.client = client
        self.sid = hexid("RM")
        self.begun = datetime.now(UTC) - timedelta(seconds=90)
        participant = {"sid": hexid("PA"), "identity": "ann"}
        self.document: dict[str, Any] = {
            "schema": "roomreel.room/1",
            "room": {
                "sid": self.sid,
                "unique_name": "standup",
                "type": "group",
                "status": "in-progress",
                "date_created": written(self.begun),
                "status_callback": callback,
            },
            "participants": [participant],
            "recordings": [],
        }
        self.recording = {
            "sid": hexid("RT"),
            "source_sid": hexid("MT"),
            "participant_sid": participant["sid"],
            "track_name": "microphone",
            "type": "audio",
            "codec": "opus",
            "container_format": "mka",
            "offset": 1000,
            "status": "processing",
        }

    def put(self) -> None:
        answer = self.client.put(f"/Rooms/{self.sid}/Manifest", json=self.document)
        assert answer.is_success, answer.text

    def record(self, **changed: Any) -> None:
        self.recording |= changed
        self.document["recordings"] = [self.recording]
        self.put()

    def end(self) -> None:
        self.document["room"] |= {"status": "completed", "end_time": written(datetime.now(UTC))}
        self.put()


def written(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.soak
def test_the_timeline_of_a_call(tmp_path: Path) -> None:
    calls = Calls(tmp_path, callback_allow=["127.0.0.1"])
    with (
        receiver(tmp_path / "told.jsonl") as told,
        ServiceSite(tmp_path, calls.config) as site,
        site.client() as client,
    ):
        room = Room(client, told.url("/ok/room"))
        room.put()
        until(lambda: names(told, "/ok/room") == ["room-created"])
        layout = {"AudioSources": "*", "Format": "webm"}
        asked = create(client, room.sid, **layout, StatusCallback=told.url("/ok/asked"))
        assert asked["status"] == "enqueued"
        hook = make_hook(client, layout | {"StatusCallback": told.url("/ok/hook")})

        room.record()
        path = f"/Recordings/{room.recording['sid']}"
        until(lambda: "recording-started" in names(told, "/ok/room"))
        assert client.get(path).json()["status"] == "processing"
        assert client.get(f"{path}/Media").status_code == 404
        sound = (calls.rooms / "good.webm").read_bytes()
        uploaded = client.put(f"/Rooms/{room.sid}{path}/Media", content=sound)
        assert uploaded.is_success, uploaded.text
        room.record(status="completed", duration=1, size=len(sound))
        until(lambda: "recording-completed" in names(told, "/ok/room"))
        assert client.get(path).json()["status"] == "completed"
        assert client.get(f"{path}/Media", follow_redirects=True).content == sound
        assert client.get(f"/Compositions/{asked['sid']}").json()["status"] == "enqueued"

        room.end()
        wait_for_status(client, asked["sid"], "completed", seconds=PATIENCE_S)
        until(lambda: "composition-available" in names(told, "/ok/asked"))
        until(lambda: "composition-available" in names(told, "/ok/hook"))
        until(lambda: "room-ended" in names(told, "/ok/room"))
        check_parameters(told, site, room, hook["sid"])
        hooked = {one["parameters"]["CompositionSid"] for one in given(told, "/ok/hook")}
        assert len(hooked | {asked["sid"]}) == 2
        check_a_change_composes_no_old_room(client, hook, hooked)


def make_hook(client: httpx.Client, form: dict[str, str]) -> dict[str, Any]:
    answer = client.post("/CompositionHooks", data={"FriendlyName": "each call"} | form)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def check_parameters(told: Receiver, site: ServiceSite, room: Room, hook: str) -> None:
    account, token = site.account
    in_room = names(told, "/ok/room")
    assert in_room[0] == "room-created"
    assert sorted(in_room) == sorted(name for name in PARAMETERS if name[0] == "r")
    for path, first in (
        ("/ok/asked", ["composition-started"]),
        ("/ok/hook", ["composition-enqueued", "composition-started"]),
    ):
        in_order = [name for name in names(told, path) if name != "composition-progress"]
        assert in_order == [*first, "composition-available"]
    validator = RequestValidator(token)
    for one in told.requests():
        parameters = one["parameters"]
        name = parameters["StatusCallbackEvent"]
        extra = OF_HOOK if one["target"] == "/ok/hook" else set()
        assert parameters.keys() | extra == PARAMETERS[name] | extra, name
        assert (parameters["AccountSid"], parameters["RoomSid"]) == (account, room.sid)
        assert datetime.fromisoformat(parameters["Timestamp"]).tzinfo is not None
        signature = one["headers"]["x-twilio-signature"]
        assert validator.validate(told.url(one["target"]), parameters, signature)
    (enqueued,) = (
        one["parameters"]
        for one in told.requests()
        if one["parameters"]["StatusCallbackEvent"] == "composition-enqueued"
    )
    assert enqueued["HookSid"] == hook
    assert enqueued["HookUri"] == f"/v1/CompositionHooks/{hook}"


def check_a_change_composes_no_old_room(
    client: httpx.Client, hook: dict[str, Any], hooked: set[str]
) -> None:
    changed = {"FriendlyName": hook["friendly_name"], "AudioSources": "microphone"}
    answer = client.post(f"/CompositionHooks/{hook['sid']}", data=changed)
    assert answer.status_code == 200, answer.text
    time.sleep(5)
    listed = client.get("/Compositions").json()["compositions"]
    assert len(listed) == len(hooked) + 1, json.dumps(listed)


def given(told: Receiver, path: str) -> list[dict[str, Any]]:
    """What came to a path, once: an answer that comes late has it sent again, as the same event."""
    came = [one for one in told.requests() if one["target"] == path]
    return [*{one["headers"]["i-twilio-idempotency-token"]: one for one in came}.values()]


def names(told: Receiver, path: str) -> list[str]:
    return [one["parameters"]["StatusCallbackEvent"] for one in given(told, path)]


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)
