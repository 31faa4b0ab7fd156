"""Documents of LiveKit's egresses, from plain numbers; times in ns since 1970."""

from __future__ import annotations

from typing import Any

ROOM = {"room_id": "RM_session", "room_name": "standup"}
FIRST = 1736317932123456789
SECOND = 1736317932535000000
ASKED = 1736317930000000000


def manifest(number: int, file: str | None, **members: Any) -> dict[str, Any]:
    """Return what lies beside the file of an egress."""
    files = [{"filename": file, "location": f"s3://bucket/{file}"}] if file else None
    document = {
        "egress_id": f"EG_{number}",
        **ROOM,
        "started_at": ASKED,
        "ended_at": SECOND + 10**10,
        "files": files,
        **members,
    }
    return {name: value for name, value in document.items() if value is not None}


def info(
    number: int, file: str | None, start: int | None = None, end: int | None = None, **members: Any
) -> dict[str, Any]:
    """Return what the API says of an egress."""
    result = {"filename": file, "startedAt": start, "endedAt": end, "size": 1000}
    said = {name: str(value) for name, value in result.items() if value is not None}
    return {
        "egressId": f"EG_{number}",
        "roomId": ROOM["room_id"],
        "roomName": ROOM["room_name"],
        "status": "EGRESS_COMPLETE",
        "startedAt": str(ASKED),
        "fileResults": [said],
        **members,
    }


def track(track_id: str) -> dict[str, Any]:
    """Return the request for one track, as an info has it."""
    return {"track": {"roomName": ROOM["room_name"], "trackId": track_id}}


def camera(number: int, file: str | None, identity: str = "ana", **members: Any) -> dict[str, Any]:
    """Return the manifest of a camera."""
    said = {
        "publisher_identity": identity,
        "track_id": f"TR_{identity}{number}",
        "track_kind": "video",
        "track_source": "camera",
    }
    return manifest(number, file, **{**said, **members})
