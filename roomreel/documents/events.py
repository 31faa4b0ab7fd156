"""Events of a room as JSON: objects of a manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from roomreel.documents.findings import Finding, Path, value_text
from roomreel.documents.members import given
from roomreel.model.event import Event, EventKind

_SAYS = {EventKind.LAYOUT: "value", EventKind.MARK: "text"}
"""The member with what an event says, by its type; a speaker event has none."""


def findings_of_event(path: Path, node: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what is wrong with an event that the schema cannot say.

    Args:
        path: where it stands in its document.
        node: None in it stands for what is known to be broken.
    """
    kind = node.get("type")
    if kind is None:
        return
    said = _SAYS.get(kind)
    if said is not None and said not in node:
        yield Finding((*path, said), f"the {said} of a {kind} event", "nothing")
    for other in ("value", "text"):
        if other != said and node.get(other) is not None:
            expected = f"no {other}: a {kind} event has {f'a {said}' if said else 'none'}"
            yield Finding((*path, other), expected, value_text(node[other]))


def parse_event(document: Mapping[str, Any]) -> Event:
    """Return the event that an object describes, which keeps every rule."""
    node = given(document)
    kind = EventKind(node["type"])
    said = _SAYS.get(kind)
    return Event(node["at_ms"], kind, node[said] if said else "", node.get("participant_sid", ""))


def event_document(event: Event) -> dict[str, Any]:
    """Return the object that is parsed to an equal event."""
    said = _SAYS.get(event.kind)
    return {
        "at_ms": event.at_ms,
        "type": event.kind.value,
        **({said: event.value} if said else {}),
        **({"participant_sid": event.participant_sid} if event.participant_sid else {}),
    }
