"""The Matroska file of Jitsi's multitrack recorder: all tracks of a meeting in one."""

from __future__ import annotations

from roomreel.importers.claims import (
    Anchor,
    Claim,
    Clock,
    Draft,
    DraftParticipant,
    DraftTrack,
    Grade,
    Piece,
)
from roomreel.importers.port import Listing
from roomreel.importers.vendors.mka_header import MkaTrack, tracks_of
from roomreel.model.room import MediaType

FILE = "recording.mka"
HEAD = 262_144
"""Bytes in which all tracks and their tags are named."""


def tracks_in(files: Listing, name: str) -> list[MkaTrack]:
    """Return the tracks of sound that a file names, in order; none where it is another file."""
    if name.rsplit("/", 1)[-1] != FILE:
        return []
    return [one for one in tracks_of(files.head(name, HEAD)) if one.is_sound]


def endpoint_of(tag: str) -> str:
    """Return the participant that a tag is of: what stands before its last dash."""
    return tag.rpartition("-")[0] or tag


def draft_of_mka(name: str, tracks: list[MkaTrack], meeting: str) -> Draft:
    """Return the room of a file: its tracks have one clock, which counts from its first frame.

    A track that begins again after a long pause is another one of the same name.
    """
    pieces = dict[tuple[str, str], list[Piece]]()
    clock = Clock(Claim(0, name), Anchor.ZERO, Grade.GOOD, "jitsi/container")
    for index, track in enumerate(tracks):
        tag = track.name or str(index)
        who = track.tags.get("endpoint_id") or endpoint_of(tag)
        pieces.setdefault((who, tag), []).append(Piece(name, clock, track_index=index))
    return Draft(
        id=f"{tracks[0].name}@{tracks[0].uid}",
        name=meeting,
        participants=tuple(
            DraftParticipant(who, who) for who in sorted({who for who, _ in pieces})
        ),
        tracks=tuple(
            DraftTrack(who, tag, "microphone", MediaType.AUDIO, tuple(some))
            for (who, tag), some in pieces.items()
        ),
    )
