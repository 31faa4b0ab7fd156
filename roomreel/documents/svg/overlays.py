"""Overlays of a plan, drawn in small: their rectangles, with what they show as a tip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from roomreel.documents.svg.elements import shape, words
from roomreel.model.look import (
    BLACK,
    Avatar,
    Border,
    ClockText,
    Colour,
    Drawing,
    Fill,
    Image,
    Initials,
    MicOff,
    Overlay,
    OverlayKind,
    OverlayState,
    Text,
)
from roomreel.model.plan import Scene

LINE = {"stroke": "#ffffff", "stroke_width": "0.5", "stroke_dasharray": "2 1"}
CHAR, HEIGHT = 5, 9

_NAMES = {MicOff: "microphone off", Avatar: "avatar"}

MOST_LISTED = 3
"""Of the states of an overlay, in a tip."""


def shown_in(overlay: Overlay, scene: Scene) -> list[OverlayState]:
    """Return the states of an overlay of which a frame is in a scene."""
    return [
        state
        for state in overlay.states
        if state.start_frame < scene.end_frame and scene.start_frame < state.end_frame
    ]


def overlay_shapes(
    overlay: Overlay, states: Sequence[OverlayState], at: Mapping[str, Fraction]
) -> Iterator[str]:
    """Yield the shapes of an overlay.

    Args:
        overlay: what is drawn.
        states: what it shows, at least one; the first one is drawn, a tip has more.
        at: place and size in the picture.
    """
    drawing = states[0].drawing
    name = f"{overlay.kind} {overlay.region}".strip()
    more = len(states) - MOST_LISTED
    shown = [*map(_state_words, states[:MOST_LISTED]), *([f"{more} more"] if more > 0 else [])]
    tip = f"{name}: {'; '.join(shown)}"
    yield shape("rect", tip, **_paint(drawing, overlay.opacity), **at)
    text = _words(drawing)
    fits = int(at["width"]) // CHAR
    is_bare = overlay.kind is OverlayKind.BACKGROUND or isinstance(drawing, Fill | Border)
    if not is_bare and at["height"] >= HEIGHT and fits:
        short = text if len(text) <= fits else text[: fits - 1] + "…"
        yield words((at["x"] + 3, at["y"] + at["height"] / 2 + 4), short, class_="inside")


def _state_words(state: OverlayState) -> str:
    return f"{_words(state.drawing)} in frames {state.start_frame} to {state.end_frame}"


def _words(drawing: Drawing) -> str:
    match drawing:
        case Fill(color):
            return str(color)
        case Border(width, color):
            return f"{width} pixels of {color}"
        case MicOff() | Avatar():
            return _NAMES[type(drawing)]
        case Image(path):
            return path
        case Text(text) | Initials(text):
            return text.replace("\n", " ")
        case ClockText():
            return drawing.text(Fraction(0))


def _paint(drawing: Drawing, opacity: int) -> dict[str, str | Fraction]:
    """Return how the ground of something is painted."""
    color, line = BLACK, LINE
    if isinstance(drawing, Border):
        return {"fill": "none", "stroke": _solid(drawing.color), "stroke_width": "1.5"}
    if isinstance(drawing, Fill | Initials):
        color, line = drawing.color, {}
    elif isinstance(drawing, ClockText) and drawing.style.box:
        # The box of a text is as wide as the text, which only fonts can tell.
        color = drawing.style.box.color
    else:
        opacity = 0
    alpha = Fraction(color.alpha * opacity, 25_500)
    return {"fill": _solid(color), "fill_opacity": alpha, **line}


def _solid(color: Colour) -> str:
    return f"#{color.red:02x}{color.green:02x}{color.blue:02x}"
