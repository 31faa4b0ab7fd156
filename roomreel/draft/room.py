"""A draft of a room from the recordings of a folder."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from roomreel.documents.text import LARGEST_INTEGER
from roomreel.draft.folder import FolderFile
from roomreel.draft.names import parse_name
from roomreel.model.media import PacketIndex
from roomreel.model.room import (
    MediaType,
    Participant,
    Recording,
    RecordingStatus,
    Room,
    RoomStatus,
)
from roomreel.plan.packets import activity

USUAL_TRACKS = {MediaType.AUDIO: "microphone", MediaType.VIDEO: "camera"}

RECORDING_SID = re.compile(r"RT[0-9a-fA-F]{32}")

LATEST = datetime(9999, 12, 31, tzinfo=UTC)
"""Files may claim to be of any time; documents have dates of four digits, from 1970 on."""


@dataclass(frozen=True, slots=True)
class FoundTrack:
    """A track of a media file: the how manieth of its type, and its packets."""

    file: FolderFile
    index: int
    packets: PacketIndex

    @property
    def path(self) -> Path:
        """The path of the file."""
        return self.file.path


def draft(name: str, found: Sequence[FoundTrack]) -> Room:
    """Return the room of these tracks; the same files give the same sids."""
    files = sorted({one.file for one in found})
    name = name.encode(errors="replace").decode()
    sizes = {file.path.name: file.size_bytes for file in files}
    room_sid = _sid("RM", *room_key(name, sizes))
    identities = {parse_name(one.path.stem).who: None for one in found}
    return Room(
        sid=room_sid,
        unique_name=name,
        status=RoomStatus.COMPLETED,
        participants=tuple(Participant(_sid("PA", room_sid, who), who) for who in identities),
        recordings=tuple(_recordings(room_sid, found)),
        # The best guess there is: a recording is not written to after the call.
        end_time=max(map(_written, files)),
    )


def room_key(name: str, sizes: Mapping[str, int]) -> tuple[str, ...]:
    """Return what tells rooms without documents apart: their name, and names and sizes of files."""
    return (name, *(f"{file}:{size}" for file, size in sorted(sizes.items())))


def track_name(named: str, kind: MediaType, index: int) -> str:
    """Return the name of a track of a file.

    Args:
        named: by the name of the file, or "".
        index: the how manieth of its kind in the file.
    """
    usual = named or USUAL_TRACKS[kind]
    return f"{usual} {index + 1}" if index else usual


def _recordings(room_sid: str, found: Sequence[FoundTrack]) -> Iterator[Recording]:
    tracks_in, taken = Counter(one.file for one in found), set[str]()
    for one in found:
        stem = one.path.stem
        # A sid is of one recording: not of two tracks of a file, nor of two files.
        named = RECORDING_SID.fullmatch(stem) and tracks_in[one.file] == 1 and stem not in taken
        taken.add(stem)
        yield _recording(room_sid, one, stem if named else "")


def _recording(room_sid: str, found: FoundTrack, sid: str) -> Recording:
    path, packets = found.path, found.packets
    name = parse_name(path.stem)
    key = (room_sid, path.name, packets.type, *([str(found.index)] if found.index else []))
    return Recording(
        sid=sid or _sid("RT", *key),
        source_sid=_sid("MT", *key),
        participant_sid=_sid("PA", room_sid, name.who),
        track_name=track_name(name.track, packets.type, found.index),
        type=packets.type,
        status=RecordingStatus.COMPLETED,
        container_format=path.suffix.lower().lstrip(".") or None,
        codec=packets.codec,
        claimed_duration_s=_duration_s(packets),
        claimed_size_bytes=found.file.size_bytes,
        media=path.name,
        track_index=found.index,
    )


def _duration_s(packets: PacketIndex) -> int | None:
    """Return the duration; None if its timestamps claim more than a document can hold."""
    active = activity(packets)
    seconds = None if active is None else round(active.span.duration + active.before)
    return seconds if seconds is not None and seconds <= LARGEST_INTEGER else None


def _sid(prefix: str, *key: str) -> str:
    return prefix + hashlib.sha256("\0".join(key).encode(errors="replace")).hexdigest()[:32]


def _written(file: FolderFile) -> datetime:
    try:
        written = datetime.fromtimestamp(max(file.modified_s, 0), UTC)
    except (OverflowError, ValueError, OSError):
        return LATEST
    return written.replace(microsecond=0)
