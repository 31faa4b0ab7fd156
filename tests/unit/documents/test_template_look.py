"""Backgrounds, overlays and bars of templates: what is read, digested, and refused."""

from __future__ import annotations

import json

import pytest

from roomreel.documents.template import canonical_template, parse_template, template_sha256
from roomreel.errors import TemplateInvalid
from roomreel.model.clock import Clock
from roomreel.model.look import Align, Anchor, Background, Box, Colour, Fit, Outline, Style
from roomreel.model.overlay import ClockOverlay, ImageOverlay, TextOverlay
from roomreel.model.window import Window

BLUE, RED = Colour(0, 0, 255), Colour(255, 0, 0, 128)
STYLE = {
    "font": "Inter",
    "weight": 700,
    "italic": True,
    "size": 40,
    "color": "#0000ff",
    "outline": {"width": 2, "color": "#ff000080"},
    "box": {"color": "#ff000080", "padding": 12, "radius": 0},
    "align": "center",
    "lines": 2,
}
OVERLAYS = [
    {
        "type": "text",
        "text": "{room}",
        "anchor": "top",
        "x": 10,
        "y": 20,
        "width": 600,
        "height": 200,
        "z_pos": -3,
        "opacity": 50,
        "between": [{"start_ms": 5, "end_ms": 6}, {}],
        "style": STYLE,
    },
    {"type": "clock", "clock": "wall", "format": "YYYY-MM-DD HH:MM:SS", "utc_offset_minutes": 60},
    {"type": "image", "image": "brand/logo.png"},
]
BACKGROUND = {"color": "#0000ff", "image": "brand/backdrop.webp", "fit": "contain"}
LOOK = {"background": BACKGROUND, "overlays": OVERLAYS}


def document(region=None, **more):
    layout = {"video_layout": {"grid": {"video_sources": ["*"], **(region or {})}}}
    return {
        "schema": "roomreel.template/1",
        "friendly_name": "look",
        "resolution": "1280x720",
        **layout,
        **more,
    }


def parse(template):
    return parse_template(json.dumps(template).encode(), "template.json")


def digest(region=None, **more):
    return template_sha256(parse(document(region, **more)))


def violations(template):
    with pytest.raises(TemplateInvalid) as caught:
        parse(template)
    return [(one.pointer, one.expected, one.found) for one in caught.value.violations]


def test_reads_every_key():
    found = parse(document({"background_color": "#ff000080", "bars": "none"}, **LOOK))
    assert found.background == Background(BLUE, "brand/backdrop.webp", Fit.CONTAIN)
    assert (found.regions[0].background_color, found.regions[0].bars) == (RED, None)
    assert found.overlays == (
        TextOverlay(
            text="{room}",
            anchor=Anchor.TOP,
            x=10,
            y=20,
            width=600,
            height=200,
            z=-3,
            opacity=50,
            between=(Window(5, 6), Window(0, None)),
            style=Style(
                font="Inter",
                weight=700,
                italic=True,
                size=40,
                color=BLUE,
                outline=Outline(2, RED),
                box=Box(RED, 12, 0),
                align=Align.CENTER,
                lines=2,
            ),
        ),
        ClockOverlay(clock=Clock.WALL, format="YYYY-MM-DD HH:MM:SS", utc_offset_minutes=60),
        ImageOverlay(image="brand/logo.png"),
    )
    assert found.assets == ("brand/backdrop.webp", "brand/logo.png")


def test_it_is_read_back_as_it_was():
    found = parse(document({"background_color": "#ff000080", "bars": "#0000ff"}, **LOOK))
    again = parse_template(canonical_template(found).encode(), "")
    assert again == found
    assert template_sha256(again) == template_sha256(found)


def test_a_box_that_is_null_is_none():
    def style(**given):
        return parse(document(overlays=[{"type": "text", "text": "a", **given}])).overlays[0].style

    assert style() == style(style=None) == style(style={}) == style(style={"size": None}) == Style()
    assert style(style={"box": {}}) == style(style={"box": {"padding": None}}) == Style()
    assert style(style={"box": None}) == Style(box=None)
    kept = canonical_template(parse(document(overlays=[{**OVERLAYS[2]}, {**OVERLAYS[0]}])))
    assert '"box":{' in kept


