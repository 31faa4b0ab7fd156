"""Recording rules: JSON to values and back; and documents of them (`roomreel.rules/1`)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from roomreel.documents.document import Kind, check_document
from roomreel.documents.findings import Finding, Path
from roomreel.documents.schema import instant
from roomreel.errors import DocumentInvalid
from roomreel.model.room import MediaType, RecordingRule

SCHEMA = "roomreel.rules/1"


@dataclass(frozen=True, slots=True)
class PostedRules:
    """Rules that take the place of those of a manifest.

    Attributes:
        date_created: when rules were given first; None where that is not said.
        date_updated: when these were given.
    """

    rules: tuple[RecordingRule, ...]
    date_created: datetime | None = None
    date_updated: datetime | None = None


def parse_rules(data: bytes, file: str) -> PostedRules:
    """Read recording rules.

    Args:
        data: the bytes of the document.
        file: path or URL it came from.

    Raises:
        DocumentInvalid: with every broken rule.
    """
    document = check_document(data, file, _RULES)
    created, updated = document.get("date_created"), document.get("date_updated")
    return PostedRules(
        tuple(parse_rule(rule) for rule in document["rules"]),
        created and instant(created),
        updated and instant(updated),
    )


def rules_text(posted: PostedRules) -> str:
    """Return a document of rules; parsed again it gives equal ones."""
    return json.dumps(
        {
            "schema": SCHEMA,
            "date_created": posted.date_created and posted.date_created.isoformat(),
            "date_updated": posted.date_updated and posted.date_updated.isoformat(),
            "rules": list(map(rule_document, posted.rules)),
        },
        indent=2,
        ensure_ascii=False,
    )


def parse_rule(document: Mapping[str, Any]) -> RecordingRule:
    """Return the rule of an object that keeps the schema."""
    kind = document.get("kind")
    return RecordingRule(
        include=document["type"] == "include",
        everything=bool(document.get("all")),
        kind=kind and MediaType(kind),
        publisher=document.get("publisher"),
        track=document.get("track"),
    )


def rule_document(rule: RecordingRule) -> dict[str, Any]:
    """Return the object that is parsed to an equal rule."""
    members = {
        "type": "include" if rule.include else "exclude",
        "all": rule.everything or None,
        "kind": rule.kind,
        "publisher": rule.publisher,
        "track": rule.track,
    }
    return {name: value for name, value in members.items() if value is not None}


def findings_of_filters(path: Path, rule: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what is wrong with the filters of a rule that the schema cannot say."""
    filters = [key for key in ("all", "kind", "publisher", "track") if key in rule]
    if not filters:
        yield Finding(path, "a filter: all, kind, publisher or track", "none")
    elif "all" in filters and len(filters) > 1:
        yield Finding((*path, "all"), "no other filter beside it", " and ".join(filters[1:]))


def _findings(document: Mapping[str, Any]) -> Iterator[Finding]:
    rules: Sequence[Any] = document.get("rules") or ()
    for index, rule in enumerate(rules):
        if rule is not None:
            yield from findings_of_filters(("rules", index), rule)


_RULES = Kind("rules-1.schema.json", _findings, DocumentInvalid)
