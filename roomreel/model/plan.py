"""A plan: everything decided before a pixel is drawn."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from operator import attrgetter

from roomreel.model.framing import WHOLE, Framing
from roomreel.model.geometry import Rect, Size
from roomreel.model.layout import DEFAULT
from roomreel.model.look import BLACK, Asset, Colour, Overlay
from roomreel.model.loudness import LoudnessTarget
from roomreel.model.room import MediaType, Room
from roomreel.model.template import USUAL_CHAPTERS, ChapterKind, Format
from roomreel.model.time import Span

KEY_FRAME_S = 10
"""Most seconds between key frames: how long a player decodes, at most, after a seek."""


class WarningCode(StrEnum):
    """Codes of warnings of a completed composition. Stable: these stand in catalogs."""

    MEDIA_MISSING = "media-missing"
    MEDIA_EMPTY = "media-empty"
    MEDIA_TRUNCATED = "media-truncated"
    MEDIA_UNDECODABLE = "media-undecodable"
    RECORDING_FAILED = "recording-failed"
    RECORDING_DELETED = "recording-deleted"
    RULES_EXCLUDED = "rules-excluded"
    RECORDING_SHORT = "recording-short"
    CLAIM_DIFFERS = "claim-differs"
    LATE_KEYFRAME = "late-keyframe"
    SIZE_CHANGED = "size-changed"
    TIMESTAMP_GAP = "timestamp-gap"
    TIMESTAMP_BACKWARDS = "timestamp-backwards"
    CLOCK_DRIFT = "clock-drift"
    DUPLICATE_OVERLAP = "duplicate-overlap"
    SOURCES_NOT_SHOWN = "sources-not-shown"
    UNKNOWN_SOURCE = "unknown-source"
    STALE_INPUTS = "stale-inputs"
    REMAKE_FAILED = "remake-failed"
    CALLBACK_NOT_SENT = "callback-not-sent"
    TRACKS_PASSED_OVER = "tracks-passed-over"
    CLOCK_UNKNOWN = "clock-unknown"
    GLYPH_MISSING = "glyph-missing"
    AVATAR_MISSING = "avatar-missing"
    TEXT_INVALID = "text-invalid"
    LAYOUT_NEVER_ON = "layout-never-on"
    SPEAKER_UNKNOWN = "speaker-unknown"


@dataclass(frozen=True, slots=True, order=True)
class PlanWarning:
    """An anomaly that did not stop the composition; `recording_sid` is "" for the whole."""

    code: WarningCode
    recording_sid: str
    message: str

    def in_words(self, room: Room) -> str:
        """Return a line for people, who know names and no sids.

        Raises:
            KeyError: it is about a recording that the room does not have.
        """
        about = f" {room.named(self.recording_sid)}" if self.recording_sid else ""
        return f"{self.code}{about}: {self.message}"


@dataclass(frozen=True, slots=True)
class RegionGrid:
    """A region resolved to pixels and cells; 0 rows and columns where it has no source.

    Attributes:
        bars: colour beside a picture that does not fill its cell; None for what is below it.
        corner_radius: pixels, of its cells; of the pictures themselves where there are no bars.
        layout: the name of the layout that it is of.
    """

    name: str
    rect: Rect
    z: int
    columns: int
    rows: int
    bars: Colour | None = BLACK
    corner_radius: int = 0
    layout: str = DEFAULT

    @property
    def key(self) -> str:
        """Its name, with that of its layout where that is not the default one."""
        return self.name if self.layout == DEFAULT else f"{self.layout}\0{self.name}"


@dataclass(frozen=True, slots=True)
class LayoutStretch:
    """Frames [start_frame, end_frame) in which one layout is on."""

    name: str
    start_frame: int
    end_frame: int
    regions: tuple[RegionGrid, ...]


@dataclass(frozen=True, slots=True)
class Placement:
    """One recording shown in one cell during one scene.

    Attributes:
        rect: the cell, floor edges, in canvas pixels.
        media_start: container time in seconds of the instant of the scene's first frame.
    """

    recording_sid: str
    region: str
    cell: int
    rect: Rect
    z: int
    media_start: Fraction
    framing: Framing = WHOLE
    layout: str = DEFAULT


@dataclass(frozen=True, slots=True)
class Scene:
    """Frames [start_frame, end_frame) in which the same sources sit at the same places.

    Attributes:
        placements: in drawing order, lowest first.
    """

    start_frame: int
    end_frame: int
    placements: tuple[Placement, ...] = ()


@dataclass(frozen=True, slots=True)
class AudioClip:
    """A stretch of one recording that is heard.

    Attributes:
        span: output time in seconds.
        media_start: container time in seconds of the clip's first instant.
        gain_db: how much louder it is heard than it was recorded, in tenths.
    """

    recording_sid: str
    span: Span
    media_start: Fraction
    gain_db: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Chapter:
    """A mark in output time, in seconds, with words for a person."""

    start: Fraction
    title: str


@dataclass(frozen=True, slots=True)
class OutputSegment:
    """A stretch of the room clock that is in the output.

    Attributes:
        room: seconds on the room clock.
        start: output time of its first instant, in seconds.
    """

    room: Span
    start: Fraction


@dataclass(frozen=True, slots=True)
class Source:
    """A recording the composition includes.

    Attributes:
        span: effective activity on the room clock, seconds.
        track_index: which of its file's tracks of the type it is.
        media_end: container time in seconds of the end of the span.
        gaps: stretches of the span, each longer than 2 s, without a packet; room clock.
        shown: seconds of output in which it is displayed or heard.
    """

    recording_sid: str
    type: MediaType
    span: Span
    media_end: Fraction
    gaps: tuple[Span, ...]
    shown: Fraction
    track_index: int = 0


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Frames [start_frame, end_frame) of a composition of `of` frames."""

    start_frame: int
    end_frame: int
    of: int


