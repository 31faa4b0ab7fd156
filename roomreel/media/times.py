"""When packets are meant, whatever their timestamps say."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from re import Pattern
from typing import Any

from roomreel.media.container import open_bytes
from roomreel.model.outliers import JITTER_S
from roomreel.model.samples import RATE

LINK_STARTS_S = 2
"""A link begins at most so long after the beginning of the one before, by its own clock: a page of
Ogg holds a second."""

PIECE_BYTES, OVERLAP_BYTES = 2**20, 128
"""Read at a time while looking for the beginning of a link, and how many of them once more."""


class Times:
    """Sets the times of packets right, in the order of the file.

    Args:
        path: of the file.
        link: what stands where the file begins again; None: it never does.
        streams: whose packets are placed; all that play where the file may begin again.
        zero: timestamp in seconds that is time 0.
        rate: of pictures that are counted, whatever the timestamps are; None: timestamps count.
        marked: whether FFmpeg marks the first packet of a track in a link.

    Attributes:
        links: how often the file has begun again so far.
    """

    def __init__(
        self,
        path: str,
        link: Pattern[bytes] | None,
        streams: Sequence[Any],
        zero: Fraction,
        rate: Fraction | None = None,
        *,
        marked: bool = False,
    ) -> None:
        self.links = 0
        self._marked = marked
        self._feeds = {stream.index: _Feed(stream, zero) for stream in streams}
        self._rate = rate
        self._counted = 0
        self._headers = _Headers(path, link) if link else None
        self._zero = Fraction(0)  # when the link that is read began, and when the last one ended
        self._ended: Fraction | None = None

    def place(self, packet: Any) -> None:
        """Set the timestamps of a packet right; one without a timestamp follows the one before."""
        feed = self._feeds[packet.stream_index]
        if self._rate is not None:
            at = packet.dts = round(self._counted / self._rate / feed.base)
            self._counted += 1
        elif packet.pts is None:
            at = feed.following
        else:
            at = packet.pts + feed.shift
            if self._headers is not None:
                self._headers.pass_over(packet.pos)
                at = self._linked(packet, feed, at)
            if packet.dts is not None:
                packet.dts += at - packet.pts
        packet.pts = at
        feed.note(at, packet.duration or 0)

    def begins_link(self, packet: Any) -> bool:
        """Return whether a packet that is not placed yet is marked as the first of another link."""
        # Asked of each packet, whether there is any side data takes a seventh of the time.
        if not self._marked or self._feeds[packet.stream_index].latest is None:
            return False
        return bool(packet.has_sidedata("strings_metadata"))

    def timestamp(self, stream: Any, at: int) -> int:
        """Return the timestamp in the file of a tick of a track."""
        return at - self._feeds[stream.index].shift

    def jump(self) -> None:
        """Be ready for packets of another place in the file."""
        for feed in self._feeds.values():
            feed.latest = None

    def _linked(self, packet: Any, feed: _Feed, at: int) -> int:
        """Return the time of a packet in a file that may begin again."""
        if self.begins_link(packet):
            # FFmpeg lets it go on where the last link ended, with all that is skipped of it.
            self._ended = self._end()
            return round((self._ended - skipped_s(packet, feed.rate)) / feed.base)
        if self._headers is None or not feed.is_set_back(at):
            return at
        if not self._headers.before(packet.pos):
            return at
        return at + round(self._begin_again(at * feed.base) / feed.base)

    def _begin_again(self, at: Fraction) -> Fraction:
        """Let a link begin, of which a packet claims a time; returns the seconds to add to it."""
        ended = self._end() if self._ended is None else self._ended
        begins = self._zero if at <= self._zero + LINK_STARTS_S else at
        later = ended - begins
        self._zero, self._ended = self._zero + later, None
        self.links += 1
        for feed in self._feeds.values():
            feed.begin_again(later)
        return later

    def _end(self) -> Fraction:
        """Return the end of everything that was read so far, in seconds."""
        return max(feed.end * feed.base for feed in self._feeds.values())


class _Feed:
    """The progress of one track, in ticks of its own; `shift` is added to its timestamps."""

    def __init__(self, stream: Any, zero: Fraction) -> None:
        self.base = Fraction(stream.time_base or Fraction(1, 1000))
        self.shift = -round(zero / self.base)
        self.start = self.end = self.following = 0
        self.latest: int | None = None
        self.rate = getattr(stream.codec_context, "sample_rate", 0) or RATE
        pictures = getattr(stream, "average_rate", None) or getattr(stream, "guessed_rate", None)
        self._step = round(1 / (pictures * self.base)) if pictures else 0
        self._jitter, self._within = (round(s / self.base) for s in (JITTER_S, LINK_STARTS_S))

    def note(self, at: int, duration: int) -> None:
        """Take notice of a packet."""
        if self.latest is None:
            self.start = at
        self.latest = at
        self.following = at + (duration or self._step)
        self.end = max(self.end, self.following)

    def is_set_back(self, at: int) -> bool:
        """Return whether time begins again with a packet, just about where it began."""
        latest = at if self.latest is None else self.latest
        return at <= latest - self._jitter and at <= self.start + self._within

    def begin_again(self, later: Fraction) -> None:
        """Go on `seconds` later than the timestamps say."""
        self.shift += round(later / self.base)
        self.latest = None


class _Headers:
    """The places of a file at which another file begins."""

    def __init__(self, path: str, pattern: Pattern[bytes]) -> None:
        self._path, self._pattern = path, pattern
        self._searched: int | None = None

    def pass_over(self, position: int | None) -> None:
        """Take what stands before the first packet for the file's own beginning."""
        if self._searched is None:
            self._searched = position

    def before(self, position: int | None) -> bool:
        """Return whether one stands between the place that was asked about before and this one."""
        if position is None or self._searched is None or position <= self._searched:
            return False
        start, self._searched = self._searched, position
        with open_bytes(self._path) as file:
            for place in range(start, position, PIECE_BYTES):
                file.seek(place)
                piece = file.read(min(PIECE_BYTES + OVERLAP_BYTES, position - place))
                if self._pattern.search(piece):
                    return True
        return False


def skipped_s(packet: Any, rate: int) -> Fraction:
    """Return seconds at the beginning of a packet that its decoder leaves out."""
    if not packet.has_sidedata("skip_samples"):
        return Fraction(0)
    # AV_PKT_DATA_SKIP_SAMPLES: u32le samples to drop at the start, then other fields.
    data = bytes(packet.get_sidedata("skip_samples"))
    return Fraction(struct.unpack_from("<I", data)[0] if len(data) >= 4 else 0, rate)
