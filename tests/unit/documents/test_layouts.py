"""Layouts, their rules and their timing in documents: read, refused, written again."""

from __future__ import annotations

import json

import pytest

from roomreel.documents.template import canonical_template, parse_template, template_sha256
from roomreel.errors import TemplateInvalid
from roomreel.model.layout import Condition, LayoutRule, LayoutTiming, SourceCount
from roomreel.model.room import MediaType
from roomreel.model.selection import OfRole, Selection
from roomreel.model.window import Window
from roomreel.plan.evidence import reads_events

LAYOUTS = {
    "presentation": {
        "video_layout": {
            "screen": {"video_sources": ["*screen"], "width": 960},
            "face": {"video_sources": ["*"], "x_pos": 960, "max_rows": 1},
        }
    },
    "break": {"video_layout": {"none": {"video_sources": []}}},
}
WHEN = {
    "present": ["*screen"],
    "absent": [{"role": "host"}],
    "count": {"sources": ["*"], "type": "audio", "min": 2},
    "between": [{"start_ms": 1000}],
    "marked": "qa",
    "talking": [{"role": "host"}, "mic"],
    "silent_ms": 9000,
    "any": [{"present": ["a"]}, {"not": {"count": {"sources": ["*"], "max": 3}}}],
    "not": {"marked": "x"},
}


def document(**more):
    return {
        "schema": "roomreel.template/1",
        "friendly_name": "town-hall",
        "resolution": "1280x720",
        "video_layout": {"grid": {"video_sources": ["*"]}},
        **more,
    }


def parse(template):
    return parse_template(json.dumps(template).encode(), "template.json")


def violations(template):
    with pytest.raises(TemplateInvalid) as caught:
        parse(template)
    return {one.pointer: (one.expected, one.found) for one in caught.value.violations}


def rule(when, layout="presentation"):
    return {"layout": layout, "when": when}


def test_reads_every_key():
    read = parse(
        document(layouts=LAYOUTS, layout_rules=[rule(WHEN)], layout_timing={"settle_ms": 0})
    )
    assert [one.name for one in read.layouts["presentation"]] == ["screen", "face"]
    assert {one.layout for one in read.layouts["presentation"]} == {"presentation"}
    assert read.layout_timing == LayoutTiming(0, 2000)
    assert read.layout_rules == (
        LayoutRule(
            "presentation",
            Condition(
                present=("*screen",),
                absent=(OfRole("host"),),
                count=SourceCount(Selection(("*",)), MediaType.AUDIO, 2),
                between=(Window(1000),),
                marked="qa",
                talking=(OfRole("host"), "mic"),
                silent_ms=9000,
                either=(
                    Condition(present=("a",)),
                    Condition(negated=Condition(count=SourceCount(Selection(("*",)), most=3))),
                ),
                negated=Condition(marked="x"),
            ),
        ),
    )
    assert reads_events(read)
    again = parse_template(canonical_template(read).encode(), "")
    assert again == read
    assert canonical_template(again) == canonical_template(read)


@pytest.mark.parametrize("said", [{}, {"reuse": "show_oldest"}, {"reuse": None}])
def test_the_canonical_form_of_a_grid_that_follows_is_read_back(said):
    region = {"video_sources": ["*"], "grid": "current", "last_row": "center", **said}
    read = parse(document(video_layout={"all": region}))
    again = parse_template(canonical_template(read).encode(), "")
    assert again == read
    assert canonical_template(again) == canonical_template(read)


@pytest.mark.parametrize(
    "unset",
    [
        {"layouts": {}},
        {"layouts": None},
        {"layout_rules": []},
        {"layout_rules": None},
        {"layout_timing": {}},
        {"layout_timing": {"settle_ms": 500, "hold_ms": 2000}},
        {"layout_timing": {"settle_ms": None}},
    ],
)
def test_a_member_at_its_default_changes_no_digest(unset):
    plain, read = parse(document()), parse(document(**unset))
    assert read == plain
    assert template_sha256(read) == template_sha256(plain)
    assert canonical_template(read) == canonical_template(plain)


