"""Windows: a call of a minute in which people come and go, and excerpts of it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from roomreel.documents.plan import plan_document, plan_json
from roomreel.documents.published_plan import parse_plan
from roomreel.errors import EmptyTrackList
from roomreel.model.geometry import Size
from roomreel.model.plan import Excerpt
from roomreel.model.window import Window
from roomreel.plan import make_plan
from roomreel.workload.estimate import estimate

HOLD = Fraction(60)
WHO = ("alice", "bob", "carol", "dave")
CAMERAS = {"A": (0, 60_000), "B": (10_000, 60_000), "C": (20_000, 40_000)}
MICS = {**CAMERAS, "D": (5_000, 55_000)}


@pytest.fixture
def call(make):
    """Plan the call by a template with a window; its zero is at 1234 ms of the room's clock."""
    recordings, media = [], {}
    for kind, tracks in (("video", {**CAMERAS, "S": (30_000, 45_000)}), ("audio", MICS)):
        for name, times in tracks.items():
            sid = f"{kind[0]}{name}"
            who = f"PA{'ABCDS'.index(name) % 4 + 1}"
            recordings.append(make.recording(sid, kind, participant_sid=who, offset_ms=1234))
            media[sid] = getattr(make, kind)(*times)
    room = make.room(*recordings, identities=WHO)

    def plan(*window, **changes):
        template = make.template(
            make.region(), audio=["*"], resolution=Size(1280, 720), window=Window(*window)
        )
        return make_plan(room, replace(template, **changes), media, HOLD)

    plan.packets = {sid: medium.packets for sid, medium in media.items()}
    return plan


def test_ten_seconds_of_a_minute(call):
    whole, part = call(), call(20_000, 30_000)
    assert part.window == Excerpt(600, 900, 1800)
    assert (part.frame_count, part.length, part.duration) == (300, 10, 10)
    [scene] = part.scenes
    [same] = [one for one in whole.scenes if one.start_frame == 600]
    assert scene == replace(same, start_frame=0, end_frame=300)
    assert [placement.recording_sid for placement in scene.placements] == ["vA", "vB", "vC"]
    assert {clip.recording_sid: clip.span.duration for clip in part.audio} == dict.fromkeys(
        ("aA", "aB", "aC", "aD"), 10
    )
    assert {clip.media_start for clip in part.audio} == {20}
    assert [(one.start, one.title) for one in part.chapters] == [(0, "carol joins")]
    [kept] = part.kept
    assert kept.room.start == Fraction(21_234, 1000)
    assert {one.recording_sid: one.shown for one in part.sources}["vS"] == 0
    assert part.regions == whole.regions
    assert part.warnings == whole.warnings
    assert part.source_bytes == whole.source_bytes


def test_a_chapter_that_reaches_in_starts_at_0(call):
    part = call(15_000, 45_000)
    assert [(one.start, one.title) for one in part.chapters] == [
        (0, "bob joins"),
        (5, "carol joins"),
        (25, "carol leaves"),
    ]


@pytest.mark.parametrize("window", [(), (0, 60_000), (0, 86_400_000)])
def test_a_window_of_all_is_none(call, window):
    assert plan_json(call(*window)) == plan_json(call())


def test_the_end_may_be_left_open_or_lie_beyond(call):
    assert call(50_000) == call(50_000, 99_000)
    assert call(50_000).window == Excerpt(1500, 1800, 1800)


def test_a_window_beyond_the_end_or_where_all_is_cut_out_is_refused_in_words(make, call):
    with pytest.raises(EmptyTrackList, match="window from 60 s to 70 s") as found:
        call(60_000, 70_000)
    assert "the whole lasts 60 s" in str(found.value)
    media = {"V": make.video(0, 10_000), "W": make.video(50_000, 60_000)}
    room = make.room(*map(make.recording, media))
    template = make.template(make.region(), window=Window(10_000, 50_000))
    with pytest.raises(EmptyTrackList, match="it is cut out"):
        make_plan(room, template, media, HOLD)
    assert make_plan(room, replace(template, trim=False), media, HOLD).frame_count == 1200
    # Of both sides of the cut, in the room's time: 5 s before and 5 s after.
    both = make_plan(room, replace(template, window=Window(5_000, 55_000)), media, HOLD)
    assert [(one.room.start, one.room.end, one.start) for one in both.kept] == [
        (5, 10, 0),
        (50, 55, 5),
    ]


def test_sound_alone_needs_a_sound(make):
    media = {"A": make.audio(0, 5_000), "B": make.audio(20_000, 30_000)}
    room = make.room(*(make.recording(sid, "audio") for sid in media))
    template = make.template(audio=["*"], trim=False, window=Window(6_000, 19_000))
    with pytest.raises(EmptyTrackList, match="nothing is seen or heard"):
        make_plan(room, template, media, HOLD)


def test_an_excerpt_is_not_copied(make):
    media = {"V": make.video(0, 9_000)}
    room = make.room(make.recording("V"))
    template = make.template(make.region(), passthrough=True, window=Window(1_000))
    plan = make_plan(room, template, media, HOLD)
    assert plan.copied is None
    assert "begins and ends at any frame" in plan.passthrough.refused


def test_the_document_says_which_frames_and_reads_back(call):
    part = call(20_000, 30_000)
    assert plan_document(part)["window"] == {"start_frame": 600, "end_frame": 900, "of": 1800}
    assert "window" not in plan_document(call())
    again = parse_plan(plan_json(part).encode())
    assert again.window == part.window
    assert plan_json(again) == plan_json(part)


def test_an_excerpt_costs_as_its_frames_do(call):
    whole, part = (estimate(call(*window), call.packets) for window in ((), (20_000, 26_000)))
    assert part.output_bytes * 10 == pytest.approx(whole.output_bytes, rel=0.01)
    assert part.cpu_s < whole.cpu_s
