"""The sound side of a render: a linear adder over the clips of a plan."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

import numpy as np

from roomreel.errors import MediaUnreadable
from roomreel.media.downmix import Samples
from roomreel.media.ebur128 import LoudnessMeter
from roomreel.media.encoders import SoundEncoder
from roomreel.media.limiter import limit_peaks
from roomreel.media.sound import SoundReader
from roomreel.model.composition import Decoded
from roomreel.model.loudness import Measured
from roomreel.model.media import TrackPath
from roomreel.model.plan import AudioClip, Plan
from roomreel.model.samples import RATE, nearest_sample
from roomreel.render.energy import Energy
from roomreel.render.in_use import InUseMarker
from roomreel.render.kept_mix import KeptMix
from roomreel.render.mastering import PLAIN, Mastering

BLOCK = RATE
"""Samples added up at a time: a second."""


@dataclass(frozen=True, slots=True)
class Leveling:
    """All that brings a sum to a loudness.

    Attributes:
        kept: the sum itself, if it was kept when it was measured.
    """

    mastering: Mastering = PLAIN
    kept: KeptMix | None = None


AS_IT_IS = Leveling()


class AudioSource:
    """One recording in the mix: its clips, read forward once, up to `end`."""

    def __init__(
        self,
        sid: str,
        path: TrackPath,
        clips: Sequence[AudioClip],
        end: Fraction,
        in_use: InUseMarker,
    ) -> None:
        self._sid = sid
        self._in_use = in_use
        self._path = path
        self._clips = clips
        self._end = end
        self._blocks: Generator[tuple[int, Samples], None, None] | None = None
        self._block: tuple[int, Samples] | None = None
        self._over = False
        self.start = nearest_sample(clips[0].span.start)
        self.decoded = Decoded()

    def add_to(self, block: Samples, first: int) -> None:
        """Add what is heard in a block (2, n) that begins at output sample `first`.

        Blocks must come in order.
        """
        end = first + block.shape[1]
        if not self._over and self.start < end:
            with self._in_use.mark(self._sid):
                self._add(block, first, end)

    def _add(self, block: Samples, first: int, end: int) -> None:
        if self._blocks is None:
            self._blocks = self._read()
            self._block = next(self._blocks, None)
        while self._block is not None:
            at, samples = self._block
            begin, until = max(at, first), min(at + samples.shape[1], end)
            if begin < until:
                block[:, begin - first : until - first] += samples[:, begin - at : until - at]
            if at + samples.shape[1] > end:
                return
            self._block = next(self._blocks, None)
        self._over = True

    def _read(self) -> Generator[tuple[int, Samples], None, None]:
        """Yield blocks of sound with their output sample, cut where the clips are cut."""
        try:
            reader = SoundReader(self._path, self._end)
        except MediaUnreadable:
            self.decoded = Decoded(errors=1)
            return
        try:
            spans = [(*_sample_span(clip), _factor(clip.gain_db)) for clip in self._clips]
            for heard in reader.blocks():
                end = heard.position + heard.samples.shape[1]
                while spans and spans[0][1] <= heard.position:
                    spans.pop(0)
                if not spans:
                    return
                for start, stop, shift, factor in spans:
                    if start >= end:
                        break
                    begin, until = max(start, heard.position), min(stop, end)
                    block = heard.samples[:, begin - heard.position : until - heard.position]
                    yield begin + shift, block if factor == 1 else block * factor
        finally:
            self.decoded = reader.decoded
            reader.close()

    def close(self) -> None:
        """Release the decoder."""
        if self._blocks is not None:
            with self._in_use.mark(self._sid):
                self._blocks.close()


def mix_sound(
    plan: Plan,
    paths: Mapping[str, TrackPath],
    encoder: SoundEncoder,
    in_use: InUseMarker,
    heard: Energy,
    on_samples: Callable[[int], None],
    leveling: Leveling = AS_IT_IS,
) -> dict[str, Decoded]:
    """Mix and encode all sound of a plan, as long as its frames.

    Args:
        paths: of each recording by sid; one without is silent in its place.
        in_use: marks the recordings that are being decoded.
        heard: measures how loud the file should be.
        on_samples: called with the count of samples encoded, now and then.
        leveling: of the sum; where that was kept nothing is decoded.

    Returns:
        Counts of what was decoded, by recording sid.
    """
    kept = leveling.kept
    known = None if kept is None else kept.decoded
    sources = audio_sources(plan, paths, in_use) if known is None else {}
    made = mix_blocks(sources.values(), plan) if kept is None or known is None else kept.blocks()
    done = 0
    try:
        for block in _mastered(made, leveling.mastering):
            encoder.write(block)
            heard.add(done, block)
            done += block.shape[1]
            on_samples(done)
    finally:
        for source in sources.values():
            source.close()
    return dict(known) if known is not None else _decoded(sources)


def measure_mix(
    plan: Plan,
    paths: Mapping[str, TrackPath],
    in_use: InUseMarker,
    kept: KeptMix,
    on_progress: Callable[[], None],
) -> Measured:
    """Return the loudness of the sum of all sound of a plan, as `mix_sound` would make it.

    Args:
        kept: keeps the sum for it.
        on_progress: called for each second that is done.
    """
    sources = audio_sources(plan, paths, in_use)
    meter = LoudnessMeter(true_peak=False)
    kept.begin(float(plan.duration))
    try:
        for block in mix_blocks(sources.values(), plan):
            meter.add(block)
            kept.add(block)
            on_progress()
    finally:
        for source in sources.values():
            source.close()
    kept.finish(_decoded(sources))
    return meter.finish()


def _decoded(sources: Mapping[str, AudioSource]) -> dict[str, Decoded]:
    return {sid: source.decoded for sid, source in sources.items()}


def audio_sources(
    plan: Plan, paths: Mapping[str, TrackPath], in_use: InUseMarker
) -> dict[str, AudioSource]:
    """Return the recordings that are heard and have a file, by sid."""
    ends = plan.media_ends
    return {
        sid: AudioSource(
            sid, paths[sid], sorted(clips, key=lambda clip: clip.span), ends[sid], in_use
        )
        for sid, clips in groupby(
            sorted(plan.audio, key=lambda clip: clip.recording_sid),
            key=lambda clip: clip.recording_sid,
        )
        if sid in paths
    }


def mix_blocks(sources: Collection[AudioSource], plan: Plan) -> Iterator[Samples]:
    """Yield the sum of sources, as long as a plan, in blocks of at most a second."""
    length = nearest_sample(plan.duration)
    for first in range(0, length, BLOCK):
        block = np.zeros((2, min(BLOCK, length - first)), np.float32)
        for source in sources:
            source.add_to(block, first)
        yield block


def _mastered(blocks: Iterator[Samples], mastering: Mastering) -> Iterator[Samples]:
    factor = _factor(mastering.gain_db)
    louder = blocks if factor == 1 else (block * factor for block in blocks)
    return limit_peaks(louder, float(_factor(mastering.ceiling_db)))


def _factor(gain_db: Fraction | float) -> np.float32:
    """Return the factor of a gain in decibels, 1 of none."""
    return np.float32(10 ** (float(gain_db) / 20))


def _sample_span(clip: AudioClip) -> tuple[int, int, int]:
    """Return the container samples [start, stop) of a clip, and the shift to output samples."""
    first = nearest_sample(clip.span.start)
    start = nearest_sample(clip.media_start)
    return start, start + nearest_sample(clip.span.end) - first, first - start
