"""Labels and all else that regions draw in cells: what is read, digested, and refused."""

from __future__ import annotations

import json

import pytest

from roomreel.documents.template import canonical_template, parse_template, template_sha256
from roomreel.errors import TemplateInvalid
from roomreel.model.look import Anchor, Border, Colour, Style
from roomreel.model.selection import OfRole
from roomreel.model.tiles import BARE, Label, MicIcon, Placeholder, PlaceholderKind, TileLook

LABEL = {
    "text": "{name} of {identity}",
    "anchor": "top",
    "x": 3,
    "y": 4,
    "max_width": 200,
    "style": {"size": 30},
}


def parse(**region):
    layout = {"grid": {"video_sources": ["*"], **region}}
    document = {"schema": "roomreel.template/1", "friendly_name": "t", "video_layout": layout}
    return parse_template(json.dumps(document).encode(), "template.json")


def tile(**region):
    return parse(**region).regions[0].tile


def test_reads_every_key():
    border = {"width": 3, "color": "#ff000080"}
    placeholder = {"kind": "image", "color": "#ff000080", "image": "a/b.png"}
    icon = {"anchor": "top", "x": 1, "y": 2, "size": 9, "sources": ["mic*", {"role": "host"}]}
    found = tile(label=LABEL, border=border, placeholder=placeholder, mic_icon=icon)
    assert found == TileLook(
        mic_icon=MicIcon(Anchor.TOP, 1, 2, 9, ("mic*", OfRole("host"))),
        placeholder=Placeholder(PlaceholderKind.IMAGE, Colour(255, 0, 0, 128), "a/b.png"),
        border=Border(3, Colour(255, 0, 0, 128)),
        label=Label("{name} of {identity}", Anchor.TOP, 3, 4, 200, Style(size=30)),
    )


def test_an_object_without_members_has_defaults():
    assert tile(mic_icon={}) == TileLook(mic_icon=MicIcon())
    assert tile(label={}) == tile(label={"text": None, "style": None}) == TileLook(label=Label())


@pytest.mark.parametrize(
    "region",
    [
        {},
        {"label": None, "border": None, "placeholder": None},
        {"mic_icon": None},
        {"placeholder": {}},
        {"placeholder": {"kind": "none", "color": "auto"}},
    ],
)
def test_a_member_at_its_default_enters_nothing(region):
    made, plain = parse(**region), parse()
    assert made.regions[0].tile == BARE
    assert canonical_template(made) == canonical_template(plain)
    assert template_sha256(made) == template_sha256(plain)


USED = [
    {"label": {}},
    {"mic_icon": {}},
    {"mic_icon": {"anchor": "top"}},
    {"mic_icon": {"x": 1}},
    {"mic_icon": {"y": 1}},
    {"mic_icon": {"size": 25}},
    {"mic_icon": {"sources": []}},
    {"mic_icon": {"sources": ["mic"]}},
    {"placeholder": {"kind": "color"}},
    {"placeholder": {"kind": "initials"}},
    {"placeholder": {"kind": "last_frame"}},
    {"placeholder": {"kind": "image"}},
    {"placeholder": {"kind": "image", "image": "a.png"}},
    {"placeholder": {"kind": "image", "image": "b.png"}},
    {"placeholder": {"kind": "initials", "color": "#000000"}},
    {"border": {"width": 1, "color": "#000000"}},
    {"border": {"width": 40, "color": "#000000"}},
    {"border": {"width": 1, "color": "#00000080"}},
    *({"label": {**LABEL, **changed}} for changed in (
        {}, {"text": "{track}"}, {"anchor": "left"}, {"x": 4}, {"y": 5}, {"max_width": None},
        {"style": {"size": 31}}, {"style": {"box": None}},
    )),
]  # fmt: skip


def test_whatever_is_seen_enters_the_digest():
    digests = [template_sha256(parse(**region)) for region in ({}, *USED)]
    assert len(set(digests)) == len(digests)


@pytest.mark.parametrize("region", USED)
def test_it_is_read_back_as_it_was(region):
    found = parse(**region)
    again = parse_template(canonical_template(found).encode(), "")
    assert again == found
    assert template_sha256(again) == template_sha256(found)