@pytest.mark.parametrize(
    "changed",
    [
        {"layouts": LAYOUTS},
        {"layout_rules": [rule({"present": ["*"]}, "default")]},
        {"layout_timing": {"hold_ms": 0}},
    ],
)
def test_each_member_changes_the_digest(changed):
    assert template_sha256(parse(document(**changed))) != template_sha256(parse(document()))


def test_regions_of_a_layout_keep_their_order_and_layouts_have_none():
    regions = LAYOUTS["presentation"]["video_layout"]
    turned = {"presentation": {"video_layout": dict(reversed(regions.items()))}}
    digests = {
        template_sha256(parse(document(layouts=LAYOUTS | turned))),
        template_sha256(parse(document(layouts=LAYOUTS))),
        template_sha256(parse(document(layouts=dict(reversed(LAYOUTS.items()))))),
    }
    assert len(digests) == 2


def test_a_template_with_nothing_but_other_layouts_has_pictures():
    assert parse(document(video_layout={}, layouts=LAYOUTS)).all_regions
    assert "" in violations(document(video_layout={}))


def nested(depth):
    return {"not": nested(depth - 1)} if depth > 1 else {"present": ["*"]}


BROKEN = [
    ({"layouts": {"default": LAYOUTS["break"]}}, "/layouts/default", "not 'default'", '"default"'),
    ({"layouts": {"": LAYOUTS["break"]}}, "/layouts/", "1 to 100 characters", '""'),
    ({"layouts": {"a": {"video_layout": {}}}}, "/layouts/a/video_layout", "1", ""),
    ({"layouts": {"a": {}}}, "/layouts/a/video_layout", "key", "nothing"),
    ({"layouts": {f"l{n}": LAYOUTS["break"] for n in range(21)}}, "/layouts", "20", "an object"),
    (
        {"layouts": {"a": {"video_layout": {"b": {"video_sources": ["*"], "x_pos": 1270}}}}},
        "/layouts/a/video_layout/b/x_pos",
        "inside the resolution",
        "1270",
    ),
    (
        {
            "layouts": {
                "a": {"video_layout": {"b": {"video_sources": ["*"], "gap": 8, "max_rows": 99}}}
            }
        },
        "/layouts/a/video_layout/b/max_rows",
        "16 pixels",
        "99",
    ),
    (
        {"layout_rules": [rule({"present": ["*"]}, "presentatoin")]},
        "/layout_rules/0/layout",
        "presentation",
        "presentatoin",
    ),
    ({"layout_rules": [rule({})]}, "/layout_rules/0/when", "a condition", "none"),
    ({"layout_rules": [rule({"present": None})]}, "/layout_rules/0/when", "a condition", "none"),
    ({"layout_rules": [rule({"any": [{}]})]}, "/layout_rules/0/when/any/0", "a condition", "none"),
    ({"layout_rules": [rule({"not": {}})]}, "/layout_rules/0/when/not", "a condition", "none"),
    ({"layout_rules": [rule(nested(6))]}, "/layout_rules/0/when" + "/not" * 5, "5 deep", "6 deep"),
    (
        {"layout_rules": [rule({"marked": "a", "talking": []})]},
        "/layout_rules/0/when/talking",
        "1",
        "an empty array",
    ),
    (
        {"layout_rules": [rule({"between": [{"start_ms": 5, "end_ms": 5}]})]},
        "/layout_rules/0/when/between/0/end_ms",
        "above 5",
        "5",
    ),
    (
        {"layout_rules": [rule({"count": {"sources": ["*"]}})]},
        "/layout_rules/0/when/count",
        "min",
        "neither",
    ),
    (
        {"layout_rules": [rule({"count": {"sources": ["*"], "min": 3, "max": 2}})]},
        "/layout_rules/0/when/count/max",
        "from 3",
        "2",
    ),
    ({"layout_rules": [rule({"present": ["*"]}, "default")] * 51}, "/layout_rules", "50", "51"),
    (
        {"layout_rules": [rule({"silent_ms": -1, "marked": "a"})]},
        "/layout_rules/0/when/silent_ms",
        "0 to 86400000",
        "-1",
    ),
    ({"layout_timing": {"settle_ms": 10_001}}, "/layout_timing/settle_ms", "10000", "10001"),
    ({"layout_timing": {"hold_ms": -1}}, "/layout_timing/hold_ms", "0", "-1"),
    (
        {"overlays": [{"type": "text", "text": "a", "layouts": ["brake"]}]},
        "/overlays/0/layouts/0",
        "break",
        "brake",
    ),
]


