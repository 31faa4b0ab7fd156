"""Texts, images and colours as pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomreel.media.draw import draw
from roomreel.media.fonts import use_fonts
from roomreel.media.lettering import dilated, rounded
from roomreel.media.text_lines import broken
from roomreel.model.clock import CLOCK_FORMATS, Clock
from roomreel.model.geometry import Size
from roomreel.model.look import (
    Align,
    Anchor,
    Box,
    Colour,
    Fill,
    Outline,
    Style,
    Text,
)
from roomreel.model.overlay import ClockOverlay
from roomreel.plan.placing import least_size

RED = Colour(255, 0, 0)
PLAIN = Style(size=24, box=None, color=RED)
ROOM = Size(624, 36)


@pytest.fixture(scope="module", autouse=True)
def _fonts(tmp_path_factory):
    use_fonts(tmp_path_factory.mktemp("scratch"))


def drawn(text: str, style: Style = PLAIN, size: Size = ROOM, anchor=Anchor.TOP_LEFT):
    return draw(Text(text, style), size, anchor)


def ink(pixels: np.ndarray) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of what is seen well."""
    seen = pixels[..., 3] > 40
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def test_a_fill_is_its_colour_everywhere():
    pixels = draw(Fill(Colour(1, 2, 3, 4)), Size(6, 2))
    assert pixels.shape == (2, 6, 4)
    assert (pixels == (1, 2, 3, 4)).all()


@pytest.mark.parametrize("size", [8, 13, 24, 48, 101])
@pytest.mark.parametrize("text", ["H", "HE田", "Hא", "田H", "नमH", "IIサI"])
def test_letters_stand_on_the_base_line_whatever_is_beside_them(size, text):
    style = Style(size=size, box=None, lines=2)
    pixels = drawn(text + "\nH", style, Size(12 * size, style.reserved_height))
    alone = drawn("H\nH", style, Size(12 * size, style.reserved_height))
    second = slice(style.line_height, None)
    assert ink(alone[: style.line_height])[3] == style.baseline
    assert (pixels[second][..., 3] == alone[second][..., 3]).all()
    row = pixels[style.baseline - 1, :, 3]
    assert row.max() > 100, "it stands on whole pixels"


def test_the_place_of_a_latin_letter_does_not_depend_on_the_script_of_the_line():
    for text in ("は", "न", "م", "ส", "မ", "ខ"):
        style = Style(size=24, box=None)
        mixed, latin = drawn(text + "HH", style), drawn("HH", style)
        height = ink(latin)[3] - ink(latin)[1]
        columns = np.flatnonzero((mixed[..., 3] > 200).sum(axis=0) >= height - 1)
        stems = mixed[:, columns, 3]
        assert any((stem[27 - height : 27] > 100).all() and stem[27] < 100 for stem in stems.T), (
            text
        )


@pytest.mark.parametrize(
    "text",
    [
        "{x}",
        "<b>&amp;",
        "O'Brien: 100% %{pts}",
        "</span>",
        "&#x1;",
        "\x00\x01a",
        "\ud800b",
        "\u202eabc",
    ],
)
def test_texts_are_no_markup(text):
    pixels = drawn(text)
    assert pixels[..., 3].any()
    assert (pixels[pixels[..., 3] > 250][:, :3] == (255, 0, 0)).all()


def test_markup_is_as_wide_as_its_letters():
    assert ink(drawn("<b>x</b>"))[2] > ink(drawn("bxb"))[2] + 40


def test_what_turns_the_order_of_letters_is_left_out():
    assert (drawn("\u202eabc") == drawn("abc")).all()


@pytest.mark.parametrize(
    "text", ["👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧\u200d👦", "👍🏽", "🇩🇪", "e\u0301\u0323"]
)
def test_what_is_one_character_to_a_reader_is_drawn_as_one(text):
    left, _, right, _ = ink(drawn(text))
    assert right - left <= 30, "no wider than one of 24 pixels"
    assert ink(drawn(f"{text}{text}"))[2] - right <= 36


@pytest.mark.parametrize("text", ["", " ", "\n", "\u200b"])
def test_of_nothing_nothing_is_drawn(text):
    assert not drawn(text, Style()).any()


