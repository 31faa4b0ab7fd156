"""Members of checked documents: what of them is set, and the values that several have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from roomreel.documents.findings import Finding, Path
from roomreel.model.selection import OfIdentity, OfRole, Pattern, Selection
from roomreel.model.window import Window


def given(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members that are set: null and a missing key are the same."""
    return {key: value for key, value in node.items() if value is not None}


def window(node: Mapping[str, Any]) -> Window:
    """Return the stretch of a call that a member describes."""
    return Window(**given(node))


def reversed_times(node: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return the times of a stretch that ends before it begins, or as it does; else None."""
    start, end = node.get("start_ms", 0), node.get("end_ms")
    if start is None or end is None or end > start:
        return None
    return start, end


def reversed_spans(path: Path, spans: Iterable[Mapping[str, Any] | None]) -> Iterator[Finding]:
    """Yield the ends of the stretches of a list, at a path, that do not come after their starts."""
    for index, span in enumerate(spans):
        if times := reversed_times(span or {}):
            start, end = times
            where = (*path, index, "end_ms")
            yield Finding(where, f"an integer above {start}, the start_ms", str(end))


def selection(node: Mapping[str, Any], key: str) -> Selection:
    """Return the sources that a member names, without those that `<member>_excluded` names."""
    included, excluded = node.get(key, ()), node.get(f"{key}_excluded", ())
    return Selection(patterns(included), patterns(excluded))


def patterns(sources: Iterable[str | Mapping[str, Any]]) -> tuple[Pattern, ...]:
    """Return the patterns of a list of sources."""
    return tuple(map(_pattern, sources))


def sources(patterns: Iterable[Pattern]) -> list[str | dict[str, str]]:
    """Return patterns as a list of sources has them."""
    return [_source(pattern) for pattern in patterns]


def _pattern(node: str | Mapping[str, Any]) -> Pattern:
    if isinstance(node, str):
        return node
    said = given(node)
    return OfIdentity(said["identity"]) if "identity" in said else OfRole(said["role"])


def _source(pattern: Pattern) -> str | dict[str, str]:
    match pattern:
        case OfIdentity(glob):
            return {"identity": glob}
        case OfRole(role):
            return {"role": role}
        case text:
            return text
