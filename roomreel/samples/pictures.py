"""Pictures of the cameras and the shared screen of the sample rooms.

Everybody has a colour, a name, a mouth that opens while they speak, a dot that goes round every two
seconds (a stutter shows) and the room's clock, so that sync can be seen in a composition.
"""

from __future__ import annotations

from functools import lru_cache
from math import cos, pi, sin
from typing import Protocol

import numpy as np

from roomreel.samples.glyphs import Mask, text_mask
from roomreel.samples.recorder import Pixels

Colour = tuple[int, int, int]

WHITE: Colour = (255, 255, 255)
INK: Colour = (28, 30, 38)
PAPER: Colour = (246, 244, 236)
SKIN: Colour = (255, 224, 196)

TURN_S = 2.0
"""Seconds that the moving dot takes to go round."""

SLIDE_S = 5
"""Seconds that a slide of the lesson stays."""


class Scene(Protocol):
    """Something to film."""

    def picture(self, at: float, *, loud: bool) -> Pixels:
        """Return its picture at `at` seconds of the room clock, heard or not."""


class Face:
    """Somebody in front of a camera."""

    def __init__(self, name: str, colour: Colour, size: tuple[int, int]) -> None:
        width, height = size
        self._unit = unit = height / 48
        self._centre = (width * 0.64, height * 0.6)
        self._colour = colour
        canvas = _backdrop(colour, size)
        x, y = self._centre
        _disc(canvas, x, height * 1.1, 16 * unit, 14 * unit, _mixed(colour, INK, 0.55))
        _disc(canvas, x, y, 9.5 * unit, 11 * unit, SKIN)
        for side in (-1, 1):
            _disc(canvas, x + side * 4 * unit, y - 2.5 * unit, 1.1 * unit, 1.5 * unit, INK)
        _paste_plate(canvas, name, round(unit * 0.62), unit * 1.5, height - unit * 1.5, bottom=True)
        self._quiet, self._loud = canvas, canvas.copy()
        _disc(self._quiet, x, y + 5.5 * unit, 3.4 * unit, 0.5 * unit, INK)
        _disc(self._loud, x, y + 5.5 * unit, 3 * unit, 2.4 * unit, INK)

    def picture(self, at: float, *, loud: bool) -> Pixels:
        """Return the face, its mouth open while it is heard."""
        canvas = (self._loud if loud else self._quiet).copy()
        unit, (x, y) = self._unit, self._centre
        angle = 2 * pi * at / TURN_S
        dot = (x + 15 * unit * sin(angle), y - 13.5 * unit * cos(angle))
        _disc(canvas, *dot, 1.8 * unit, 1.8 * unit, WHITE)
        _paste_plate(canvas, clock(at), round(unit * 1.1), unit * 1.5, unit * 1.5)
        return canvas


def portrait(colour: Colour, side: int = 480) -> Pixels:
    """Return a square picture of somebody, whose middle is enough where it is cut to be wide."""
    canvas = _backdrop(_mixed(colour, PAPER, 0.35), (side, side))
    unit, middle = side / 48, side / 2
    _disc(canvas, middle, side * 0.86, 11 * unit, 13 * unit, _mixed(colour, INK, 0.45))
    _disc(canvas, middle, middle, 7 * unit, 8.5 * unit, SKIN)
    for eye in (-1, 1):
        _disc(canvas, middle + eye * 2.8 * unit, middle - 1.5 * unit, 0.9 * unit, 1.2 * unit, INK)
    _disc(canvas, middle, middle + 3.6 * unit, 2.6 * unit, 1.1 * unit, INK)
    _disc(canvas, middle, middle + 2.9 * unit, 2.8 * unit, 1.1 * unit, SKIN)
    return canvas


