"""Members of regions that are about tiles: JSON to nouns, what the schema cannot say, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from roomreel.documents.findings import Finding, Path
from roomreel.documents.look import (
    findings_of_asset,
    findings_of_text,
    least_style,
    parse_style,
    style_document,
)
from roomreel.documents.members import given, selection, sources
from roomreel.model.look import Anchor, Border, Colour
from roomreel.model.tiles import (
    NO_PLACEHOLDER,
    Label,
    MicIcon,
    Placeholder,
    PlaceholderKind,
    TileLook,
)
from roomreel.plan.placing import least_size_of_text
from roomreel.plan.variables import TILE_VARIABLES

OWN_COLOUR = "auto"

TALKING_WIDTH = 4
"""Pixels of the border around who talks, where nothing else is said."""

_LABEL, _MIC = Label(), MicIcon()


def parse_tile(node: Mapping[str, Any]) -> TileLook:
    """Return the look of tiles that members of a checked region describe."""
    return TileLook(
        placeholder=_placeholder(given(node.get("placeholder", {}))),
        border=_border(node["border"]) if "border" in node else None,
        talking_border=_border(node["talking_border"]) if "talking_border" in node else None,
        mic_icon=_mic_icon(given(node["mic_icon"])) if "mic_icon" in node else None,
        label=_label(given(node["label"])) if "label" in node else None,
    )


def tile_members(look: TileLook) -> dict[str, Any]:
    """Return the members of a region that are parsed to an equal look of tiles."""
    is_plain = look.placeholder == NO_PLACEHOLDER
    return {
        "placeholder": None if is_plain else _placeholder_document(look.placeholder),
        "border": look.border and _border_document(look.border),
        "talking_border": look.talking_border and _border_document(look.talking_border),
        "mic_icon": look.mic_icon and _mic_icon_document(look.mic_icon),
        "label": look.label and _label_document(look.label),
    }


def _placeholder(node: Mapping[str, Any]) -> Placeholder:
    text = node.get("color", OWN_COLOUR)
    return Placeholder(
        kind=PlaceholderKind(node.get("kind", NO_PLACEHOLDER.kind)),
        color=None if text == OWN_COLOUR else Colour.parse(text),
        image=node.get("image"),
    )


def _placeholder_document(placeholder: Placeholder) -> dict[str, Any]:
    return {
        "kind": placeholder.kind.value,
        "color": OWN_COLOUR if placeholder.color is None else str(placeholder.color),
        **({} if placeholder.image is None else {"image": placeholder.image}),
    }


def _border(node: Mapping[str, Any]) -> Border:
    return Border(given(node).get("width", TALKING_WIDTH), Colour.parse(node["color"]))


def _border_document(border: Border) -> dict[str, Any]:
    return {"width": border.width, "color": str(border.color)}


def _mic_icon(node: Mapping[str, Any]) -> MicIcon:
    return MicIcon(
        anchor=Anchor(node.get("anchor", _MIC.anchor)),
        x=node.get("x", _MIC.x),
        y=node.get("y", _MIC.y),
        size=node.get("size", _MIC.size),
        sources=selection(node, "sources").included if "sources" in node else _MIC.sources,
    )


def _mic_icon_document(icon: MicIcon) -> dict[str, Any]:
    return {
        "anchor": icon.anchor.value,
        "x": icon.x,
        "y": icon.y,
        "size": icon.size,
        "sources": sources(icon.sources),
    }


def _label(node: Mapping[str, Any]) -> Label:
    return Label(
        text=node.get("text", _LABEL.text),
        anchor=Anchor(node.get("anchor", _LABEL.anchor)),
        x=node.get("x", _LABEL.x),
        y=node.get("y", _LABEL.y),
        max_width=node.get("max_width"),
        style=parse_style(node.get("style", {})),
    )


def _label_document(label: Label) -> dict[str, Any]:
    return {
        "text": label.text,
        "anchor": label.anchor.value,
        "x": label.x,
        "y": label.y,
        "max_width": label.max_width,
        "style": style_document(label.style),
    }


# What the schema cannot say. Any key may be missing here, or have None for a value that is broken
# and reported already; no value has a wrong type.


def findings_of_tiles(of: Path, layout: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what is wrong with tiles of the regions of the `video_layout` at a path."""
    for name, region in layout.items():
        path: Path = (*of, name)
        placeholder = (region or {}).get("placeholder") or {}
        yield from findings_of_asset((*path, "placeholder", "image"), placeholder.get("image"))
        label = (region or {}).get("label") or {}
        yield from findings_of_text((*path, "label", "text"), label.get("text"), TILE_VARIABLES)
        yield from _too_narrow((*path, "label", "max_width"), label)


def _too_narrow(path: Path, label: Mapping[str, Any]) -> Iterator[Finding]:
    style, most = least_style(label), label.get("max_width")
    if style is None or most is None:
        return
    least = least_size_of_text(style).width
    if most < least:
        yield Finding(path, f"an integer of at least {least}, the room for a character", str(most))
