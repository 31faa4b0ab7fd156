"""Chunks: a long composition cut into frames that are rendered each for themselves."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import compress
from math import ceil

from roomreel.model.media import PacketIndex
from roomreel.model.plan import Plan, Scene

LEEWAY = 8
"""A cut may lie off the even division by this part of a chunk at most."""

DRAWING = 10
"""Painting and encoding a frame takes about as long as decoding n pictures."""


@dataclass(frozen=True, slots=True)
class _Keys:
    """The points from which a recording can be read: ascending ticks of its key frames."""

    base: Fraction
    ticks: Sequence[int]

    def since(self, at: Fraction) -> Fraction:
        """Return the seconds of pictures that are decoded again when reading begins at a time."""
        last = bisect_right(self.ticks, at / self.base) - 1
        return at - self.ticks[max(last, 0)] * self.base if self.ticks else Fraction(0)

    def within(self, start: Fraction, end: Fraction) -> Iterator[Fraction]:
        """Return container times of the key frames in [start, end)."""
        first = bisect_left(self.ticks, start / self.base)
        last = bisect_left(self.ticks, end / self.base)
        return (tick * self.base for tick in self.ticks[first:last])


def cut(plan: Plan, packets: Mapping[str, PacketIndex], count: int) -> tuple[range, ...]:
    """Divide the frames of a plan into ranges of about the same length.

    The worker of a range decodes every source from the key frame before it, and one that is done
    earlier than the others waits for them: the cuts are made where both together cost least, near
    the even division, at the start of a scene or a key frame.

    Args:
        packets: by recording sid, at least of every recording that is placed.
        count: number of ranges; fewer where there are not as many frames.
    """
    count = max(min(count, plan.frame_count), 1)
    keys = {sid: _Keys(p.time_base, sorted(compress(p.pts, p.keys))) for sid, p in packets.items()}
    edges = [0]
    for number in range(1, count):
        even = number * plan.frame_count // count
        leeway = plan.frame_count // count // LEEWAY
        window = range(max(even - leeway, edges[-1] + 1), even + leeway + 1)
        edges.append(_cheapest(plan, keys, window, even))
    return tuple(map(range, edges, [*edges[1:], plan.frame_count]))


def shares(chunks: Sequence[range], most: int) -> list[tuple[range, ...]]:
    """Share chunks out: runs of neighbours, so that little is decoded twice, of about one length.

    Args:
        most: how many shares, 1 or more; fewer where there are not as many chunks.
    """
    frames = sum(map(len, chunks))
    found: dict[int, list[range]] = {}
    done = 0
    for chunk in chunks:
        middle = done + len(chunk) // 2
        found.setdefault(middle * most // frames, []).append(chunk)
        done += len(chunk)
    return [tuple(share) for share in found.values()]


def _cheapest(plan: Plan, keys: Mapping[str, _Keys], window: range, even: int) -> int:
    costs = {even: Fraction(0)} if even in window else {}
    first = bisect_right(plan.scenes, window.start, key=lambda scene: scene.end_frame)
    for scene in plan.scenes[first:]:
        if scene.start_frame >= window.stop:
            break
        inside = range(max(scene.start_frame, window.start), min(scene.end_frame, window.stop))
        for frame in {even, *_candidates(scene, keys, inside, plan.frame_rate)}:
            if frame in inside:
                off = abs(frame - even) / plan.frame_rate
                waiting = off * (DRAWING + len(scene.placements))
                costs[frame] = _decoded_twice(scene, keys, frame, plan.frame_rate) + waiting
    return min(costs, key=lambda frame: (costs[frame], abs(frame - even)))


def _candidates(
    scene: Scene, keys: Mapping[str, _Keys], inside: range, rate: Fraction
) -> Iterator[int]:
    """Yield the start of a scene, and the first frames that show a key frame of a source."""
    yield scene.start_frame
    for placement in scene.placements:
        ahead = placement.media_start - scene.start_frame / rate
        for at in keys[placement.recording_sid].within(
            ahead + inside.start / rate, ahead + inside.stop / rate
        ):
            yield ceil((at - ahead) * rate)


def _decoded_twice(scene: Scene, keys: Mapping[str, _Keys], frame: int, rate: Fraction) -> Fraction:
    """Return the seconds of pictures decoded twice if a chunk begins with a frame of a scene."""
    later = (frame - scene.start_frame) / rate
    return sum(
        (keys[p.recording_sid].since(p.media_start + later) for p in scene.placements), Fraction(0)
    )