def regions(**members):
    return {"a": {"video_sources": ["*"]}, "b": {"video_sources": ["*"], **members}}


CELLS = [
    ({"grid": "current", "reuse": "none"}, "reuse", 'grid "fixed"', "none"),
    ({"grid": "current", "cells_excluded": [1]}, "cells_excluded", 'grid "fixed"', "an array of 1"),
    ({"not_shown_in": ["a"]}, "not_shown_in", 'grid "current"', "a"),
    ({"grid": "current", "not_shown_in": ["b"]}, "not_shown_in/0", "earlier region", "b"),
    ({"grid": "current", "not_shown_in": ["a", "c"]}, "not_shown_in/1", "layout: a", "c"),
    ({"grid": "moving"}, "grid", '"fixed" or "current"', "moving"),
    ({"order": "loudness"}, "order", '"start" or "name" or "speaker"', "loudness"),
    ({"order": "speaker", "reuse": "none"}, "reuse", "another order", "none"),
]


@pytest.mark.parametrize(("members", "key", "expected", "found"), CELLS)
@pytest.mark.parametrize("where", ["video_layout", "layouts/x/video_layout"])
def test_cells_that_are_given_out_in_two_ways(where, members, key, expected, found):
    own = {"video_layout": regions(**members)}
    told = violations(document(**own) if where == "video_layout" else document(layouts={"x": own}))
    assert list(told) == [f"/{where}/b/{key}"], told
    assert expected in told[f"/{where}/b/{key}"][0]
    assert found in told[f"/{where}/b/{key}"][1]


def test_reads_what_cells_follow():
    own = regions(grid="current", order="name", not_shown_in=["a"], reuse=None)
    read = parse(document(video_layout=own)).regions[1]
    assert (read.grid, read.order, read.not_shown_in) == ("current", "name", ("a",))
    plain = parse(document(video_layout=regions()))
    unset = parse(document(video_layout=regions(grid="fixed", order="start", not_shown_in=[])))
    assert template_sha256(plain) == template_sha256(unset)
    assert canonical_template(plain) == canonical_template(unset)


@pytest.mark.parametrize(("broken", "pointer", "expected", "found"), BROKEN)
def test_a_broken_rule(broken, pointer, expected, found):
    told = violations(document(**{"layouts": LAYOUTS} | broken))
    assert list(told) == [pointer], told
    assert expected in told[pointer][0]
    assert found in told[pointer][1]


def test_all_broken_rules_are_told_at_once():
    broken = document(
        layouts={"default": LAYOUTS["break"]},
        layout_rules=[rule({}), rule({"between": [{"end_ms": 0}]}, "nowhere")],
        layout_timing={"hold_ms": "long"},
    )
    assert set(violations(broken)) == {
        "/layout_timing/hold_ms",
        "/layouts/default",
        "/layout_rules/0/layout",
        "/layout_rules/0/when",
        "/layout_rules/1/layout",
        "/layout_rules/1/when/between/0/end_ms",
    }


def test_conditions_that_never_end_are_refused():
    deep = rule(nested(400))
    assert list(violations(document(layouts=LAYOUTS, layout_rules=[deep])))
