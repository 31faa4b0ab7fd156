"""Write packets that were never in a container into one, as they are."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import BinaryIO, Self

import av

from roomreel.media.output import FAILURES, ffmpeg_errors, with_code
from roomreel.model.opus import RATE

_UNIT = Fraction(1, RATE)
_DOING = "writing Opus"


class OpusFile:
    """A Matroska file of one Opus track, to be filled packet by packet.

    What is missing between packets is missing in the file, too: nothing is filled in.
    """

    def __init__(self, file: BinaryIO) -> None:
        """Begin it in a file that is open for writing, and can be sought in."""
        options = {"fflags": "+bitexact"}  # no random ids: equal packets make equal files
        self._container = av.open(file, "w", format="matroska", options=options)
        with av.open(io.BytesIO(_TEMPLATE), format="ogg") as template:
            self._stream = self._container.add_stream_from_template(template.streams[0])

    def add(self, timestamp: int, samples: int, payload: bytes) -> None:
        """Write the next packet.

        Args:
            timestamp: of its first sample, later than that of the packet before.
            samples: how many it lasts.

        Raises:
            RenderError: FFmpeg refuses it.
            StorageFailed: no room.
        """
        packet = av.Packet(payload)
        packet.stream, packet.time_base = self._stream, _UNIT
        packet.pts = packet.dts = timestamp
        packet.duration, packet.is_keyframe = samples, True
        try:
            self._container.mux_one(packet)
        except FAILURES as error:
            raise with_code(error, _DOING) from error

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Finish the file.

        Raises:
            StorageFailed: no room.
        """
        with ffmpeg_errors(_DOING):
            self._container.close()


def _page(number: int, flags: int, checksum: str, packet: bytes) -> bytes:
    """Return a page of Ogg. Source: RFC 3533, 6."""
    place = bytes(8) + (1).to_bytes(4, "little") + number.to_bytes(4, "little")
    lacing = bytes([1, len(packet)])
    return b"OggS" + bytes([0, flags]) + place + bytes.fromhex(checksum) + lacing + packet


_HEADER = b"OpusHead" + bytes([1, 2, 0, 0]) + RATE.to_bytes(4, "little") + bytes(3)
_TAGS = b"OpusTags" + (8).to_bytes(4, "little") + b"roomreel" + bytes(4)
_TEMPLATE = b"".join(
    (
        _page(0, 2, "9a91a9a1", _HEADER),
        _page(1, 0, "d15970be", _TAGS),
        _page(2, 4, "53822dec", bytes([0xF8, 0xFF, 0xFE])),
    )
)
"""A file of Opus in two channels whose first sample is heard; an encoder's would drop 6.5 ms, which
were its own. Both headers are those of RFC 7845, 5; the packet behind them is silent."""
