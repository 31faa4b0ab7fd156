"""Passthrough: the decision to copy the pictures of one recording instead of composing them.

Only where the difference cannot be seen: one recording fills the canvas from beginning to end,
and its packets are what a player of the output expects. In doubt it is composed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import compress, islice
from operator import lt, sub

from roomreel.model.geometry import Rect, Size
from roomreel.model.media import MediaFile, PacketIndex
from roomreel.model.plan import KEY_FRAME_S, Passthrough, Placement, Plan, Scene
from roomreel.model.template import Format
from roomreel.model.time import decimal_text
from roomreel.plan.copied_sound import copies_sound
from roomreel.plan.drawing_order import DrawingOrder
from roomreel.plan.packets import Activity, activity
from roomreel.plan.scenes import VisibleInterval
from roomreel.plan.usable import Usable

CODECS: Mapping[Format, frozenset[str]] = {
    Format.MP4: frozenset({"h264"}),
    Format.WEBM: frozenset({"vp8", "vp9"}),
}
"""What browsers play in these containers."""

PIXEL_FORMAT = "yuv420p"
"""What composed files have: 4:4:4 and 10 bits are not played everywhere."""

EDGE_S = Fraction(1, 10)
"""By how much the pictures may begin late and end early: a microphone commonly starts 20 ms before
the camera, and ends where its last packet does."""

RATES = sorted([*map(Fraction, range(1, 121)), *(Fraction(n * 1000, 1001) for n in (24, 30, 60))])
"""Frame rates of cameras and screens."""


@dataclass(frozen=True, slots=True)
class CopyCandidate:
    """One recording that is shown, beside its packets.

    Attributes:
        piece: the one stretch of output in which it is seen.
    """

    plan: Plan
    interval: VisibleInterval
    source: Usable
    packets: PacketIndex
    active: Activity


def with_passthrough(
    plan: Plan,
    intervals: Sequence[VisibleInterval],
    usable: Mapping[str, Usable],
    media: Mapping[str, MediaFile],
    hold: Fraction,
) -> Plan:
    """Return the plan with its pictures copied if that is possible, else with the reason.

    A copy has the frames of its source, at their own times: one scene, the count of its packets
    from the first key frame on, and its nominal frame rate.

    Args:
        pieces: all that is seen in the output.
        usable: by recording sid, everything that is shown.
        media: by recording sid.
        hold: seconds a picture is held at most.
    """
    reason = _not_one(plan, intervals, usable)
    if reason:
        return replace(plan, passthrough=Passthrough(refused=reason))
    interval = intervals[0]
    sid = interval.layer.recording_sid
    packets = media[sid].packets
    active = activity(packets, hold) if packets is not None else None
    if packets is None or active is None:
        return replace(plan, passthrough=Passthrough(refused="its packets are not known"))
    case = CopyCandidate(plan, interval, usable[sid], packets, active)
    reason = next(filter(None, (refusal(case) for refusal in REFUSALS)), "")
    if reason:
        return replace(plan, passthrough=Passthrough(refused=reason))
    return _copied(case, sound=copies_sound(plan, media, hold))


def nominal_rate(active: Activity) -> Fraction:
    """Return the common frame rate nearest to the median step of a recording's pictures."""
    steps = sorted(map(sub, islice(active.pts, 1, None), active.pts))
    if not steps:
        return RATES[0]
    # Whole milliseconds make steps of 33 and 34: their mean is the rate, and a pause no part of it.
    usual = [step for step in steps if 2 * step <= 3 * steps[len(steps) // 2]]
    rate = len(usual) / (sum(usual) * active.time_base)
    return min(RATES, key=lambda known: abs(known - rate))


def _copied(case: CopyCandidate, *, sound: bool) -> Plan:
    layer, count = case.interval.layer, len(case.active.pts)
    placement = Placement(
        recording_sid=layer.recording_sid,
        region=layer.region,
        cell=layer.cell,
        rect=layer.rect,
        z=layer.z,
        media_start=case.active.span.start,
        framing=layer.framing,
    )
    return replace(
        case.plan,
        frame_rate=nominal_rate(case.active),
        frame_count=count,
        scenes=(Scene(0, count, (placement,)),),
        passthrough=Passthrough(
            recording_sid=layer.recording_sid,
            start=case.interval.span.start,
            media_end=case.active.span.end,
            sound=sound,
        ),
    )


def _not_one(plan: Plan, intervals: Sequence[VisibleInterval], usable: Mapping[str, Usable]) -> str:
    if plan.window is not None:
        return "a part of the composition is wanted, which begins and ends at any frame"
    sids = sorted({interval.layer.recording_sid for interval in intervals})
    if len(sids) != 1:
        return f"{len(sids) or 'no'} recordings are shown, not one"
    if usable[sids[0]].blanks:
        return "its picture stands still for longer than pictures are held"
    if len(plan.kept) != 1:
        return "a part of the room is cut out"
    if len(intervals) != 1:
        return f"it is shown {len(intervals)} times"
    return ""


def _overlays(case: CopyCandidate) -> str:
    plan, layer, span = case.plan, case.interval.layer, case.interval.span
    order = DrawingOrder(plan.all_regions)
    for one in plan.overlays:
        if order.of_overlay(one) >= order.of_picture(layer):
            return f"its template draws over it: {one.kind.value}"
    # The picture hides what lies below it, as long as it is there.
    if plan.overlays and (span.start > 0 or span.end < plan.length):
        return "its template draws a background, which is seen where its picture is not"
    return ""


def _cell(case: CopyCandidate) -> str:
    canvas = case.plan.resolution
    if case.interval.layer.rect != Rect(0, 0, canvas.width, canvas.height):
        return f"its cell does not fill the canvas of {canvas}"
    return ""


def _mirror(case: CopyCandidate) -> str:
    # A picture of the canvas's size and shape looks the same however it is fitted.
    return "its region mirrors pictures" if case.interval.layer.framing.mirror else ""


def _whole(case: CopyCandidate) -> str:
    span, lead = case.interval.span, case.interval.layer.media_lead
    shown, active = span.shifted(lead), case.active.span
    if shown.start != active.start or shown.end < active.end:
        return "it is not shown from its first key frame to its end"
    late, early = span.start, case.plan.length - span.end
    if late > EDGE_S:
        return f"it begins {decimal_text(late, 3)} s after the composition does"
    if early > EDGE_S:
        return f"it ends {decimal_text(early, 3)} s before the composition does"
    return ""


def _codec(case: CopyCandidate) -> str:
    if case.packets.codec not in CODECS[case.plan.format]:
        return f"{case.packets.codec} is not for {case.plan.format}"
    if case.packets.pixel_format != PIXEL_FORMAT:
        return f"its pixels are {case.packets.pixel_format or 'not known'}, not {PIXEL_FORMAT}"
    return ""


def _size(case: CopyCandidate) -> str:
    found, canvas = Size(case.packets.width, case.packets.height), case.plan.resolution
    if found != canvas:
        return f"its pictures are {found}, not {canvas}"
    if canvas != canvas.padded_even:
        return f"{canvas} is odd"
    return ""


def _shape(case: CopyCandidate) -> str:
    packets = case.packets
    if None in (packets.shape_changes, packets.mirrored, packets.rotation):
        return "its key frames do not say their size, or its header how they are turned"
    if packets.shape_changes:
        return f"its size or its parameters change {packets.shape_changes} times"
    if packets.mirrored:
        return "a player mirrors its pictures"
    if packets.rotation:
        return f"a player turns its pictures by {packets.rotation} degrees"
    if packets.sample_aspect != 1:
        return f"its pixels are not square: {packets.sample_aspect}"
    return ""


def _order(case: CopyCandidate) -> str:
    packets, active = case.packets, case.active
    pts = packets.pts[active.packets_before :]
    if packets.truncated:
        return "the file ends within an element"
    if packets.hidden:
        return f"an edit list hides {packets.hidden} of its pictures, which a copy would show"
    if packets.links:
        return "its file begins again"
    if not packets.timed:
        return "its file does not say when each of its pictures is shown"
    if len(pts) != len(active.pts) or not all(map(lt, pts, islice(pts, 1, None))):
        return "the times of its packets do not rise one by one (B-frames, or a broken clock)"
    return ""


def _keys(case: CopyCandidate) -> str:
    base = case.active.time_base
    keys = [tick * base for tick in compress(case.packets.pts, case.packets.keys)]
    longest = max(map(sub, [*keys[1:], case.active.span.end], keys))
    if longest > KEY_FRAME_S:
        return f"its key frames are up to {decimal_text(longest, 3)} s apart"
    return ""


REFUSALS: tuple[Callable[[CopyCandidate], str], ...] = (
    _overlays,
    _cell,
    _mirror,
    _whole,
    _codec,
    _size,
    _shape,
    _order,
    _keys,
)
"""In the order in which they are reported; each gives the reason, or "" where it has none."""
