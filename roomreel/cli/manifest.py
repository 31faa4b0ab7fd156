"""`roomreel manifest FOLDER`: a draft of a room manifest from the media files of a folder."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from roomreel.cli import console
from roomreel.cli.options import Config
from roomreel.errors import NotFound, StorageFailed
from roomreel.model.media import PacketIndex, Problem, TrackPath
from roomreel.model.room import (
    MediaType,
    Participant,
    Recording,
    RecordingStatus,
    Room,
    RoomStatus,
)

if TYPE_CHECKING:
    from roomreel.settings import Settings

FILE_NAME = "room.json"
SUFFIXES = {".mkv", ".mka", ".webm", ".mp4", ".m4a", ".mov", ".ogg", ".opus", ".wav", ".ts"}
USUAL_TRACKS = {MediaType.AUDIO: "microphone", MediaType.VIDEO: "camera"}

# "alice-camera", "Bob Smith_screen 2": who comes first. A name without a dash is all who.
_WHO_AND_WHAT = re.compile(r"(.+?)(?:\s*[-_]\s*(.+))?", re.DOTALL)
_RECORDING_SID = re.compile(r"RT[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Found:
    """One track of one media file."""

    file: Path
    packets: PacketIndex


def manifest(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the recordings lie.")],
    name: Annotated[
        str | None, typer.Option("--name", help="The room's unique name; unset: the folder's.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a manifest.")] = False,
    config: Config = None,
) -> None:
    """Draft FOLDER/room.json from recordings, so that `plan` and `compose` can be tried on them.

    A file named alice-camera.mkv is taken for the track "camera" of "alice". All containers are
    taken to share one clock: edit "offset" (ms) where one does not.
    """
    target = folder / FILE_NAME
    if target.exists() and not force:
        raise typer.BadParameter(f"{target} is there already; --force replaces it")
    from roomreel.settings import load

    found = probe(media_files(folder), load(config))
    if not found:
        raise NotFound(
            f"no file in {folder} has sound or pictures that can be read",
            f"known endings: {' '.join(sorted(SUFFIXES))}",
        )
    write(draft(name or folder.resolve().name or "room", found), target)


def media_files(folder: Path) -> list[Path]:
    """The media files of a folder by their endings, sorted; no links, and no hidden files.

    Raises:
        NotFound: there is no such folder.
        StorageFailed: it cannot be listed.
    """
    try:
        return sorted(
            file
            for file in folder.iterdir()
            if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")
            if file.is_file() and not file.is_symlink()
        )
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(f"there is no folder {folder}") from error
    except (OSError, ValueError) as error:
        raise StorageFailed(f"cannot list {folder}: {error}") from error


def probe(files: Iterable[Path], settings: Settings) -> list[Found]:
    """The audio and video tracks of files, in order; says which file has none."""
    from roomreel.media.probe import Probe, index_isolated

    found: list[Found] = []
    for file in files:
        size = file.stat().st_size
        probes = [Probe(kind, TrackPath(str(file)), size, kind) for kind in USUAL_TRACKS]
        indexed = index_isolated(probes, settings.memory_limit_bytes).values()
        tracks = [Found(file, index) for index in indexed if isinstance(index, PacketIndex)]
        if not tracks:
            why = next((one.message for one in indexed if isinstance(one, Problem)), "")
            console.say(f"left out: {file}: {why}", "yellow")
        found += tracks
    return found


def draft(name: str, found: list[Found]) -> Room:
    """The room of those tracks; the same files give the same sids."""
    files = sorted({one.file for one in found})
    key = [name, *(f"{file.name}:{file.stat().st_size}" for file in files)]
    room_sid = _sid("RM", *key)
    recordings = tuple(_recording(room_sid, one) for one in found)
    identities = {_who(one.file): None for one in found}
    return Room(
        sid=room_sid,
        unique_name=name,
        status=RoomStatus.COMPLETED,
        participants=tuple(Participant(_sid("PA", room_sid, who), who) for who in identities),
        recordings=recordings,
        # The best guess there is: nobody wrote to a recording after the call.
        end_time=max(_written(file) for file in files),
    )


def write(room: Room, target: Path) -> None:
    """Write the manifest, and say what to do with it."""
    from roomreel.cli.files import write_text
    from roomreel.documents.manifest import manifest_text

    write_text(target, manifest_text(room))
    console.out_literal(str(target))
    console.say(
        f"{len(room.recordings)} recordings of {len(room.participants)} participants; next:"
    )
    out = f"{target.absolute().parent.name or 'room'}.mp4"
    argv = ["roomreel", "compose", str(target), "--template", "grid", "--out", out]
    console.say(f"  {shlex.join(argv)}")


def _recording(room_sid: str, found: Found) -> Recording:
    file, packets = found.file, found.packets
    stem_is_sid = _RECORDING_SID.fullmatch(file.stem)
    first, last = min(packets.pts), max(packets.pts)
    return Recording(
        sid=file.stem if stem_is_sid else _sid("RT", room_sid, file.name, packets.type),
        source_sid=_sid("MT", room_sid, file.name, packets.type),
        participant_sid=_sid("PA", room_sid, _who(file)),
        track_name=_what(file) or USUAL_TRACKS[packets.type],
        type=packets.type,
        status=RecordingStatus.COMPLETED,
        container_format=file.suffix.lower().lstrip("."),
        codec=packets.codec,
        claimed_duration_s=round((last - first) * packets.time_base),
        claimed_size_bytes=file.stat().st_size,
        media=file.name,
    )


def _who(file: Path) -> str:
    match = _WHO_AND_WHAT.fullmatch(file.stem)
    return match[1].strip() or file.stem if match else file.stem


def _what(file: Path) -> str | None:
    match = _WHO_AND_WHAT.fullmatch(file.stem)
    return match[2] if match else None


def _sid(prefix: str, *key: str) -> str:
    return prefix + hashlib.sha256("\0".join(key).encode(errors="replace")).hexdigest()[:32]


def _written(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC).replace(microsecond=0)
