"""Index the packets of a media file, without decoding one."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import av
import av.logging
from av.error import FFmpegError

from roomreel.errors import MediaUnreadable, RenderError
from roomreel.media.container import FormatNotSupported, HeaderOnly, codec_of
from roomreel.media.stream_parameters import (
    READERS,
    key_frame_parameters,
    stated_parameters,
    stated_pose,
)
from roomreel.media.times import skipped_s
from roomreel.media.track import Track
from roomreel.model.media import PacketIndex, Problem, TrackPath, narrow
from roomreel.model.room import MediaType
from roomreel.model.samples import RATE
from roomreel.process import isolate
from roomreel.process.in_turn import read_in_turn
from roomreel.storage import environment_for

TRUNCATION_MESSAGES = ("File ended prematurely", "partial file")
"""What libavformat 62 logs where a Matroska or an MP4 file ends inside an element (no return code
tells it: matroskadec.c, mov.c)."""

OPUS_FAMILY = 18
"""Where a header of Opus has its mapping family."""

SECONDS_PER_GIB = 60.0
"""Time budget of indexing: 20 times what a slow disk needs, so that only a stall runs into it."""

START_S = 30.0
"""Time budget of starting a process and opening a file on a loaded machine."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One track to index: an identifier, where it is read, and the size of its file."""

    sid: str
    path: TrackPath
    size_bytes: int
    type: MediaType


def index_packets(path: TrackPath, media_type: MediaType) -> PacketIndex:
    """Read every packet header of one track.

    Args:
        path: of the track; nothing but its file is opened.
        media_type: of the track; a file's other tracks are passed over.

    Raises:
        MediaUnreadable: no container, or no track of the type.
    """
    logs: list[tuple[int, str, str]]
    with av.logging.Capture() as logs:
        index = _index(path, media_type)
    if any(text in message for _, _, message in logs for text in TRUNCATION_MESSAGES):
        index = replace(index, truncated=True)
    return index


def index_isolated(probes: Iterable[Probe], memory_bytes: int) -> dict[str, PacketIndex | Problem]:
    """Index files in a process of their own, so that a hostile one ends no run.

    A file that crashes or stalls the demuxer gets a `Problem`; those after it are still indexed.

    Returns:
        By sid, the packets, or why there are none.
    """
    items = {probe.sid: probe for probe in probes}
    sizes = [probe.size_bytes for probe in items.values()]
    budget = isolate.Budget(
        wall_s=START_S + sum(map(reading_s, sizes)),
        memory_bytes=memory_bytes,
        silence_s=START_S + reading_s(max(sizes, default=0)),
    )
    access = environment_for(probe.path.file for probe in items.values())
    return {
        sid: Problem("media-undecodable", f"reading its packets: {result.message}")
        if isinstance(result, RenderError)
        else result
        for sid, result in read_in_turn(index_all, items, budget, access).items()
    }


def reading_s(size_bytes: int) -> float:
    """Return the time budget of reading so many bytes, in seconds."""
    return size_bytes / 2**30 * SECONDS_PER_GIB


def index_all(
    probes: tuple[Probe, ...], notify: isolate.Notify[tuple[str, PacketIndex | Problem]]
) -> None:
    """The child's side of `index_isolated`: notifies (sid, PacketIndex or Problem) one by one."""
    av.logging.set_level(av.logging.WARNING)
    for probe in probes:
        try:
            result: PacketIndex | Problem = index_packets(probe.path, probe.type)
        except FormatNotSupported as error:
            result = Problem("media-undecodable", f"{error.message}; {error.remedy}")
        except MediaUnreadable as error:
            result = Problem("media-undecodable", error.message)
        notify((probe.sid, result))


def _index(path: TrackPath, media_type: MediaType) -> PacketIndex:
    try:
        with closing(Track(path, media_type)) as track:
            return _read(track, media_type)
    except HeaderOnly:
        return PacketIndex(media_type, codec="", time_base=Fraction(1, 1000))
    except (FFmpegError, OSError, ValueError) as error:
        raise MediaUnreadable(f"not a media file FFmpeg can open: {_words(error)}") from error


