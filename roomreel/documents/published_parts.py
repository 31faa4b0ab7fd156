"""Parts of published plan documents that are read back: numbers, boxes, and what may be beside."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from roomreel.model.geometry import Rect

# No picture is wider; what is larger is damage, and would be drawn.
MOST_PIXELS = 1 << 16
MOST_MS = 1 << 53
MOST_DB = 1000
_NUMBER = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,9}|/0*[1-9][0-9]{0,39})?")

Pixels = Annotated[int, Field(ge=0, le=MOST_PIXELS)]
Count = Annotated[int, Field(ge=0, le=MOST_MS)]


def _fraction(text: object) -> Fraction:
    # Of an exponent a few characters would be a number of gigabytes.
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise ValueError("no decimal, and no fraction")
    return Fraction(text)


Exact = Annotated[Fraction, BeforeValidator(_fraction)]


def _tenths(number: object) -> Fraction:
    if not isinstance(number, int | float) or not abs(number) <= MOST_DB:
        raise ValueError("no decibels")
    return Fraction(round(number * 10), 10)


Decibels = Annotated[Fraction, BeforeValidator(_tenths)]


class Part(BaseModel):
    """An object of the document; of a later version there may be more in it."""

    model_config = ConfigDict(extra="ignore", frozen=True, arbitrary_types_allowed=True)


class PlacedPart(Part):
    """A rectangle of the picture, and how high it lies."""

    x: Pixels
    y: Pixels
    width: Pixels
    height: Pixels
    z: int

    @property
    def rect(self) -> Rect:
        """The rectangle."""
        return Rect(self.x, self.y, self.width, self.height)
