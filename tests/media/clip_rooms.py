"""Rooms made of clips, as a manifest with its media beside it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Track:
    """One recording of a test room.

    Attributes:
        participant: identity; recordings with the same one share a participant.
        name: track name; recordings of one participant with the same name share a source sid.
        file: copied beside the manifest; None for a recording without a file.
        type: audio or video; unset: audio for an .mka file, else video.
        offset_ms: room time of container time 0.
        claims: more keys of the recording, such as status, codec or size.
    """

    participant: str
    name: str
    file: Path | None
    type: str | None = None
    offset_ms: int = 0
    claims: dict[str, Any] = field(default_factory=dict)


def sid(prefix: str, *words: object) -> str:
    """A sid that depends on the words alone."""
    return prefix + hashlib.sha256("\0".join(map(str, words)).encode()).hexdigest()[:32]


def room(
    folder: Path,
    tracks: Sequence[Track],
    *,
    name: str = "test-room",
    end_time: str = "2026-11-20T10:00:00Z",
    **claims: Any,
) -> Path:
    """Write a completed room with its media into a folder of its own.

    The recording of the n-th track (from 0) is `sid("RT", name, n)`, the room `sid("RM", name)`.

    Args:
        folder: where `<name>/room.json` is written.
        tracks: its recordings, in order.
        name: the room's unique name, and its folder's.
        end_time: UTC, ISO 8601.
        claims: more keys of `room`, or others for the ones above.

    Returns:
        The manifest's path.
    """
    home = folder / name
    home.mkdir(parents=True, exist_ok=True)
    people = dict.fromkeys(track.participant for track in tracks)
    document = {
        "schema": "roomreel.room/1",
        "room": {
            "sid": sid("RM", name),
            "unique_name": name,
            "status": "completed",
            "end_time": end_time,
            **claims,
        },
        "participants": [{"sid": sid("PA", name, who), "identity": who} for who in people],
        "recordings": [_recording(home, name, n, track) for n, track in enumerate(tracks)],
    }
    manifest = home / "room.json"
    manifest.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return manifest


def _recording(home: Path, room_name: str, number: int, track: Track) -> dict[str, Any]:
    recording = sid("RT", room_name, number)
    suffix = track.file.suffix if track.file else ""
    document: dict[str, Any] = {
        "sid": recording,
        "source_sid": sid("MT", room_name, track.participant, track.name),
        "participant_sid": sid("PA", room_name, track.participant),
        "track_name": track.name,
        "type": track.type or ("audio" if suffix == ".mka" else "video"),
        "status": "completed",
        "offset": track.offset_ms,
    }
    if track.file is not None:
        document["media"] = recording + suffix
        shutil.copyfile(track.file, home / (recording + suffix))
    return document | track.claims
