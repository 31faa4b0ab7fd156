"""Kinds and names of tracks of LiveKit: from its words for their sources, and from their ids."""

from __future__ import annotations

import re
from dataclasses import dataclass

from roomreel.model.room import MediaType

_KINDS = {"audio": MediaType.AUDIO, "video": MediaType.VIDEO}
_NAMES = {
    "camera": "camera",
    "microphone": "microphone",
    "screen_share": "screen",
    "screen_share_audio": "screen-audio",
}
_OF_NAME = {
    "camera": MediaType.VIDEO,
    "microphone": MediaType.AUDIO,
    "screen": MediaType.VIDEO,
    "screen-audio": MediaType.AUDIO,
}
_IN_ID = {"VC": "camera", "AM": "microphone", "VS": "screen", "As": "screen-audio"}
_ID = re.compile(r"TR_([VA][CMSs])[0-9A-Za-z]{8,}")
_USUAL = {MediaType.VIDEO: "camera", MediaType.AUDIO: "microphone"}


@dataclass(frozen=True, slots=True)
class Source:
    """The kind of a track, and the name that templates select it by; None: not known."""

    kind: MediaType | None = None
    name: str | None = None

    def name_as(self, kind: MediaType) -> str:
        """Return its name; that of most tracks of this kind where it is not known."""
        return self.name or _USUAL[kind]


def source_named(kind: str | None, source: str | None) -> Source:
    """Return what is meant by LiveKit's words, in any case."""
    name = _NAMES.get((source or "").lower())
    return Source(_KINDS.get((kind or "").lower()) or _OF_NAME.get(name or ""), name)


def source_in_id(track: str) -> Source:
    """Return what the id of a track says: its letters behind TR_ are of kind and source."""
    match = _ID.fullmatch(track)
    name = _IN_ID.get(match[1]) if match else None
    return Source(_OF_NAME.get(name or ""), name)
