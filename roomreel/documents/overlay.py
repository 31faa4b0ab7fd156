"""Overlays of templates: JSON to nouns, what the schema cannot say of them, and back to JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from roomreel.documents.findings import Finding, Path
from roomreel.documents.look import (
    findings_of_asset,
    findings_of_text,
    least_style,
    parse_style,
    style_document,
)
from roomreel.documents.members import given, reversed_spans, window
from roomreel.documents.words import unknown_key
from roomreel.model.clock import CLOCK_FORMATS, DATE_FORMAT, Clock
from roomreel.model.geometry import Size
from roomreel.model.look import Align, Anchor
from roomreel.model.overlay import ClockOverlay, ImageOverlay, Placed, TemplateOverlay, TextOverlay
from roomreel.plan.placing import least_size, left_along
from roomreel.plan.variables import VARIABLES

_PLACED = Placed()
_CLOCK_FORMAT = next(iter(CLOCK_FORMATS))
_COMMON = ("type", "anchor", "x", "y", "width", "height", "z_pos", "opacity", "between", "layouts")
_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "text": ("text", "style"),
    "clock": ("clock", "format", "utc_offset_minutes", "style"),
    "image": ("image",),
}
"""The members of each type, the one that has to be there first."""


def parse_overlay(node: Mapping[str, Any]) -> TemplateOverlay:
    """Return the overlay that an element of a checked `overlays` describes."""
    node = given(node)
    placed = {
        "anchor": Anchor(node.get("anchor", _PLACED.anchor)),
        "x": node.get("x", _PLACED.x),
        "y": node.get("y", _PLACED.y),
        "width": node.get("width"),
        "height": node.get("height"),
        "z": node.get("z_pos", _PLACED.z),
        "opacity": node.get("opacity", _PLACED.opacity),
        "between": tuple(map(window, node["between"])) if "between" in node else None,
        "layouts": tuple(node["layouts"]) if "layouts" in node else None,
    }
    if node["type"] == "image":
        return ImageOverlay(**placed, image=node["image"])
    style = parse_style(node.get("style", {}))
    if node["type"] == "text":
        return TextOverlay(**placed, text=node["text"], style=style)
    return ClockOverlay(
        **placed,
        clock=Clock(node["clock"]),
        format=node.get("format", _CLOCK_FORMAT),
        utc_offset_minutes=node.get("utc_offset_minutes", 0),
        style=style,
    )


def overlay_document(overlay: TemplateOverlay) -> dict[str, Any]:
    """Return the object that is parsed to an equal overlay, with every key of its type."""
    document: dict[str, Any] = {
        "anchor": overlay.anchor.value,
        "x": overlay.x,
        "y": overlay.y,
        "width": overlay.width,
        "height": overlay.height,
        "z_pos": overlay.z,
        "opacity": overlay.opacity,
        "between": None if overlay.between is None else [asdict(one) for one in overlay.between],
        # Younger than overlays, so only where it is used.
        **({} if overlay.layouts is None else {"layouts": list(overlay.layouts)}),
    }
    match overlay:
        case ImageOverlay():
            return document | {"type": "image", "image": overlay.image}
        case TextOverlay():
            document |= {"type": "text", "text": overlay.text}
        case ClockOverlay():
            document |= {
                "type": "clock",
                "clock": overlay.clock.value,
                "format": overlay.format,
                "utc_offset_minutes": overlay.utc_offset_minutes,
            }
    return document | {"style": style_document(overlay.style)}


# What the schema cannot say. Any key may be missing here, or have None for a value that is broken
# and reported already; no value has a wrong type.


def findings_of_overlays(
    overlays: Sequence[Mapping[str, Any] | None], canvas: Size | None
) -> Iterator[Finding]:
    """Yield what is wrong with overlays that the schema cannot say.

    Args:
        overlays: of a template.
        canvas: size of the picture; None where that is broken itself.
    """
    for index, node in enumerate(overlays):
        if node is None:
            continue
        path: Path = ("overlays", index)
        yield from _of_type(path, node)
        yield from reversed_spans((*path, "between"), node.get("between") or ())
        yield from findings_of_asset((*path, "image"), node.get("image"))
        yield from findings_of_text((*path, "text"), node.get("text"), VARIABLES)
        if canvas is not None:
            yield from _in_canvas(path, node, canvas)


def _of_type(path: Path, node: Mapping[str, Any]) -> Iterator[Finding]:
    kind = node.get("type")
    if kind is None:
        return
    known = (*_COMMON, *_MEMBERS[kind])
    yield from (unknown_key((*path, key), known) for key in node if key not in known)
    needed = _MEMBERS[kind][0]
    if needed not in node:
        yield Finding((*path, needed), f'a key "{needed}"', "nothing")
    if node.get("format") == DATE_FORMAT and node.get("clock") not in {None, Clock.WALL}:
        others = " or ".join(one for one in CLOCK_FORMATS if one != DATE_FORMAT)
        yield Finding((*path, "format"), f"{others}, as only wall has a date", DATE_FORMAT)


def _in_canvas(path: Path, node: Mapping[str, Any], canvas: Size) -> Iterator[Finding]:
    anchor = node.get("anchor", _PLACED.anchor)
    if anchor is None:
        return
    least = _least(node)
    for keys, align, side, least_side in (
        (("x", "width"), Anchor(anchor).across, canvas.width, least.width),
        (("y", "height"), Anchor(anchor).down, canvas.height, least.height),
    ):
        for key, expected, found in _sticks_out(node, keys, align, side, least_side):
            yield Finding((*path, key), f"{expected}, inside the resolution", str(found))


def _sticks_out(
    node: Mapping[str, Any], keys: tuple[str, str], align: Align, side: int, least: int
) -> Iterator[tuple[str, str, int]]:
    """Yield the keys that stick out on one axis, what would fit, and what is there."""
    inset, size = node.get(keys[0], _PLACED.x), node.get(keys[1], least)
    if inset is None or size is None:
        return
    if least > side:
        yield "style", f"text of at most {side} pixels of {keys[1]}", least
        return
    left = left_along(align, side, inset)
    if left < least:
        most = left_along(align, side, 0) - least
        yield keys[0], f"an integer from 0 to {most // (2 if align is Align.CENTER else 1)}", inset
        left = side
    if not least <= size <= left:
        yield keys[1], f"an integer from {least} to {left}", size


def _least(node: Mapping[str, Any]) -> Size:
    """Return the least room for an overlay; next to none where what decides it is broken."""
    if node.get("type") is None or least_style(node) is None:
        return Size(1, 1)
    needed = {"text": "", "clock": Clock.ROOM.value, "image": ""}
    kept = {key: node[key] for key in ("type", "format", "style") if key in node}
    return least_size(parse_overlay(needed | kept))
