"""Templates (`roomreel.template/1`): JSON to `Template`, and the canonical JSON of one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from fractions import Fraction
from typing import Any

from roomreel.documents.document import Kind, check_document
from roomreel.documents.findings import Finding, value_text
from roomreel.documents.identity import canonical_json, digested
from roomreel.documents.layouts import (
    all_layouts,
    findings_of_layouts,
    layouts_document,
    parse_layouts,
    parse_rule,
    parse_timing,
    rule_document,
    timing_document,
)
from roomreel.documents.look import (
    background_document,
    findings_of_background,
    parse_background,
)
from roomreel.documents.members import given, reversed_times, selection, sources, window
from roomreel.documents.mixing import findings_of_mixing, mixing_document, parse_mixing
from roomreel.documents.overlay import findings_of_overlays, overlay_document, parse_overlay
from roomreel.documents.region import (
    cells_of_regions,
    digested_region,
    geometry_of_regions,
    names_of_regions,
    parse_region,
    region_document,
    voices_of_regions,
)
from roomreel.documents.schema import instant
from roomreel.documents.speaker import parse_speaker, speaker_document
from roomreel.documents.tiles import findings_of_tiles
from roomreel.errors import TemplateInvalid
from roomreel.model.geometry import Size
from roomreel.model.template import USUAL_CHAPTERS, ChapterKind, Format, Template

SCHEMA = "roomreel.template/1"

DEFAULT_RESOLUTION = "640x480"
SIDE_RANGE = range(16, 3841)
MOST_PIXELS = 3840 * 2160
FRAME_RATES = (1, 60)

DIGESTED = (
    *("schema", "video_layout", "audio_sources", "audio_sources_excluded", "resolution"),
    *("format", "frame_rate", "trim", "passthrough"),
)
# The members of the first version: younger ones enter the digest where they are not at their
# default. What follows never does: who gets the composition, for which rooms, what it is called.
NOT_DIGESTED = {"enabled", "rooms", "friendly_name", "status_callback", "status_callback_method"}
ALWAYS_WRITTEN = {*DIGESTED, *NOT_DIGESTED}
"""What canonical JSON has of every template; of all other members it has what is not at its
default."""
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
    return _template(given(check_document(data, file, TEMPLATE)))


def canonical_template(template: Template) -> str:
    """Return the template as JSON, keys sorted, defaults filled in, without spaces.

    Members that are younger than the first templates are left out where they are at their default.

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
    kept = digested(_document(template), DIGESTED, _DEFAULT, NOT_DIGESTED)
    regions = kept["video_layout"].items()
    kept["video_layout"] = {name: digested_region(region) for name, region in regions}
    return hashlib.sha256(_canonical(kept).encode()).hexdigest()


def _canonical(document: Mapping[str, Any]) -> str:
    return _object({key: _member(key, document[key]) for key in sorted(document)})


def _member(key: str, value: Any) -> str:
    if key == "video_layout":
        return _object({name: canonical_json(region) for name, region in value.items()})
    if key == "layouts":
        return _object({name: _canonical(layout) for name, layout in value.items()})
    return canonical_json(value)


def _object(members: Mapping[str, str]) -> str:
    """Return an object of members that are JSON already, in their order."""
    return "{" + ",".join(f"{canonical_json(key)}:{text}" for key, text in members.items()) + "}"


# What the schema cannot say. Any key may be missing here, or have None for a value that is broken
# and reported already; no value has a wrong type.


def _rules(document: Mapping[str, Any]) -> Iterator[Finding]:
    nothing_seen = document.get("video_layout", {}) == {} == document.get("layouts", {})
    if nothing_seen and document.get("audio_sources", []) == []:
        yield Finding((), "a video_layout with a region, or audio_sources", "neither")
    rate = document.get("frame_rate")
    if rate is not None and not FRAME_RATES[0] <= Fraction(rate) <= FRAME_RATES[1]:
        yield Finding(("frame_rate",), "a frame rate from 1 to 60", value_text(rate))
    yield from _reversed_window(document.get("window") or {})
    for path, layout in all_layouts(document):
        yield from names_of_regions(path, layout)
        yield from voices_of_regions(path, layout)
        yield from cells_of_regions(path, layout)
        yield from findings_of_tiles(path, layout)
    yield from findings_of_layouts(document)
    yield from findings_of_background(document.get("background") or {})
    yield from findings_of_mixing(document.get("audio") or {})
    resolution = document.get("resolution", DEFAULT_RESOLUTION)
    canvas = None if resolution is None else _size(resolution)
    if canvas is not None and not _is_canvas(canvas):
        expected = f"sides of 16 to 3840 and at most {MOST_PIXELS} pixels"
        yield Finding(("resolution",), expected, str(canvas))
        canvas = None
    if canvas is not None:
        for path, layout in all_layouts(document):
            yield from geometry_of_regions(path, layout, canvas)
    yield from findings_of_overlays(document.get("overlays") or (), canvas)


