"""Formats of media files: which are taken, what they are called, and what their clock counts from.

A format is known by the content of a file, never by its ending: what is stored in S3, encrypted or
without an ending is read like any other. So only formats are taken that say themselves what they
are and at which rate they run, of those that recorders, phones, cameras and editors write. Others
FFmpeg could read too; but every reader of what strangers wrote is one more that can be attacked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from re import Pattern


class Zero(StrEnum):
    """The zero from which timestamps in a file count."""

    OWN = "zero of its own"
    """Time 0 means something: a camera whose first picture is at 0.5 s began half a second late."""

    FIRST = "first timestamp"
    """The clock began anywhere: the earliest timestamp of all tracks of the file is time 0."""

    COUNTED = "frame rate"
    """There are no timestamps: pictures are counted, at the frame rate that the stream states."""


@dataclass(frozen=True, slots=True)
class MediaFormat:
    """A format that is taken.

    Attributes:
        name: what people call it.
        demuxers: what FFmpeg calls it.
        endings: usual ones of its files, in lower case, without the dot.
        zero: what its timestamps count from.
        stated: whether packets of pictures have all the timestamps and durations that there are;
            else FFmpeg completes them, and what it says of durations is a guess.
        decoding: whether timestamps say when pictures are decoded, not when they are shown.
        link: what stands where a file begins again: what comes then follows what was before.
        marked: whether FFmpeg marks the first packet of a track in a link.
        header: the first bytes of packets without pictures that announce a link to the decoder.
    """

    name: str
    demuxers: tuple[str, ...]
    endings: tuple[str, ...]
    zero: Zero = Zero.OWN
    stated: bool = False
    decoding: bool = False
    link: Pattern[bytes] | None = None
    marked: bool = False
    header: Pattern[bytes] | None = None


# A browser that recorded twice, or files put one after the other: another EBML header.
EBML = re.compile(rb"\x1a\x45\xdf\xa3.{1,64}?(?:webm|matroska)", re.DOTALL)

# A chain (RFC 3533, 4): the first pages of a stream have bit 1 of their flags set.
FIRST_PAGE = re.compile(rb"OggS\0[\x02\x03\x06\x07]")

OGG_HEADER = re.compile(rb"[\x80-\x82]theora|OVP80")


FORMATS = (
    MediaFormat(
        "Matroska, WebM",
        ("matroska", "webm"),
        ("mkv", "mka", "webm", "weba", "mk3d"),
        stated=True,
        link=EBML,
    ),
    MediaFormat(
        "MP4, QuickTime",
        ("mov", "mp4", "m4a", "3gp", "3g2", "mj2"),
        ("mp4", "m4a", "m4v", "m4b", "mov", "qt", "3gp", "3gpp", "3g2", "3ga", "f4v", "ismv"),
        stated=True,
    ),
    MediaFormat(
        "Ogg",
        ("ogg",),
        ("ogg", "oga", "ogv", "opus", "spx"),
        link=FIRST_PAGE,
        marked=True,
        header=OGG_HEADER,
    ),
    MediaFormat("WAV", ("wav", "w64"), ("wav", "wave", "bwf", "rf64", "w64")),
    MediaFormat("AIFF", ("aiff",), ("aiff", "aif", "aifc")),
    MediaFormat("AU", ("au",), ("au", "snd")),
    MediaFormat("CAF", ("caf",), ("caf",)),
    MediaFormat("FLAC", ("flac",), ("flac",)),
    MediaFormat("WavPack", ("wv",), ("wv",)),
    MediaFormat("TTA", ("tta",), ("tta",)),
    MediaFormat("AVI", ("avi",), ("avi", "divx"), decoding=True),
    MediaFormat("IVF", ("ivf",), ("ivf",)),
    MediaFormat("ASF", ("asf",), ("asf", "wmv", "wma")),
    MediaFormat("MXF", ("mxf",), ("mxf",)),
    MediaFormat("NUT", ("nut",), ("nut",)),
    MediaFormat("DV", ("dv",), ("dv", "dif")),
    MediaFormat("Y4M", ("yuv4mpegpipe",), ("y4m",)),
    MediaFormat("FLV", ("flv", "live_flv"), ("flv",), Zero.FIRST),
    MediaFormat("MPEG-TS", ("mpegts",), ("ts", "m2ts", "mts", "m2t"), Zero.FIRST),
    MediaFormat("MPEG-PS", ("mpeg",), ("mpg", "mpeg", "vob"), Zero.FIRST),
    MediaFormat("MP3", ("mp3",), ("mp3", "mp2", "mpga"), Zero.FIRST),
    MediaFormat("AAC", ("aac", "loas"), ("aac", "adts", "latm", "loas"), Zero.FIRST),
    MediaFormat("AMR", ("amr",), ("amr", "awb"), Zero.FIRST),
    MediaFormat("AC-3", ("ac3", "eac3"), ("ac3", "eac3", "ec3"), Zero.FIRST),
    MediaFormat("DTS", ("dts",), ("dts",), Zero.FIRST),
    MediaFormat("MPEG video", ("mpegvideo", "m4v"), ("m1v", "m2v", "mpv", "m4v"), Zero.COUNTED),
    MediaFormat("H.264", ("h264",), ("h264", "264", "avc"), Zero.COUNTED),
    MediaFormat("H.265", ("hevc",), ("h265", "265", "hevc"), Zero.COUNTED),
)
"""Every format that is taken; nothing else is opened."""

NO_RATE = "it does not say its frame rate; put it into Matroska or MP4"

PICTURE = "it is a picture"

PICTURE_BRANDS = frozenset({"avif", "avis", "mif1", "msf1", "heic", "heix", "heim", "heis"})
"""What HEIF and AVIF files say they are: photos, though they are built as MP4 is."""

REFUSED: Mapping[str, tuple[str, ...]] = {
    "it names other files or streams, and only the file itself is opened": (
        *("hls", "dash", "webm_dash_manifest", "concat"),
        *("sdp", "rtsp", "rtp", "sap"),
    ),
    PICTURE: ("image2", "gif", "apng", "jpegxl_anim", "ico"),
    "it is text": ("srt", "webvtt", "ass", "microdvd", "sami", "scc", "lrc", "tty"),
    NO_RATE: (
        *("h261", "h263", "vvc", "obu", "av1", "mjpeg", "mjpeg_2000", "mpjpeg"),
        *("rawvideo", "bitpacked", "v210", "v210x", "dirac"),
    ),
    "it does not say its sample rate; put it into WAV": (
        *("g722", "g726", "g726le", "gsm", "mulaw", "alaw", "sln"),
        *("u8", "s8", "s16le", "s16be", "s24le", "s24be", "s32le", "f32le", "f32be"),
    ),
}
"""What FFmpeg calls formats that people may try, by why they are not taken."""

STILL = "_pipe"
"""How FFmpeg's names of readers of still pictures end."""

TAKEN = ", ".join(known.name for known in FORMATS)
"""The names of all formats that are taken, for messages."""


def format_of(demuxer: str) -> MediaFormat | None:
    """Return the format that FFmpeg calls so (one name, or several with commas), if it is taken."""
    names = set(demuxer.split(","))
    return next((known for known in FORMATS if names & set(known.demuxers)), None)


def why_refused(demuxer: str) -> str:
    """Return the reason why a format that FFmpeg calls so is not taken."""
    if demuxer.endswith(STILL):
        return PICTURE
    reasons = (reason for reason, demuxers in REFUSED.items() if demuxer in demuxers)
    return next(reasons, "no recorder of calls writes it")
