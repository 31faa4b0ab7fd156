"""Parameters of coded pictures, read from key frames and headers; nothing is decoded."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import av
from av.error import FFmpegError

Shape = bytes
"""Equal for two key frames if and only if a decoder goes on from one to the other as it is."""

VP8_START = bytes.fromhex("9d012a")
VP9_START = bytes.fromhex("498342")
POSE_YAW, POSE_ROLL = bytes.fromhex("767388"), bytes.fromhex("767588")
"""Matroska's ProjectionPoseYaw and ProjectionPoseRoll, and the size of 8 bytes that FFmpeg's muxer
gives them. Of a flat picture a yaw of 180 degrees is a mirror, before the roll turns it."""

H264_SEQUENCE = 7
"""Type of a NAL unit that is a sequence parameter set (H.264, table 7-1)."""


def key_frame_parameters(codec: str, context: Any, data: bytes) -> Shape | None:
    """Return the size and format that a key frame states; None where it states none.

    VP8 and VP9 give their size, H.264 its sequence parameter sets.

    Args:
        codec: one of `READERS`.
        context: of the stream.
        data: of the packet.
    """
    return READERS[codec](data, context.extradata or b"")


def stated_parameters(codec: str, context: Any) -> Shape | None:
    """Return the shape that the container promises, comparable to that of the key frames."""
    if codec == "h264":
        return b"".join(_sets(context.extradata or b"")) or None
    return _size(context.width, context.height)


def stated_pose(stream: Any) -> tuple[bool | None, int | None]:
    """Return whether a player mirrors the pictures of a stream, and how it then turns them.

    Returns:
        The second in degrees counter-clockwise, 0 to 359; either is None where it is not known.
    """
    # PyAV has it of decoded pictures alone. FFmpeg's Matroska muxer, given the same stream,
    # writes it into a header, in memory.
    memory = io.BytesIO()
    try:
        with av.open(memory, "w", format="matroska") as container:
            container.add_stream_from_template(stream)
            container.start_encoding()
    except (FFmpegError, ValueError):  # no such encoder, which PyAV asks for, or no such header
        return None, None
    yaw, roll = (_degrees(memory.getvalue(), name) for name in (POSE_YAW, POSE_ROLL))
    return None if yaw is None else yaw == 180, roll


def _degrees(header: bytes, name: bytes) -> int | None:
    at = header.find(name)
    if at < 0 or len(header) < at + len(name) + 8:
        return 0
    degrees: float = struct.unpack_from(">d", header, at + len(name))[0]
    return round(degrees) % 360 if abs(degrees) <= 360 else None


def _vp8(data: bytes, _: bytes) -> Shape | None:
    """RFC 6386, 9.1: after a start code 14 bits of size and 2 of scale, twice."""
    if data[3:6] != VP8_START or len(data) < 10:
        return None
    width, height = struct.unpack_from("<HH", data, 6)
    return _size(width, height)


def _vp9(data: bytes, _: bytes) -> Shape | None:
    """VP9 bitstream, 6.2: in profile 0 the size stands 36 bits after the start."""
    profile_0 = data[:1] and data[0] & 0b1111_0000 == 0b1000_0000
    if not profile_0 or data[1:4] != VP9_START or len(data) < 9:
        return None
    bits = int.from_bytes(data[4:9]) >> 4
    return _size((bits >> 16 & 0xFFFF) + 1, (bits & 0xFFFF) + 1)


def _h264(data: bytes, extradata: bytes) -> Shape | None:
    units = _prefixed(data, (extradata[4] & 3) + 1) if _is_avcc(extradata) else _started(data)
    return b"".join(unit for unit in units if unit[0] & 0x1F == H264_SEQUENCE) or None


READERS: Mapping[str, Callable[[bytes, bytes], Shape | None]] = {
    "vp8": _vp8,
    "vp9": _vp9,
    "h264": _h264,
}


def _size(width: int, height: int) -> Shape:
    return struct.pack(">HH", width & 0xFFFF, height & 0xFFFF)


def _is_avcc(extradata: bytes) -> bool:
    """Return whether NAL units have their length before them (ISO/IEC 14496-15, 5.3.3.1)."""
    return len(extradata) >= 7 and extradata[0] == 1


def _sets(extradata: bytes) -> Iterator[bytes]:
    """Yield the sequence parameter sets of a stream's header."""
    if not _is_avcc(extradata):
        yield from (unit for unit in _started(extradata) if unit[0] & 0x1F == H264_SEQUENCE)
        return
    count, at = extradata[5] & 0x1F, 6
    for _ in range(count):
        size = int.from_bytes(extradata[at : at + 2])
        yield extradata[at + 2 : at + 2 + size]
        at += 2 + size


def _prefixed(data: bytes, width: int) -> Iterator[bytes]:
    at = 0
    while at + width < len(data):
        size = int.from_bytes(data[at : at + width])
        at += width
        if 0 < size <= len(data) - at:
            yield data[at : at + size]
        at += size


def _started(data: bytes) -> Iterator[bytes]:
    """Yield NAL units between start codes (H.264, annex B)."""
    for unit in data.split(b"\0\0\1")[1:]:
        trimmed = unit.rstrip(b"\0")
        if trimmed:
            yield trimmed
