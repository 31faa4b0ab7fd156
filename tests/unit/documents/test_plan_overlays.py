"""Overlays in plan documents: written where there are some, read back as they were."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import pytest

from roomreel.documents.plan import compact_plan_json, plan_document
from roomreel.documents.published_plan import parse_plan
from roomreel.errors import DocumentInvalid
from roomreel.model.clock import DATE_FORMAT, Clock
from roomreel.model.geometry import Rect, Size
from roomreel.model.look import (
    Anchor,
    Asset,
    ClockText,
    Colour,
    Fill,
    Fit,
    Image,
    Overlay,
    OverlayKind,
    OverlayState,
    Style,
    Text,
)
from roomreel.model.plan import Plan, RegionGrid, Scene
from roomreel.model.template import Format

BLUE, CLEAR = Colour(0, 0, 255), Colour(0, 0, 0, 0)
LOGO = Asset("brand/logo.png", "ab" * 32, 0, 400, 128)
LARGE = Style(size=40, box=None, color=CLEAR)
RECT = Rect(16, 656, 1264, 48)
AT = Fraction(53_854_956_003, 30_000)

PLAIN = Plan(
    room_sid="RM1",
    room_name="",
    template="t",
    resolution=Size(1280, 720),
    format=Format.MP4,
    frame_rate=Fraction(30),
    frame_count=100,
    length=Fraction(10, 3),
    source_bytes=0,
    has_video=True,
    regions=(RegionGrid("main", Rect(0, 0, 1280, 720), 0, 1, 1),),
    scenes=(Scene(0, 100),),
    audio=(),
    chapters=(),
    kept=(),
    sources=(),
    warnings=(),
)


def overlay(kind, *drawings, **changes):
    """An overlay of states of ten frames, each after a pause of ten."""
    states = [OverlayState(20 * n, 20 * n + 10, one) for n, one in enumerate(drawings)]
    return replace(Overlay(kind, RECT, 99, tuple(states)), **changes)


DRAWN = replace(
    PLAIN,
    regions=(replace(PLAIN.regions[0], bars=CLEAR), RegionGrid("b", RECT, 1, 0, 0, None)),
    overlays=(
        overlay(
            OverlayKind.BACKGROUND, Fill(BLUE), Image(LOGO.path, LOGO.sha256, Fit.COVER), z=-100
        ),
        overlay(OverlayKind.REGION, Fill(CLEAR), region="main", z=0),
        overlay(OverlayKind.TEXT, Text("a", Style()), Text("<b>", Style()), anchor=Anchor.TOP),
        overlay(OverlayKind.CLOCK, ClockText(Clock.WALL, DATE_FORMAT, AT, LARGE), opacity=50),
        overlay(OverlayKind.TEXT, Text("b", LARGE), region="main", cell=0),
        overlay(OverlayKind.IMAGE, Image(LOGO.path, LOGO.sha256)),
    ),
    assets=(LOGO,),
)


def test_a_plan_without_overlays_says_nothing_of_them():
    assert not {"overlays", "styles", "assets"} & plan_document(PLAIN).keys()
    assert "bars" not in plan_document(PLAIN)["regions"][0]


def test_overlays_are_written_with_what_is_not_at_its_default():
    found = plan_document(DRAWN)
    assert [*found][-3:] == ["overlays", "styles", "assets"]
    assert found["overlays"][2] == {
        "kind": "text",
        "x": 16,
        "y": 656,
        "width": 1264,
        "height": 48,
        "z": 99,
        "style": 0,
        "anchor": "top",
        "states": [
            {"start_frame": 0, "end_frame": 10, "text": "a"},
            {"start_frame": 20, "end_frame": 30, "text": "<b>"},
        ],
    }
    assert [one.get("style") for one in found["overlays"]] == [None, None, 0, 1, 1, None]
    assert [one["size"] for one in found["styles"]] == [24, 40]
    assert found["overlays"][3]["states"][0]["at"] == "17951652001/10000"
    assert found["assets"] == [
        {"path": "brand/logo.png", "sha256": "ab" * 32, "width": 400, "height": 128}
    ]
    assert [one["bars"] for one in found["regions"]] == ["#00000000", "none"]


def test_they_are_read_back_as_they_were():
    found = parse_plan(compact_plan_json(DRAWN).encode())
    assert found.overlays == DRAWN.overlays
    assert found.assets == DRAWN.assets
    assert found.regions == DRAWN.regions


@pytest.mark.parametrize(
    ("place", "value", "where"),
    [
        (("overlays", 0, "kind"), "hologram", "/overlays/0/kind"),
        (("overlays", 0, "width"), 1 << 40, "/overlays/0/width"),
        (("overlays", 0, "opacity"), 101, "/overlays/0/opacity"),
        (("overlays", 0, "states", 0, "color"), "#ab cd ", "/overlays/0/states/0/color"),
        (("overlays", 3, "states", 0, "at"), "1e9", "/overlays/3/states/0/at"),
        (("overlays", 3, "states", 0, "at"), "1/0", "/overlays/3/states/0/at"),
        (("overlays", 3, "states", 0, "at"), "9" * 40, "/overlays/3/states/0/at"),
        (("styles", 0, "size"), "large", "/styles/0/size"),
        (("styles", 0, "box"), 3, "/styles/0/box"),
        (("assets", 0, "width"), -1, "/assets/0/width"),
        (("regions", 0, "bars"), "blur", "/regions/0/bars"),
    ],
)
def test_what_is_damaged_is_refused_in_words(place, value, where):
    document = plan_document(DRAWN)
    node = document
    for part in place[:-1]:
        node = node[part]
    node[place[-1]] = value
    with pytest.raises(DocumentInvalid, match=where):
        parse_plan(json.dumps(document).encode())


def test_a_style_or_an_asset_that_is_gone_is_none_that_fails():
    document = plan_document(DRAWN) | {"styles": [], "assets": []}
    found = parse_plan(json.dumps(document).encode())
    assert found.overlays[3].states[0].drawing.style == Style()
    assert found.overlays[5].states[0].drawing == Image(LOGO.path, "")
