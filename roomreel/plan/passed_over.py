"""Tracks passed over: those of files that no recording of the room names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from roomreel.model.media import MediaFile, PacketIndex
from roomreel.model.plan import PlanWarning, WarningCode
from roomreel.model.room import MediaType, Recording, Room


def tracks_passed_over(
    room: Room, chosen: Iterable[Recording], media: Mapping[str, MediaFile]
) -> Iterator[PlanWarning]:
    """Yield a warning for each file with tracks that no recording names, on its first recording.

    Args:
        room: whose recordings name tracks, selected or not, in whatever status.
        chosen: the selected recordings.
        media: by recording sid, at least of what is selected.
    """
    paths = _paths(room, media)
    named: dict[str | None, set[tuple[MediaType, int]]] = defaultdict(set)
    for recording in room.recordings:
        file = paths.get(recording.media, recording.media)
        named[file].add((recording.type, recording.track_index))
    reported: set[str | None] = set()
    for recording in sorted(chosen, key=lambda recording: recording.sid):
        file = paths.get(recording.media, recording.media)
        packets = media.get(recording.sid, MediaFile()).packets
        if packets is None or file in reported:
            continue
        reported.add(file)
        unnamed = [track for track in _tracks(packets) if track not in named[file]]
        if unnamed:
            words = ", ".join(f"{type_} {index}" for type_, index in unnamed)
            message = f"its file has tracks that no recording names (track_index): {words}"
            yield PlanWarning(WarningCode.TRACKS_PASSED_OVER, recording.sid, message)


def _paths(room: Room, media: Mapping[str, MediaFile]) -> dict[str | None, str]:
    """Return locations by `media` as it is written: one file may be written in several ways."""
    stored = ((recording.media, media.get(recording.sid)) for recording in room.recordings)
    return {name: found.stored.location for name, found in stored if found and found.stored}


def _tracks(packets: PacketIndex) -> Iterator[tuple[MediaType, int]]:
    """Yield every track of the file, as recordings name them."""
    counts = {MediaType.AUDIO: packets.audio_tracks, MediaType.VIDEO: packets.video_tracks}
    for media_type, count in counts.items():
        yield from ((media_type, index) for index in range(count))
