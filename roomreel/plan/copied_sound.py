"""Whether the sound beside copied pictures can be copied, too: it costs more than all the rest."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import accumulate, islice
from operator import lt, sub

from roomreel.model.media import Medium, PacketIndex
from roomreel.model.plan import AudioClip, Plan
from roomreel.model.template import Format
from roomreel.model.time import Span
from roomreel.plan.packets import activity

CODECS: Mapping[Format, frozenset[str]] = {
    Format.WEBM: frozenset({"opus"}),
    Format.MP4: frozenset(),
}
"""What needs no change. AAC does: its first packet is padding, which Matroska cannot tell."""

EDGE_S = Fraction(1, 10)
"""By how much the sound may begin late and end early; a mix would be silent there."""

STEADY_S = Fraction(1, 200)
"""Up to so much packets may be off the sound they hold: beyond, a mix would follow the clock."""


def copies_sound(plan: Plan, media: Mapping[str, Medium]) -> bool:
    """Whether the one sound of a plan is heard whole, without a gap, in a codec of the format.

    Args:
        media: evidence by recording sid.
    """
    if len(plan.audio) != 1:
        return False
    clip = plan.audio[0]
    packets = media[clip.recording_sid].packets
    return (
        packets is not None
        and packets.codec in CODECS[plan.format]
        and not packets.truncated
        and clip.span.start <= EDGE_S
        and plan.length - clip.span.end <= EDGE_S
        and _is_whole(clip, packets)
        and _is_steady(packets)
    )


def _is_whole(clip: AudioClip, packets: PacketIndex) -> bool:
    active = activity(packets)
    heard = Span(clip.media_start, clip.media_start + clip.span.duration)
    return active is not None and heard == active.span


def _is_steady(packets: PacketIndex) -> bool:
    """Whether timestamps rise, and advance as the sound does."""
    held = accumulate(packets.durations, initial=packets.pts[0])
    furthest = max(map(abs, map(sub, packets.pts, held)))
    rising = all(map(lt, packets.pts, islice(packets.pts, 1, None)))
    return rising and furthest * packets.time_base <= STEADY_S
