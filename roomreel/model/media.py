"""Facts about media files: metadata of storage, and packets. No decoded frame."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from roomreel.model.column import Column
from roomreel.model.encryption import Encryption
from roomreel.model.room import MediaType
from roomreel.model.sound_index import SoundIndex


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored media file by its metadata, before a byte of it is read.

    Attributes:
        location: local path, or the URL of an object.
        version: modification time in ns or an ETag: changes when the bytes do.
        encryption: how it is encrypted; None: it is not.
        metadata: of an object in S3, by lower-case name.
    """

    location: str
    size_bytes: int
    version: str
    encryption: Encryption | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, order=True)
class TrackPath:
    """The location of a track.

    Attributes:
        file: local path, or the pinned URL of an object in S3.
        index: which of the file's tracks of its type, in the file's order.
    """

    file: str
    index: int = 0


def size_of_files(stored: Iterable[Stored]) -> int:
    """Return the bytes of files; one that several recordings name counts once."""
    return sum({one.location: one.size_bytes for one in stored}.values())


def narrow(column: Column) -> Column:
    """Return the same values in 4 bytes each, if they fit."""
    try:
        return array("i", column)
    except OverflowError:
        return column


@dataclass(frozen=True, slots=True, eq=False)
class PacketIndex:
    """The packets of the one track a recording is about, in file order.

    All three columns have the same length (packets); times are in ticks of `time_base` seconds. A
    packet takes 13 bytes, of which there are 180 000 in an hour of sound.

    Attributes:
        codec: FFmpeg's lower-case name of the codec (not of a decoder), such as vp8 or av1.
        time_base: seconds a tick.
        pts: presentation timestamps.
        durations: 0 where the container has none.
        keys: 1 for a key frame (every audio packet is one).
        payload_bytes: of all packets together.
        delay: codec delay in seconds to skip at the start (Opus pre-skip); 0 for video.
        width: coded picture width in pixels, 0 for audio; likewise `height`.
        sample_rate: Hz, 0 for video; likewise `channels`.
        truncated: whether the file ends in the middle of an element.
        hidden: packets that are decoded and not shown, as an edit list says; they are not counted
            in the columns.
        primed: whether a hidden key frame comes before the first packet, which can so be shown.
        links: how often the file begins again after its beginning.
        mapped: whether a table maps its channels to coded ones, as Opus has it for more than two.
        pixel_format: FFmpeg's name, such as yuv420p; "" for audio, or where it is not known.
        sample_aspect: width of a pixel in heights.
        mirrored: whether a player mirrors the pictures, left to right; None where not known.
        rotation: degrees, 0 to 359, that it then turns them by; None where not known.
        timed: whether timestamps say when pictures are shown, and not only in which order they
            are decoded.
        audio_tracks: how many the file has; likewise `video_tracks`.
        shape_changes: key frames of another size, or with other parameter sets, than what the
            container or the key frame before said; None where not known.
    """

    type: MediaType
    codec: str
    time_base: Fraction
    pts: Column = field(default_factory=lambda: array("q"))
    durations: Column = field(default_factory=lambda: array("q"))
    keys: Column = field(default_factory=lambda: array("b"))
    payload_bytes: int = 0
    delay: Fraction = Fraction(0)
    width: int = 0
    height: int = 0
    sample_rate: int = 0
    channels: int = 0
    truncated: bool = False
    hidden: int = 0
    primed: bool = False
    links: int = 0
    mapped: bool = False
    pixel_format: str = ""
    sample_aspect: Fraction = Fraction(1)
    mirrored: bool | None = None
    rotation: int | None = None
    shape_changes: int | None = None
    timed: bool = True
    audio_tracks: int = 0
    video_tracks: int = 0

    def __post_init__(self) -> None:
        columns = (self.pts, self.durations, self.keys)
        if len({len(column) for column in columns}) != 1:
            raise ValueError("columns of different lengths")

    def __len__(self) -> int:
        return len(self.pts)


@dataclass(frozen=True, slots=True)
class Problem:
    """The reason why a recording cannot be used, or an anomaly of it: a code and plain words."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class MediaFile:
    """The facts about one recording's file when planning starts.

    Attributes:
        stored: None where there is no file.
        packets: None where no packet of the right type could be parsed.
        problem: why, where `stored` or `packets` is None.
        sha256: hex digest of the file as it is stored; None where no manifest claims one.
        sound: None where nobody asked for it, or it cannot be decoded.
        unheard: why, where it cannot.
    """

    stored: Stored | None = None
    packets: PacketIndex | None = None
    problem: Problem | None = None
    sha256: str | None = None
    sound: SoundIndex | None = None
    unheard: Problem | None = None
