"""Colours, backgrounds and styles of templates: JSON to nouns, and back to JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from roomreel.documents.findings import Finding, Path, value_text
from roomreel.documents.members import given
from roomreel.model.look import PLAIN, Align, Background, Box, Colour, Fit, Outline, Style
from roomreel.plan.variables import flaws

NO_COLOUR = "none"

_STYLE, _OUTLINE, _BOX = Style(), Outline(), Box()

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def colour(node: Mapping[str, Any], key: str, default: Colour | None) -> Colour | None:
    """Return the colour that a member names; None where it is `none`."""
    text = node.get(key)
    if text is None:
        return default
    return None if text == NO_COLOUR else Colour.parse(text)


def colour_text(one: Colour | None) -> str:
    """Return a colour as JSON has it, `none` where there is none."""
    return NO_COLOUR if one is None else str(one)


def parse_background(node: Mapping[str, Any]) -> Background:
    """Return the background that a checked member describes."""
    return Background(
        color=colour(node, "color", None) or PLAIN.color,
        image=node.get("image"),
        fit=Fit(node.get("fit") or PLAIN.fit),
    )


def background_document(background: Background) -> dict[str, Any]:
    """Return the object that is parsed to an equal background, with every key."""
    return {
        "color": str(background.color),
        "image": background.image,
        "fit": background.fit.value,
    }


def parse_style(node: Mapping[str, Any]) -> Style:
    """Return the style that a checked member describes; a box that is null is none."""
    has_box = node.get("box", node) is not None
    node = given(node)
    return Style(
        font=node.get("font", _STYLE.font),
        weight=node.get("weight", _STYLE.weight),
        italic=node.get("italic", _STYLE.italic),
        size=node.get("size", _STYLE.size),
        color=colour(node, "color", None) or _STYLE.color,
        outline=_outline(given(node.get("outline", {}))),
        box=_box(given(node.get("box", {}))) if has_box else None,
        align=Align(node.get("align", _STYLE.align)),
        lines=node.get("lines", _STYLE.lines),
    )


def _outline(node: Mapping[str, Any]) -> Outline:
    return Outline(
        width=node.get("width", _OUTLINE.width),
        color=colour(node, "color", None) or _OUTLINE.color,
    )


def _box(node: Mapping[str, Any]) -> Box:
    return Box(
        color=colour(node, "color", None) or _BOX.color,
        padding=node.get("padding", _BOX.padding),
        radius=node.get("radius", _BOX.radius),
    )


def style_document(style: Style) -> dict[str, Any]:
    """Return the object that is parsed to an equal style, with every key."""
    outline, box = style.outline, style.box
    return {
        "font": style.font,
        "weight": style.weight,
        "italic": style.italic,
        "size": style.size,
        "color": str(style.color),
        "outline": {"width": outline.width, "color": str(outline.color)},
        "box": box and {"color": str(box.color), "padding": box.padding, "radius": box.radius},
        "align": style.align.value,
        "lines": style.lines,
    }


# What the schema cannot say. Any key may be missing here, or have None for a value that is broken
# and reported already; no value has a wrong type.


def findings_of_asset(path: Path, asset: str | None) -> Iterator[Finding]:
    """Yield what is wrong with the path of a file that is drawn."""
    if asset is None:
        return
    parts = asset.split("/")
    if _SCHEME.match(asset) or not asset.isprintable() or {"", ".", ".."} & {*parts}:
        expected = "a path such as brand/logo.png, relative to the setting assets"
        yield Finding(path, expected, value_text(asset))


def least_style(node: Mapping[str, Any]) -> Style | None:
    """Return the style of a text; None where a member that decides its size is broken."""
    style = node.get("style", {})
    decisive = [(style or {}).get(key, 0) for key in ("size", "lines")]
    box = (style or {}).get("box", {}) or {}
    broken = style is None or None in (*decisive, box.get("padding", 0))
    return None if broken else parse_style(style)


def findings_of_text(path: Path, text: str | None, variables: Sequence[str]) -> Iterator[Finding]:
    """Yield what is wrong with a text that may have variables."""
    for flaw in flaws(text or "", variables):
        known = ", ".join(f"{{{name}}}" for name in variables)
        yield Finding(path, f"the variables {known}", value_text(flaw), "write {{ for a brace")


def findings_of_background(background: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what is wrong with a background that the schema cannot say."""
    yield from findings_of_asset(("background", "image"), background.get("image"))