UNSET = [
    {"background": None},
    {"background": {}},
    {"background": {"color": "#000000", "image": None, "fit": "cover"}},
    {"overlays": None},
    {"overlays": []},
    {"region": {"background_color": None, "bars": None}},
    {"region": {"bars": "#000000"}},
    {"region": {"bars": "#000000FF"}},
]


@pytest.mark.parametrize("members", UNSET)
def test_a_member_at_its_default_enters_nothing(members):
    plain = parse(document())
    made = parse(document(**members))
    assert made == plain
    assert template_sha256(made) == template_sha256(plain)
    assert canonical_template(made) == canonical_template(plain)


USED = [
    {"background": {"color": "#000001"}},
    {"background": {"image": "a.png"}},
    {"background": {"image": "a.png", "fit": "stretch"}},
    {"region": {"background_color": "#000000"}},
    {"region": {"bars": "none"}},
    {"region": {"bars": "#00000080"}},
    *({"overlays": [{**OVERLAYS[0], **changed}]} for changed in (
        {}, {"text": "b"}, {"x": 11}, {"y": 21}, {"anchor": "bottom"}, {"width": 500},
        {"height": 201}, {"z_pos": 3}, {"opacity": 51}, {"between": []}, {"between": None},
        {"style": None}, {"style": {**STYLE, "lines": 1}},
    )),
    {"overlays": [OVERLAYS[1], OVERLAYS[2]]},
    {"overlays": [OVERLAYS[2], OVERLAYS[1]]},
]  # fmt: skip


def test_whatever_is_seen_enters_the_digest():
    digests = [digest(), *(digest(**members) for members in USED)]
    assert len(set(digests)) == len(digests)


def test_how_it_is_written_enters_no_digest():
    short = {"type": "text", "text": "a", "style": {"color": "#FFFFFF"}}
    long = short | {"x": 16, "anchor": "bottom-left", "style": {"box": {"radius": 6}, "lines": 1}}
    assert digest(overlays=[short]) == digest(overlays=[long])


