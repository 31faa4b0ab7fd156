"""Colours, anchors and the readings of clocks."""

from __future__ import annotations

from fractions import Fraction

import pytest

from roomreel.model.clock import CLOCK_FORMATS, DATE_FORMAT, Clock, reading
from roomreel.model.geometry import Rect
from roomreel.model.look import Align, Anchor, ClockText, Colour, Style

MINUTE, HOUR, DAY = 60, 3600, 86_400
NOON = 20_777 * DAY + 12 * HOUR
"""2026-11-20 12:00:00."""


@pytest.mark.parametrize("text", ["#000000", "#22c55e", "#22c55e80", "#ffffff00"])
def test_a_colour_is_written_as_it_was_read(text):
    assert str(Colour.parse(text)) == text
    assert str(Colour.parse(text.upper())) == text
    assert str(Colour.parse(text + "ff" * (len(text) == 7))) == text


@pytest.mark.parametrize(
    "text", ["", "#", "red", "#fff", "22c55e0", "#22c55", "#22c55g", "#ab cd "]
)
def test_what_is_no_colour_is_refused(text):
    with pytest.raises(ValueError, match="is no colour"):
        Colour.parse(text)


def test_each_anchor_is_at_its_own_place():
    places = {(anchor.across, anchor.down): anchor for anchor in Anchor}
    assert len(places) == len(Anchor)
    assert places[Align.START, Align.END] is Anchor.BOTTOM_LEFT
    assert places[Align.CENTER, Align.START] is Anchor.TOP
    assert places[Align.END, Align.CENTER] is Anchor.RIGHT


@pytest.mark.parametrize(
    ("clock", "clock_format", "at", "shown"),
    [
        (Clock.OUTPUT, "HH:MM:SS", 0, "00:00:00"),
        (Clock.OUTPUT, "HH:MM:SS", Fraction(59_999, 1000), "00:00:59"),
        (Clock.ROOM, "HH:MM:SS", 25 * HOUR + 61, "25:01:01"),
        (Clock.ROOM, "MM:SS", 2 * HOUR + 5, "120:05"),
        (Clock.ROOM, "HH:MM", 2 * HOUR + 5 * MINUTE + 59, "02:05"),
        (Clock.WALL, "HH:MM:SS", NOON, "12:00:00"),
        (Clock.WALL, "HH:MM:SS", NOON + 13 * HOUR, "01:00:00"),
        (Clock.WALL, "MM:SS", NOON + 2 * HOUR + 5, "00:05"),
        (Clock.WALL, DATE_FORMAT, NOON, "2026-11-20 12:00:00"),
        (Clock.WALL, DATE_FORMAT, -1, "1969-12-31 23:59:59"),
        (Clock.WALL, DATE_FORMAT, 253_402_300_800, "10000-01-01 00:00:00"),
    ],
)
def test_what_a_clock_shows(clock, clock_format, at, shown):
    assert reading(clock, clock_format, Fraction(at)) == shown
    text = ClockText(clock, clock_format, Fraction(at) - 7, Style())
    assert text.text(Fraction(7)) == shown


@pytest.mark.parametrize("clock_format", CLOCK_FORMATS)
def test_a_reading_is_as_long_as_its_format(clock_format):
    assert len(reading(Clock.WALL, clock_format, Fraction(NOON))) == len(clock_format)


def test_edges_are_widened_to_even_ones_and_no_further():
    for x in range(4):
        for width in range(1, 5):
            inside = Rect(x, x, width, width)
            outside = inside.even_outside
            assert outside.contains(inside)
            edges = outside.x, outside.y, outside.right, outside.bottom
            assert [edge % 2 for edge in edges] == [0] * 4
            assert outside.x >= x - 1
            assert outside.right <= inside.right + 1
