"""Encoded tracks held as packets: cut, repeated, joined, and written as a recorder would."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import dropwhile
from pathlib import Path
from typing import Any

import av
import places  # noqa: F401  puts the next module on the path

from roomreel.samples.matroska import CodedPacket, Header, document

CODEC_IDS = {"vp8": "V_VP8", "h264": "V_MPEG4/ISO/AVC", "opus": "A_OPUS"}

DTX_BYTES = 3
"""Opus packets up to this size say that nothing is said; with DTX they are not sent."""


@dataclass(frozen=True, slots=True)
class Track:
    """One encoded stream: what its file says of it, and its packets in file order."""

    header: Header
    pieces: tuple[CodedPacket, ...]

    def repeated(self, times: int, period: Fraction) -> Track:
        """The packets again and again, `period` seconds apart; the first is a key frame."""
        pieces = (
            replace(piece, at=piece.at + number * period)
            for number in range(times)
            for piece in self.pieces
        )
        return replace(self, pieces=tuple(pieces))

    def between(self, start: Fraction, end: Fraction) -> Track:
        """The packets of [start, end) seconds, from the first key frame on, from time 0."""
        inside = dropwhile(lambda p: not p.key, (p for p in self.pieces if start <= p.at < end))
        return replace(self, pieces=tuple(replace(p, at=p.at - start) for p in inside))

    def without_silence(self) -> Track:
        """What discontinuous transmission sends."""
        return replace(self, pieces=tuple(p for p in self.pieces if len(p.data) > DTX_BYTES))

    def write(self, path: Path) -> None:
        """Write a file without index, duration or seek head, whole or not at all."""
        part = path.with_suffix(".part")
        part.write_bytes(document(self.header, self.pieces))
        part.replace(path)


def read_track(path: Path) -> Track:
    """The first stream of a file."""
    with av.open(str(path)) as container:
        stream: Any = container.streams[0]
        pieces = tuple(
            CodedPacket(packet.pts * Fraction(packet.time_base), bytes(packet), packet.is_keyframe)
            for packet in container.demux(stream)
            if packet.size
        )
        return Track(_header(stream), pieces)


def joined(tracks: Sequence[Track], starts: Iterable[Fraction]) -> Track:
    """One track that goes on with the next at each start, under the header of the first."""
    pieces = (
        replace(piece, at=piece.at + start)
        for track, start in zip(tracks, starts, strict=True)
        for piece in track.pieces
    )
    return replace(tracks[0], pieces=tuple(pieces))


def _header(stream: Any) -> Header:
    context = stream.codec_context
    private = bytes(context.extradata or b"")
    if stream.type == "video":
        codec_id = CODEC_IDS[context.name]
        return Header(codec_id, private, context.width, context.height)
    # OpusHead: after 10 bytes the samples of 48 kHz to skip.
    (skipped,) = struct.unpack_from("<H", private, 10)
    return Header(
        CODEC_IDS["opus"],
        private,
        rate=48_000,
        channels=context.channels,
        delay=Fraction(skipped, 48_000),
    )
