from dataclasses import replace
from fractions import Fraction
from xml.etree import ElementTree as ET

import pytest

from roomreel.documents.svg.plan import names_of, picture
from roomreel.model.framing import Framing
from roomreel.model.geometry import Size
from roomreel.model.look import Anchor, Fit
from roomreel.model.plan import LayoutStretch, SpeakerStretch
from roomreel.model.window import Window
from roomreel.plan import make_plan

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<script>alert("1")</script> & \u202e \x00 \ud800 \'"'


@pytest.fixture
def draw(make):
    def build(identity="alice", media=None, **changes):
        media = media or {
            "V": make.medium([*range(0, 4000, 100), *range(7000, 9000, 100)], 100),
            "A": make.audio(0, 3000),
        }
        recordings = [make.recording(sid, "audio" if sid == "A" else "video") for sid in media]
        room = make.room(*recordings, identities=(identity,), unique_name=identity)
        template = make.template(make.region(identity), audio=["*"], **changes)
        plan = make_plan(room, template, media, Fraction(60))
        return picture(plan, names_of(room))

    return build


def parsed(svg):
    return ET.fromstring(svg)  # noqa: S314 - our own text


def test_rows_gaps_scenes_and_axis_are_drawn(draw):
    svg = draw()
    said = "".join(parsed(svg).itertext())
    assert "track-V" in said
    assert "track-A" in said
    assert "scene 1: frames 0 to 270" in said
    assert "0:00:09" in said
    gap = [rect for rect in parsed(svg).iter(f"{SVG}rect") if rect.get("fill") == "url(#gap)"]
    assert len(gap) == 2  # one in the legend, one where no packet is


def test_a_part_says_of_what(draw):
    said = "".join(parsed(draw(window=Window(1000, 8000))).itertext())
    assert "from frame 30 of 270" in said
    assert "210 frames" in said


def test_people_stand_there_by_their_display_name(make):
    room = make.room(make.recording("V"), identities=("u-17",))
    room = replace(room, participants=(replace(room.participants[0], display_name="Zoë"),))
    plan = make_plan(room, make.template(make.region()), {"V": make.video(0, 900)}, Fraction(60))
    said = "".join(parsed(picture(plan, names_of(room))).itertext())
    assert "Zoë" in said
    assert "u-17" not in said


def test_lanes_above_the_scenes_say_which_layout_is_on_and_who_talks(make):
    room = make.room(make.recording("V"), identities=("Zoë",))
    template = make.template(make.region(), resolution=Size(640, 480))
    plain = make_plan(room, template, {"V": make.video(0, 3000)}, Fraction(60))
    layouts = (LayoutStretch("default", 0, 30, ()), LayoutStretch("talk", 30, 90, ()))
    speakers = (SpeakerStretch("PA1", 0, 60), SpeakerStretch("PA9", 60, 90))
    plan = replace(plain, layouts=layouts, speaker=speakers)

    def lanes(plan):
        drawn = parsed(picture(plan, names_of(room)))
        said = [box.find(f"{SVG}title") for box in drawn.iter(f"{SVG}rect")]
        tips = [one.text for one in said if one is not None]
        return [tip for tip in tips if tip.startswith(("layout", "active"))]

    assert lanes(plain) == []
    assert lanes(plan) == [
        "layout default: 0:00:00 to 0:00:01",
        "layout talk: 0:00:01 to 0:00:03",
        "active speaker Zoë: 0:00:00 to 0:00:02",
        "active speaker PA9: 0:00:02 to 0:00:03",
    ]
    heights = [
        int(parsed(picture(one, names_of(room))).get("height"))
        for one in (plain, replace(plan, speaker=()), plan)
    ]
    assert heights[0] == heights[1] < heights[2]


