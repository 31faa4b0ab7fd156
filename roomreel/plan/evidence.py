"""Evidence: what the packets of one recording show, as the recordings catalog keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from roomreel.model.media import Medium
from roomreel.model.room import MediaType, Recording
from roomreel.model.time import to_ms
from roomreel.plan.drift import drift_ppm
from roomreel.plan.packets import activity, pauses
from roomreel.plan.spans import total

# Silence suppression still sends a packet each 0.4 to 1 s, a slow screen share a picture each
# second: nothing for longer than twice that is a mute, a stop or a loss.
GAP_S = Fraction(2)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What packets show of one recording; None where they do not tell.

    Attributes:
        start_ms: start of its activity on the room clock; likewise `end_ms`.
        duration_ms: from start to end, gaps included.
        first_keyframe_ms: from the first packet to the first key frame; None for audio.
        gap_count: stretches of more than 2 s without a packet.
        gap_ms: how long those are together.
        drift_ppm: how much faster timestamps advance than sound is counted; None for video.
    """

    start_ms: int | None = None
    end_ms: int | None = None
    duration_ms: int | None = None
    first_keyframe_ms: int | None = None
    gap_count: int | None = None
    gap_ms: int | None = None
    drift_ppm: int | None = None


def evidence(recording: Recording, medium: Medium) -> Evidence:
    """What the packets of a recording show; all None where it has none that can be used."""
    active = activity(medium.packets) if medium.packets is not None else None
    if medium.packets is None or active is None:
        return Evidence()
    on_room_clock = active.span.shifted(Fraction(recording.offset_ms, 1000))
    gaps = pauses(active, GAP_S)
    is_video = medium.packets.type is MediaType.VIDEO
    return Evidence(
        start_ms=to_ms(on_room_clock.start),
        end_ms=to_ms(on_room_clock.end),
        duration_ms=to_ms(active.span.duration),
        first_keyframe_ms=to_ms(active.before) if is_video else None,
        gap_count=len(gaps),
        gap_ms=to_ms(total(gaps)),
        drift_ppm=None if is_video else drift_ppm(medium.packets),
    )
