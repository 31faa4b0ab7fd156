"""A room that comes by the API: its manifests, and how they and its media are put."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
from api_in_process import Api, sid_of

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


def put(client: TestClient, document: Any, room: str = ROOM) -> Any:
    return client.put(f"/Rooms/{room}/Manifest", json=document)


def put_medium(client: TestClient, sid: str, content: Any, **headers: str) -> Any:
    return client.put(f"/Rooms/{ROOM}/Recordings/{sid}/Media", content=content, headers=headers)


def left(api: Api) -> dict[str, bytes]:
    folder = api.service.settings.rooms_root / ROOM
    assert isinstance(folder, Path)
    return {path.name: path.read_bytes() for path in folder.glob("*") if path.name != "room.json"}
