"""Fields of the form of a hook: a template there and back, and what is wrong beside its field."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomreel.model.framing import Framing
from roomreel.model.geometry import Size
from roomreel.model.look import Anchor, Fit
from roomreel.model.selection import OfIdentity, OfRole, Selection
from roomreel.model.template import Format, LastRow, Region, Reuse, Template, UnitKind
from roomreel.model.window import Window
from roomreel.settings import Settings
from roomreel.web.console.hook_fields import (
    LABELS,
    NEW,
    fields_of,
    items_of,
    lines_of,
    read_fields,
)
from roomreel.web.forms import Form

# What documents can hold: no NUL, no lone surrogate.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
PATTERNS = TEXTS.map(lambda text: text.replace("*", "x")) | st.sampled_from(
    [
        "*",
        "a*",
        "*a",
        " a",
        "a ",
        '"',
        '"a"',
        "[]",
        "{}",
        '{"role": "a"}',
        "a\nb",
        "a\r",
        "\u202e",
        "\u2028",
        "\t",
    ]
)
SOURCES = PATTERNS | st.builds(OfIdentity, TEXTS) | st.builds(OfRole, TEXTS)
SELECTIONS = st.builds(
    Selection, st.lists(SOURCES, max_size=4).map(tuple), st.lists(SOURCES, max_size=2).map(tuple)
)
REGIONS = st.builds(
    Region,
    name=TEXTS,
    sources=SELECTIONS,
    x=st.integers(0, 600),
    z=st.integers(-99, 99),
    width=st.none() | st.integers(16, 40),
    max_rows=st.none() | st.integers(1, 9),
    cells_excluded=st.sets(st.integers(0, 9)).map(lambda cells: tuple(sorted(cells))),
    reuse=st.sampled_from(Reuse),
    min_recording_ms=st.integers(0, 9),
    gap=st.integers(0, 8),
    last_row=st.sampled_from(LastRow),
    unit=st.sampled_from(UnitKind),
    framing=st.builds(Framing, st.sampled_from(Fit), st.sampled_from(Anchor), st.booleans()),
) | st.builds(
    Region,
    name=TEXTS,
    sources=SELECTIONS,
    unit=st.just(UnitKind.PARTICIPANT),
    voices=SELECTIONS,
)
TEMPLATES = st.builds(
    Template,
    # A browser shows it as one line, without space around it.
    friendly_name=TEXTS.filter(str.isprintable).map(lambda text: f"n{text[:90]}e"),
    regions=st.lists(REGIONS, max_size=3, unique_by=lambda one: one.name).map(tuple),
    audio=SELECTIONS.filter(lambda one: one.included),
    resolution=st.just(Size(640, 480)),
    format=st.sampled_from(Format),
    trim=st.booleans(),
    enabled=st.booleans(),
    frame_rate=st.sampled_from([Fraction(1), Fraction(25), Fraction(30000, 1001)]),
    passthrough=st.booleans(),
    window=st.sampled_from([Window(), Window(5), Window(end_ms=9), Window(1, 2)]),
    rooms=st.none() | st.just(()) | st.lists(TEXTS, min_size=1, max_size=3).map(tuple),
    status_callback=st.none() | st.just("https://example.org/x?a=1#rc=2"),
    status_callback_method=st.sampled_from(["GET", "POST"]),
)


def sent(given: dict[str, str]) -> Form:
    """What a browser sends of fields: of line ends, CR and LF."""
    lines = {name: one.replace("\n", "\r\n") for name, one in given.items()}
    return Form([(name, value) for name, value in lines.items() if value])


@given(TEMPLATES)
def test_a_template_that_is_shown_and_sent_is_the_same(template):
    shown = fields_of(template)
    found = read_fields(sent(dict(shown.given)), Settings())
    assert found.problems == {}
    assert found.template == template


@given(st.lists(TEXTS | PATTERNS))
def test_lists_are_lines_and_back(items):
    lines = lines_of(items)
    assert items_of(lines) == items
    assert len([line for line in lines.split("\n") if line]) == len(items)


GOOD = dict(fields_of(replace(NEW, friendly_name="one")).given)

WRONG = {
    "friendly_name": "x" * 101,
    "format": "avi",
    "resolution": "9x9",
    "frame_rate": "x",
    "audio_sources": "ok\n**",
    "audio_sources_excluded": "*a*",
    "rooms": '""',
    "status_callback": "ftp://example.org",
    "status_callback_method": "PUT",
    "video_layout": '{"a": {}}',
    "more": '{"window": {"start_ms": 5, "end_ms": 5}}',
}


@pytest.mark.parametrize("name", WRONG)
def test_each_problem_is_beside_its_field(name):
    found = read_fields(sent(GOOD | {name: WRONG[name]}), Settings())
    assert list(found.problems) == [name]
    assert found.template is None
    assert found.given[name] == WRONG[name]


def test_all_problems_are_there_at_once_and_nothing_is_lost():
    typed = GOOD | WRONG
    found = read_fields(sent(typed), Settings())
    assert set(found.problems) == set(WRONG)
    assert dict(found.given) == typed
    assert found.problems["audio_sources"][0].startswith("entry 2: expected a sid")
    assert found.drawable is None


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("{", "line 1"),
        ("[1]", "expected an object"),
        ('{"trim": true}', '"trim" has a field of its own'),
        ('{"schema": "x"}', '"schema" has a field of its own'),
        ('{"windo": {}}', '/windo: expected a known key, found "windo"; did you mean "window"?'),
        ('{"window": {"start_ms": -1}}', "/window/start_ms: expected an integer"),
    ],
)
def test_further_members_are_json(typed, problem):
    found = read_fields(sent(GOOD | {"more": typed}), Settings())
    assert list(found.problems) == ["more"]
    assert found.problems["more"][0].startswith(problem)
    assert found.drawable is None


LAYOUTS = [
    ('{\n  "a": {\n    "video_sources": ["*"],\n    "width": 1\n  }\n}', "line 4, /a/width"),
    ('{"a": 1,\n "a": {"video_sources": []}}', "line 2, /a"),
    ('{"a": {"video_sources": ["*"]},\n', "line 2"),
    ("{} {}", "line 1"),
    ('{}, "enabled": false', "line 1"),
    ('{}} , {"a": 1', "line 1"),
    ('[\n"x"]', "line 1, the whole"),
    ("[" * 100, "line 1"),
    ("NaN", "line 1"),
    ('{"a/b": {"video_sources": ["*"], "reuse": "x"}}', "line 1, /a~1b/reuse"),
    ('{"<script>": {"video_sources": 7}}', "line 1, /<script>/video_sources"),
]


@pytest.mark.parametrize(("layout", "where"), LAYOUTS)
def test_problems_of_the_layout_have_line_and_pointer(layout, where):
    found = read_fields(sent(GOOD | {"video_layout": layout}), Settings())
    assert list(found.problems) == ["video_layout"]
    assert any(words.startswith(where) for words in found.problems["video_layout"])
    assert found.given["video_layout"] == layout


def test_people_are_chosen_by_lines_of_json():
    typed = '{"role": "host"}\n{"identity": "t-*"}\n"{}"\n{x'
    found = read_fields(sent(GOOD | {"audio_sources": typed}), Settings())
    assert found.template.audio.included == (OfRole("host"), OfIdentity("t-*"), "{}", "{x")
    wrong = '*\n{"role": ""}\n{"roles": "host"}'
    found = read_fields(sent(GOOD | {"audio_sources": wrong}), Settings())
    places = [problem.partition(":")[0] for problem in found.problems["audio_sources"]]
    assert set(places) == {"entry 2", "entry 3"}


@given(st.text() | st.text(alphabet='{}[]:,"a1 \n\ufeff'))
def test_no_layout_says_anything_of_other_members(layout):
    typed = layout.replace("\0", "").replace("\r\n", "\n")
    if any("\ud800" <= one <= "\udfff" for one in typed):
        return
    found = read_fields(Form([("video_layout", typed), *GOOD_REST]), Settings())
    assert set(found.problems) <= {"video_layout"}
    if found.template is not None:
        assert replace(found.template, regions=()) == replace(PLAIN, regions=())


GOOD_REST = [(name, one) for name, one in GOOD.items() if one and name != "video_layout"]
PLAIN = replace(NEW, friendly_name="one")


def test_neither_picture_nor_sound_is_said_of_the_layout():
    given = GOOD | {"video_layout": " \n", "audio_sources": ""}
    found = read_fields(sent(given), Settings())
    assert list(found.problems) == ["video_layout"]
    assert "neither a layout" in found.problems["video_layout"][0]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "https://169.254.169.254/latest", "https://[::1]/"]
)
def test_a_callback_into_networks_of_ours_is_a_problem_of_its_field(url):
    found = read_fields(sent(GOOD | {"status_callback": url}), Settings())
    assert list(found.problems) == ["status_callback"]
    assert "cannot be sent to" in found.problems["status_callback"][0]


def test_who_has_not_said_the_name_yet_sees_the_layout():
    wrong = {"friendly_name": "", "status_callback": "x", "rooms": '""'}
    found = read_fields(sent(GOOD | wrong), Settings())
    assert found.template is None
    assert found.hindrances == {}
    assert found.drawable is not None
    assert found.drawable.regions == NEW.regions


def test_each_field_has_a_label():
    assert all(LABELS.values())
    assert len(set(LABELS.values())) == len(LABELS)
