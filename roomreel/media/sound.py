"""Decode a recording's sound onto the sample grid of its container time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from operator import itemgetter
from typing import Any, cast

import av
import numpy as np
from av import AudioFifo, AudioFrame

from roomreel.media.container import DAMAGE
from roomreel.media.downmix import Downmix, Samples, to_stereo
from roomreel.media.track import Track
from roomreel.model.composition import Decoded
from roomreel.model.media import TrackPath
from roomreel.model.outliers import JITTER_S, without_outliers
from roomreel.model.room import MediaType
from roomreel.model.samples import GAP, RATE, SOURCE_RATES, SampleGrid

JITTER = round(JITTER_S * RATE)

DRIFT_DEAD_BAND = RATE * 5 // 1000
"""Up to 5 ms off the timestamps nothing is done: rounding and jitter stay untouched, and the 20 ms
that sound may be off are far away."""

STEADY_PACKETS = 50
"""Only what n packets in a row, about a second, are off together is drift: packets that came in a
burst and share a timestamp are not."""

MAX_DRIFT_PPM = 1_000
"""Most that sound is stretched while it catches up: 0.1 % is below what ears notice in pitch, and
five times the drift of a bad crystal."""

LONGEST_LAG_S = 1
"""Packets that come in a burst may share a timestamp, and are heard one after the other; what would
be heard later than that after its time is left out."""

MAX_BLOCK = RATE
"""Samples that one call of the resampler may give, a second: a packet of a low rate may become many
times its own size."""


LOUDEST = 2.0
"""Lossy coders exceed full scale, 1.0, by a few dB, which the limiter of a mix takes back. What is
louder is damage, or whole numbers that are called floats. Players cut it off; the limiter would
turn all others down with it."""


@dataclass(frozen=True, slots=True)
class SoundBlock:
    """Sound without a gap.

    Attributes:
        position: index of the first sample on a grid of 1/48000 s from container time 0.
        samples: float32 of shape (2, n), or (1, n) of mono, which goes to both channels; full
            scale 1.0.
    """

    position: int
    samples: Samples


class SoundReader:
    """The sound of one recording, in order, placed by its timestamps.

    A gap in the timestamps is a gap between blocks, of its true length. Where a sender's clock
    runs fast or slow, single samples are spread into or out of a packet so that the sound stays
    within a few ms of its timestamps; without drift the decoded samples pass unchanged.

    Args:
        path: of the track.
        end: container seconds at which the recording is over; what comes later is an outlier.
    """

    def __init__(self, path: TrackPath, end: Fraction | None = None) -> None:
        self._track = Track(path, MediaType.AUDIO)
        # Time is compared in whole samples: each of 50 packets a second is, several times.
        self._grid = SampleGrid(self._track.time_base)
        self._end = None if end is None else round(end * RATE)
        self._errors = self._frames = 0

    @property
    def decoded(self) -> Decoded:
        """Counts of what was decoded so far."""
        return Decoded(frames=self._frames, errors=self._errors)

    def close(self) -> None:
        """Release the decoder."""
        self._track.close()

    def blocks(self) -> Iterator[SoundBlock]:
        """Yield all of it, positions rising, never overlapping."""
        end: int | None = None  # where the next sample goes if there is no gap
        errors = deque([0], STEADY_PACKETS)  # how far the timestamps were off, the newest last
        for wanted, samples in self._resampled(self._decode()):
            # Sound that runs ahead of its timestamps leaves no hole where they catch up.
            if end is None or wanted - end - max(errors[-1], 0) > GAP:
                end = wanted
                errors.clear()
            elif end - wanted > LONGEST_LAG_S * RATE:
                continue
            errors.append(wanted - end)
            placed = _stretched(samples, _correction(min(errors, key=abs), samples.shape[1]))
            yield SoundBlock(end, placed)
            end += placed.shape[1]

    def stretches(self) -> Iterator[SoundBlock]:
        """Yield all of it for who measures it, at half the cost: up to a second at once.

        A stretch is within 10 ms of its timestamps, whatever its clock does; no sample is added or
        left out, so where a clock runs fast stretches overlap.
        """
        for at, samples in self._resampled(_joined(self._decode())):
            yield SoundBlock(at, samples)

    def _resampled(self, frames: Iterable[tuple[int, AudioFrame]]) -> Iterator[tuple[int, Samples]]:
        resampler: _Resampler | None = None
        for at, frame in frames:
            try:
                if resampler is None or not resampler.takes(at, frame):
                    if resampler is not None:
                        yield from resampler.flush()
                    resampler = _Resampler(frame)
                yield from resampler.push(at, frame)
            except DAMAGE:
                self._lose_frame()
                resampler = None
        if resampler is not None:
            try:
                yield from resampler.flush()
            except DAMAGE:
                self._lose_frame()

    def _decode(self) -> Iterator[tuple[int, AudioFrame]]:
        """Return the frames with the positions of their first samples, without outliers."""
        return without_outliers(self._decode_all(), itemgetter(0), JITTER)

    def _decode_all(self) -> Iterator[tuple[int, AudioFrame]]:
        following = 0  # what comes without a time of its own follows what was before
        for packet in self._packets():
            try:
                frames = self._track.decode(packet)
            except DAMAGE:
                self._errors += 1
                continue
            for frame in frames:
                if frame.sample_rate not in SOURCE_RATES:
                    self._errors += 1
                    continue
                at = following if frame.pts is None else self._grid.position(frame.pts)
                following = at + frame.samples * RATE // frame.sample_rate
                if frame.samples and (self._end is None or at < self._end):
                    self._frames += 1
                    yield at, frame

    def _packets(self) -> Iterator[Any]:
        try:
            yield from self._track.packets()
        except DAMAGE:
            self._errors += 1

    def _lose_frame(self) -> None:
        """Count a frame that was decoded as one that could not be."""
        self._errors += 1
        self._frames -= 1


def _joined(frames: Iterable[tuple[int, AudioFrame]]) -> Iterator[tuple[int, AudioFrame]]:
    """Yield frames of one shape that follow each other as one, of a second at most."""
    waiting, shape, begin, end = AudioFifo(), None, 0, 0

    def taken() -> Iterator[tuple[int, AudioFrame]]:
        if waiting.samples:
            yield begin, cast("AudioFrame", waiting.read(partial=True))

    for at, frame in frames:
        samples = frame.samples * RATE // frame.sample_rate
        is_next = abs(at - end) <= GAP
        if shape != _shape(frame) or not is_next or end + samples - begin > MAX_BLOCK:
            yield from taken()
            begin = end if is_next and shape == _shape(frame) else at
            waiting, shape, end = AudioFifo(), _shape(frame), begin
        frame.pts = None  # the queue takes only what begins at 0
        waiting.write(frame)
        end += samples
    yield from taken()


class _Resampler:
    """Brings frames of one shape to float at 48 kHz, mono or stereo, positions kept."""

    def __init__(self, first: AudioFrame) -> None:
        self._shape = _shape(first)
        matrix = to_stereo([channel.name for channel in first.layout.channels])
        self._downmix = None if matrix is None else Downmix(first, matrix)
        as_float = self._downmix is not None or first.format.name == "fltp"
        self._identity = as_float and first.sample_rate == RATE
        # Mono stays mono here: FFmpeg's own step to stereo costs 3 dB.
        is_mono = self._downmix is None and first.layout.nb_channels == 1
        layout = "mono" if is_mono else "stereo"
        self._resampler = av.AudioResampler("fltp", layout, RATE)
        self._next: int | None = None

    def takes(self, at: int, frame: AudioFrame) -> bool:
        """Return whether a frame can follow: the same shape, and no gap before it."""
        if _shape(frame) != self._shape:
            return False
        return self._identity or self._next is None or abs(at - self._next) <= GAP

    def push(self, at: int, frame: AudioFrame) -> Iterator[tuple[int, Samples]]:
        """Yield the samples that come out for one frame more."""
        frame.pts, frame.time_base = at, Fraction(1, RATE)
        if self._downmix is not None:
            frame = self._downmix.mix(frame)
        if self._identity:
            yield at, _samples(frame)
            return
        self._next = at + frame.samples * RATE // frame.sample_rate
        for piece in _split(frame):
            yield from self._placed(self._resampler.resample(piece))

    def flush(self) -> Iterator[tuple[int, Samples]]:
        """Yield the samples that the filter still holds."""
        if not self._identity:
            yield from self._placed(self._resampler.resample(None))

    def _placed(self, frames: list[AudioFrame]) -> Iterator[tuple[int, Samples]]:
        for frame in frames:
            if frame.pts is not None and frame.samples:
                yield SampleGrid(frame.time_base).position(frame.pts), _samples(frame)


def _split(frame: AudioFrame) -> Iterator[AudioFrame]:
    """Yield a frame as frames of which none becomes more than PIECE samples; times are of RATE."""
    most = MAX_BLOCK * frame.sample_rate // RATE
    if frame.samples <= most:
        yield frame
        return
    fifo, start, done = AudioFifo(), frame.pts or 0, 0
    frame.pts = None  # the queue takes only what begins at 0
    fifo.write(frame)
    for piece in fifo.read_many(most, partial=True):
        piece.pts, piece.time_base = start + done * RATE // frame.sample_rate, Fraction(1, RATE)
        done += piece.samples
        yield piece


def _samples(frame: AudioFrame) -> Samples:
    """Return the samples of a frame, none of them louder than `LOUDEST`.

    Raises:
        ValueError: some are no numbers; added to those of others, they would make none of theirs.
    """
    samples = np.asarray(frame.to_ndarray(), np.float32)
    peak = np.abs(samples).max(initial=0)
    if not np.isfinite(peak):
        raise ValueError("samples that are no numbers")
    return samples if peak <= LOUDEST else samples.clip(-LOUDEST, LOUDEST)


def _shape(frame: AudioFrame) -> tuple[str, int, str]:
    return frame.format.name, frame.sample_rate, frame.layout.name


def _correction(error: int, count: int) -> int:
    """Return samples to add to `count` that come `error` samples early; negative where late."""
    if abs(error) <= DRIFT_DEAD_BAND:
        return 0
    step = max(count * MAX_DRIFT_PPM // 1_000_000, 1)
    return step if error > 0 else -step


def _stretched(samples: Samples, by: int) -> Samples:
    """Return the same sound in `by` samples more, by linear interpolation; unchanged for 0."""
    count = samples.shape[1]
    if by == 0 or count < 2:
        return samples
    at = np.linspace(0, count - 1, count + by)
    grid = np.arange(count)
    return np.stack([np.interp(at, grid, channel) for channel in samples]).astype(np.float32)