@pytest.mark.parametrize("text", ["x" * 1000, "word " * 200, "田" * 500, "مرحبا " * 150])
@pytest.mark.parametrize("lines", [1, 3])
def test_what_is_too_long_ends_in_an_ellipsis(text, lines):
    style = Style(size=24, lines=lines)
    pixels = drawn(text, style, Size(600, style.reserved_height))
    assert pixels.shape == (style.reserved_height, 600, 4)
    box = pixels[..., 3] > 0
    assert box.any(axis=1).sum() == 36 * lines + 12
    assert box.any(axis=0).sum() > 500


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("alice", "L"),
        ("مرحبا Alice 123", "R"),
        ("12 שלום", "R"),
        ("Alice مرحبا", "L"),
        ("田中", "L"),
    ],
)
@pytest.mark.parametrize("align", Align)
def test_lines_begin_where_their_text_does(text, direction, align):
    style = Style(size=24, box=None, align=align, lines=2)
    wide = "W" * 20 if direction == "L" else "ש" * 20
    lines = f"{text}\n{wide}"
    pixels = drawn(lines, style, Size(624, style.reserved_height))
    _, _, _, _ = ink(pixels)
    left, _, right, _ = ink(pixels[:36])
    whole = ink(pixels[36:])
    if align is Align.CENTER:
        assert abs((left + right) - (whole[0] + whole[2])) <= 6
    elif (align is Align.START) == (direction == "L"):
        assert abs(left - whole[0]) <= 4
    else:
        assert abs(right - whole[2]) <= 4


def test_what_is_first_decides_the_direction_of_a_mixed_text():
    arabic = "مرحبا"
    alone, mixed = ink(drawn(arabic)), drawn(f"{arabic} HH")
    # The Latin word, which comes second, is at the left.
    columns = np.flatnonzero((mixed[10:27, :, 3] > 200).all(axis=0))
    assert len(columns)
    assert columns.max() < ink(mixed)[2] - (alone[2] - alone[0])


