"""The look of a composition: colours, text styles, and what is drawn over and under pictures."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from roomreel.model.geometry import Rect


@dataclass(frozen=True, slots=True, order=True)
class Colour:
    """A colour in sRGB, non-linear, 0 to 255 each; `alpha` 255 is opaque."""

    red: int
    green: int
    blue: int
    alpha: int = 255

    def __str__(self) -> str:
        opaque = f"#{self.red:02x}{self.green:02x}{self.blue:02x}"
        return opaque if self.alpha == 255 else f"{opaque}{self.alpha:02x}"

    @classmethod
    def parse(cls, text: str) -> Colour:
        """Read `#rrggbb` or `#rrggbbaa`.

        Raises:
            ValueError: it is neither.
        """
        if len(text) not in (7, 9) or text[0] != "#":
            raise ValueError(text)
        return cls(*bytes.fromhex(text[1:]))


BLACK = Colour(0, 0, 0)
WHITE = Colour(255, 255, 255)


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
    """How a picture fills a rectangle of another shape, as CSS `object-fit` has it."""

    CONTAIN = "contain"
    COVER = "cover"
    STRETCH = "stretch"


class Align(StrEnum):
    """Where the lines of a text begin, in the direction it is read."""

    START = "start"
    CENTER = "center"
    END = "end"


@dataclass(frozen=True, slots=True)
class Outline:
    """A line around letters; `width` in pixels."""

    width: int = 0
    color: Colour = BLACK


@dataclass(frozen=True, slots=True)
class Box:
    """What text stands on; `padding` and `radius` in pixels."""

    color: Colour = Colour(0, 0, 0, 0x99)
    padding: int = 6
    radius: int = 6


@dataclass(frozen=True, slots=True)
class Style:
    """How a text looks.

    Attributes:
        font: `sans`, or a family of the setting `fonts`.
        weight: 100 to 900.
        size: pixels.
        box: None for none.
        lines: how many there are at most, and how many room is kept for.
    """

    font: str = "sans"
    weight: int = 400
    italic: bool = False
    size: int = 24
    color: Colour = WHITE
    outline: Outline = Outline()
    box: Box | None = Box()
    align: Align = Align.START
    lines: int = 1


class Clock(StrEnum):
    """The clock that an overlay shows."""

    OUTPUT = "output"
    ROOM = "room"
    WALL = "wall"


@dataclass(frozen=True, slots=True)
class Fill:
    """A rectangle of one colour."""

    color: Colour


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of a file.

    Attributes:
        path: under the setting `assets`.
        sha256: of its bytes, hex.
    """

    path: str
    sha256: str
    fit: Fit = Fit.CONTAIN


@dataclass(frozen=True, slots=True)
class Text:
    """Text in a style."""

    text: str
    style: Style


@dataclass(frozen=True, slots=True)
class ClockText:
    """A clock that runs.

    Attributes:
        at: seconds that it shows at the first frame of its state; of a wall clock since 1970, of
            the place that it is the clock of.
        format: such as `HH:MM:SS`.
    """

    clock: Clock
    format: str
    at: Fraction
    style: Style


Drawing = Fill | Image | Text | ClockText


class OverlayKind(StrEnum):
    """What an overlay of a plan is."""

    BACKGROUND = "background"
    REGION = "region"
    TEXT = "text"
    CLOCK = "clock"
    IMAGE = "image"


@dataclass(frozen=True, slots=True)
class OverlayState:
    """Frames [start_frame, end_frame) in which an overlay shows one drawing."""

    start_frame: int
    end_frame: int
    drawing: Drawing


@dataclass(frozen=True, slots=True)
class Overlay:
    """Something that is drawn over or under the pictures of a plan.

    Attributes:
        rect: even edges; no pixel outside of it is touched.
        z: with pictures of the same height: backgrounds lie below, all others above.
        states: rising, none overlap; between them nothing is shown.
        region: "" where it is of the whole.
        opacity: per cent.
    """

    kind: OverlayKind
    rect: Rect
    z: int
    states: tuple[OverlayState, ...]
    region: str = ""
    cell: int | None = None
    opacity: int = 100
