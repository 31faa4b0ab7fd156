"""Overlays by frames: texts, clocks, images and backgrounds, in room and in output time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest

from roomreel.documents.plan import plan_json
from roomreel.errors import AssetMissing
from roomreel.model.clock import DATE_FORMAT, Clock
from roomreel.model.geometry import Rect, Size
from roomreel.model.look import (
    Anchor,
    Asset,
    Background,
    ClockText,
    Colour,
    Fill,
    Fit,
    Image,
    Style,
    Text,
)
from roomreel.model.overlay import ClockOverlay, ImageOverlay, TextOverlay
from roomreel.model.window import Window
from roomreel.plan import make_plan

HOLD = Fraction(60)
CANVAS = Size(640, 480)
BLUE, CLEAR = Colour(0, 0, 255), Colour(0, 0, 0, 0)
LOGO = Asset("brand/logo.png", "ab" * 32, 900, 400, 128)
CREATED = datetime(2026, 11, 20, 9, tzinfo=UTC)
CREATED_S = Fraction(1_795_165_200)


@pytest.fixture
def plan(make):
    """A plan of cameras that are there from ms to ms; `room` are changes of the room."""

    def build(*overlays, cameras=((0, 60_000),), room=None, region=None, assets=(), **template):
        media = {f"V{number}": make.video(*times) for number, times in enumerate(cameras)}
        made = make.room(*map(make.recording, media), **(room or {}))
        layout = make.template(make.region(**(region or {})), overlays=overlays, **template)
        return make_plan(made, layout, media, HOLD, assets={one.path: one for one in assets})

    return build


def frames(overlay):
    return [(state.start_frame, state.end_frame) for state in overlay.states]


def shown(plan, frame):
    """What the one clock of a plan shows in a frame; None where it is not there."""
    (overlay,) = plan.overlays
    for state in overlay.states:
        if state.start_frame <= frame < state.end_frame:
            return state.drawing.text((frame - state.start_frame) / plan.frame_rate)
    return None


def clock(which, **changes):
    return ClockOverlay(clock=which, **changes)


def text(words="a", **changes):
    return TextOverlay(text=words, **changes)


def test_a_plain_template_has_no_overlays(plan):
    made = plan()
    assert (made.overlays, made.assets) == ((), ())


@pytest.mark.parametrize("rate", [Fraction(30), Fraction(30_000, 1001), Fraction(1)])
def test_a_text_without_a_time_is_there_throughout(plan, rate):
    made = plan(
        text("{room} {{ {template} {date}"), frame_rate=rate, room={"date_created": CREATED}
    )
    (overlay,) = made.overlays
    assert frames(overlay) == [(0, made.frame_count)]
    assert overlay.states[0].drawing == Text("stand-up { t 2026-11-20", Style())
    assert (overlay.rect, overlay.z, overlay.anchor) == (
        Rect(16, 416, 624, 48),
        99,
        Anchor.BOTTOM_LEFT,
    )


def test_variables_are_shown_as_names_are(plan):
    room = {"unique_name": "a\u202eb\nc" + "d" * 4000, "date_created": None}
    (overlay,) = plan(text("{room}|{date}|\u202ex\ny"), room=room).overlays
    assert overlay.states[0].drawing.text == "a b c" + "d" * 34 + "…||" + "x\ny"


def test_a_text_that_is_empty_is_not_drawn(plan):
    assert plan(text("{date}"), text(" \u202e "), room={"date_created": None}).overlays == ()


def test_what_cannot_be_seen_is_not_drawn(plan):
    made = plan(text(opacity=0), text(between=()), region={"background_color": CLEAR})
    assert made.overlays == ()


def test_sound_alone_has_no_overlays_and_needs_no_assets(make):
    template = make.template(
        make.region(),
        audio=["*"],
        overlays=(text(), ImageOverlay(image="a.png")),
        background=Background(BLUE),
    )
    room = make.room(make.recording("A", "audio"))
    made = make_plan(room, template, {"A": make.audio(0, 3000)}, HOLD)
    assert (made.has_video, made.overlays) == (False, ())


def test_backgrounds_lie_below_and_fill_what_they_are_of(plan):
    made = plan(
        text(z=-5),
        text(z=0),
        background=Background(BLUE, LOGO.path, Fit.CONTAIN),
        region={"background_color": BLUE, "x": 21, "width": 100, "bars": None},
        resolution=Size(641, 480),
        assets=[LOGO],
    )
    whole = Rect(0, 0, 642, 480)
    found = [(one.kind.value, one.rect, one.z, one.states[0].drawing) for one in made.overlays]
    assert found[:2] == [
        ("background", whole, -100, Fill(BLUE)),
        ("background", whole, -100, Image(LOGO.path, LOGO.sha256, Fit.CONTAIN)),
    ]
    assert [(kind, z) for kind, _, z, _ in found[2:]] == [("text", -5), ("region", 0), ("text", 0)]
    assert found[3][1:] == (Rect(20, 0, 102, 480), 0, Fill(BLUE))
    assert all(frames(one) == [(0, made.frame_count)] for one in made.overlays)
    assert [region.bars for region in made.regions] == [None]


def test_at_one_height_later_ones_are_on_top(plan):
    made = plan(text("a", z=3), text("b", z=-3), text("c", z=3), text("d", z=-3))
    assert [one.states[0].drawing.text for one in made.overlays] == ["b", "d", "a", "c"]


def test_an_image_names_its_bytes(plan):
    made = plan(ImageOverlay(image=LOGO.path, height=64), assets=[LOGO])
    (overlay,) = made.overlays
    assert overlay.states[0].drawing == Image(LOGO.path, LOGO.sha256, Fit.CONTAIN)
    assert overlay.rect == Rect(16, 400, 200, 64)
    assert made.assets == (LOGO,)


def test_an_asset_that_is_missing_is_said_in_its_own_words(make):
    template = make.template(make.region(), background=Background(image="a.png"))
    room, media = make.room(make.recording("V")), {"V": make.video(0, 3000)}
    with pytest.raises(AssetMissing, match=r"'a\.png'"):
        make_plan(room, template, media, HOLD)
    with pytest.raises(AssetMissing, match="is no picture"):
        make_plan(room, template, media, HOLD, assets={"a.png": AssetMissing("it is no picture")})


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        ([(0, 5000)], [(0, 150)]),
        ([(0, None)], [(0, 1800)]),
        ([(1, 34)], [(1, 2)]),
        ([(1, 33)], []),
        ([(59_999, 90_000)], []),
        ([(60_000, None)], []),
        ([(3000, 4000), (1000, 2000)], [(30, 60), (90, 120)]),
        ([(1000, 3000), (2000, 4000), (4000, 5000)], [(30, 150)]),
        # They end and begin in one frame.
        ([(1000, 1990), (1995, 3000)], [(30, 90)]),
    ],
)
def test_a_text_is_there_between(plan, between, expected):
    made = plan(text(between=tuple(Window(*one) for one in between)))
    assert [run for overlay in made.overlays for run in frames(overlay)] == expected


def test_between_counts_from_where_the_first_recording_begins(plan):
    made = plan(text(between=(Window(1000, 2000),)), cameras=[(7000, 67_000)])
    assert frames(made.overlays[0]) == [(30, 60)]


# Nothing is seen or heard from 20 to 50 s.
CUT = ((0, 20_000), (50_000, 60_000))


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        ((10_000, 15_000), [(300, 450)]),
        ((25_000, 45_000), []),
        ((19_000, 51_000), [(570, 630)]),
        ((50_000, None), [(600, 900)]),
    ],
)
def test_what_lies_in_a_stretch_that_is_cut_out_is_not_shown(plan, between, expected):
    made = plan(text(between=(Window(*between),)), cameras=CUT)
    assert [run for overlay in made.overlays for run in frames(overlay)] == expected


def test_the_clock_of_the_output_at_an_odd_rate(plan):
    made = plan(clock(Clock.OUTPUT), frame_rate=Fraction(30_000, 1001))
    first = {shown(made, frame): frame for frame in reversed(range(made.frame_count))}
    assert [first[f"00:00:0{second}"] for second in range(4)] == [0, 30, 60, 90]
    plain = plan(frame_rate=Fraction(30_000, 1001))
    assert made.scenes == plain.scenes
    assert len(made.overlays[0].states) == 1


def test_the_clock_of_the_output_counts_on_over_a_cut(plan):
    made = plan(clock(Clock.OUTPUT), cameras=CUT)
    assert frames(made.overlays[0]) == [(0, 900)]
    assert (shown(made, 599), shown(made, 600)) == ("00:00:19", "00:00:20")


@pytest.mark.parametrize("shift", [0, 1000, 86_400_000])
def test_the_clock_of_the_room_jumps_over_a_cut(plan, shift):
    cameras = [(start + shift, end + shift) for start, end in CUT]
    made = plan(clock(Clock.ROOM), cameras=cameras)
    assert frames(made.overlays[0]) == [(0, 600), (600, 900)]
    assert [shown(made, frame) for frame in (0, 599, 600, 899)] == [
        "00:00:00",
        "00:00:19",
        "00:00:50",
        "00:00:59",
    ]


def test_a_clock_that_comes_later_shows_the_time_of_then(plan):
    between = (Window(52_500, 55_000),)
    made = plan(clock(Clock.ROOM, between=between), cameras=CUT)
    assert frames(made.overlays[0]) == [(675, 750)]
    assert [shown(made, frame) for frame in (674, 675, 690, 750)] == [
        None,
        "00:00:52",
        "00:00:53",
        None,
    ]
    output = plan(clock(Clock.OUTPUT, between=between), cameras=CUT)
    assert [shown(output, frame) for frame in (675, 690)] == ["00:00:22", "00:00:23"]


def codes(plan):
    return [warning.code.value for warning in plan.warnings]


@pytest.mark.parametrize("shift", [0, 5000])
def test_a_wall_clock_counts_from_the_zero_of_the_room_clock(plan, shift):
    cameras = [(start + shift, end + shift) for start, end in CUT]
    room = {"date_created": CREATED, "clock_zero": CREATED.replace(hour=10, microsecond=500_000)}
    made = plan(clock(Clock.WALL, format=DATE_FORMAT), cameras=cameras, room=room)
    assert codes(made) == []
    late = shift // 1000
    assert shown(made, 0) == f"2026-11-20 10:00:{late:02}"
    assert shown(made, 615) == f"2026-11-20 10:00:{51 + late:02}"
    assert made.overlays[0].states[0].drawing.at == CREATED_S + 3600 + late + Fraction(1, 2)


def test_a_wall_clock_of_a_place(plan):
    room = {"clock_zero": CREATED}
    for minutes, time in (
        (0, "09:00:00"),
        (840, "23:00:00"),
        (-720, "21:00:00"),
        (330, "14:30:00"),
    ):
        made = plan(clock(Clock.WALL, utc_offset_minutes=minutes), room=room)
        assert shown(made, 0) == time


@pytest.mark.parametrize("shift", [0, 5000])
def test_without_a_zero_a_wall_clock_counts_from_the_creation_of_the_room(plan, shift):
    cameras = [(start + shift, end + shift) for start, end in CUT]
    made = plan(clock(Clock.WALL), cameras=cameras, room={"date_created": CREATED})
    assert codes(made) == ["clock-unknown"]
    assert (shown(made, 0), shown(made, 600)) == ("09:00:00", "09:00:50")


def test_without_any_date_there_is_no_wall_clock(plan):
    made = plan(clock(Clock.WALL), clock(Clock.ROOM))
    assert codes(made) == ["clock-unknown"]
    assert [one.states[0].drawing.clock for one in made.overlays] == [Clock.ROOM]


def test_a_clock_keeps_its_style(plan):
    style = Style(size=40)
    (overlay,) = plan(
        clock(Clock.ROOM, style=style, format="MM:SS"), frame_rate=Fraction(25)
    ).overlays
    assert overlay.states[0].drawing == ClockText(Clock.ROOM, "MM:SS", Fraction(0), style)


def test_the_order_of_recordings_changes_nothing(make):
    recordings = [make.recording(sid) for sid in ("V1", "V2", "V3")]
    media = {
        "V1": make.video(0, 9000),
        "V2": make.video(4000, 6000),
        "V3": make.video(20_000, 21_000),
    }
    template = make.template(
        make.region(), overlays=(clock(Clock.ROOM), text(between=(Window(3000, 20_500),)))
    )
    plans = [
        make_plan(make.room(*order), template, media, HOLD)
        for order in (recordings, recordings[::-1])
    ]
    assert plan_json(plans[0]) == plan_json(plans[1])


PASSED = {"width": 640, "height": 480, "pixel_format": "yuv420p", "mirrored": False}


@pytest.fixture
def copy(make):
    """The plan of one camera that could be copied, from ms to ms of ten seconds of sound."""

    def build(start_ms=0, end_ms=10_000, **template):
        pts = range(start_ms, end_ms, 40)
        camera = make.medium(
            pts, 40, keys={*range(0, len(pts), 75)}, rotation=0, shape_changes=0, **PASSED
        )
        media = {"V": camera, "A": make.audio(0, 10_000)}
        room = make.room(make.recording("V"), make.recording("A", "audio"))
        region = make.region(**template.pop("region", {}))
        layout = make.template(region, audio=["*"], passthrough=True, **template)
        return make_plan(room, replace(layout, resolution=CANVAS), media, HOLD)

    return build


def test_a_stream_that_nothing_is_drawn_over_is_copied(copy):
    assert copy().copied is not None
    hidden = copy(
        background=Background(BLUE),
        region={"background_color": BLUE, "bars": None},
        overlays=(text(z=-1),),
    )
    assert hidden.copied is not None


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ({"overlays": (text(),)}, "its template draws over it: text"),
        ({"overlays": (clock(Clock.ROOM, z=0),)}, "its template draws over it: clock"),
    ],
)
def test_a_stream_is_not_copied_where_something_is_drawn_over_it(copy, template, words):
    made = copy(**template)
    assert (made.copied, made.passthrough.refused) == (None, words)


@pytest.mark.parametrize("times", [(50, 10_000), (0, 9950)])
def test_a_background_that_is_seen_at_an_edge_is_not_lost(copy, times):
    assert copy(*times).copied is not None
    made = copy(*times, background=Background(BLUE))
    assert made.copied is None
    assert "a background" in made.passthrough.refused
