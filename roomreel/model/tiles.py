"""The look of tiles: what a region draws in a cell beside and in place of a picture."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from roomreel.model.look import USUAL_STYLE, Anchor, Border, Colour, Style
from roomreel.model.selection import Pattern


@dataclass(frozen=True, slots=True)
class Label:
    """A text in a corner of a cell, there as long as the cell is taken.

    Attributes:
        text: with variables such as `{name}`.
        x: pixels from the anchor inwards; in the middle, what stays free on either side.
        y: likewise.
        max_width: the most pixels that it takes; None for all of the cell but x on either side.
    """

    text: str = "{name}"
    anchor: Anchor = Anchor.BOTTOM_LEFT
    x: int = 8
    y: int = 8
    max_width: int | None = None
    style: Style = USUAL_STYLE


class PlaceholderKind(StrEnum):
    """The kind of what stands for somebody of whom no picture is shown."""

    NONE = "none"
    COLOR = "color"
    INITIALS = "initials"
    IMAGE = "image"
    LAST_FRAME = "last_frame"


@dataclass(frozen=True, slots=True)
class Placeholder:
    """The look of a cell while no picture is shown in it.

    Attributes:
        color: None for one that is the participant's own.
        image: under the setting `assets`, for who has no avatar; None for none: their initials.
    """

    kind: PlaceholderKind = PlaceholderKind.NONE
    color: Colour | None = None
    image: str | None = None

    @property
    def drawn_image(self) -> str | None:
        """The image, where it is drawn."""
        return self.image if self.kind is PlaceholderKind.IMAGE else None


NO_PLACEHOLDER = Placeholder()


@dataclass(frozen=True, slots=True)
class MicIcon:
    """A sign in a cell, there while nothing comes from the microphone of who is in it.

    Attributes:
        x: pixels from the anchor inwards; none in the middle.
        y: likewise.
        size: pixels of its sides.
        sources: patterns of the sounds that count, of the participant's.
    """

    anchor: Anchor = Anchor.BOTTOM_RIGHT
    x: int = 8
    y: int = 8
    size: int = 24
    sources: tuple[Pattern, ...] = ("*",)


@dataclass(frozen=True, slots=True)
class TileLook:
    """All that a region draws in its cells but pictures.

    Attributes:
        border: None for none; its corners are those of the cell.
        talking_border: likewise; there in place of the other while the participant talks.
        mic_icon: likewise.
        label: likewise.
    """

    placeholder: Placeholder = NO_PLACEHOLDER
    border: Border | None = None
    talking_border: Border | None = None
    mic_icon: MicIcon | None = None
    label: Label | None = None


BARE = TileLook()
"""Nothing."""
