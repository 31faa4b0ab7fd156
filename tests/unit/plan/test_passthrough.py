from dataclasses import replace
from fractions import Fraction

import pytest

from roomreel.model.framing import Framing
from roomreel.model.geometry import Size
from roomreel.model.look import Anchor, Fit
from roomreel.model.plan import Placement
from roomreel.model.template import Format
from roomreel.plan import make_plan
from roomreel.plan.packets import activity
from roomreel.plan.passthrough import nominal_rate
from roomreel.workload.estimate import COSTS, estimate

HOLD = Fraction(60)
CANVAS = Size(640, 480)


@pytest.fixture
def camera(make):
    """A camera of so many pictures of 640x480, a key frame every 3 s; changes are of its index."""

    def build(start_ms=20, count=300, step_ms=33, key_every=90, **changes):
        pts = [start_ms + number * step_ms for number in range(count)]
        fields = {
            "width": 640,
            "height": 480,
            "pixel_format": "yuv420p",
            "mirrored": False,
            "rotation": 0,
            "shape_changes": 0,
            **changes,
        }
        pts = fields.pop("pts", pts)
        return make.medium(pts, keys=set(range(0, count, key_every)), **fields)

    return build


@pytest.fixture
def plan(make, camera):
    def build(media=None, recordings=None, hold=HOLD, **template):
        media = media or {"V": camera(), "A": make.audio(0, 9920)}
        recordings = recordings or [
            make.recording(sid, "audio" if sid.startswith("A") else "video") for sid in media
        ]
        fields = {
            "passthrough": True,
            "resolution": CANVAS,
            "format": Format.WEBM,
            "regions": (make.region(),),
            **template,
        }
        layout = replace(make.template(audio=["*"]), **fields)
        return make_plan(make.room(*recordings), layout, media, hold)

    return build


def test_one_camera_that_fills_the_canvas_is_copied(plan, make):
    made = plan()
    assert made.copied is not None
    assert (made.copied.recording_sid, made.copied.refused) == ("V", "")
    assert made.copied.start == Fraction(20, 1000)
    assert made.copied.media_end == Fraction(20 + 300 * 33, 1000)
    assert (made.frame_count, made.frame_rate) == (300, 30)
    [scene] = made.scenes
    assert (scene.start_frame, scene.end_frame) == (0, 300)
    [placement] = scene.placements
    assert isinstance(placement, Placement)
    assert placement.media_start == Fraction(20, 1000)
    assert made.duration == made.length == Fraction(9920, 1000)
    [clip] = made.audio
    assert clip.span == make.span(0, 9920)


def test_who_does_not_ask_gets_no_answer(plan):
    made = plan(passthrough=False)
    assert (made.passthrough, made.copied) == (None, None)
    assert (made.frame_count, made.frame_rate) == (298, 30)


def test_h264_is_copied_into_mp4(plan, camera):
    assert plan({"V": camera(codec="h264")}, format=Format.MP4).copied


def test_what_comes_before_the_first_key_frame_is_left_out(plan, make, camera):
    late = camera().packets
    late.keys[0] = 0
    late.keys[30] = 1
    made = plan({"V": replace(camera(), packets=late)})
    assert made.copied is not None
    assert made.frame_count == 270
    assert made.copied.start == 0


