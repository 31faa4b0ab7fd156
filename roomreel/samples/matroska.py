"""A Matroska file as a live recorder leaves it: no Cues, no duration, no seek head.

FFmpeg's muxer is not used: it refuses timestamps that go backwards and PCMU under strict
compliance, and recorders write both. Element ids are those of RFC 9559.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

UNKNOWN_SIZE = b"\x01" + b"\xff" * 7
"""Size of a Segment whose writer could not seek back to fill it in."""

CLUSTER_MS = 5_000
"""A new cluster at least so often; block times are 16 bits relative to their cluster."""


@dataclass(frozen=True, slots=True)
class CodedPacket:
    """One packet: its time in seconds, its bytes, and whether decoding can start at it."""

    at: Fraction
    data: bytes
    key: bool = True


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a file's only track.

    Attributes:
        codec_id: Matroska's name, such as V_VP8.
        private: what the decoder needs before the first packet.
        width: of the picture in pixels, 0 for sound; likewise `height`.
        sample_aspect: width of a pixel over its height.
        rotation: degrees counter-clockwise that a player turns the picture by.
        rate: samples a second, 0 for pictures; likewise `channels`.
        delay: seconds of sound to drop at the start (Opus pre-skip).
    """

    codec_id: str
    private: bytes = b""
    width: int = 0
    height: int = 0
    sample_aspect: Fraction = Fraction(1)
    rotation: int = 0
    rate: int = 0
    channels: int = 0
    delay: Fraction = Fraction(0)


def document(header: Header, pieces: Iterable[CodedPacket], doc_type: str = "matroska") -> bytes:
    """Return a whole file.

    Args:
        header: describes the track.
        pieces: in file order; times are rounded to milliseconds and may go backwards.
        doc_type: matroska or webm.
    """
    ebml = (
        _number("4286", 1)
        + _number("42F7", 1)
        + _number("42F2", 4)
        + _number("42F3", 8)
        + _text("4282", doc_type)
        + _number("4287", 4)
        + _number("4285", 2)
    )
    info = (
        _number("2AD7B1", 1_000_000)  # a tick is 1 ms
        + _text("4D80", "roomreel sample rooms")
        + _text("5741", "roomreel sample rooms")
    )
    return b"".join(
        (
            _element("1A45DFA3", ebml),
            bytes.fromhex("18538067") + UNKNOWN_SIZE,
            _element("1549A966", info),
            _element("1654AE6B", _element("AE", _track(header))),
            *_clusters(pieces, header.delay),
        )
    )


def _track(header: Header) -> bytes:
    entry = (
        _number("D7", 1)
        + _number("73C5", 1)
        + _number("83", 1 if header.width else 2)
        + _number("9C", 0)
        + _text("86", header.codec_id)
    )
    if header.private:
        entry += _element("63A2", header.private)
    if header.delay:
        entry += _number("56AA", round(header.delay * 10**9))
    return entry + (_video(header) if header.width else _audio(header))


def _video(header: Header) -> bytes:
    picture = (
        _number("B0", header.width)
        + _number("BA", header.height)
        + _number("54B0", round(header.width * header.sample_aspect))
        + _number("54BA", header.height)
    )
    if header.rotation:
        roll = _element("7675", struct.pack(">d", header.rotation))
        picture += _element("7670", _number("7671", 0) + roll)
    return _element("E0", picture)


def _audio(header: Header) -> bytes:
    return _element(
        "E1", _element("B5", struct.pack(">d", header.rate)) + _number("9F", header.channels)
    )


def _clusters(pieces: Iterable[CodedPacket], delay: Fraction) -> Iterator[bytes]:
    base, blocks = 0, b""
    for piece in pieces:
        at_ms = max(round((piece.at + delay) * 1000), 0)
        if blocks and abs(at_ms - base) >= CLUSTER_MS:
            yield _cluster(base, blocks)
            blocks = b""
        if not blocks:
            base = at_ms
        lead = struct.pack(">BhB", 0x81, at_ms - base, 0x80 if piece.key else 0)
        blocks += _element("A3", lead + piece.data)
    if blocks:
        yield _cluster(base, blocks)


def _cluster(base_ms: int, blocks: bytes) -> bytes:
    return _element("1F43B675", _number("E7", base_ms) + blocks)


def _element(identifier: str, content: bytes) -> bytes:
    size = struct.pack(">Q", len(content) | 1 << 56)
    return bytes.fromhex(identifier) + size + content


def _number(identifier: str, value: int) -> bytes:
    return _element(identifier, value.to_bytes(max((value.bit_length() + 7) // 8, 1), "big"))


def _text(identifier: str, value: str) -> bytes:
    return _element(identifier, value.encode())
