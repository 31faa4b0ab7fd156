"""The talk in a room, from the sound indexes of its recordings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from roomreel.model.sound_index import LEVEL_S, NO_PACKET, SoundIndex
from roomreel.model.talk import RecordingTalk, RoomTalk, Sensitivity, Spurt
from roomreel.model.time import Span
from roomreel.plan.spans import merged
from roomreel.talk.bleed import LEVEL_MS, Talking, without_bleed
from roomreel.talk.floors import Levels, lowest_tenth, muted
from roomreel.talk.runs import Places, counts_before, run_edges
from roomreel.talk.spurts import find_spurts


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """A recording of sound, and what is known of it.

    Attributes:
        offset_ms: where its container time 0 sits on the room clock.
    """

    participant_sid: str
    offset_ms: int
    index: SoundIndex


def find_talk(
    heard: Mapping[str, Heard], sensitivity: Sensitivity = Sensitivity.NORMAL
) -> RoomTalk:
    """Return who talks when, by recording sid those whose sound counts."""
    with_bleed = [_talking(one, sensitivity) for one in heard.values()]
    found = dict(zip(heard, without_bleed(with_bleed), strict=True))
    recordings = {sid: _talk_of(one, heard[sid].index) for sid, one in found.items()}
    spurts: dict[str, list[Span]] = defaultdict(list)
    for sid, talk in recordings.items():
        spurts[heard[sid].participant_sid] += [spurt.span for spurt in talk.spurts]
    return RoomTalk({sid: merged(spans) for sid, spans in spurts.items()}, recordings)


def _talking(one: Heard, sensitivity: Sensitivity) -> Talking:
    levels: Levels = np.frombuffer(one.index.levels, np.int16)
    start_ms = one.offset_ms + one.index.first * LEVEL_MS
    return Talking(one.participant_sid, start_ms, levels, *find_spurts(levels, sensitivity))


def _talk_of(one: Talking, index: SoundIndex) -> RecordingTalk:
    spans = _spans(one, one.begins, one.ends)
    return RecordingTalk(
        one.participant_sid,
        tuple(Spurt(span, level) for span, level in zip(spans, _means(one), strict=True)),
        sounding=tuple(_spans(one, *run_edges(~muted(one.levels)))),
        floor=lowest_tenth(one.levels),
        loudness=index.loudness,
        peak=index.peak,
    )


def _means(one: Talking) -> Iterator[int]:
    """Yield the mean level of each spurt, of what sounds in it."""
    sounds = one.levels != NO_PACKET
    sums = np.cumsum(np.append(0, np.where(sounds, one.levels, 0)), dtype=np.int64)
    counts = counts_before(sounds)
    for begin, end in zip(one.begins, one.ends, strict=True):
        yield int((sums[end] - sums[begin]) // (counts[end] - counts[begin]))


def _spans(one: Talking, begins: Places, ends: Places) -> Iterator[Span]:
    """Yield stretches of levels as spans of the room clock."""
    start = Fraction(one.start_ms, 1000)
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        yield Span(start + begin * LEVEL_S, start + end * LEVEL_S)
