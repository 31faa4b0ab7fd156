from fractions import Fraction
from xml.etree import ElementTree as ET

import pytest

from roomreel.plan import make_plan
from roomreel.plan.picture import picture, recording_names

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
        return picture(plan, recording_names(room))

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


def test_what_is_left_out_has_a_row_that_says_why(make, draw):
    media = {"V": make.video(0, 3000), "W": make.medium([0], keys=set())}
    assert "media-empty: left out: no key frame" in draw(media=media)


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