def _reversed_window(window: Mapping[str, Any]) -> Iterator[Finding]:
    if times := reversed_times(window):
        start, end = times
        yield Finding(("window", "end_ms"), f"ms after start_ms, which is {start}", str(end))


def _is_canvas(size: Size) -> bool:
    sides = size.width in SIDE_RANGE and size.height in SIDE_RANGE
    return sides and size.width * size.height <= MOST_PIXELS


# A style with a box that is null has none; without that key it has the usual one.
TEMPLATE = Kind("template-1.schema.json", _rules, TemplateInvalid, frozenset({"box"}))


def _template(node: Mapping[str, Any]) -> Template:
    layout = node.get("video_layout", {})
    return Template(
        friendly_name=node["friendly_name"],
        regions=tuple(parse_region(name, region) for name, region in layout.items()),
        audio=selection(node, "audio_sources"),
        resolution=_size(node.get("resolution", DEFAULT_RESOLUTION)),
        format=Format(node.get("format", Format.WEBM)),
        trim=node.get("trim", True),
        enabled=node.get("enabled", True),
        frame_rate=Fraction(node.get("frame_rate", 30)),
        passthrough=node.get("passthrough", False),
        window=window(node.get("window", {})),
        rooms=tuple(node["rooms"]) if "rooms" in node else None,
        status_callback=node.get("status_callback"),
        status_callback_method=node.get("status_callback_method", "POST"),
        sid=node.get("sid"),
        background=parse_background(node.get("background", {})),
        overlays=tuple(map(parse_overlay, node.get("overlays", ()))),
        chapters=frozenset(map(ChapterKind, node.get("chapters", USUAL_CHAPTERS))),
        mixing=parse_mixing(node.get("audio", {})),
        layouts=parse_layouts(node.get("layouts", {})),
        layout_rules=tuple(map(parse_rule, node.get("layout_rules", ()))),
        layout_timing=parse_timing(node.get("layout_timing", {})),
        speaker=parse_speaker(node.get("speaker", {})),
        **{name: instant(node[name]) for name in DATES if name in node},
    )


def _size(text: str) -> Size:
    width, height = text.split("x")
    return Size(int(width), int(height))


def _document(template: Template) -> dict[str, Any]:
    return digested(_members(template), ALWAYS_WRITTEN, _DEFAULT)


def _members(template: Template) -> dict[str, Any]:
    rate = template.frame_rate
    return {
        "schema": SCHEMA,
        "friendly_name": template.friendly_name,
        "enabled": template.enabled,
        "rooms": None if template.rooms is None else list(template.rooms),
        "video_layout": {region.name: region_document(region) for region in template.regions},
        "audio_sources": sources(template.audio.included),
        "audio_sources_excluded": sources(template.audio.excluded),
        "resolution": str(template.resolution),
        "format": template.format,
        "frame_rate": f"{rate.numerator}/{rate.denominator}",
        "trim": template.trim,
        "passthrough": template.passthrough,
        "window": asdict(template.window),
        "status_callback": template.status_callback,
        "status_callback_method": template.status_callback_method,
        "background": background_document(template.background),
        "overlays": [overlay_document(overlay) for overlay in template.overlays],
        "chapters": sorted(template.chapters),
        "audio": mixing_document(template.mixing),
        "layouts": layouts_document(template.layouts),
        "layout_rules": list(map(rule_document, template.layout_rules)),
        "layout_timing": timing_document(template.layout_timing),
        "speaker": speaker_document(template.speaker),
    }


_DEFAULT = _members(Template(friendly_name=""))
