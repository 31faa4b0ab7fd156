"""Templates (`roomreel.template/1`): JSON to `Template`, and the canonical JSON of one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from roomreel.documents.document import Kind, check_document
from roomreel.documents.findings import Finding, value_text
from roomreel.documents.identity import canonical_json, digested
from roomreel.documents.schema import instant
from roomreel.errors import TemplateInvalid
from roomreel.model.geometry import Size
from roomreel.model.template import Format, Region, Reuse, Selection, Template

SCHEMA = "roomreel.template/1"

DEFAULT_RESOLUTION = "640x480"
SIDE_RANGE = range(16, 3841)
MOST_PIXELS = 3840 * 2160
SMALLEST_SIDE = 16
FRAME_RATES = (1, 60)
LONGEST_REGION_NAME = 10_000

DIGESTED = (
    *("schema", "video_layout", "audio_sources", "audio_sources_excluded", "resolution"),
    *("format", "frame_rate", "trim", "passthrough"),
)
REGION_DIGESTED = (
    *("cells_excluded", "height", "max_columns", "max_rows", "reuse", "video_sources"),
    *("video_sources_excluded", "width", "x_pos", "y_pos", "z_pos"),
)
# The members of the first version: younger ones enter the digest where they are not at their
# default. What follows never does: who gets the composition, for which rooms, what it is called.
NOT_DIGESTED = {"enabled", "rooms", "friendly_name", "status_callback", "status_callback_method"}
DATES = ("date_created", "date_updated")
"""Of a hook; with its sid they say nothing of a composition, so no canonical JSON has them."""


def parse_template(data: bytes, file: str) -> Template:
    """Read a template, every default filled in.

    Args:
        data: the bytes of the document.
        file: path or URL it came from, for messages.

    Raises:
        TemplateInvalid: with every broken rule.
    """
    return _template(_given(check_document(data, file, TEMPLATE)))


def canonical_template(template: Template) -> str:
    """Return the template as JSON with every key, sorted, defaults filled in, without spaces.

    Only regions keep their order: of two with the same z the later one is on top.
    """
    return _canonical(_document(template))


def hook_text(template: Template) -> str:
    """Return the document of a hook: its canonical JSON, with its sid and its dates."""
    dates = {name: getattr(template, name) for name in DATES}
    said = {name: date and date.isoformat().replace("+00:00", "Z") for name, date in dates.items()}
    return _canonical(_document(template) | said | {"sid": template.hook_sid})


def template_sha256(template: Template) -> str:
    """Return hex digest of what decides the pixels and the sound of a composition."""
    default = _document(Template(friendly_name=""))
    kept = digested(_document(template), DIGESTED, default, NOT_DIGESTED)
    plain = _region_document(Region(name="", sources=Selection()))
    kept["video_layout"] = {
        name: digested(region, REGION_DIGESTED, plain)
        for name, region in kept["video_layout"].items()
    }
    return hashlib.sha256(_canonical(kept).encode()).hexdigest()


def _canonical(document: Mapping[str, Any]) -> str:
    members = {
        key: _in_order(value) if key == "video_layout" else canonical_json(value)
        for key, value in document.items()
    }
    return "{" + ",".join(f"{canonical_json(key)}:{members[key]}" for key in sorted(members)) + "}"


def _in_order(regions: Mapping[str, Any]) -> str:
    written = (f"{canonical_json(name)}:{canonical_json(regions[name])}" for name in regions)
    return "{" + ",".join(written) + "}"


# What the schema cannot say. Any key may be missing here, or have None for a value that is broken
# and reported already; no value has a wrong type.


def _rules(document: Mapping[str, Any]) -> Iterator[Finding]:
    layout = document.get("video_layout", {})
    if layout == {} and document.get("audio_sources", []) == []:
        yield Finding((), "a video_layout with a region, or audio_sources", "neither")
    rate = document.get("frame_rate")
    if rate is not None and not FRAME_RATES[0] <= Fraction(rate) <= FRAME_RATES[1]:
        yield Finding(("frame_rate",), "a frame rate from 1 to 60", value_text(rate))
    for name in layout or ():
        if not 1 <= len(name) <= LONGEST_REGION_NAME:
            expected = f"a region name of 1 to {LONGEST_REGION_NAME} characters"
            yield Finding(("video_layout", name), expected, value_text(name))
    resolution = document.get("resolution", DEFAULT_RESOLUTION)
    if resolution is not None:
        yield from _geometry(layout or {}, _size(resolution))


def _geometry(layout: Mapping[str, Any], canvas: Size) -> Iterator[Finding]:
    sides = canvas.width in SIDE_RANGE and canvas.height in SIDE_RANGE
    if not sides or canvas.width * canvas.height > MOST_PIXELS:
        expected = f"sides of 16 to 3840 and at most {MOST_PIXELS} pixels"
        yield Finding(("resolution",), expected, str(canvas))
        return
    for name, region in layout.items():
        for position, size, side in (
            ("x_pos", "width", canvas.width),
            ("y_pos", "height", canvas.height),
        ):
            for key, expected in _sticks_out(region or {}, position, size, side):
                yield Finding(("video_layout", name, key), expected, str(region[key]))


def _sticks_out(
    region: Mapping[str, Any], position_key: str, size_key: str, side: int
) -> Iterator[tuple[str, str]]:
    """Yield the keys that stick out on one axis, and what would fit; an unset size counts as 16."""
    position = region.get(position_key) or 0
    size = region.get(size_key) or SMALLEST_SIDE
    if position > side - SMALLEST_SIDE:
        yield position_key, f"an integer from 0 to {max(side - size, 0)}, inside the resolution"
        position = 0
    if size > side - position:
        yield size_key, f"an integer from 16 to {side - position}, inside the resolution"


TEMPLATE = Kind("template-1.schema.json", _rules, TemplateInvalid)


def _template(node: Mapping[str, Any]) -> Template:
    layout = node.get("video_layout", {})
    return Template(
        friendly_name=node["friendly_name"],
        regions=tuple(_region(name, _given(region)) for name, region in layout.items()),
        audio=_selection(node, "audio_sources"),
        resolution=_size(node.get("resolution", DEFAULT_RESOLUTION)),
        format=Format(node.get("format", Format.WEBM)),
        trim=node.get("trim", True),
        enabled=node.get("enabled", True),
        frame_rate=Fraction(node.get("frame_rate", 30)),
        passthrough=node.get("passthrough", False),
        rooms=tuple(node["rooms"]) if "rooms" in node else None,
        status_callback=node.get("status_callback"),
        status_callback_method=node.get("status_callback_method", "POST"),
        sid=node.get("sid"),
        **{name: instant(node[name]) for name in DATES if name in node},
    )


def _region(name: str, node: Mapping[str, Any]) -> Region:
    return Region(
        name=name,
        sources=_selection(node, "video_sources"),
        x=node.get("x_pos", 0),
        y=node.get("y_pos", 0),
        z=node.get("z_pos", 0),
        width=node.get("width"),
        height=node.get("height"),
        max_columns=node.get("max_columns"),
        max_rows=node.get("max_rows"),
        cells_excluded=tuple(sorted({int(cell) for cell in node.get("cells_excluded", ())})),
        reuse=Reuse(node.get("reuse", Reuse.SHOW_OLDEST)),
        min_recording_ms=node.get("min_recording_ms", 0),
    )


def _selection(node: Mapping[str, Any], key: str) -> Selection:
    return Selection(tuple(node.get(key, ())), tuple(node.get(f"{key}_excluded", ())))


def _size(text: str) -> Size:
    width, height = text.split("x")
    return Size(int(width), int(height))


def _given(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members that are set: null and a missing key are the same."""
    return {key: value for key, value in node.items() if value is not None}


def _document(template: Template) -> dict[str, Any]:
    rate = template.frame_rate
    return {
        "schema": SCHEMA,
        "friendly_name": template.friendly_name,
        "enabled": template.enabled,
        "rooms": None if template.rooms is None else list(template.rooms),
        "video_layout": {region.name: _region_document(region) for region in template.regions},
        "audio_sources": list(template.audio.included),
        "audio_sources_excluded": list(template.audio.excluded),
        "resolution": str(template.resolution),
        "format": template.format,
        "frame_rate": f"{rate.numerator}/{rate.denominator}",
        "trim": template.trim,
        "passthrough": template.passthrough,
        "status_callback": template.status_callback,
        "status_callback_method": template.status_callback_method,
    }


def _region_document(region: Region) -> dict[str, Any]:
    return {
        "cells_excluded": list(region.cells_excluded),
        "height": region.height,
        "max_columns": region.max_columns,
        "max_rows": region.max_rows,
        "min_recording_ms": region.min_recording_ms,
        "reuse": region.reuse,
        "video_sources": list(region.sources.included),
        "video_sources_excluded": list(region.sources.excluded),
        "width": region.width,
        "x_pos": region.x,
        "y_pos": region.y,
        "z_pos": region.z,
    }
