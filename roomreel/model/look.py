"""The look of a composition: the ways pictures lie where they are put."""

from __future__ import annotations

from enum import StrEnum


class Anchor(StrEnum):
    """A corner, the middle of an edge, or the middle, of what holds something."""

    TOP_LEFT = "top-left"
    TOP = "top"
    TOP_RIGHT = "top-right"
    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"
    BOTTOM_LEFT = "bottom-left"
    BOTTOM = "bottom"
    BOTTOM_RIGHT = "bottom-right"


class Fit(StrEnum):
    """The way a picture fills a rectangle of another shape, as CSS `object-fit` has it."""

    CONTAIN = "contain"
    COVER = "cover"
    STRETCH = "stretch"