def test_the_canvas_shows_regions_and_cells_counted_from_1(make):
    media = {sid: make.video(0, 3000) for sid in ("V", "W", "X")}
    room = make.room(*map(make.recording, media))
    framed = Framing(Fit.COVER, Anchor.TOP_LEFT, mirror=True)
    main = make.region("main", sources=["track-V"], width=960, framing=framed)
    strip = make.region("strip", sources=["track-W", "track-X"], x=960, width=320, z=1)
    template = make.template(main, strip, resolution=Size(1280, 720))
    plan = make_plan(room, template, media, Fraction(60))
    svg = parsed(picture(plan, names_of(room)))
    sides = ("x", "y", "width", "height")
    boxes = {
        box.find(f"{SVG}title").text: [float(box.get(side)) for side in sides]
        for box in svg.iter(f"{SVG}rect")
        if box.find(f"{SVG}title") is not None
    }
    drawn = {tip: box for tip, box in boxes.items() if "cell" in tip}
    assert set(drawn) == {
        "region main: 960x720 at 0, 0, z 0, 1 x 1 cells",
        "region strip: 320x720 at 960, 0, z 1, 2 x 1 cells",
        "main, cell 1: alice · track-V (cut to cover, top left kept, mirrored)",
        "strip, cell 1: alice · track-W",
        "strip, cell 2: alice · track-X",
    }
    # A quarter of the size; the strip is right of the main region, its cells side by side.
    x, y, width, height = drawn["region main: 960x720 at 0, 0, z 0, 1 x 1 cells"]
    assert (width, height) == (240, 180)
    assert drawn["strip, cell 1: alice · track-W"] == [x + 240, y, 40, 180]
    assert drawn["strip, cell 2: alice · track-X"] == [x + 280, y, 40, 180]
    assert y + height <= float(svg.get("height"))


def test_only_the_longest_arrangements_have_a_canvas(make):
    media = {f"V{n}": make.video(n * 1000, 10_000) for n in range(8)}
    room = make.room(*map(make.recording, media))
    plan = make_plan(room, make.template(make.region()), media, Fraction(60))
    assert len(plan.scenes) == 8
    texts = [text.text or "" for text in parsed(picture(plan, {})).iter(f"{SVG}text")]
    captions = [text for text in texts if text.startswith("scene ")]
    assert captions == ["scene 1", "scene 2", "scene 3", "scene 8"]


def test_what_is_left_out_has_a_row_that_says_why(make, draw):
    media = {"V": make.video(0, 3000), "W": make.medium([0], keys=set())}
    assert "media-empty: skipped: no key frame" in draw(media=media)


def test_a_cut_is_marked(make, draw):
    media = {"V": make.video(0, 3000), "W": make.video(13_000, 16_000)}
    assert "cut: 10 s" in draw(media=media)
    assert "cut:" not in draw(media=media, trim=False)


def test_names_cannot_break_out_of_the_picture(draw):
    svg = draw(identity=HOSTILE)
    assert "<script" not in svg
    svg.encode()
    assert "<script>alert" in "".join(parsed(svg).itertext())


def test_a_bar_lies_inside_the_time_axis(draw):
    for rect in parsed(draw()).iter(f"{SVG}rect"):
        assert float(rect.get("x", 0)) + float(rect.get("width")) <= 1400


def test_the_same_plan_gives_the_same_picture(draw):
    assert draw() == draw()


def test_an_unnamed_recording_goes_by_its_sid(make):
    plan = make_plan(
        make.room(make.recording("V")),
        make.template(make.region()),
        {"V": make.video(0, 3000)},
        Fraction(60),
    )
    assert ">V<" in picture(plan, {})


def test_names_of_regions_with_one_corner_stand_below_one_another(make):
    media = {"V": make.video(0, 3000)}
    room = make.room(make.recording("V"))
    regions = [make.region(name, z=z) for z, name in enumerate(("one", "two", "three"))]
    plan = make_plan(room, make.template(*regions), media, Fraction(60))
    svg = parsed(picture(plan, names_of(room)))
    named = [text for text in svg.iter(f"{SVG}text") if text.get("class") == "region"]
    assert len({text.get("x") for text in named}) == 1
    heights = [float(text.get("y")) for text in named]
    assert [heights[0], heights[0] + 11, heights[0] + 22] == heights
