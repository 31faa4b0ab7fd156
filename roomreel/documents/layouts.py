"""Layouts over time: JSON to nouns, what the schema cannot say of them, and back to JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from roomreel.documents.findings import Finding, Path, value_text
from roomreel.documents.members import given, patterns, reversed_spans, sources, window
from roomreel.documents.region import parse_region, region_document
from roomreel.model.layout import (
    DEFAULT,
    Condition,
    LayoutRule,
    LayoutTiming,
    SourceCount,
)
from roomreel.model.room import MediaType
from roomreel.model.selection import Selection
from roomreel.model.template import Region
from roomreel.text import did_you_mean

LONGEST_LAYOUT_NAME = 100
DEEPEST = 5
"""Conditions within conditions."""

Layout = Mapping[str, Any]
"""The members of a `video_layout`."""


def parse_layouts(node: Mapping[str, Any]) -> dict[str, tuple[Region, ...]]:
    """Return the regions of each layout of a checked `layouts`."""
    return {
        name: tuple(
            parse_region(region, members, name) for region, members in one["video_layout"].items()
        )
        for name, one in given(node).items()
    }


def layouts_document(layouts: Mapping[str, Sequence[Region]]) -> dict[str, Any]:
    """Return layouts as canonical JSON has them; their regions keep their order."""
    return {
        name: {"video_layout": {region.name: region_document(region) for region in layouts[name]}}
        for name in sorted(layouts)
    }


def parse_rule(node: Mapping[str, Any]) -> LayoutRule:
    """Return the rule that an element of a checked `layout_rules` describes."""
    return LayoutRule(node["layout"], _condition(node["when"]))


def rule_document(rule: LayoutRule) -> dict[str, Any]:
    """Return the object that is parsed to an equal rule."""
    return {"layout": rule.layout, "when": _condition_document(rule.when)}


def parse_timing(node: Mapping[str, Any]) -> LayoutTiming:
    """Return the timing that a checked `layout_timing` describes."""
    return LayoutTiming(**given(node))


def timing_document(timing: LayoutTiming) -> dict[str, int]:
    """Return the object that is parsed to an equal timing."""
    return asdict(timing)


def _condition(node: Mapping[str, Any]) -> Condition:
    node = given(node)
    return Condition(
        present=patterns(node["present"]) if "present" in node else None,
        absent=patterns(node["absent"]) if "absent" in node else None,
        count=_count(node["count"]) if "count" in node else None,
        between=tuple(map(window, node["between"])) if "between" in node else None,
        marked=node.get("marked"),
        talking=patterns(node["talking"]) if "talking" in node else None,
        silent_ms=node.get("silent_ms"),
        either=tuple(map(_condition, node["any"])) if "any" in node else None,
        negated=_condition(node["not"]) if "not" in node else None,
    )


def _count(node: Mapping[str, Any]) -> SourceCount:
    node = given(node)
    return SourceCount(
        sources=Selection(patterns(node["sources"])),
        kind=MediaType(node.get("type", MediaType.VIDEO)),
        least=node.get("min", 0),
        most=node.get("max"),
    )


def _condition_document(condition: Condition) -> dict[str, Any]:
    count, between = condition.count, condition.between
    members = {
        "present": condition.present and sources(condition.present),
        "absent": condition.absent and sources(condition.absent),
        "count": count and _count_document(count),
        "between": between and [asdict(one) for one in between],
        "marked": condition.marked,
        "talking": condition.talking and sources(condition.talking),
        "silent_ms": condition.silent_ms,
        "any": condition.either and [_condition_document(one) for one in condition.either],
        "not": condition.negated and _condition_document(condition.negated),
    }
    return {name: value for name, value in members.items() if value is not None}


def _count_document(count: SourceCount) -> dict[str, Any]:
    return {
        "sources": sources(count.sources.included),
        "type": count.kind.value,
        "min": count.least,
        "max": count.most,
    }


# What the schema cannot say. Any key may be missing here, or have None for a value that is broken
# and reported already; no value has a wrong type.


def all_layouts(document: Mapping[str, Any]) -> Iterator[tuple[Path, Layout]]:
    """Yield every `video_layout` of a template, with where it stands, the default one first."""
    yield ("video_layout",), document.get("video_layout") or {}
    for name, one in (document.get("layouts") or {}).items():
        yield ("layouts", name, "video_layout"), (one or {}).get("video_layout") or {}


def findings_of_layouts(document: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what is wrong with the layouts of a template, their rules and those who name them."""
    layouts = document.get("layouts") or {}
    for name in layouts:
        if not 1 <= len(name) <= LONGEST_LAYOUT_NAME or name == DEFAULT:
            expected = f"a layout name of 1 to {LONGEST_LAYOUT_NAME} characters, not {DEFAULT!r}"
            yield Finding(("layouts", name), expected, value_text(name))
    for index, rule in enumerate(document.get("layout_rules") or ()):
        path: Path = ("layout_rules", index)
        name = (rule or {}).get("layout")
        if name is not None and name not in (DEFAULT, *layouts):
            yield _unknown((*path, "layout"), name, layouts)
        if (when := (rule or {}).get("when")) is not None:
            yield from _of_condition((*path, "when"), when, 1)
    for index, overlay in enumerate(document.get("overlays") or ()):
        for number, name in enumerate((overlay or {}).get("layouts") or ()):
            if name is not None and name not in (DEFAULT, *layouts):
                yield _unknown(("overlays", index, "layouts", number), name, layouts)


def _unknown(path: Path, name: str, layouts: Mapping[str, Any]) -> Finding:
    known = [DEFAULT, *layouts]
    hint = did_you_mean(name, known)
    expected = f"a layout of this template: {', '.join(known)}"
    return Finding(path, expected, f"{value_text(name)}{hint and f'; {hint}'}")


def _of_condition(path: Path, node: Mapping[str, Any], depth: int) -> Iterator[Finding]:
    if depth > DEEPEST:
        yield Finding(path, f"conditions at most {DEEPEST} deep", f"one that is {depth} deep")
        return
    if all(value is None for value in node.values()):
        yield Finding(path, "a condition, such as present, count or between", "none")
    yield from reversed_spans((*path, "between"), node.get("between") or ())
    yield from _of_count((*path, "count"), node.get("count") or {})
    for index, one in enumerate(node.get("any") or ()):
        if one is not None:
            yield from _of_condition((*path, "any", index), one, depth + 1)
    if (negated := node.get("not")) is not None:
        yield from _of_condition((*path, "not"), negated, depth + 1)


def _of_count(path: Path, node: Mapping[str, Any]) -> Iterator[Finding]:
    if not node:
        return
    least, most = node.get("min"), node.get("max")
    if "min" not in node and "max" not in node:
        yield Finding(path, "min, max or both", "neither")
    elif least is not None and most is not None and most < least:
        yield Finding((*path, "max"), f"an integer from {least}, the min, on", str(most))
