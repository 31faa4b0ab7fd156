"""The manifests of the sample rooms: what a service would claim of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from roomreel.samples.filming import SPARSE_BYTES, Facts
from roomreel.samples.script import Person, Room, Shot

OFFSET_MS = 155_137_307_765
"""Room time of container time 0: milliseconds since an epoch that only the service knows."""


def document(
    room: Room, base: datetime, facts: Sequence[Facts | None], made_by: str
) -> dict[str, Any]:
    """Return the manifest of a room.

    Args:
        room: its script.
        base: the room ended some hours before it.
        facts: of each shot; None for a recording without a file.
        made_by: kept as an attribute, to see whether a room is out of date.
    """
    began = creation_time(room, base)
    return {
        "schema": "roomreel.room/1",
        "room": {
            "sid": _sid("RM", room, base),
            "unique_name": room.name,
            "status": room.status,
            "type": "group",
            "date_created": _text(began),
        }
        | ({"end_time": _text(_ended(room, base))} if room.status == "completed" else {}),
        "participants": [
            {
                "sid": _sid("PA", room, base, person.identity),
                "identity": person.identity,
                "kind": person.kind,
            }
            | ({"display_name": person.name} if person.name else {})
            | ({"roles": list(person.roles)} if person.roles else {})
            | ({"avatar": avatar_name(person)} if person.has_avatar else {})
            for person in room.people
        ],
        "recordings": [
            _recording(room, shot, base, fact) for shot, fact in zip(room.shots, facts, strict=True)
        ],
        "events": [
            {"at_ms": OFFSET_MS + round(at_s * 1000), "type": "mark", "text": text}
            for at_s, text in room.marks
        ],
        "attributes": {"made_by": made_by},
    }


def _recording(room: Room, shot: Shot, base: datetime, facts: Facts | None) -> dict[str, Any]:
    began = creation_time(room, base) + timedelta(seconds=shot.parts[0].start)
    claims: dict[str, Any] = {
        "sid": _recording_sid(room, shot, base),
        "source_sid": _sid("MT", room, base, shot.person, shot.track, shot.again),
        "participant_sid": _sid("PA", room, base, shot.person),
        "track_name": shot.track,
        "type": "audio" if shot.is_audio else "video",
        "status": shot.status,
        "container_format": "mka" if shot.is_audio else "mkv",
        "codec": shot.codec.upper(),
        "offset": OFFSET_MS + round(shot.epoch_s * 1000),
        "date_created": _text(began.replace(microsecond=0)),
    }
    if facts is None:
        return claims
    claims |= {"duration": facts.duration_s, "media": media_name(room, shot, base)}
    if shot.fault == "sparse":
        return claims | {"size": SPARSE_BYTES}
    return claims | {"size": facts.size_bytes, "sha256": facts.sha256}


def media_name(room: Room, shot: Shot, base: datetime) -> str:
    """Return the file of a recording, named after its sid as services do."""
    return f"{_recording_sid(room, shot, base)}.{'mka' if shot.is_audio else 'mkv'}"


def avatar_name(person: Person) -> str:
    """Return the file of the avatar of a participant."""
    return f"{person.identity}.png"


def _recording_sid(room: Room, shot: Shot, base: datetime) -> str:
    return _sid("RT", room, base, shot.person, shot.track, shot.again)


def _sid(prefix: str, room: Room, base: datetime, *words: object) -> str:
    """Return a sid of the room, its end and the words: next week's room is another one."""
    key = "\0".join([room.name, _text(_ended(room, base)), *map(str, words)])
    return prefix + hashlib.sha256(key.encode()).hexdigest()[:32]


def _ended(room: Room, base: datetime) -> datetime:
    return base - timedelta(hours=room.ended_h)


def creation_time(room: Room, base: datetime) -> datetime:
    """Return the instant at which the room was created: time 0 of its clock."""
    return _ended(room, base) - timedelta(seconds=room.length_s)


def _text(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
