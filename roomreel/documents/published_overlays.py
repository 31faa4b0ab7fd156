"""Overlays of published plan documents, read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Annotated

from pydantic import BeforeValidator, Field

from roomreel.documents.published_parts import Count, Exact, Part, Pixels, PlacedPart
from roomreel.model.clock import CLOCK_FORMATS, Clock
from roomreel.model.layout import DEFAULT
from roomreel.model.look import (
    Align,
    Anchor,
    Asset,
    Avatar,
    Border,
    Box,
    ClockText,
    Colour,
    Drawing,
    Fill,
    Fit,
    Image,
    Initials,
    MicOff,
    Outline,
    Overlay,
    OverlayKind,
    OverlayState,
    Style,
    Text,
)

# Of a wall clock thirty thousand years; what is later is damage, and no date.
_MOST_S = 10**12


def _colour(text: object) -> Colour:
    return Colour.parse(str(text))


PublishedColour = Annotated[Colour, BeforeValidator(_colour)]


class PublishedAsset(Part):
    """A file that was drawn; its size is not known any more."""

    path: str
    sha256: str
    width: Pixels
    height: Pixels

    @property
    def asset(self) -> Asset:
        """The asset that it was."""
        return Asset(self.path, self.sha256, 0, self.width, self.height)


class _Outline(Part):
    width: Pixels
    color: PublishedColour


class _Box(Part):
    color: PublishedColour
    padding: Pixels
    radius: Pixels


class PublishedStyle(Part):
    """The look of texts, as it is written in documents of plans."""

    font: str
    weight: Count
    italic: bool
    size: Pixels
    color: PublishedColour
    outline: _Outline
    box: _Box | None
    align: Align
    lines: Pixels

    @property
    def style(self) -> Style:
        """The style that it was."""
        box = self.box
        return Style(
            font=self.font,
            weight=self.weight,
            italic=self.italic,
            size=self.size,
            color=self.color,
            outline=Outline(self.outline.width, self.outline.color),
            box=None if box is None else Box(box.color, box.padding, box.radius),
            align=self.align,
            lines=self.lines,
        )


class _State(Part):
    start_frame: Count
    end_frame: Count
    color: PublishedColour | None = None
    border: Pixels | None = None
    initials: str | None = None
    mic: str | None = None
    radius: Count = 0
    image: str | None = None
    avatar: str | None = None
    sha256: str = ""
    fit: Fit = Fit.CONTAIN
    text: str | None = None
    clock: Clock | None = None
    format: str = next(iter(CLOCK_FORMATS))
    at: Annotated[Exact, Field(ge=-_MOST_S, le=_MOST_S)] = Fraction(0)

    def drawing(self, style: Style, digests: Mapping[str, str]) -> Drawing:
        """Return what it shows; of no kind that is known it is an empty text."""
        if self.color is not None:
            return self._coloured(self.color)
        if self.mic is not None:
            return MicOff()
        if self.image is not None:
            return Image(self.image, digests.get(self.image, ""), self.fit)
        if self.avatar is not None:
            return Avatar(self.avatar, self.sha256)
        if self.clock is not None and self.format in CLOCK_FORMATS:
            return ClockText(self.clock, self.format, self.at, style)
        return Text(self.text or "", style)

    def _coloured(self, color: Colour) -> Drawing:
        if self.initials is not None:
            return Initials(self.initials, color)
        if self.border is not None:
            return Border(self.border, color, self.radius)
        return Fill(color)


class PublishedOverlay(PlacedPart):
    """A drawing over or under pictures."""

    kind: OverlayKind
    layout: str = DEFAULT
    region: str = ""
    cell: Count | None = None
    style: Count | None = None
    opacity: Annotated[int, Field(ge=0, le=100)] = 100
    anchor: Anchor = Anchor.BOTTOM_LEFT
    radius: Count = 0
    states: list[_State]

    def overlay(self, styles: Sequence[Style], assets: Sequence[Asset]) -> Overlay:
        """Return the overlay that it was.

        Args:
            styles: of the document.
            assets: likewise.
        """
        known = self.style is not None and self.style < len(styles)
        style = styles[self.style or 0] if known else Style()
        digests = {asset.path: asset.sha256 for asset in assets}
        return Overlay(
            kind=self.kind,
            rect=self.rect,
            z=self.z,
            states=tuple(
                OverlayState(one.start_frame, one.end_frame, one.drawing(style, digests))
                for one in self.states
            ),
            region=self.region,
            layout=self.layout,
            cell=self.cell,
            opacity=self.opacity,
            anchor=self.anchor,
            radius=self.radius,
        )
