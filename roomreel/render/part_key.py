"""Names of parts: digests of what decides them, over lists of members that can grow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from roomreel import __version__
from roomreel.documents.digest import First, digest_of
from roomreel.model.framing import Framing
from roomreel.model.geometry import Rect, Size
from roomreel.model.look import (
    Avatar,
    Border,
    Box,
    ClockText,
    Colour,
    Fill,
    Image,
    Initials,
    MicOff,
    Outline,
    Overlay,
    OverlayState,
    Style,
    Text,
)
from roomreel.model.loudness import LoudnessTarget
from roomreel.model.plan import AudioClip, Passthrough, Placement, Scene
from roomreel.model.template import Format
from roomreel.model.time import Span

SCHEMA = "roomreel.part/1"
_DIGITS = 32


@dataclass(frozen=True, slots=True)
class SourceKey:
    """The bytes of a recording that decide a part, not where a copy of them lies.

    Attributes:
        media_end: container time in seconds of the end of what is used of it.
        size_bytes: of its file, as `version`; None where it is left out.
        track: which of the file's tracks of its type.
    """

    recording_sid: str
    media_end: Fraction
    size_bytes: int | None = None
    version: str | None = None
    track: int = 0


@dataclass(frozen=True, slots=True)
class PicturesKey:
    """Everything that decides the part that holds some of the frames.

    Attributes:
        overlays: with what they show in these frames, and nothing else.
        bars: of regions where they are not black.
        radii: of the corners of regions where they are rounded.
        drawn_with: the libraries and fonts that draw them; "" where there are none.
    """

    frames: range
    scenes: tuple[Scene, ...]
    sources: tuple[SourceKey, ...]
    encoder: str
    quality: str
    options: Mapping[str, str]
    resolution: Size
    format: Format
    frame_rate: Fraction
    copied: Passthrough | None
    overlays: tuple[Overlay, ...] = ()
    bars: Mapping[str, Colour | None] = field(default_factory=dict)
    radii: Mapping[str, int] = field(default_factory=dict)
    drawn_with: str = ""


@dataclass(frozen=True, slots=True)
class SoundKey:
    """Everything that decides the part that holds all sound."""

    audio: tuple[AudioClip, ...]
    sources: tuple[SourceKey, ...]
    duration: Fraction
    format: Format
    copies_sound: bool
    loudness: LoudnessTarget | None = None


@dataclass(frozen=True, slots=True)
class MixKey:
    """Everything that decides the measurement of a mix."""

    audio: tuple[AudioClip, ...]
    sources: tuple[SourceKey, ...]
    duration: Fraction


PartKey = PicturesKey | SoundKey | MixKey

FIRST: First = {
    PicturesKey: (
        *("frames", "scenes", "sources", "encoder", "quality", "options"),
        *("resolution", "format", "frame_rate", "copied"),
    ),
    SoundKey: ("audio", "sources", "duration", "format", "copies_sound"),
    MixKey: ("audio", "sources", "duration"),
    SourceKey: ("recording_sid", "media_end", "size_bytes", "version", "track"),
    Scene: ("start_frame", "end_frame", "placements"),
    Placement: ("recording_sid", "region", "cell", "rect", "z", "media_start"),
    Framing: ("fit", "anchor", "mirror"),
    AudioClip: ("recording_sid", "span", "media_start"),
    LoudnessTarget: ("target_lufs", "true_peak_dbtp"),
    Passthrough: ("recording_sid", "start", "media_end", "refused", "sound"),
    Rect: ("x", "y", "width", "height"),
    Size: ("width", "height"),
    Span: ("start", "end"),
    Overlay: ("kind", "rect", "z", "states", "region", "cell", "opacity", "anchor"),
    OverlayState: ("start_frame", "end_frame", "drawing"),
    Fill: ("color",),
    Initials: ("text", "color"),
    MicOff: (),
    Border: ("width", "color", "radius"),
    Image: ("path", "sha256", "fit"),
    Avatar: ("participant_sid", "sha256"),
    Text: ("text", "style"),
    ClockText: ("clock", "format", "at", "style"),
    Style: (*("font", "weight", "italic", "size", "color", "outline", "box", "align", "lines"),),
    Outline: ("width", "color"),
    Box: ("color", "padding", "radius"),
    Colour: ("red", "green", "blue", "alpha"),
}
"""What entered the names of parts in the first version: see `roomreel.documents.digest`."""


def part_name(key: PartKey) -> str:
    """Return the name of the part that these values and the version of the engine decide."""
    return digest_of(f"{SCHEMA} {__version__}", key, FIRST)[:_DIGITS]
