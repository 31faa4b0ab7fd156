import json
from dataclasses import replace
from fractions import Fraction

import pytest

from roomreel.documents.plan import plan_document, plan_json
from roomreel.documents.published_plan import parse_plan
from roomreel.model.framing import Framing
from roomreel.model.geometry import Rect, Size
from roomreel.model.look import Anchor, Fit
from roomreel.model.plan import (
    AudioClip,
    Passthrough,
    Placement,
    Plan,
    PlanWarning,
    RegionGrid,
    Scene,
    WarningCode,
)
from roomreel.model.template import Format
from roomreel.model.time import Span

PLAN = Plan(
    room_sid="RM1",
    room_name="stand-up",
    template="gr\u00efd \N{GRINNING FACE}",
    resolution=Size(1280, 720),
    format=Format.MP4,
    frame_rate=Fraction(30000, 1001),
    frame_count=100,
    length=Fraction(10, 3),
    source_bytes=1843200,
    has_video=True,
    regions=(RegionGrid("grid", Rect(1, 2, 3, 4), -5, 2, 1),),
    scenes=(Scene(0, 100, (Placement("RT1", "grid", 1, Rect(5, 6, 7, 8), -5, Fraction(1, 3)),)),),
    audio=(AudioClip("RT2", Span(Fraction(0), Fraction(10, 3)), Fraction(1564, 1000)),),
    chapters=(),
    kept=(),
    sources=(),
    warnings=(PlanWarning(WarningCode.MEDIA_MISSING, "RT3", "left out"),),
)

DOCUMENT = {
    "schema": "roomreel.plan/1",
    "room_sid": "RM1",
    "template": "gr\u00efd \N{GRINNING FACE}",
    "resolution": "1280x720",
    "format": "mp4",
    "frame_rate": "30000/1001",
    "frame_count": 100,
    "duration_ms": 3337,
    "source_bytes": 1843200,
    "regions": [
        {"name": "grid", "x": 1, "y": 2, "width": 3, "height": 4, "z": -5, "columns": 2, "rows": 1}
    ],
    "scenes": [
        {
            "start_frame": 0,
            "end_frame": 100,
            "placements": [
                {
                    "recording_sid": "RT1",
                    "region": "grid",
                    "cell": 1,
                    "x": 5,
                    "y": 6,
                    "width": 7,
                    "height": 8,
                    "z": -5,
                    "media_start": "0.333333333",
                }
            ],
        }
    ],
    "audio": [{"recording_sid": "RT2", "start_ms": 0, "end_ms": 3333, "media_start": "1.564"}],
    "warnings": [{"code": "media-missing", "recording_sid": "RT3", "message": "left out"}],
}


def test_every_key_in_the_order_of_the_contract():
    # Compared as text: dictionaries are equal in any order.
    assert json.dumps(plan_document(PLAN)) == json.dumps(DOCUMENT)


def test_the_text_is_ascii_and_reads_back():
    assert plan_json(PLAN).isascii()
    assert json.loads(plan_json(PLAN)) == DOCUMENT


def test_a_template_that_asks_for_a_copy_is_told():
    told = {"RT1": Passthrough("RT1", Fraction(0), Fraction(3)), "": Passthrough(refused="no")}
    for sid, passthrough in told.items():
        document = plan_document(replace(PLAN, passthrough=passthrough))
        assert document["passthrough"] == ({"recording_sid": sid} if sid else {"refused": "no"})
        # A copy lasts as long as its media, whatever its frames.
        assert document["duration_ms"] == (3333 if sid else 3337)


def framed(framing):
    scene = PLAN.scenes[0]
    placements = tuple(replace(one, framing=framing) for one in scene.placements)
    return replace(PLAN, scenes=(replace(scene, placements=placements),))


@pytest.mark.parametrize(
    ("framing", "members"),
    [
        (Framing(), {}),
        (Framing(Fit.STRETCH), {"fit": "stretch"}),
        (Framing(Fit.COVER, Anchor.TOP), {"fit": "cover", "fit_anchor": "top"}),
        (Framing(mirror=True), {"mirror": True}),
    ],
)
def test_a_placement_says_how_its_picture_is_framed_where_that_is_not_usual(framing, members):
    document = plan_document(framed(framing))
    [placement] = document["scenes"][0]["placements"]
    assert placement == DOCUMENT["scenes"][0]["placements"][0] | members
    read = parse_plan(plan_json(framed(framing)).encode())
    assert read.scenes[0].placements[0].framing == framing
    assert plan_document(read) == document


def test_a_younger_member_changes_nothing_of_the_others():
    document = plan_document(replace(PLAN, passthrough=Passthrough(refused="no")))
    assert {name: value for name, value in document.items() if name != "passthrough"} == DOCUMENT
