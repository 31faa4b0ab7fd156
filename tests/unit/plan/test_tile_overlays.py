"""Labels and borders of tiles by frames, and their places in cells."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tiles import shown

from roomreel.model.geometry import Rect
from roomreel.model.look import Anchor, Border, Box, Colour, Style, Text
from roomreel.model.template import Reuse
from roomreel.model.tiles import Label, TileLook
from roomreel.plan.tile_overlays import label_rect


def texts(plan):
    return {
        cell: [(first, last, drawing.text) for first, last, drawing in states]
        for cell, states in shown(plan, "label").items()
    }


LABELS = TileLook(label=Label())


def test_a_label_is_there_as_long_as_its_tile(plan):
    made = plan(LABELS, (0, 60_000), (10_000, 60_000), (20_000, 40_000))
    assert texts(made) == {
        0: [(0, 1800, "name1")],
        1: [(300, 1800, "name2")],
        2: [(600, 1200, "name3")],
    }
    first = made.overlays[0]
    assert (first.rect, first.region, first.z) == (Rect(8, 304, 624, 48), "main", 0)
    assert first.states[0].drawing == Text("name1", Style())


def test_a_label_stays_through_a_pause_in_which_no_picture_is_held(make, plan):
    pictures = [*range(0, 10_000, 100), *range(20_000, 30_000, 100)]
    made = plan(LABELS, (0, 0), media={"V1": make.medium(pictures, 100)})
    assert [len(scene.placements) for scene in made.scenes] == [1, 0, 1]
    assert texts(made) == {0: [(0, 900, "name1")]}


def test_a_cell_names_who_is_in_it(plan):
    one_cell = {"max_columns": 1, "max_rows": 1}
    made = plan(LABELS, (0, 10_000), (10_000, 20_000), (15_000, 30_000), region=one_cell)
    assert texts(made) == {0: [(0, 300, "name1"), (300, 600, "name2"), (600, 900, "name3")]}
    newest = {**one_cell, "reuse": Reuse.SHOW_NEWEST}
    made = plan(LABELS, (0, 30_000), (10_000, 20_000), region=newest)
    assert texts(made) == {0: [(0, 300, "name1"), (300, 600, "name2"), (600, 900, "name1")]}


def test_a_label_is_cut_with_the_room(plan):
    made = plan(LABELS, (0, 10_000), (40_000, 50_000), region={"max_columns": 1, "max_rows": 1})
    assert texts(made) == {0: [(0, 300, "name1"), (300, 600, "name2")]}


def test_variables_of_a_label(make, plan):
    look = TileLook(label=Label("{name} ({identity}): {track} {{}}"))
    person = make.room(identities=["alice"]).participants[0]
    room = {"participants": (replace(person, display_name="Alice \u202e B."),)}
    made = plan(look, (0, 1000), room=room)
    assert texts(made) == {0: [(0, 30, "Alice B. (alice): track-V1 {}")]}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("{x}", "{x}"),
        ("<b>&amp;", "<b>&amp;"),
        ("O'Brien: 100% %{pts}", "O'Brien: 100% %{pts}"),
        ("a\u202eb\nc", "a b c"),
        ("x" * 4000, "x" * 39 + "…"),
    ],
)
def test_names_are_shown_as_text(plan, name, expected):
    made = plan(LABELS, (0, 1000), names=(name,))
    assert texts(made) == {0: [(0, 30, expected)]}


def test_a_label_that_says_nothing_is_not_drawn(plan):
    assert plan(LABELS, (0, 1000), names=(" \u202e ",)).overlays == ()


def test_a_border_is_there_as_long_as_its_tile(plan):
    line = Border(4, Colour(255, 255, 255))
    look = TileLook(border=line)
    made = plan(look, (0, 2000), (1000, 2000), region={"corner_radius": 12, "gap": 1})
    rounded = replace(line, radius=12)
    assert shown(made, "border") == {0: [(0, 60, rounded)], 1: [(30, 60, rounded)]}
    assert [one.rect for one in made.overlays] == [Rect(0, 0, 638, 720), Rect(640, 0, 640, 720)]


def test_who_is_there_is_drawn_over_pictures_in_order(plan):
    look = TileLook(label=Label(), border=Border(1, Colour(0, 0, 0)))
    made = plan(look, (0, 1000), (0, 1000), region={"z": 3})
    assert [(one.kind.value, one.z, one.cell) for one in made.overlays] == [
        ("border", 3, 0),
        ("border", 3, 1),
        ("label", 3, 0),
        ("label", 3, 1),
    ]


CELL = Rect(100, 200, 320, 180)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (Label(), Rect(108, 324, 304, 48)),
        (Label(anchor=Anchor.TOP_RIGHT), Rect(108, 208, 304, 48)),
        (Label(max_width=100), Rect(108, 324, 100, 48)),
        (Label(max_width=100, anchor=Anchor.BOTTOM_RIGHT), Rect(312, 324, 100, 48)),
        (Label(max_width=100, anchor=Anchor.CENTER), Rect(210, 266, 100, 48)),
        (Label(max_width=9000, x=20), Rect(120, 324, 300, 48)),
        (Label(style=Style(box=Box(padding=0))), Rect(108, 336, 304, 36)),
        # With less room than it asks for it is nearer to the edges.
        (Label(x=300, y=300), Rect(242, 200, 36, 48)),
        (Label(style=Style(size=120)), None),
        (Label(style=Style(lines=5)), None),
    ],
)
def test_the_place_of_a_label(label, expected):
    assert label_rect(label, CELL) == expected


@pytest.mark.parametrize("anchor", Anchor)
@pytest.mark.parametrize("inset", [0, 1, 7, 8, 9, 500])
@pytest.mark.parametrize("side", [48, 50, 60, 181])
def test_a_label_never_leaves_its_cell(anchor, inset, side):
    cell = Rect(3, 5, side + 11, side).even_inside
    found = label_rect(Label(anchor=anchor, x=inset, y=inset, max_width=side), cell)
    assert found is None or (cell.contains(found) and found.even_inside == found)
    assert (found is None) == (cell.height < 48)


def test_a_stream_with_a_label_is_not_copied(plan):
    made = plan(LABELS, (0, 10_000), passthrough=True)
    assert (made.copied, made.passthrough.refused) == (None, "its template draws over it: label")