class Slides:
    """A shared screen: a sum on each slide, and a pointer that goes round."""

    def __init__(self, title: str, colour: Colour, size: tuple[int, int]) -> None:
        width, height = size
        self._size, self._colour = size, colour
        self._slides: dict[int, Pixels] = {}
        self._blank = np.full((height, width, 3), PAPER, np.uint8)
        self._blank[: height // 8] = colour
        _write(self._blank, title, height // 120, width * 0.2, height * 0.035, WHITE)

    def picture(self, at: float, *, loud: bool) -> Pixels:  # noqa: ARG002  a screen has no mouth
        """Return the slide of that instant."""
        width, height = self._size
        canvas = self._slide(int(at) // SLIDE_S + 3).copy()
        done = at % SLIDE_S / SLIDE_S
        canvas[round(height * 0.94) :, : round(width * done)] = self._colour
        _paste_plate(canvas, clock(at), height // 120, width * 0.58, height * 0.017)
        angle = 2 * pi * at / TURN_S
        x, y = width * (0.5 + 0.2 * sin(angle)), height * (0.62 - 0.1 * cos(angle))
        _disc(canvas, x, y, height / 40, height / 40, (214, 40, 57))
        return canvas

    def _slide(self, number: int) -> Pixels:
        if number not in self._slides:
            width, height = self._size
            canvas = self._slides[number] = self._blank.copy()
            sums = f"{number} X {number + 1} = {number * (number + 1)}"
            _write(canvas, sums, height // 48, width * 0.2, height * 0.34, INK)
        return self._slides[number]


def clock(at: float) -> str:
    """Return seconds of the room clock as minutes, seconds and tenths."""
    tenths = int(at * 10 + 1e-6)
    return f"{tenths // 600}:{tenths // 10 % 60:02}.{tenths % 10}"


def _backdrop(colour: Colour, size: tuple[int, int]) -> Pixels:
    """Return the colour, a little lighter at the top than at the bottom."""
    width, height = size
    shade = np.linspace(1.15, 0.8, height)[:, np.newaxis, np.newaxis]
    column = np.clip(np.array(colour) * shade, 0, 255).astype(np.uint8)
    return column.repeat(width, axis=1)


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a * (1 - share) + b * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _disc(
    canvas: Pixels, x: float, y: float, radius_x: float, radius_y: float, colour: Colour
) -> None:
    left, top = int(max(x - radius_x - 1, 0)), int(max(y - radius_y - 1, 0))
    box = canvas[top : int(y + radius_y + 2), left : int(x + radius_x + 2)]
    rows = (np.arange(box.shape[0]) + top - y)[:, np.newaxis] / radius_y
    columns = (np.arange(box.shape[1]) + left - x)[np.newaxis, :] / radius_x
    distance = (np.hypot(rows, columns) - 1) * min(radius_x, radius_y)
    _blend(box, np.clip(0.5 - distance, 0, 1).astype(np.float32), colour)


def _paste_plate(
    canvas: Pixels, text: str, scale: int, x: float, y: float, *, bottom: bool = False
) -> None:
    """Text on a dark plate whose upper (or lower) left corner is at x, y; cut off at the right."""
    plate = _plate(text, scale)
    left, top = round(x), round(y) - (plate.shape[0] if bottom else 0)
    box = canvas[top : top + plate.shape[0], left : left + plate.shape[1]]
    box[:] = plate[:, : box.shape[1]]


@lru_cache(maxsize=64)
def _plate(text: str, scale: int) -> Pixels:
    mask = text_mask(text, scale)
    pad = 2 * scale
    plate = np.full((mask.shape[0] + 2 * pad, mask.shape[1] + 2 * pad, 3), INK, np.uint8)
    _blend(plate[pad:-pad, pad:-pad], mask, WHITE)
    return plate


def _write(canvas: Pixels, text: str, scale: int, x: float, y: float, colour: Colour) -> None:
    mask = text_mask(text, scale)
    left, top = round(x), round(y)
    box = canvas[top : top + mask.shape[0], left : left + mask.shape[1]]
    _blend(box, mask[:, : box.shape[1]], colour)


def _blend(box: Pixels, mask: Mask, colour: Colour) -> None:
    share = mask[:, :, np.newaxis]
    box[:] = box * (1 - share) + np.array(colour, np.float32) * share + 0.5
