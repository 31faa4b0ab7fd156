"""Compositions of one room advance together, each through exactly the frames that are wanted."""

from dataclasses import replace
from fractions import Fraction

import pytest

from roomreel.model.plan import OutputSegment, Plan, Scene, Source
from roomreel.model.room import MediaType
from roomreel.model.time import Span
from roomreel.model.window import Window
from roomreel.plan.window import excerpt
from roomreel.render.lookahead import LOOKAHEAD_FRAMES, lookahead_ranges


def plan(kept: list[tuple[int, int]], scenes: list[tuple[int, int]], rate: int = 30) -> Plan:
    stretches, at = [], Fraction(0)
    for start, end in kept:
        stretches.append(OutputSegment(Span(Fraction(start), Fraction(end)), at))
        at += end - start
    nothing = dict.fromkeys(Plan.__dataclass_fields__, ())
    bare = Plan(**nothing)  # type: ignore[arg-type]  only what windows look at is told
    return replace(
        bare,
        frame_rate=Fraction(rate),
        frame_count=int(at * rate),
        kept=tuple(stretches),
        scenes=tuple(Scene(start, end) for start, end in scenes),
    )


def frames(found, composition):
    return [
        n
        for window in found
        for batch in window
        if batch.composition == composition
        for n in batch.frames
    ]


SHOWN = Fraction(4)
WHOLE = plan([(0, 10)], [(0, 100), (100, 300)])
TRIMMED = plan([(2, 4), (7, 9)], [(0, 7), (7, 100)], rate=25)


@pytest.mark.parametrize("whole", [WHOLE, TRIMMED])
def test_every_frame_comes_once_in_order(whole):
    count = whole.frame_count
    found = list(lookahead_ranges([(whole, [range(count)])]))
    assert frames(found, 0) == list(range(count))
    for batch in (batch for window in found for batch in window):
        assert batch.scene.start_frame <= batch.frames.start < batch.frames.stop
        assert batch.frames.stop <= batch.scene.end_frame


def test_frames_of_no_part_are_passed_over():
    chunks = [range(30, 60), range(200, 300)]
    found = list(lookahead_ranges([(WHOLE, chunks)]))
    assert frames(found, 0) == [*range(30, 60), *range(200, 300)]
    assert {batch.chunk for window in found for batch in window} == set(chunks)


def test_compositions_are_at_the_same_time_of_the_room():
    found = list(lookahead_ranges([(WHOLE, [range(300)]), (TRIMMED, [range(100)])]))
    assert frames(found, 0) == list(range(300))
    assert frames(found, 1) == list(range(100))
    latest = Fraction(-1)
    for window in found:
        # Room time: the trimmed one begins at 2 s and skips from 4 s to 7 s.
        times = [Fraction(n, 30) for b in window if b.composition == 0 for n in b.frames]
        times += [
            2 + Fraction(n, 25) + 3 * (n >= 50)
            for b in window
            if b.composition == 1
            for n in b.frames
        ]
        assert min(times) > latest
        assert max(times) - min(times) < Fraction(LOOKAHEAD_FRAMES, 30)
        latest = max(times)


@pytest.mark.parametrize("ends", [(0, 3000), (3210, 8111), (8000, None)])
def test_an_excerpt_goes_along_with_the_whole(ends):
    source = Source("V", MediaType.VIDEO, Span(Fraction(0), Fraction(10)), Fraction(10), (), SHOWN)
    known = replace(TRIMMED, sources=(source,), length=Fraction(4), has_video=True)
    part = excerpt(known, Window(*ends))
    assert part.window is not None
    count = part.frame_count
    found = list(lookahead_ranges([(WHOLE, [range(300)]), (part, [range(count)])]))
    assert frames(found, 0) == list(range(300))
    assert frames(found, 1) == list(range(count))
    for window in found:
        times = [
            room_time(batch.frames.start, (WHOLE, part)[batch.composition]) for batch in window
        ]
        assert max(times) - min(times) <= Fraction(LOOKAHEAD_FRAMES, 30)


def room_time(frame: int, of: Plan) -> Fraction:
    at = frame / of.frame_rate
    [kept] = [one for one in of.kept if one.start <= at < one.start + one.room.duration]
    return kept.room.start + at - kept.start


def test_years_that_are_cut_out_take_no_time():
    years = 40 * 365 * 24 * 3600
    far = plan([(0, 2), (years, years + 2)], [(0, 120)])
    found = list(lookahead_ranges([(far, [range(120)]), (WHOLE, [range(300)])]))
    assert frames(found, 0) == list(range(120))
    assert frames(found, 1) == list(range(300))
    assert len(found) < 30
