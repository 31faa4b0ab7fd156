"""Probe results: figures of the packets of one recording, as the recordings catalog keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction

from roomreel.model.media import MediaFile
from roomreel.model.room import MediaType, Recording, Room
from roomreel.model.time import to_ms
from roomreel.plan.drift import drift_ppm
from roomreel.plan.packets import activity, pauses
from roomreel.plan.spans import total

# Silence suppression still sends a packet each 0.4 to 1 s, a slow screen share a picture each
# second: nothing for longer than twice that is a mute, a stop or a loss.
GAP_S = Fraction(2)


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """Figures of the packets of one recording; None where they do not say.

    Attributes:
        start_ms: start of its activity on the room clock; likewise `end_ms`.
        duration_ms: from start to end, gaps included.
        first_keyframe_ms: from the first packet to the first key frame; None for audio.
        gap_count: stretches of more than 2 s without a packet.
        gap_ms: how long those are together.
        drift_ppm: how much faster timestamps advance than sound is counted; None for video.
        start_time: instant of `start_ms`, in UTC; likewise `end_time`.
        usable: whether it can be shown or heard.
    """

    start_ms: int | None = None
    end_ms: int | None = None
    duration_ms: int | None = None
    first_keyframe_ms: int | None = None
    gap_count: int | None = None
    gap_ms: int | None = None
    drift_ppm: int | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    usable: bool | None = None

    def placed(self, zero: datetime | None) -> ProbeResult:
        """Return it with the instants of its start and end, where those are in the calendar.

        Args:
            zero: when the clock of the room stood at 0.
        """
        if zero is None or self.start_ms is None or self.end_ms is None:
            return self
        try:
            start, end = (zero + timedelta(milliseconds=ms) for ms in (self.start_ms, self.end_ms))
        except OverflowError:
            return self
        return replace(self, start_time=start, end_time=end)


def clock_zero(room: Room, shown: Mapping[str, ProbeResult]) -> datetime | None:
    """Return the instant at which the clock of a room stood at 0, as near as can be known.

    That is by the creation of its recordings (the median, since some are noted late), or else by
    the end of the last of them, with which the room ended. None where it is unknown.
    """
    begun = [
        zero
        for recording in room.recordings
        if recording.date_created
        and (zero := _earlier(recording.date_created, recording.offset_ms)) is not None
    ]
    if begun:
        return sorted(begun)[len(begun) // 2]
    last = max((one.end_ms for one in shown.values() if one.end_ms is not None), default=None)
    return None if last is None or room.end_time is None else _earlier(room.end_time, last)


def _earlier(instant: datetime, by_ms: int) -> datetime | None:
    try:
        return instant - timedelta(milliseconds=by_ms)
    except OverflowError:  # the claim of a stranger
        return None


def probe_result(recording: Recording, medium: MediaFile) -> ProbeResult:
    """Return the figures of a recording; all None where it has no packets that can be used."""
    active = activity(medium.packets) if medium.packets is not None else None
    if medium.packets is None or active is None:
        return ProbeResult()
    on_room_clock = active.span.shifted(Fraction(recording.offset_ms, 1000))
    gaps = pauses(active, GAP_S)
    is_video = medium.packets.type is MediaType.VIDEO
    return ProbeResult(
        start_ms=to_ms(on_room_clock.start),
        end_ms=to_ms(on_room_clock.end),
        duration_ms=to_ms(active.span.duration),
        first_keyframe_ms=to_ms(active.before) if is_video else None,
        gap_count=len(gaps),
        gap_ms=to_ms(total(gaps)),
        drift_ppm=None if is_video else drift_ppm(medium.packets),
    )