@pytest.mark.parametrize(
    ("anchor", "x", "y"),
    [
        (Anchor.TOP_LEFT, 0, 0), (Anchor.TOP, 1, 0), (Anchor.TOP_RIGHT, 2, 0),
        (Anchor.LEFT, 0, 1), (Anchor.CENTER, 1, 1), (Anchor.RIGHT, 2, 1),
        (Anchor.BOTTOM_LEFT, 0, 2), (Anchor.BOTTOM, 1, 2), (Anchor.BOTTOM_RIGHT, 2, 2),
    ],
)  # fmt: skip
def test_the_box_is_where_the_anchor_says(anchor, x, y):
    pixels = drawn("abc", Style(box=Box(RED, 6, 0)), Size(300, 200), anchor)
    left, top, right, bottom = ink(pixels)
    assert bottom - top == 48
    assert abs((left, 300 - right)[x // 2] if x != 1 else left + right - 300) <= 1
    assert abs((top, 200 - bottom)[y // 2] if y != 1 else top + bottom - 200) <= 1


def test_a_box_is_of_its_colour_and_its_corners_are_round():
    box = Box(Colour(10, 20, 30, 0x99), padding=6, radius=6)
    pixels = drawn("abc", Style(box=box), Size(624, 48))
    assert tuple(pixels[2, 20]) == (10, 20, 30, 0x99)
    assert pixels[0, 0, 3] == 0
    assert 0 < pixels[1, 1, 3] < 0x99
    assert (pixels[:, 200:] == 0).all()


def test_an_outline_is_below_the_letters_and_as_wide_as_it_says():
    style = Style(size=48, box=None, outline=Outline(4, Colour(0, 0, 255)), color=RED)
    size = Size(300, 72)
    pixels = drawn("l", style, size)
    left, _, right, _ = ink(pixels)
    bare = ink(drawn("l", Style(size=48, box=None), size))
    assert right - left == bare[2] - bare[0] + 8
    assert tuple(pixels[36, left + 1]) == (0, 0, 255, 255)
    assert tuple(pixels[36, (left + right) // 2]) == (255, 0, 0, 255)


def test_a_coverage_is_widened_by_a_disc():
    point = np.zeros((41, 41), np.uint8)
    point[20, 20] = 255
    y, x = np.mgrid[-20:21, -20:21]
    for radius in (1, 2, 5, 20):
        wide = dilated(point, radius) == 255
        distance = np.hypot(x, y)
        assert wide[distance <= radius].all()
        assert not wide[distance > radius + 0.51].any()


@given(st.integers(1, 300), st.integers(1, 80), st.integers(0, 200))
def test_rounded_corners_cover_as_much_as_arcs_do(width, height, radius):
    coverage = rounded(Size(width, height), radius).astype(float) / 255
    radius = min(radius, width // 2, height // 2)
    assert coverage.shape == (height, width)
    assert abs(coverage.sum() - (width * height - (4 - np.pi) * radius**2)) <= 1 + radius
    assert (coverage == coverage[::-1]).all()
    assert (coverage == coverage[:, ::-1]).all()


def test_digits_are_of_one_width_so_that_clocks_stand_still():
    boxes = {
        ink(drawn(f"{a}{b}:{b}{a}", Style(size=25, box=Box(RED, 6, 0)), Size(300, 60)))
        for a in range(10)
        for b in range(10)
    }
    assert len(boxes) == 1


@pytest.mark.parametrize("size", [8, 9, 11, 24, 100, 400])
@pytest.mark.parametrize("shown", CLOCK_FORMATS)
@pytest.mark.parametrize("outline", [0, 20])
def test_the_room_that_is_planned_for_a_clock_is_enough(size, shown, outline):
    style = Style(size=size, weight=900, box=Box(padding=0), outline=Outline(outline))
    planned = least_size(ClockOverlay(clock=Clock.WALL, format=shown, style=style))
    text = "8888-88-88 88:88:88"[-len(shown) :]
    wide = drawn(text, style, Size(planned.width + 40 * size, planned.height))
    assert ink(wide)[2] - ink(wide)[0] <= planned.width
    assert (drawn(text, style, planned) == wide[:, : planned.width]).all()


def test_weights_and_slants_differ():
    light, plain, bold = (
        int(drawn("Hamburg 田नم", Style(size=24, box=None, weight=weight))[..., 3].sum(dtype=int))
        for weight in (200, 400, 700)
    )
    assert light < plain < bold
    assert (drawn("H", Style(box=None, italic=True)) != drawn("H", Style(box=None))).any()


@settings(max_examples=40, deadline=None)
@given(
    st.text(max_size=60),
    st.builds(
        Style,
        size=st.integers(8, 60),
        weight=st.integers(100, 900),
        lines=st.integers(1, 4),
        align=st.sampled_from(Align),
        outline=st.builds(Outline, st.integers(0, 4)),
        box=st.none() | st.builds(Box, padding=st.integers(0, 30), radius=st.integers(0, 40)),
    ),
    st.integers(1, 150).map(lambda half: 2 * half),
    st.sampled_from(Anchor),
)
def test_whatever_is_drawn_is_of_the_size_that_is_asked_for_and_the_same_again(
    text, style, width, anchor
):
    size = Size(width, style.reserved_height)
    pixels = drawn(text, style, size, anchor)
    assert pixels.shape == (size.height, size.width, 4)
    assert pixels.dtype == np.uint8
    assert (pixels == drawn(text, style, size, anchor)).all()


@pytest.mark.parametrize(
    "font", ["a,b", "\x00", "\ud800", "<&'\"", "Noto Sans Bold 40", "Nothing", "x" * 100, "a\nb"]
)
def test_a_font_that_is_not_there_or_no_name_is_the_one_of_sans(font):
    assert (drawn("Hello", Style(font=font)) == drawn("Hello", Style())).all()


@pytest.mark.parametrize("text", ["👨\u200d" * 400, "a" + "\u0301" * 900, "\u200d" * 1000])
def test_a_character_without_end_has_one(text):
    assert drawn(text, Style(size=60), Size(300, 96)).shape == (96, 300, 4)


def lines_of(text: str, most: int, room: int) -> list[str]:
    return broken(text, most, lambda line: len(line) <= room)


@pytest.mark.parametrize(
    ("text", "most", "room", "lines"),
    [
        ("", 2, 9, [""]),
        ("one two", 1, 9, ["one two"]),
        ("one two", 1, 6, ["one t…"]),
        ("one two", 1, 4, ["one…"]),
        ("one two", 2, 4, ["one", "two"]),
        ("one two three", 2, 7, ["one two", "three"]),
        ("one two three", 2, 4, ["one", "two…"]),
        ("abcdefgh ij", 9, 3, ["abc", "def", "gh", "ij"]),
        ("a\nb", 1, 9, ["a…"]),
        ("a\n\nb c", 3, 9, ["a", "", "b c"]),
        ("a\n\nb\nc", 3, 9, ["a", "", "b…"]),
        ("👍🏽👍🏽👍🏽", 1, 4, ["👍🏽…"]),
        ("abc", 1, 0, ["…"]),
        ("abc", 2, 0, ["a", "…"]),
    ],
)
def test_lines_are_broken_between_words_and_cut_after_characters(text, most, room, lines):
    assert lines_of(text, most, room) == lines


@given(st.text("ab \n田م-", max_size=60), st.integers(1, 5), st.integers(1, 20))
def test_lines_are_no_more_and_no_wider_than_they_may_and_lose_only_blanks(text, most, room):
    lines = lines_of(text, most, room)
    assert len(lines) <= most
    assert all(len(line) <= room for line in lines)
    letters = "".join("".join(lines).split())
    wanted = "".join(text.split())
    assert letters == wanted or (letters[-1] == "…" and wanted.startswith(letters[:-1]))
