"""Files whose pictures or sound are stored oddly, made by FFmpeg's command and by surgery."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import av
from foreign import FPS, H264, H264_B, VP8, X264, ffmpeg, steps, tones, video

Make = Callable[[Path], Path]

TS_PACKET = 188
"""Bytes of a packet of a transport stream; the first three have its tables."""


def trimmed(
    folder: Path, start: float, *more: object, encoder: tuple[object, ...] = H264_B
) -> Path:
    """Pictures and sound cut without encoding: an edit list hides what is before the cut."""
    whole = video(folder / "whole.mp4", *encoder, "-c:a", "aac", count=75, beside=steps(3))
    ffmpeg("-ss", start, "-i", whole, "-c", "copy", *more, folder / "trimmed.mp4")
    return folder / "trimmed.mp4"


def without_timestamps(folder: Path, *, but_keys: bool = False) -> Path:
    """A transport stream whose pictures have no timestamps, or only key frames have."""
    path = video(folder / "whole.ts", *H264, "-c:a", "aac", beside=steps(2))
    data = bytearray(path.read_bytes())
    for at in range(0, len(data), 188):
        begins = (data[at + 1] & 0x1F) << 8 | data[at + 2] == 0x100 and data[at + 1] & 0x40
        has_field = data[at + 3] & 0x20
        is_key = has_field and data[at + 5] & 0x40
        if begins and not (but_keys and is_key):
            pes = at + 4 + (data[at + 4] + 1 if has_field else 0)
            length = data[pes + 8]
            data[pes + 7] &= 0x3F
            data[pes + 9 : pes + 9 + length] = b"\xff" * length
    path.write_bytes(data)
    return path


def joined(folder: Path, suffix: str, *encoder: object, beside: bool = False) -> Path:
    """Two files, the second with pictures from 100 on, put one after the other."""
    parts = []
    for start, hz in ((0, 500), (100, 900)):
        add = tones(hz) if beside else ()
        part = video(folder / f"part.{suffix}", *encoder, start=start, beside=add)
        parts.append(part.read_bytes())
    path = folder / f"joined.{suffix}"
    path.write_bytes(b"".join(parts))
    return path


def rewritten(path: Path, pattern: bytes, to: Callable[[re.Match[bytes]], bytes]) -> Path:
    """The file with bytes exchanged for as many others."""
    data = re.sub(pattern, to, path.read_bytes(), flags=re.DOTALL)
    assert len(data) == path.stat().st_size
    assert data != path.read_bytes()
    path.write_bytes(data)
    return path


def without_key_flags(folder: Path, suffix: str, *encoder: object) -> Path:
    """Matroska of which no block says that it is a key frame."""
    path = video(folder / f"v.{suffix}", *encoder)
    # SimpleBlock (A3), its size, the track, two bytes of time, then the flags.
    return rewritten(
        path, rb"(\xa3[\x40-\x7f].\x81..|\xa3[\x81-\xfe]\x81..)\x80", lambda m: m[1] + b"\x00"
    )


def annex_b(folder: Path) -> Path:
    """Matroska without CodecPrivate; start codes stand where lengths of its packets belong."""
    path = video(folder / "v.mkv", *H264, "-x264-params", "repeat-headers=1")
    with av.open(str(path)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    data = path.read_bytes().replace(b"\x63\xa2", b"\x63\xa9", 1)  # no element is called so
    for packet in packets:
        changed, at = bytearray(packet), 0
        while at < len(packet):
            length = int.from_bytes(packet[at : at + 4], "big")
            changed[at : at + 4] = b"\0\0\0\1"
            at += 4 + length
        assert packet in data
        data = data.replace(packet, bytes(changed), 1)
    path.write_bytes(data)
    return path


def refreshed(folder: Path) -> Path:
    """A transport stream without key frames but the first (intra refresh), and without that."""
    refresh = "-x264-params", "intra-refresh=1:keyint=25:bframes=0"
    path = video(folder / "whole.ts", *X264, *refresh, count=75)
    data, tables = path.read_bytes(), 3 * TS_PACKET
    third = len(data) // TS_PACKET // 3 * TS_PACKET
    path.write_bytes(data[:tables] + data[third:])
    return path


def layered(folder: Path) -> Path:
    """VP9 with a smaller picture before each in the same packet, as a conference server has it."""
    every = "-c:v", "libvpx-vp9", "-g", 1, "-deadline", "realtime", "-cpu-used", 8
    path = video(folder / "whole.webm", *every)
    ffmpeg("-i", path, "-vf", "scale=96:48", *every, folder / "small.webm")
    lower, upper = av.open(str(folder / "small.webm")), av.open(str(path))
    with lower, upper, av.open(str(folder / "layered.webm"), "w") as out:
        stream = out.add_stream_from_template(upper.streams.video[0])
        for one, other in zip(lower.demux(video=0), upper.demux(video=0), strict=True):
            if other.size:
                packet = av.Packet(superframe(bytes(one), bytes(other)))
                packet.pts = packet.dts = other.pts
                packet.time_base, packet.is_keyframe, packet.stream = other.time_base, True, stream
                out.mux(packet)
    return folder / "layered.webm"


def superframe(*frames: bytes) -> bytes:
    """Pictures of VP9 in one packet: annex B of its specification, sizes of four bytes."""
    marker = bytes([0b110_11_000 | len(frames) - 1])
    sizes = b"".join(len(frame).to_bytes(4, "little") for frame in frames)
    return b"".join(frames) + marker + sizes + marker


def resized(folder: Path, suffix: str) -> Path:
    """H.264 whose size changes in the middle, and is told in band alone."""
    whole = video(folder / "whole.h264", *H264)
    ffmpeg("-i", whole, "-vf", "scale=96:48", *H264, folder / "small.h264")
    path = folder / "joined.h264"
    path.write_bytes(whole.read_bytes() + (folder / "small.h264").read_bytes())
    return path if suffix == "h264" else remuxed(path, folder / f"v.{suffix}")


def remuxed(path: Path, to: Path) -> Path:
    ffmpeg("-r", FPS, "-i", path, "-c", "copy", to)
    return to


def by(*encoder: object, suffix: str, count: int = 50, fps: int = FPS) -> Make:
    return lambda folder: video(folder / f"v.{suffix}", *encoder, count=count, fps=fps)


def late(folder: Path, encoder: tuple[object, ...]) -> Path:
    """Pictures that begin a second after the sound: an empty edit."""
    pictures = video(folder / "pictures.mp4", *encoder)
    merge = "-itsoffset", 1, "-i", pictures, *steps(3), "-c:v", "copy", "-c:a", "aac"
    ffmpeg(*merge, folder / "late.mp4")
    return folder / "late.mp4"


MPEG_2, MPEG_4 = (("-c:v", name, "-bf", 2, "-g", 12, "-q:v", 4) for name in ("mpeg2video", "mpeg4"))

AV1 = "-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", 8, "-g", 25
FRAGMENTED = "-movflags", "frag_keyframe+empty_moov+default_base_moof"

SHOWN: dict[str, Make] = {
    # Edit lists
    "MP4 trimmed between key frames": lambda f: trimmed(f, 1.2),
    "MP4 trimmed at both ends": lambda f: trimmed(f, 1.2, "-t", 1),
    "MP4 trimmed at a key frame": lambda f: trimmed(f, 1, encoder=H264),
    "MP4 whose first pictures are late, with B-frames": lambda f: late(f, H264_B),
    # Clocks without a zero
    "transport stream": by(*H264_B, suffix="ts"),
    "transport stream that wraps": by(*H264_B, "-output_ts_offset", 95_442, suffix="ts"),
    "program stream": by(*MPEG_2, suffix="mpg"),
    "Flash": by(*H264_B, suffix="flv"),
    "Flash that begins late": by(*H264, "-output_ts_offset", 5000, suffix="flv"),
    # Codecs that reorder
    "MPEG-4, Matroska": by(*MPEG_4, suffix="mkv"),
    "MPEG-4, AVI": by(*MPEG_4, suffix="avi"),
    "MPEG-4, 5 a second": by(*MPEG_4, suffix="mkv", fps=5),
    "MPEG-2, Matroska": by(*MPEG_2, suffix="mkv"),
    "MPEG-2, 5 a second": by(*MPEG_2, suffix="mkv", fps=5),
    "MPEG-2, transport stream": by(*MPEG_2, suffix="ts"),
    "H.264, AVI": by(*H264_B, suffix="avi"),
    "HEVC": by("-c:v", "libx265", "-x265-params", "log-level=0:bframes=3", suffix="mkv"),
    # Timestamps that are missing
    "transport stream without timestamps": without_timestamps,
    "transport stream, only key frames have timestamps": lambda f: without_timestamps(
        f, but_keys=True
    ),
    "H.264 stream": by(*H264_B, suffix="h264"),
    "HEVC stream": by("-c:v", "libx265", "-x265-params", "log-level=0", suffix="h265"),
    "MPEG-2 stream": by(*MPEG_2, suffix="m2v"),
    "MPEG-4 stream": by(*MPEG_4, suffix="m4v"),
    "Windows Media": by("-c:v", "wmv2", "-q:v", 4, suffix="wmv"),
    "Theora": by("-c:v", "libtheora", "-q:v", 8, suffix="ogv", count=60),
    "VP8 in Ogg": by(*VP8, suffix="ogv", count=60),
    # What other recorders leave out, or say in another way
    "VP8 without key flags": lambda f: without_key_flags(f, "webm", *VP8),
    "H.264 without key flags": lambda f: without_key_flags(f, "mkv", *H264),
    "H.264 as Annex B in Matroska": annex_b,
    "AV1 without CodecPrivate": lambda f: rewritten(
        by(*AV1, suffix="mkv")(f), rb"\x63\xa2(?=.\x81)", lambda _: b"\x63\xa9"
    ),
    "H.264 that changes its size": lambda f: resized(f, "ts"),
    "fragmented MP4 that begins at 100 000 s": by(
        *H264, *FRAGMENTED, "-output_ts_offset", 100_000, suffix="mp4"
    ),
    "Video for Windows in Matroska": by("-c:v", "msmpeg4v2", "-q:v", 4, suffix="mkv"),
    "QuickTime with a track of time codes": by(*H264, "-timecode", "10:00:00:00", suffix="mov"),
    # Chains
    "chained Theora": lambda f: joined(f, "ogv", "-c:v", "libtheora", "-q:v", 8),
    "chained VP8 in Ogg": lambda f: joined(f, "ogv", *VP8),
}

UNTIMED = "without timestamps", "chained", "264 stream", "HEVC stream", "-2 stream", "-4 stream"
"""Names of what FFmpeg's command has no times of, either, or its own."""
