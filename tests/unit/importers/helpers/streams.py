"""Archives of streams as services write them, from plain numbers; times in ms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

CREATED = 1486407755924


@dataclass(frozen=True)
class Stream:
    """A file of a stream."""

    id: str
    start: int
    stop: int
    data: str = ""
    file: str | None = None
    kind: str = "camera"
    size: int = 1000


def vonage(streams: Sequence[Stream], **members: Any) -> dict[str, Any]:
    """Return what Vonage lists an archive as."""
    return {
        "createdAt": CREATED,
        "files": [
            {
                "connectionData": one.data,
                "filename": one.file or f"{one.id}.webm",
                "size": one.size,
                "startTimeOffset": one.start,
                "stopTimeOffset": one.stop,
                "streamId": one.id,
                "videoType": one.kind,
            }
            for one in streams
        ],
        "id": "b81a8b72-archive",
        "name": "weekly-standup",
        "sessionId": "2_session",
        **members,
    }


def openvidu(streams: Sequence[Stream], **members: Any) -> dict[str, Any]:
    """Return what OpenVidu 2 lists a recording as; `data` of a stream is its connection."""
    return {
        "createdAt": CREATED,
        "id": "lesson-7",
        "name": "lesson-7",
        "sessionId": "lesson",
        "files": [
            {
                "connectionId": one.data,
                "streamId": one.id,
                "size": one.size,
                "clientData": "",
                "serverData": "",
                "hasAudio": True,
                "hasVideo": True,
                "typeOfVideo": one.kind.upper(),
                "startTimeOffset": one.start,
                "endTimeOffset": one.stop,
            }
            for one in streams
        ],
        **members,
    }