def _read(track: Track, media_type: MediaType) -> PacketIndex:
    codec = codec_of(track.stream)
    columns, shapes = _Columns(track), _StreamParameters(track.stream, codec)
    breaks_off = False
    try:
        for packet in track.packets():
            if packet.size:
                columns.note(packet)
                if packet.is_keyframe:
                    shapes.note(packet)
    except FFmpegError:  # what came before is still there
        breaks_off = True
    context = track.stream.codec_context
    return PacketIndex(
        type=media_type,
        codec=codec,
        time_base=track.time_base,
        width=getattr(context, "width", 0),
        height=getattr(context, "height", 0),
        sample_rate=getattr(context, "sample_rate", 0),
        channels=getattr(context, "channels", 0),
        truncated=breaks_off,
        links=track.links,
        mapped=_is_mapped(codec, context.extradata or b""),
        timed=track.in_order,
        audio_tracks=track.counts[MediaType.AUDIO],
        video_tracks=track.counts[MediaType.VIDEO],
        **columns.fields_found(),
        **shapes.fields_found(),
    )


class _Columns:
    """Collects the times of the packets of a track."""

    def __init__(self, track: Track) -> None:
        self._track = track
        self._rate = getattr(track.stream.codec_context, "sample_rate", 0) or RATE
        self._pts, self._durations = array("q"), array("q")
        self._keys, self._bytes = array("b"), 0
        self._hidden, self._primed = 0, False
        self._heard: Fraction | None = None

    def note(self, packet: Any) -> None:
        """Take notice of a packet."""
        if self._heard is None:  # what is hidden may be a part of what the decoder leaves out
            skipped = skipped_s(packet, self._rate)
            self._heard = packet.pts * self._track.time_base + skipped
        if packet.is_discard:
            self._hidden += 1
            self._primed |= not self._pts and packet.is_keyframe
            return
        self._pts.append(packet.pts)
        self._durations.append((packet.duration or 0) if self._track.states_durations else 0)
        self._keys.append(packet.is_keyframe)
        self._bytes += packet.size

    def fields_found(self) -> dict[str, Any]:
        """Return fields of a packet index."""
        start = self._pts[0] * self._track.time_base if self._pts else Fraction(0)
        heard = start if self._heard is None else self._heard
        return {
            "pts": self._pts,
            "durations": narrow(self._durations),
            "keys": self._keys,
            "payload_bytes": self._bytes,
            "delay": max(heard - start, Fraction(0)),
            "hidden": self._hidden,
            "primed": self._primed,
        }


class _StreamParameters:
    """Collects what a track says of its pictures, beyond their size; nothing for sound."""

    def __init__(self, stream: Any, codec: str) -> None:
        self._stream, self._context, self._codec = stream, stream.codec_context, codec
        self._read = stream.type == MediaType.VIDEO and codec in READERS
        self._changes = 0
        self._last = stated_parameters(self._codec, self._context) if self._read else None

    def note(self, packet: Any) -> None:
        """Compare a key frame with the one before."""
        if self._read:
            shape = key_frame_parameters(self._codec, self._context, bytes(packet))
            self._changes += shape is not None and self._last not in (None, shape)
            self._last = shape or self._last

    def fields_found(self) -> dict[str, Any]:
        """Return fields of a packet index."""
        if self._stream.type != MediaType.VIDEO:
            return {}
        ratio = self._stream.sample_aspect_ratio or self._context.sample_aspect_ratio
        mirrored, rotation = stated_pose(self._stream) if self._read else (None, None)
        return {
            "pixel_format": self._context.pix_fmt or "",
            "sample_aspect": Fraction(ratio) if ratio else Fraction(1),
            "mirrored": mirrored,
            "rotation": rotation,
            "shape_changes": self._changes if self._read else None,
        }


def _is_mapped(codec: str, header: bytes) -> bool:
    """Return whether a header of Opus has a table of channels (RFC 7845, 5.1.1: not family 0)."""
    return codec == "opus" and len(header) > OPUS_FAMILY and header[OPUS_FAMILY] != 0


def _words(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