@pytest.mark.parametrize(
    ("region", "pointer", "expected", "found"),
    [
        ({"label": "a"}, "label", "an object", '"a"'),
        ({"label": {"text": ""}}, "label/text", "1 to 1000", '""'),
        ({"label": {"text": "{room}"}}, "label/text", "{name}, {identity}, {track}", '"{room}"'),
        ({"label": {"text": "a } b"}}, "label/text", "{name}", '"}"'),
        ({"label": {"anchor": "middle"}}, "label/anchor", '"center"', '"middle"'),
        ({"label": {"x": -1}}, "label/x", "0 to 3840", "-1"),
        ({"label": {"y": 3841}}, "label/y", "0 to 3840", "3841"),
        ({"label": {"max_width": 35}}, "label/max_width", "at least 36", "35"),
        ({"label": {"style": {"size": 7}}}, "label/style/size", "8 to 400", "7"),
        ({"label": {"max_width": 9, "style": {"size": 7}}}, "label/style/size", "8 to 400", "7"),
        ({"label": {"color": "#fff"}}, "label/color", "a known key", '"color"'),
        ({"border": {"width": 0, "color": "#000000"}}, "border/width", "1 to 40", "0"),
        ({"border": {"width": 41, "color": "#000000"}}, "border/width", "1 to 40", "41"),
        ({"border": {"width": 1, "color": "none"}}, "border/color", "#22c55e", '"none"'),
        ({"border": {"width": 1}}, "border/color", 'a key "color"', "nothing"),
        ({"border": {"color": "#000000"}}, "border/width", 'a key "width"', "nothing"),
        ({"placeholder": "initials"}, "placeholder", "an object", '"initials"'),
        ({"placeholder": {"kind": "blur"}}, "placeholder/kind", '"initials"', '"blur"'),
        ({"placeholder": {"color": "none"}}, "placeholder/color", "or auto", '"none"'),
        ({"placeholder": {"image": "../a.png"}}, "placeholder/image", "relative to", "../a.png"),
        ({"placeholder": {"size": 3}}, "placeholder/size", "a known key", '"size"'),
        ({"mic_icon": True}, "mic_icon", "an object", "true"),
        ({"mic_icon": {"size": 7}}, "mic_icon/size", "8 to 200", "7"),
        ({"mic_icon": {"size": 201}}, "mic_icon/size", "8 to 200", "201"),
        ({"mic_icon": {"x": -1}}, "mic_icon/x", "0 to 3840", "-1"),
        ({"mic_icon": {"anchor": "middle"}}, "mic_icon/anchor", '"center"', '"middle"'),
        ({"mic_icon": {"sources": ["*a*"]}}, "mic_icon/sources/0", "a sid", '"*a*"'),
        ({"mic_icon": {"color": "#fff"}}, "mic_icon/color", "a known key", '"color"'),
        ({"talking_border": {}}, "talking_border/color", 'a key "color"', "nothing"),
        (
            {"talking_border": {"color": "#22c55e", "width": 41}},
            "talking_border/width",
            "1 to 40",
            "41",
        ),
    ],
)
def test_a_broken_rule(region, pointer, expected, found):
    with pytest.raises(TemplateInvalid) as caught:
        parse(**region)
    ((where, wanted, there),) = [
        (one.pointer, one.expected, one.found) for one in caught.value.violations
    ]
    assert where == f"/video_layout/grid/{pointer}"
    assert expected in wanted
    assert found in there


def test_everything_that_is_wrong_is_said_at_once():
    with pytest.raises(TemplateInvalid) as caught:
        parse(label={"text": "{a}{b}", "max_width": 1, "y": -1})
    assert [one.pointer.removeprefix("/video_layout/grid/") for one in caught.value.violations] == [
        *("label/y", "label/text", "label/text", "label/max_width"),
    ]


def test_an_image_that_is_drawn_is_an_asset():
    assert parse(placeholder={"kind": "image", "image": "a.png"}).assets == ("a.png",)
    assert parse(placeholder={"kind": "initials", "image": "a.png"}).assets == ()
