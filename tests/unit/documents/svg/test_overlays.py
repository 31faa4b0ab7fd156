"""Overlays in the pictures of plans: in their order, escaped, with what they show as a tip."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from xml.etree import ElementTree as ET

import pytest

from roomreel.documents.svg.canvas import longest_scenes, moment
from roomreel.documents.svg.plan import picture
from roomreel.model.clock import Clock
from roomreel.model.geometry import Size
from roomreel.model.look import Asset, Background, Colour
from roomreel.model.overlay import ClockOverlay, ImageOverlay, TextOverlay
from roomreel.model.window import Window
from roomreel.plan import make_plan

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<script>alert("1")</script> & \'"'
BLUE = Colour(0, 0, 255)
LOGO = Asset("<logo>.png", "ab" * 32, 1, 400, 128)


@pytest.fixture
def plan(make):
    def build(*overlays, region=None, **changes):
        media = {"V": make.video(0, 4000)}
        template = make.template(make.region(**(region or {})), overlays=overlays, **changes)
        template = replace(template, resolution=Size(1280, 720))
        room = make.room(make.recording("V"))
        return make_plan(room, template, media, Fraction(60), assets={LOGO.path: LOGO})

    return build


def tips(plan):
    """The tips of the drawn canvas, in the order in which they are drawn."""
    ((_, scene),) = longest_scenes(plan)
    root = ET.fromstring(moment(plan, scene, {"V": "alice"}, "a scene"))  # noqa: S314 - our own
    return [title.text for title in root.iter("title")]


def test_they_are_drawn_in_their_order_with_what_they_show(plan):
    made = plan(
        TextOverlay(text=HOSTILE, z=3),
        ClockOverlay(clock=Clock.ROOM, z=-2),
        ImageOverlay(image=LOGO.path, z=0),
        region={"background_color": BLUE, "z": 0},
        background=Background(Colour(255, 0, 0)),
    )
    assert tips(made)[:6] == [
        "background: #ff0000 in frames 0 to 120",
        "clock: 00:00:00 in frames 0 to 120",
        "region main: #0000ff in frames 0 to 120",
        "main, cell 1: alice",
        "image: <logo>.png in frames 0 to 120",
        f"text: {HOSTILE} in frames 0 to 120",
    ]
    drawn = picture(made, {})
    assert "<script" not in drawn
    assert ET.fromstring(drawn).tag == f"{SVG}svg"  # noqa: S314 - our own


def test_a_tip_lists_a_few_states(plan):
    spans = tuple(Window(100 * n, 100 * n + 50) for n in range(10))
    found = tips(plan(TextOverlay(text="a", between=spans)))
    assert found[1] == "text: a in frames 0 to 2; a in frames 3 to 5; a in frames 6 to 8; 7 more"


def test_what_shows_nothing_in_a_scene_is_not_drawn_there(make):
    media = {"V": make.video(0, 4000), "W": make.video(4000, 10_000)}
    template = make.template(
        make.region(), overlays=(TextOverlay(text="later", between=(Window(4000),)),)
    )
    room = make.room(*map(make.recording, media))
    made = make_plan(room, template, media, Fraction(60))
    drawn = [moment(made, scene, {}, "") for _, scene in longest_scenes(made)]
    assert ["text: later" in one for one in drawn] == [False, True]


def test_an_opacity_is_that_of_the_colour_and_of_the_overlay(plan):
    made = plan(background=Background(Colour(255, 0, 0, 51)))
    assert 'fill="#ff0000" fill-opacity="0.2"' in picture(made, {})
