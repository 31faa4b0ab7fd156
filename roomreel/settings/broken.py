"""Violations of the rules of the settings, in the words that documents get."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from roomreel.documents.findings import Finding
from roomreel.documents.words import misfit, unknown_key
from roomreel.errors import SettingsInvalid, Violation
from roomreel.settings.fields import Settings
from roomreel.settings.given import Given
from roomreel.settings.kinds import Unfit

_KEY = "[key]"
"""What pydantic ends the path of a key with."""


def invalid(error: ValidationError, given: Mapping[str, Given], file: str) -> SettingsInvalid:
    """Return the error that names each wrong value, and the file or variable it stands in.

    Args:
        error: what pydantic says of them.
        given: the values by the name of their setting.
        file: where one that is missing is to be added, or "".
    """
    broken = {_name(item): _violation(item, given, file) for item in error.errors()}
    violations = sorted(broken.values(), key=lambda one: (one.file, one.line or 0, one.pointer))
    return SettingsInvalid("; ".join(map(str, violations)), "", violations)


def _name(item: ErrorDetails) -> str:
    """Return the setting that is to be changed."""
    cause = _cause(item)
    return cause.name if cause and cause.name else str(item["loc"][0])


def _violation(item: ErrorDetails, given: Mapping[str, Given], file: str) -> Violation:
    name = _name(item)
    place = given.get(name) or Given(None, file, name)
    finding = _finding(item, place)
    label = ".".join(map(str, (place.name, *finding.path[1:])))
    return Violation(label, finding.expected, finding.found, finding.hint, place.file, place.line)


def _finding(item: ErrorDetails, place: Given) -> Finding:
    path = tuple(part for part in item["loc"] if part != _KEY)
    if cause := _cause(item):
        return Finding(path, cause.expected, cause.found)
    if item["type"] == "extra_forbidden":
        return unknown_key(path, Settings.model_fields, place.called)
    return misfit(path, _schema_at(item["loc"]), item["input"])


def _cause(item: ErrorDetails) -> Unfit | None:
    cause = item.get("ctx", {}).get("error")
    return cause if isinstance(cause, Unfit) else None


def _schema_at(path: tuple[int | str, ...]) -> Any:
    """Return the schema of a value of the settings, without a title, which pydantic makes up."""
    whole = Settings.model_json_schema()
    node: Any = _plain(whole["properties"][path[0]])
    for part in (*path[1:-2], path[-1]) if path[-1] == _KEY else path[1:]:
        inner = "items" if isinstance(part, int) else "additionalProperties"
        node = _plain(node["propertyNames" if part == _KEY else inner])
    definition = node.get("$ref", "").removeprefix("#/$defs/")
    return _plain(whole["$defs"][definition]) if definition else node


def _plain(schema: Any) -> Any:
    """Return the kind of value that a schema has beside null; its title is pydantic's."""
    node = next((one for one in schema.get("anyOf", ()) if one != {"type": "null"}), schema)
    words = {"title": "a path"} if node.get("format") == "path" else {}
    return {name: part for name, part in node.items() if name != "title"} | words
