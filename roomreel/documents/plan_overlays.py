"""Overlays of a plan as JSON: members of the plan document that are there only where they are used.

A style is written once, and overlays name it by its place in the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from roomreel.documents.look import style_document
from roomreel.model.layout import DEFAULT
from roomreel.model.look import (
    Anchor,
    Asset,
    Avatar,
    Border,
    ClockText,
    Drawing,
    Fill,
    Image,
    Initials,
    MicOff,
    Overlay,
    OverlayState,
    Style,
    Text,
)


def overlay_members(overlays: Sequence[Overlay], assets: Sequence[Asset]) -> dict[str, Any]:
    """Return the members of a plan document that overlays and their assets give it."""
    used = filter(None, map(_style, overlays))
    styles = {style: number for number, style in enumerate(dict.fromkeys(used))}
    members = {
        "overlays": [_overlay(one, styles) for one in overlays],
        "styles": [style_document(style) for style in styles],
        "assets": [_asset(one) for one in assets],
    }
    return {name: value for name, value in members.items() if value}


def _style(overlay: Overlay) -> Style | None:
    """Return the style that all texts of an overlay have."""
    drawings = (state.drawing for state in overlay.states)
    return next((one.style for one in drawings if isinstance(one, Text | ClockText)), None)


def _overlay(overlay: Overlay, styles: dict[Style, int]) -> dict[str, Any]:
    style = _style(overlay)
    optional = {
        "style": None if style is None else styles[style],
        "opacity": None if overlay.opacity == 100 else overlay.opacity,
        "radius": overlay.radius or None,
        "anchor": None if overlay.anchor is Anchor.BOTTOM_LEFT else overlay.anchor.value,
    }
    return {
        "kind": overlay.kind.value,
        **({} if overlay.layout == DEFAULT else {"layout": overlay.layout}),
        **({"region": overlay.region} if overlay.region else {}),
        **({} if overlay.cell is None else {"cell": overlay.cell}),
        "x": overlay.rect.x,
        "y": overlay.rect.y,
        "width": overlay.rect.width,
        "height": overlay.rect.height,
        "z": overlay.z,
        **{name: value for name, value in optional.items() if value is not None},
        "states": [_state(state) for state in overlay.states],
    }


def _state(state: OverlayState) -> dict[str, Any]:
    frames = {"start_frame": state.start_frame, "end_frame": state.end_frame}
    return frames | _drawing(state.drawing)


def _drawing(drawing: Drawing) -> dict[str, Any]:
    document: dict[str, Any]
    match drawing:
        case Fill(color):
            document = {"color": str(color)}
        case Image(path, _, fit):
            document = {"image": path, "fit": fit.value}
        case Avatar(participant_sid, sha256):
            document = {"avatar": participant_sid, "sha256": sha256}
        case Text(text):
            document = {"text": text}
        case Initials(text, color):
            document = {"initials": text, "color": str(color)}
        case MicOff():
            document = {"mic": "off"}
        case Border(width, color, radius):
            document = {"border": width, "color": str(color), "radius": radius}
        case ClockText(clock, clock_format, at):
            document = {"clock": clock.value, "format": clock_format, "at": str(at)}
    return document


def _asset(asset: Asset) -> dict[str, Any]:
    return {
        "path": asset.path,
        "sha256": asset.sha256,
        "width": asset.width,
        "height": asset.height,
    }
