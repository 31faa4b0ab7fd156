"""The look of a composition: colours, text styles, and what is drawn over and under pictures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from roomreel.model.clock import Clock, reading
from roomreel.model.geometry import Rect
from roomreel.model.layout import DEFAULT

_COLOUR = re.compile(r"#(?:[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})")


@dataclass(frozen=True, slots=True, order=True)
class Colour:
    """A colour in sRGB, non-linear, 0 to 255 each; `alpha` 255 is opaque."""

    red: int
    green: int
    blue: int
    alpha: int = 255

    def __str__(self) -> str:
        opaque = f"#{self.red:02x}{self.green:02x}{self.blue:02x}"
        return opaque if self.is_opaque else f"{opaque}{self.alpha:02x}"

    @property
    def is_opaque(self) -> bool:
        """True if nothing is seen through it."""
        return self.alpha == 255

    @classmethod
    def parse(cls, text: str) -> Colour:
        """Read `#rrggbb` or `#rrggbbaa`.

        Raises:
            ValueError: it is neither.
        """
        if not _COLOUR.fullmatch(text):
            raise ValueError(f"{text!r} is no colour")
        return cls(*bytes.fromhex(text[1:]))


BLACK = Colour(0, 0, 0)
WHITE = Colour(255, 255, 255)


class Align(StrEnum):
    """The place of something along one axis; of lines of a text, in the direction it is read."""

    START = "start"
    CENTER = "center"
    END = "end"


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

    @property
    def across(self) -> Align:
        """Its place from left to right."""
        return _along(self, "left", "right")

    @property
    def down(self) -> Align:
        """Its place from top to bottom."""
        return _along(self, "top", "bottom")


def _along(anchor: Anchor, start: str, end: str) -> Align:
    sides = anchor.split("-")
    return Align.START if start in sides else Align.END if end in sides else Align.CENTER


class Fit(StrEnum):
    """The way a picture fills a rectangle of another shape, as CSS `object-fit` has it."""

    CONTAIN = "contain"
    COVER = "cover"
    STRETCH = "stretch"


@dataclass(frozen=True, slots=True)
class Outline:
    """A line around letters; `width` in pixels."""

    width: int = 0
    color: Colour = BLACK


@dataclass(frozen=True, slots=True)
class Box:
    """The ground of a text; `padding` and `radius` in pixels."""

    color: Colour = Colour(0, 0, 0, 0x99)
    padding: int = 6
    radius: int = 6


@dataclass(frozen=True, slots=True)
class Style:
    """The look of a text.

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

    @property
    def line_height(self) -> int:
        """Pixels from one line to the next, whatever font they are in."""
        return -(-3 * self.size // 2)

    @property
    def baseline(self) -> int:
        """Pixels from the top of a line to what letters stand on."""
        return -(-11 * self.size // 10)

    @property
    def padding(self) -> int:
        """Pixels of the box on each side of the lines."""
        return self.box.padding if self.box else 0

    @property
    def edge(self) -> int:
        """Pixels beside lines: of the box, and of the outline of letters."""
        return self.padding + self.outline.width

    @property
    def reserved_height(self) -> int:
        """Pixels that are kept for a text, an even number: no font moves what lies beside it."""
        height = self.lines * self.line_height + 2 * self.padding
        return height + height % 2


USUAL_STYLE = Style()


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of those that templates draw, as it was looked at.

    Attributes:
        path: under the setting `assets`.
        sha256: of its bytes, hex.
        width: pixels, as it is shown.
        height: likewise.
    """

    path: str
    sha256: str
    size_bytes: int
    width: int
    height: int


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
class Avatar:
    """The picture of a participant, which covers its rectangle.

    Attributes:
        sha256: of the bytes of the file that the manifest names, hex.
    """

    participant_sid: str
    sha256: str

    @property
    def fit(self) -> Fit:
        """The way it fills its rectangle."""
        return Fit.COVER


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
        format: one of `CLOCK_FORMATS`.
    """

    clock: Clock
    format: str
    at: Fraction
    style: Style

    def text(self, since: Fraction) -> str:
        """Return what it shows so many seconds after the first frame of its state."""
        return reading(self.clock, self.format, self.at + since)


@dataclass(frozen=True, slots=True)
class Border:
    """A line along the inside of a rectangle; pixels.

    Attributes:
        radius: of its outer corners.
    """

    width: int
    color: Colour
    radius: int = 0


@dataclass(frozen=True, slots=True)
class Initials:
    """The letters that stand for somebody of whom there is no picture.

    Attributes:
        text: a character or two, as in the name.
        color: of the disc behind them; the ground around it is a darker one.
    """

    text: str
    color: Colour


@dataclass(frozen=True, slots=True)
class MicOff:
    """A microphone that is crossed out, on a red disc."""


Drawing = Fill | Image | Avatar | Text | ClockText | Border | Initials | MicOff


class OverlayKind(StrEnum):
    """The kind of an overlay of a plan."""

    BACKGROUND = "background"
    REGION = "region"
    PLACEHOLDER = "placeholder"
    BORDER = "border"
    TALKING = "talking"
    MIC = "mic"
    LABEL = "label"
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
        states: rising, none overlap; between them nothing is shown. All texts have one style.
        region: "" where it is of the whole.
        layout: of the region.
        opacity: per cent.
        anchor: where in the rectangle a text stands that does not fill it.
        radius: pixels by which the corners of the rectangle are cut.
    """

    kind: OverlayKind
    rect: Rect
    z: int
    states: tuple[OverlayState, ...]
    region: str = ""
    cell: int | None = None
    opacity: int = 100
    anchor: Anchor = Anchor.BOTTOM_LEFT
    radius: int = 0
    layout: str = DEFAULT


@dataclass(frozen=True, slots=True)
class Background:
    """The ground under all else.

    Attributes:
        image: under the setting `assets`; None for none.
    """

    color: Colour = BLACK
    image: str | None = None
    fit: Fit = Fit.COVER


PLAIN = Background()
"""Black."""