# Members of an overlay, the pointer below it, and parts of what is expected and found.
BROKEN = [
    ({"type": "chat"}, "type", '"text" or "clock" or "image"', '"chat"'),
    ({"type": "text"}, "text", 'a key "text"', "nothing"),
    ({"type": "clock"}, "clock", 'a key "clock"', "nothing"),
    ({"type": "image"}, "image", 'a key "image"', "nothing"),
    ({"image": "a.png"}, "type", 'a key "type"', "nothing"),
    ({"type": "image", "image": "a.png", "style": {}}, "style", "a known key", '"style"'),
    ({"type": "text", "text": "a", "clock": "room"}, "clock", "a known key", '"clock"'),
    ({"type": "text", "text": "a", "layouts": ["b"]}, "layouts/0", "default", '"b"'),
    ({"type": "text", "text": ""}, "text", "1 to 1000 characters", '""'),
    ({"type": "text", "text": "a" * 1001}, "text", "1 to 1000 characters", "1001"),
    ({"type": "text", "text": "{name}"}, "text", "{room}, {date}, {template}", '"{name}"'),
    ({"type": "text", "text": "a { b"}, "text", "{room}", '"{"'),
    ({"type": "text", "text": "a }} } b"}, "text", "{room}", '"}"'),
    ({"type": "clock", "clock": "gmt"}, "clock", '"output" or "room" or "wall"', '"gmt"'),
    ({"type": "clock", "clock": "room", "format": "H:M"}, "format", '"HH:MM:SS"', '"H:M"'),
    (
        {"type": "clock", "clock": "room", "format": "YYYY-MM-DD HH:MM:SS"},
        "format",
        "HH:MM:SS or MM:SS or HH:MM",
        "YYYY",
    ),
    (
        {"type": "clock", "clock": "wall", "utc_offset_minutes": 841},
        "utc_offset_minutes",
        "-720 to 840",
        "841",
    ),
    ({"type": "image", "image": "a.png", "x": 3841}, "x", "0 to 3840", "3841"),
    ({"type": "image", "image": "a.png", "x": 1280}, "x", "0 to 1279", "1280"),
    ({"type": "image", "image": "a.png", "y": 720}, "y", "0 to 719", "720"),
    ({"type": "image", "image": "a.png", "width": 1265}, "width", "1 to 1264", "1265"),
    ({"type": "image", "image": "a.png", "height": 705}, "height", "1 to 704", "705"),
    ({"type": "image", "image": "a", "anchor": "top", "x": 640}, "x", "0 to 639", "640"),
    ({"type": "image", "image": "a", "anchor": "top", "width": 1249}, "width", "1 to 1248", "1249"),
    ({"type": "text", "text": "a", "y": 673}, "y", "0 to 672", "673"),
    ({"type": "text", "text": "a", "height": 47}, "height", "48 to 704", "47"),
    ({"type": "text", "text": "a", "style": {"box": None}, "y": 685}, "y", "0 to 684", "685"),
    ({"type": "text", "text": "a", "width": 35}, "width", "36 to 1264", "35"),
    ({"type": "clock", "clock": "room", "width": 163}, "width", "164 to 1264", "163"),
    ({"type": "text", "text": "a", "style": {"size": 400, "lines": 2}}, "style", "720", "1212"),
    ({"type": "text", "text": "a", "style": {"size": 7}}, "style/size", "8 to 400", "7"),
    ({"type": "text", "text": "a", "style": {"lines": 21}}, "style/lines", "1 to 20", "21"),
    ({"type": "text", "text": "a", "style": {"weight": 50}}, "style/weight", "100 to 900", "50"),
    ({"type": "text", "text": "a", "style": {"color": "red"}}, "style/color", "#22c55e", '"red"'),
    ({"type": "text", "text": "a", "style": {"bold": True}}, "style/bold", "a known key", "bold"),
    (
        {"type": "text", "text": "a", "style": {"outline": {"width": 21}}},
        "style/outline/width",
        "0 to 20",
        "21",
    ),
    ({"type": "text", "text": "a", "style": {"box": 3}}, "style/box", "an object", "3"),
    ({"type": "image", "image": "a.png", "z_pos": 100}, "z_pos", "-99 to 99", "100"),
    ({"type": "image", "image": "a.png", "opacity": 101}, "opacity", "0 to 100", "101"),
    ({"type": "image", "image": "a.png", "anchor": "middle"}, "anchor", '"center"', '"middle"'),
    (
        {"type": "image", "image": "a.png", "between": [{"start_ms": 7, "end_ms": 7}]},
        "between/0/end_ms",
        "above 7",
        "7",
    ),
    (
        {"type": "image", "image": "a.png", "between": [{}, {"end_ms": 0}]},
        "between/1/end_ms",
        "above 0",
        "0",
    ),
    ({"type": "image", "image": "a.png", "between": [{}] * 101}, "between", "0 to 100", "101"),
    *(
        ({"type": "image", "image": path}, "image", "relative to the setting assets", "")
        for path in (
            *("/etc/passwd", "../logo.png", "a/../../b.png", "a/..", ".", "a//b.png", "a/"),
            *("s3://bucket/a.png", "https://example.org/a.png", "file:a.png", "C:\\a.png"),
            *("a\nb.png", "a\u202eb.png"),
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize(("overlay", "pointer", "expected", "found"), BROKEN)
def test_a_broken_rule_of_an_overlay(overlay, pointer, expected, found):
    ((where, wanted, there),) = violations(document(overlays=[OVERLAYS[2], overlay]))
    assert where == f"/overlays/1/{pointer}"
    assert expected in wanted
    assert found in there


@pytest.mark.parametrize("text", ["{{", "}}", "{{{room}}}", "{{x}}", "a{date}b", "\n", "100 %"])
def test_a_brace_is_written_twice(text):
    assert parse(document(overlays=[{"type": "text", "text": text}])).overlays[0].text == text


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"background": {"color": "#12345"}}, "/background/color"),
        ({"background": {"image": "../a.png"}}, "/background/image"),
        ({"background": {"fit": "crop"}}, "/background/fit"),
        ({"background": {"colour": "#123456"}}, "/background/colour"),
        ({"background": "#123456"}, "/background"),
        ({"region": {"background_color": "none"}}, "/video_layout/grid/background_color"),
        ({"region": {"bars": "blur"}}, "/video_layout/grid/bars"),
        ({"overlays": [OVERLAYS[2]] * 51}, "/overlays"),
        ({"overlays": [3]}, "/overlays/0"),
    ],
)
def test_a_broken_rule_beside_overlays(members, pointer):
    assert [where for where, *_ in violations(document(**members))] == [pointer]


