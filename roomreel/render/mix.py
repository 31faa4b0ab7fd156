"""The sound side of a render: a linear adder over the clips of a plan."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import groupby

import numpy as np

from roomreel.errors import MediaUnreadable
from roomreel.media.downmix import Samples
from roomreel.media.encode import SoundEncoder
from roomreel.media.limiter import limited
from roomreel.media.sound import SoundReader
from roomreel.model.composition import Decoded
from roomreel.model.media import TrackPath
from roomreel.model.plan import AudioClip, Plan
from roomreel.model.samples import RATE
from roomreel.render.loudness import Loudness
from roomreel.render.reading import Reading

BLOCK = RATE
"""Samples added up at a time: a second."""


class Voice:
    """One recording in the mix: its clips, read forward once; nothing from `end` on is heard."""

    def __init__(
        self, sid: str, path: TrackPath, clips: Sequence[AudioClip], end: Fraction, reading: Reading
    ) -> None:
        self._sid = sid
        self._reading = reading
        self._path = path
        self._clips = clips
        self._end = end
        self._pieces: Generator[tuple[int, Samples], None, None] | None = None
        self._piece: tuple[int, Samples] | None = None
        self._over = False
        self.start = round(clips[0].span.start * RATE)
        self.decoded = Decoded()

    def add_to(self, block: Samples, first: int) -> None:
        """Add what is heard in a block (2, n) that begins at output sample `first`.

        Blocks must come in order.
        """
        end = first + block.shape[1]
        if not self._over and self.start < end:
            with self._reading.of(self._sid):
                self._add(block, first, end)

    def _add(self, block: Samples, first: int, end: int) -> None:
        if self._pieces is None:
            self._pieces = self._read()
            self._piece = next(self._pieces, None)
        while self._piece is not None:
            at, samples = self._piece
            begin, until = max(at, first), min(at + samples.shape[1], end)
            if begin < until:
                block[:, begin - first : until - first] += samples[:, begin - at : until - at]
            if at + samples.shape[1] > end:
                return
            self._piece = next(self._pieces, None)
        self._over = True

    def _read(self) -> Generator[tuple[int, Samples], None, None]:
        """Pieces of sound at their output sample; cut where the clips are cut."""
        try:
            reader = SoundReader(self._path, self._end)
        except MediaUnreadable:
            self.decoded = Decoded(errors=1)
            return
        try:
            windows = [_window(clip) for clip in self._clips]
            for chunk in reader.chunks():
                end = chunk.position + chunk.samples.shape[1]
                while windows and windows[0][1] <= chunk.position:
                    windows.pop(0)
                if not windows:
                    return
                for start, stop, shift in windows:
                    if start >= end:
                        break
                    begin, until = max(start, chunk.position), min(stop, end)
                    piece = chunk.samples[:, begin - chunk.position : until - chunk.position]
                    yield begin + shift, piece
        finally:
            self.decoded = reader.decoded
            reader.close()

    def close(self) -> None:
        """Release the decoder."""
        if self._pieces is not None:
            with self._reading.of(self._sid):
                self._pieces.close()


def render_sound(
    plan: Plan,
    paths: Mapping[str, TrackPath],
    encoder: SoundEncoder,
    reading: Reading,
    heard: Loudness,
    on_samples: Callable[[int], None],
) -> dict[str, Decoded]:
    """Mix and encode all sound of a plan, as long as its frames.

    Args:
        paths: of each recording by sid; one without is silent in its place.
        reading: told of what is being decoded.
        heard: told what the file should sound like.
        on_samples: called with the count of samples encoded, now and then.

    Returns:
        What decoding showed, by recording sid.
    """
    voices = voices_of(plan, paths, reading)
    done = 0
    try:
        for block in limited(mixed(voices.values(), plan)):
            encoder.write(block)
            heard.add(done, block)
            done += block.shape[1]
            on_samples(done)
    finally:
        for voice in voices.values():
            voice.close()
    return {sid: voice.decoded for sid, voice in voices.items()}


def voices_of(plan: Plan, paths: Mapping[str, TrackPath], reading: Reading) -> dict[str, Voice]:
    """The recordings that are heard and have a file, by sid."""
    ends = plan.media_ends
    return {
        sid: Voice(sid, paths[sid], sorted(clips, key=lambda clip: clip.span), ends[sid], reading)
        for sid, clips in groupby(
            sorted(plan.audio, key=lambda clip: clip.recording_sid),
            key=lambda clip: clip.recording_sid,
        )
        if sid in paths
    }


def mixed(voices: Collection[Voice], plan: Plan) -> Iterator[Samples]:
    """The sum of voices, as long as a plan, in blocks of at most a second."""
    length = round(plan.duration * RATE)
    for first in range(0, length, BLOCK):
        block = np.zeros((2, min(BLOCK, length - first)), np.float32)
        for voice in voices:
            voice.add_to(block, first)
        yield block


def _window(clip: AudioClip) -> tuple[int, int, int]:
    """Container samples [start, stop) of a clip, and what to add for the output sample."""
    first = round(clip.span.start * RATE)
    start = round(clip.media_start * RATE)
    return start, start + round(clip.span.end * RATE) - first, first - start
