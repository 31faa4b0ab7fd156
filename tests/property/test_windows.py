"""Excerpts against the whole, frame by frame and sample by sample, whatever room and template."""

from __future__ import annotations

import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from hypothesis import assume, given
from hypothesis import strategies as st

from roomreel.model.plan import Plan
from roomreel.model.samples import RATE
from roomreel.model.window import Window

sys.path.insert(0, str(Path(__file__).parent))
from test_plan_properties import planned, rooms, templates

windows = st.builds(
    lambda start, lasts: Window(start, lasts and start + lasts),
    st.integers(0, 40_000),
    st.none() | st.integers(1, 30_000),
)
rates = st.sampled_from([Fraction(30_000, 1001), Fraction(1), Fraction(17, 3)])


def until(plan: Plan, ms: int) -> Fraction:
    """Seconds of output before a time of the room: the sum of what is kept of it."""
    instant = plan.sources[0].span.start + Fraction(ms, 1000)
    return sum(
        (max(min(instant, one.room.end) - one.room.start, Fraction(0)) for one in plan.kept),
        Fraction(0),
    )


def frames_of(plan: Plan) -> list[list[object]]:
    """What is shown in each frame: the placements, with the container time of each."""
    return [
        [(one, at + frame / plan.frame_rate) for one, at in placed]
        for scene in plan.scenes
        for placed in [
            [(replace(one, media_start=Fraction(0)), one.media_start) for one in scene.placements]
        ]
        for frame in range(scene.end_frame - scene.start_frame)
    ]


def samples_of(plan: Plan) -> list[tuple[str, int, int, int]]:
    """What is heard, as the mixer rounds it: sid, first and last sample, and that of the medium."""
    return [
        (
            clip.recording_sid,
            round(clip.span.start * RATE),
            round(clip.span.end * RATE),
            round(clip.media_start * RATE),
        )
        for clip in plan.audio
    ]


@given(rooms, templates, rates, windows)
def test_an_excerpt_is_a_part_of_the_whole(case, template, rate, window):
    template = replace(template, frame_rate=rate)
    whole = planned(case, template)
    assume(whole is not None)
    last = whole.length if window.end_ms is None else until(whole, window.end_ms)
    begin = until(whole, window.start_ms)
    inside = [frame for frame in range(whole.frame_count) if begin <= frame / rate < last]
    part = planned(case, replace(template, window=window))
    if part is None:
        first = round(inside[0] / rate * RATE) if inside else 0
        end = first + round(len(inside) / rate * RATE)
        heard = [one for one in samples_of(whole) if one[1] < end and one[2] > first]
        assert not inside or not (whole.has_video or heard)
        return
    assert frames_of(part) == frames_of(whole)[inside[0] : inside[-1] + 1]
    assert part.frame_count == len(inside)
    assert (part.frame_count - 1) / rate < part.length <= part.duration
    if len(inside) == whole.frame_count:
        assert part == whole
        return
    assert (part.window.start_frame, part.window.end_frame) == (inside[0], inside[-1] + 1)
    first = round(inside[0] / rate * RATE)
    length = round(part.duration * RATE)
    cut = [
        (sid, max(start - first, 0), min(end - first, length), media + max(first - start, 0))
        for sid, start, end, media in samples_of(whole)
    ]
    assert samples_of(part) == [one for one in cut if one[1] < one[2]]


@given(rooms, templates, windows)
def test_what_is_kept_and_the_chapters_are_those_of_the_whole(case, template, window):
    whole = planned(case, template)
    part = planned(case, replace(template, window=window))
    assume(whole is not None and part is not None and part.window is not None)
    start = part.window.start_frame / part.frame_rate
    assert sum(one.room.duration for one in part.kept) == part.length
    for one in part.kept:
        assert any(
            one.room.start - each.room.start == one.start + start - each.start
            and one.room.end <= each.room.end
            for each in whole.kept
        )
    said = {(one.start, one.title) for one in part.chapters}
    assert {(at + start, title) for at, title in said if at} <= {
        (one.start, one.title) for one in whole.chapters
    }
    titles = [one.title for one in whole.chapters if one.start <= start]
    assert (0, titles[-1]) in said
    assert all(one.start < part.length for one in part.chapters)
    assert all(one.shown <= part.duration for one in part.sources)