def test_everything_that_is_wrong_is_said_at_once():
    found = violations(
        document(
            {"bars": "blur"},
            background={"color": "red", "image": "/a"},
            overlays=[
                {"type": "text", "text": "{a} {b}", "x": 2000, "style": {"color": "red"}},
                {"type": "clock", "clock": "room", "y": 3000, "between": [{"end_ms": 0}]},
                {"type": "chat"},
                None,
            ],
        )
    )
    assert [where for where, *_ in found] == [
        "/video_layout/grid/bars",
        "/background/color",
        "/overlays/0/style/color",
        "/overlays/2/type",
        "/overlays/3",
        "/background/image",
        "/overlays/0/text",
        "/overlays/0/text",
        "/overlays/0/x",
        "/overlays/1/between/0/end_ms",
        "/overlays/1/y",
    ]


def test_without_a_resolution_no_overlay_is_said_to_stick_out():
    overlay = {"type": "text", "text": "{a}", "x": 3000}
    found = [where for where, *_ in violations(document(overlays=[overlay], resolution="big"))]
    assert found == ["/resolution", "/overlays/0/text"]


LATER = {
    "intro": {"duration_ms": 1000},
    "outro": {"duration_ms": 1000},
    "captions": {"languages": ["en"]},
    "video_codec": "h264",
    "outputs": {},
}


def test_members_that_are_not_obeyed_yet_are_refused_each_at_its_key():
    found = violations(document(**LATER))
    assert {(where, wanted) for where, wanted, _ in found} == {
        (f"/{key}", "a known key") for key in LATER
    }


def test_a_template_of_a_later_version_is_not_obeyed_by_half():
    """A town hall that changes its layout, beside all that is drawn of it today."""
    tiles = {
        "video_sources_excluded": ["*screen"],
        "unit": "participant",
        "voice_sources": ["*"],
        "grid": "current",
        "last_row": "center",
        "gap": 8,
        "padding": 16,
        "fit": "cover",
        "corner_radius": 12,
        "label": {"text": "{name}"},
        "mic_icon": {},
        "talking_border": {"color": "#22c55e"},
        "placeholder": {"kind": "initials"},
    }
    speaker = {"order": "speaker", "max_columns": 1, "max_rows": 1, "video_sources": ["*"]}
    rule = {"layout": "presentation", "when": {"present": ["*screen"]}}
    found = violations(
        document(
            tiles,
            video_codec="av1",
            layouts={"presentation": {"video_layout": {"face": speaker}}},
            layout_rules=[rule],
            speaker={"sources_excluded": ["*screen"]},
            overlays=[
                *OVERLAYS,
                {"type": "text", "text": "{speaker}", "layouts": ["presentation"]},
            ],
            background=BACKGROUND,
            captions={"languages": ["en"], "burn": "en"},
            outputs={"hls": {}},
        )
    )
    assert sorted(where for where, *_ in found) == [
        "/captions",
        "/outputs",
        "/video_codec",
    ]