@dataclass(frozen=True, slots=True)
class SpeakerStretch:
    """Frames [start_frame, end_frame) in which a participant is the active speaker."""

    participant_sid: str
    start_frame: int
    end_frame: int


@dataclass(frozen=True, slots=True)
class Passthrough:
    """The copy of the pictures of one recording, packet by packet; or the reason against one.

    Attributes:
        recording_sid: "" where they are not.
        start: output time in seconds of the first picture.
        media_end: container time in seconds at which the last picture ends.
        refused: the reason in words, or "".
        sound: whether the one sound there is is copied, too.
    """

    recording_sid: str = ""
    start: Fraction = Fraction(0)
    media_end: Fraction = Fraction(0)
    refused: str = ""
    sound: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """One composition, decided.

    Attributes:
        length: exact output time in seconds; `frame_count` is its ceiling in frames, but for a
            copy, which has the frames of its source.
        scenes: tile [0, frame_count) without gap or overlap.
        has_video: whether a region has a cell; False writes no video stream.
        kept: what of the room clock is in the output, in order.
        sources: every included recording, by (start, sid).
        source_bytes: stored size of the files of all selected recordings.
        source_duration: seconds of media included.
        passthrough: None where the template does not ask for a copy.
        window: of which frames of the whole composition this is the plan; None: of all.
        overlays: what is drawn over and under pictures, in drawing order.
        assets: the files that overlays draw, by path.
        chapter_kinds: what begins a chapter.
        loudness: that its sound is brought to; None: the mix stays as loud as it is.
        regions: of the layout that is on in the first frame.
        layouts: the stretches of layouts, which tile [0, frame_count); empty where one layout is
            on all the time.
        speaker: the stretches of active speakers, which tile them, too; empty where nothing asks
            who talks, or nobody does.
    """

    room_sid: str
    room_name: str
    template: str
    resolution: Size
    format: Format
    frame_rate: Fraction
    frame_count: int
    length: Fraction
    source_bytes: int
    has_video: bool
    regions: tuple[RegionGrid, ...]
    scenes: tuple[Scene, ...]
    audio: tuple[AudioClip, ...]
    chapters: tuple[Chapter, ...]
    kept: tuple[OutputSegment, ...]
    sources: tuple[Source, ...]
    warnings: tuple[PlanWarning, ...]
    passthrough: Passthrough | None = None
    window: Excerpt | None = None
    overlays: tuple[Overlay, ...] = ()
    assets: tuple[Asset, ...] = ()
    chapter_kinds: frozenset[ChapterKind] = USUAL_CHAPTERS
    loudness: LoudnessTarget | None = None
    layouts: tuple[LayoutStretch, ...] = ()
    speaker: tuple[SpeakerStretch, ...] = ()

    @property
    def all_regions(self) -> tuple[RegionGrid, ...]:
        """The regions of every stretch, each layout's together; some may be there twice."""
        of_stretches = [region for stretch in self.layouts for region in stretch.regions]
        return tuple(of_stretches) or self.regions

    def regions_at(self, frame: int) -> tuple[RegionGrid, ...]:
        """Return the regions of the layout that is on in a frame."""
        on = self._on(frame)
        return self.regions if on is None else on.regions

    def layout_at(self, frame: int) -> str:
        """Return the name of the layout that is on in a frame; "" where one is all the time."""
        on = self._on(frame)
        return "" if on is None else on.name

    def _on(self, frame: int) -> LayoutStretch | None:
        number = bisect_right(self.layouts, frame, key=attrgetter("start_frame"))
        return self.layouts[number - 1] if number else None

    @property
    def copied(self) -> Passthrough | None:
        """The copy that is made of a recording's pictures; None where they are composed."""
        wanted = self.passthrough
        return wanted if wanted is not None and wanted.recording_sid else None

    @property
    def copies_sound(self) -> bool:
        """True if the sound is a copy, too."""
        return self.copied is not None and self.copied.sound

    @property
    def duration(self) -> Fraction:
        """Seconds of the whole frames; of a copy, whose frames last as they may, of all of it."""
        return self.length if self.copied else self.frame_count / self.frame_rate

    @property
    def media_ends(self) -> dict[str, Fraction]:
        """By recording sid, container time in seconds at which a source is over."""
        return {source.recording_sid: source.media_end for source in self.sources}

    @property
    def tracks(self) -> dict[str, int]:
        """By recording sid, which of its file's tracks a source is."""
        return {source.recording_sid: source.track_index for source in self.sources}

    @property
    def source_duration(self) -> Fraction:
        """Seconds of media included, all sources together."""
        return sum((source.span.duration for source in self.sources), Fraction(0))

    @property
    def used_duration(self) -> Fraction:
        """Seconds of the media of which anything is seen or heard, all of them together."""
        used = (source.span.duration for source in self.sources if source.shown)
        return sum(used, Fraction(0))