REFUSED = {
    "another size": ({"width": 320, "height": 240}, {}, "its pictures are 320x240, not 640x480"),
    "odd": (
        {"width": 641},
        {"resolution": Size(641, 480)},
        "641x480 is odd",
    ),
    "VP9 in MP4": ({"codec": "vp9"}, {"format": Format.MP4}, "vp9 is not for mp4"),
    "H.264 in WebM": ({"codec": "h264"}, {}, "h264 is not for webm"),
    "10 bits": ({"pixel_format": "yuv420p10le"}, {}, "its pixels are yuv420p10le, not yuv420p"),
    "pixels unknown": ({"pixel_format": ""}, {}, "its pixels are not known, not yuv420p"),
    "long key distance": (
        {"key_every": 304, "count": 310},
        {},
        "its key frames are up to 10.032 s apart",
    ),
    "no key at the end": (
        {"key_every": 310, "count": 310},
        {},
        "its key frames are up to 10.23 s apart",
    ),
    "a size change": ({"shape_changes": 2}, {}, "its size or its parameters change 2 times"),
    "shape unknown": ({"shape_changes": None}, {}, "its key frames do not say their size"),
    "rotation": ({"rotation": 90}, {}, "a player turns its pictures by 90 degrees"),
    "mirrored": ({"mirrored": True}, {}, "a player mirrors its pictures"),
    "mirrored unknown": ({"mirrored": None}, {}, "its header how they are turned"),
    "rotation unknown": ({"rotation": None}, {}, "its header how they are turned"),
    "oblong pixels": (
        {"sample_aspect": Fraction(4, 3)},
        {},
        "its pixels are not square: 4/3",
    ),
    "late start": ({"start_ms": 101}, {}, "it begins 0.101 s after the composition does"),
    "truncated": ({"truncated": True}, {}, "the file ends within an element"),
    "trimmed": ({"hidden": 3}, {}, "an edit list hides 3 of its pictures"),
    "two recordings in one file": ({"links": 1}, {}, "its file begins again"),
    "times of decoding": ({"timed": False}, {}, "its file does not say when each"),
    "B-frames": ({"pts": [20, 120, 53, 86, 219, 153, 186]}, {}, "do not rise one by one"),
    "a repeated time": ({"pts": [20, 53, 53, 86]}, {}, "do not rise one by one"),
    "a clock set back": ({"pts": [5000, 5033, 20, 53, 86]}, {}, "do not rise one by one"),
    "a stray": ({"pts": [20, 53, 10**9, 86, 119]}, {}, "do not rise one by one"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_copied_is_composed_and_the_plan_says_why(plan, make, camera, name):
    changes, template, reason = REFUSED[name]
    if "pts" in changes:
        media = {"V": camera(count=len(changes["pts"]), **changes)}
    else:
        media = {"V": camera(**changes), "A": make.audio(0, 200)}
    made = plan(media, **template)
    assert made.passthrough is not None
    assert made.copied is None
    assert reason in made.passthrough.refused
    assert replace(made, passthrough=None) == plan(media, passthrough=False, **template)


def test_pictures_that_are_held_for_less_than_half_a_frame_are_copied(plan, make, camera):
    made = plan({"V": camera(0), "A": make.audio(0, 9920)})  # pictures end 20 ms before
    assert made.copied
    held = plan({"V": camera(0), "A": make.medium(range(0, 9910, 10), 10, kind="audio")})
    assert held.copied.media_end == Fraction(9900, 1000)
    assert held.length == Fraction(9910, 1000)


def test_pictures_that_end_more_than_100_ms_early_are_composed(plan, make, camera):
    assert plan({"V": camera(0), "A": make.audio(0, 10_000)}).copied
    made = plan({"V": camera(0), "A": make.audio(0, 10_020)})
    assert made.passthrough.refused == "it ends 0.12 s before the composition does"


def test_two_sources_are_composed(plan, make, camera):
    made = plan({"V1": camera(), "V2": camera()})
    assert made.passthrough.refused == "2 recordings are shown, not one"


def test_no_source_is_composed(plan, make):
    made = plan({"A": make.audio(0, 1000)})
    assert made.passthrough.refused == "no recordings are shown, not one"


def test_one_source_in_two_regions_is_composed(plan, make):
    made = plan(regions=(make.region("main"), make.region("inset", z=1, width=320, height=240)))
    assert made.passthrough.refused == "it is shown 2 times"


def test_a_cell_that_is_smaller_than_the_canvas_is_composed(plan, make, camera):
    small = camera(width=320, height=240)
    made = plan({"V": small}, regions=(make.region(width=320, height=240),))
    assert made.passthrough.refused == "its cell does not fill the canvas of 640x480"


def test_what_mirrors_is_composed_and_what_only_fits_otherwise_is_copied(plan, make):
    mirrored = plan(regions=(make.region(framing=Framing(mirror=True)),))
    assert mirrored.passthrough.refused == "its region mirrors pictures"
    for framing in (Framing(Fit.COVER, Anchor.LEFT), Framing(Fit.STRETCH)):
        made = plan(regions=(make.region(framing=framing),))
        assert made.copied
        assert made.scenes[0].placements[0].framing == framing
    padded = plan(regions=(make.region(padding=2),))
    assert padded.passthrough.refused == "its cell does not fill the canvas of 640x480"


def test_a_pause_past_hold_is_composed_and_a_shorter_one_is_copied(plan, camera):
    pts = [20 + number * 33 + (number >= 150) * 3000 for number in range(300)]
    paused = {"V": camera(pts=pts)}
    assert plan(paused).copied
    made = plan(paused, hold=Fraction(2))
    assert made.passthrough.refused == "its picture stands still for longer than pictures are held"


def test_a_room_with_its_middle_cut_out_is_composed(plan, make, camera):
    apart = {"V": camera(), "A1": make.audio(0, 9920), "A2": make.audio(20_000, 20_060)}
    assert plan(apart).passthrough.refused == "a part of the room is cut out"


def test_a_second_take_of_the_same_track_that_begins_late_is_composed(plan, make, camera):
    takes = [
        make.recording("V1", source_sid="MT1"),
        make.recording("V2", source_sid="MT1", offset_ms=40),
    ]
    made = plan({"V1": camera(count=2, key_every=1), "V2": camera()}, takes)
    assert "2 recordings are shown" in made.passthrough.refused


def opus(make, pts=None, duration_ms=20, **changes):
    return make.medium(pts or range(0, 9920, 20), duration_ms, kind="audio", **changes)


MIXED = {
    "of another codec": {"codec": "pcm_mulaw"},
    "cut off": {"truncated": True},
    "trimmed": {"hidden": 3},
    "two recordings in one file": {"links": 1},
    "of 5.1": {"channels": 6, "mapped": True},
    "of more than two channels": {"channels": 3},
    "of two that are mapped": {"channels": 2, "mapped": True},
    "out of order": {"pts": [20, 0, *range(40, 9920, 20)]},
    "of a clock that is slow": {"pts": [n * 20 + n // 80 for n in range(496)]},
    "of a clock that is fast": {"pts": [n * 20 - n // 80 for n in range(496)]},
    "of packets that do not say how long they last": {"duration_ms": 0},
}

SILENT_AT_TIMES = {
    "late": range(121, 9920, 20),
    "ends early": range(0, 9800, 20),
    "with a gap": [*range(0, 5000, 20), *range(5040, 9920, 20)],
    "now and then": range(0, 9920, 420),
}


def test_one_steady_opus_sound_is_copied_beside_the_pictures(plan, make, camera):
    media = {"V": camera(), "A": opus(make)}
    assert plan(media).copied.sound
    delayed = opus(make, pts=range(-7, 9913, 20), delay=Fraction(13, 2000))
    assert plan({**media, "A": delayed}).copied.sound
    h264 = {**media, "V": camera(codec="h264")}
    assert not plan(h264, format=Format.MP4).copied.sound
    assert not plan({"V": camera()}).copied.sound


@pytest.mark.parametrize("name", MIXED)
def test_sound_that_needs_a_change_is_mixed_beside_copied_pictures(plan, make, camera, name):
    made = plan({"V": camera(), "A": opus(make, **MIXED[name])})
    assert made.copied is not None
    assert not made.copied.sound


@pytest.mark.parametrize("name", SILENT_AT_TIMES)
def test_sound_that_is_silent_at_times_is_copied(plan, make, camera, name):
    made = plan({"V": camera(), "A": opus(make, SILENT_AT_TIMES[name])})
    assert made.copied.sound


def test_copied_sound_costs_a_fraction_of_mixed_sound(plan, make, camera):
    def cost(sound):
        media = {"V": camera(), "A": sound}
        packets = {sid: medium.packets for sid, medium in media.items()}
        return estimate(plan(media), packets).cpu_s - COSTS["start"]

    assert 0 < cost(opus(make)) < cost(opus(make, codec="pcm_mulaw")) / 3


def test_two_sounds_are_mixed(plan, make, camera):
    made = plan({"V": camera(), "A1": opus(make), "A2": opus(make)})
    assert made.copied is not None
    assert not made.copied.sound


RATES = {
    "30 in milliseconds": ([round(n * 1000 / 30) for n in range(100)], 30),
    "NTSC in milliseconds": ([round(n * 1001 / 30) for n in range(2000)], Fraction(30000, 1001)),
    "60 in milliseconds": ([round(n * 1000 / 60) for n in range(100)], 60),
    "a slow screen": (range(0, 20_000, 1000), 1),
    "15, and a pause of 8 s": ([*range(0, 2000, 67), *range(10_000, 12_000, 67)], 15),
    "one picture": ([0], 1),
}


@pytest.mark.parametrize("name", RATES)
def test_the_nominal_rate_is_that_of_a_camera(make, name):
    pts, rate = RATES[name]
    assert nominal_rate(activity(make.packets(list(pts)))) == rate
