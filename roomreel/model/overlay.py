"""Overlays as templates ask for them: their places, their times, and what they show."""

from __future__ import annotations

from dataclasses import dataclass

from roomreel.model.clock import Clock
from roomreel.model.look import USUAL_STYLE, Anchor, Style
from roomreel.model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The place and the time of an overlay of a template.

    Attributes:
        x: pixels from the anchor inwards; in the middle, what stays free on either side.
        y: likewise.
        width: the most pixels that it takes; None for what is left.
        height: likewise.
        z: -99 to 99; at one height overlays lie over regions, and later ones over earlier ones.
        opacity: per cent.
        between: None for always.
        layouts: names of those with which it is there; None for all.
    """

    anchor: Anchor = Anchor.BOTTOM_LEFT
    x: int = 16
    y: int = 16
    width: int | None = None
    height: int | None = None
    z: int = 99
    opacity: int = 100
    between: tuple[Window, ...] | None = None
    layouts: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextOverlay(Placed):
    """A text of a template, with variables such as `{room}`."""

    text: str
    style: Style = USUAL_STYLE


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockOverlay(Placed):
    """A clock of a template.

    Attributes:
        utc_offset_minutes: by how much the place of a wall clock is ahead of UTC.
    """

    clock: Clock
    format: str = "HH:MM:SS"
    utc_offset_minutes: int = 0
    style: Style = USUAL_STYLE


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageOverlay(Placed):
    """A picture of a template; `image` is a path under the setting `assets`."""

    image: str


TemplateOverlay = TextOverlay | ClockOverlay | ImageOverlay
