"""What rendering a plan will cost, before it is rendered.

A model with one coefficient a kind of work, in CPU seconds of one core. They were measured by
`benchmarks/model.py` on two shared cores of a virtual machine in 2026; another machine differs by a
factor that is the same for all of them, so that ratios and plans hold everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from roomreel.model.media import PacketIndex
from roomreel.model.plan import Plan, Source
from roomreel.model.room import MediaType
from roomreel.model.template import Format

START_S = Fraction(28, 10)
"""Starting the processes of a composition and importing what they need."""

DECODE_S: Mapping[str, Fraction] = {"h264": Fraction(57, 10_000)}
DECODE_OTHERS_S = Fraction(36, 10_000)
"""Per million pixels decoded, by codec."""

FIT_S = Fraction(32, 100_000)
"""Per picture that is scaled into its cell, brought to the canvas's colours and pasted."""

ENCODE_S: Mapping[Format, Fraction] = {
    Format.MP4: Fraction(118, 10_000),
    Format.WEBM: Fraction(128, 10_000),
}
"""Per million pixels painted and encoded, standard quality."""

VOICE_S = Fraction(24, 10_000)
"""Per second of a recording that is heard: decoding and adding."""

SOUND_S: Mapping[Format, Fraction] = {
    Format.MP4: Fraction(9, 1000),
    Format.WEBM: Fraction(13, 1000),
}
"""Per second of sound that is encoded and verified."""

COPY_S = Fraction(1, 1000)
"""Per second of pictures that are copied."""

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

BUSY = Fraction(85, 100)
"""Part of the cores that is in use, as pictures are painted and handed over one after the other."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a render takes.

    Attributes:
        cpu_s: CPU seconds of one core.
        wall_s: seconds from start to published file.
        memory_bytes: resident memory of one process that renders.
        output_bytes: size of the medium.
    """

    cpu_s: Fraction
    wall_s: Fraction
    memory_bytes: int
    output_bytes: int


def estimate(
    plan: Plan, packets: Mapping[str, PacketIndex], cores: int = 1, workers: int = 1
) -> Estimate:
    """Predict the cost of a plan from its frames, sources and pixels.

    Args:
        packets: by recording sid, of the plan's sources.
        cores: of each worker.
        workers: that share the chunks of the pictures; the sound is one piece.
    """
    pictures = START_S + _pictures_s(plan, packets)
    sound = _sound_s(plan)
    busy = cores * BUSY
    # What one worker starts, every other one starts, too.
    wall = max(START_S + (pictures - START_S + sound) / (workers * busy), START_S + sound)
    return Estimate(
        cpu_s=pictures + sound + (workers - 1) * START_S,
        wall_s=wall,
        memory_bytes=_memory_bytes(plan),
        output_bytes=_output_bytes(plan, packets),
    )


def _pictures_s(plan: Plan, packets: Mapping[str, PacketIndex]) -> Fraction:
    if not plan.has_video:
        return Fraction(0)
    if plan.copied:
        return plan.duration * COPY_S
    decoding, fitting = Fraction(0), Fraction(0)
    for source in _of_type(plan, MediaType.VIDEO):
        index = packets[source.recording_sid]
        count = len(index) * _part_shown(source)
        megapixels = count * index.width * index.height / 1_000_000
        decoding += megapixels * DECODE_S.get(index.codec, DECODE_OTHERS_S)
        # A picture that is replaced within one frame is never scaled.
        fitting += min(count, source.shown * plan.frame_rate) * FIT_S
    return decoding + fitting + _megapixels(plan) * ENCODE_S[plan.format]


def _sound_s(plan: Plan) -> Fraction:
    if not plan.audio:
        return Fraction(0)
    heard = sum((source.shown for source in _of_type(plan, MediaType.AUDIO)), Fraction(0))
    return heard * VOICE_S + plan.duration * SOUND_S[plan.format]


def _memory_bytes(plan: Plan) -> int:
    most = max((len(scene.placements) for scene in plan.scenes), default=0)
    pixels = plan.resolution.width * plan.resolution.height * plan.has_video
    return BASE_BYTES + most * TRACK_BYTES + pixels * PIXEL_BYTES


def _output_bytes(plan: Plan, packets: Mapping[str, PacketIndex]) -> int:
    sound = plan.duration * SOUND_BITS[plan.format] * bool(plan.audio)
    if plan.copied:
        return int(sum(packets[plan.copied.recording_sid].sizes) + sound / 8)
    pictures = _megapixels(plan) * 1_000_000 * VIDEO_BITS[plan.format] * plan.has_video
    return int((pictures + sound) / 8)


def _megapixels(plan: Plan) -> Fraction:
    return Fraction(plan.resolution.width * plan.resolution.height * plan.frame_count, 1_000_000)


def _part_shown(source: Source) -> Fraction:
    return source.shown / source.span.duration if source.span.duration else Fraction(0)


def _of_type(plan: Plan, media_type: MediaType) -> list[Source]:
    return [source for source in plan.sources if source.type is media_type]
