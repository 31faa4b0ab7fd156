"""Estimates of the cost of a plan, before it is rendered.

A model with one coefficient a kind of work, in CPU seconds of one core. `benchmarks/model.py` fits
them to what was measured, and prints how far off they are: these are of two shared cores of a
virtual machine in 2026. Another machine differs by a factor that is much the same for all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain

from roomreel.model.media import PacketIndex
from roomreel.model.plan import Plan, Source
from roomreel.model.room import MediaType
from roomreel.model.template import Format

COSTS: Mapping[str, float] = {
    "start": 2.8,
    "decode h264": 0.0057,
    "decode": 0.0036,
    "scale": 0.0004,
    "picture": 0.00015,
    "encode mp4": 0.0118,
    "encode webm": 0.0128,
    "voice": 0.0016,
    "sound mp4": 0.009,
    "sound webm": 0.013,
    "copy": 0.001,
}
"""CPU seconds of a unit of each kind of work; see `amounts`."""

VIDEO_BITS: Mapping[Format, Fraction] = {
    Format.MP4: Fraction(85, 1000),
    Format.WEBM: Fraction(80, 1000),
}
"""Per pixel painted, standard quality, of people who talk; more motion takes up to three times."""

SOUND_BITS: Mapping[Format, int] = {Format.MP4: 50_000, Format.WEBM: 60_000}
"""Per second; speech stays below the bit rate that is allowed."""

BASE_BYTES, TRACK_BYTES, PIXEL_BYTES = 170_000_000, 12_000_000, 40
"""Memory of a process that renders, of each recording that is read at once, of each pixel of the
canvas (frames that wait, and the encoder's look-ahead)."""

BUSY = 0.85
"""Part of the cores that is in use, as pictures are painted and handed over one after the other."""

MOST_OFF = 5
"""How many times more or less it may be. A faster machine took half of the time, pictures that
hardly move a fifth of the bytes; more motion takes up to three times."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The cost of a render.

    Attributes:
        cpu_s: CPU seconds of one core.
        wall_s: seconds from start to published file.
        memory_bytes: resident memory of one process that renders.
        output_bytes: size of the medium.
    """

    cpu_s: float
    wall_s: float
    memory_bytes: int
    output_bytes: int


def amounts(plan: Plan, packets: Mapping[str, PacketIndex]) -> dict[str, float]:
    """Return the amount of each kind of work in a plan.

    ==============  ================================================================
    kind            unit
    ==============  ================================================================
    start           a composition: its processes, and what they import
    decode          a million pixels decoded; `decode h264` for sources of that codec
    scale           a million pixels of sources that are scaled into cells
    picture         a picture brought to the canvas's colours and pasted
    encode FORMAT   a million pixels painted and encoded, standard quality
    voice           a second of a recording that is heard: decoding and adding
    sound FORMAT    a second of sound that is encoded and verified
    copy            a second of pictures or sound that is copied
    ==============  ================================================================

    Args:
        packets: by recording sid, of the plan's sources.
    """
    work: defaultdict[str, float] = defaultdict(float, start=1.0)
    for kind, amount in chain(_pictures(plan, packets).items(), _sound(plan).items()):
        work[kind] += amount
    return dict(work)


def estimate(
    plan: Plan, packets: Mapping[str, PacketIndex], cores: int = 1, workers: int = 1
) -> Estimate:
    """Predict the cost of a plan from its frames, sources and pixels.

    Args:
        packets: by recording sid, of the plan's sources.
        cores: of each worker.
        workers: that share the chunks of the pictures; the sound is one piece.
    """
    start = COSTS["start"]
    pictures, sound = _cost(_pictures(plan, packets)), _cost(_sound(plan))
    # What one worker starts, every other one starts, too.
    shared = (pictures + sound) / (workers * cores * BUSY)
    return Estimate(
        cpu_s=pictures + sound + workers * start,
        wall_s=start + max(shared, sound),
        memory_bytes=_memory_bytes(plan),
        output_bytes=_output_bytes(plan, packets),
    )


def _cost(work: Mapping[str, float]) -> float:
    return sum(amount * COSTS[kind] for kind, amount in work.items())


def _pictures(plan: Plan, packets: Mapping[str, PacketIndex]) -> dict[str, float]:
    if not plan.has_video:
        return {}
    if plan.copied:
        return {"copy": float(plan.duration)}
    work: defaultdict[str, float] = defaultdict(float)
    work[f"encode {plan.format}"] = float(_megapixels(plan))
    for source in _of_type(plan, MediaType.VIDEO):
        index = packets[source.recording_sid]
        count = float(len(index) * _part_shown(source))
        # A picture that is replaced within one frame is never scaled.
        scaled = min(count, float(source.shown * plan.frame_rate))
        size = index.width * index.height / 1_000_000
        work["decode h264" if index.codec == "h264" else "decode"] += count * size
        work["scale"] += scaled * size
        work["picture"] += scaled
    return dict(work)


def _sound(plan: Plan) -> dict[str, float]:
    if not plan.audio:
        return {}
    if plan.copies_sound:
        return {"copy": float(plan.duration)}
    return {"voice": float(_decoded_s(plan)), f"sound {plan.format}": float(plan.duration)}


def _decoded_s(plan: Plan) -> Fraction:
    """Return the seconds of sound decoded: of each recording, from its start to its last clip."""
    begins = {one.recording_sid: one.media_end - one.span.duration for one in plan.sources}
    ends: dict[str, Fraction] = {}
    for clip in plan.audio:
        end = clip.media_start + clip.span.duration
        ends[clip.recording_sid] = max(end, ends.get(clip.recording_sid, end))
    return sum((end - begins[sid] for sid, end in ends.items()), Fraction(0))


def _memory_bytes(plan: Plan) -> int:
    most = max((len(scene.placements) for scene in plan.scenes), default=0)
    pixels = plan.resolution.width * plan.resolution.height * plan.has_video
    return BASE_BYTES + most * TRACK_BYTES + pixels * PIXEL_BYTES


def _output_bytes(plan: Plan, packets: Mapping[str, PacketIndex]) -> int:
    sound = plan.duration * SOUND_BITS[plan.format] * bool(plan.audio) / 8
    if plan.copies_sound:
        sound = Fraction(packets[plan.audio[0].recording_sid].payload_bytes)
    if plan.copied:
        return int(packets[plan.copied.recording_sid].payload_bytes + sound)
    pictures = _megapixels(plan) * 1_000_000 * VIDEO_BITS[plan.format] * plan.has_video
    return int(pictures / 8 + sound)


def _megapixels(plan: Plan) -> Fraction:
    return Fraction(plan.resolution.width * plan.resolution.height * plan.frame_count, 1_000_000)


def _part_shown(source: Source) -> Fraction:
    return source.shown / source.span.duration if source.span.duration else Fraction(0)


def _of_type(plan: Plan, media_type: MediaType) -> list[Source]:
    return [source for source in plan.sources if source.type is media_type]
