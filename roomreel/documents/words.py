"""Requirements of a schema in words, for a person who wrote something else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from roomreel.documents.findings import Finding, Path, value_text
from roomreel.text import did_you_mean

_WORDS = {
    "object": "an object",
    "array": "an array",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
}
_BOUNDS = [
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " elements"),
    ("minProperties", "maxProperties", " members"),
]


def misfit(path: Path, schema: Any, value: Any) -> Finding:
    """Return the finding of a value that is not what its schema asks for."""
    expected = wanted(schema)
    hint = ""
    if isinstance(value, str):
        hint = did_you_mean(value, [one for one in _values(schema) if one and isinstance(one, str)])
        if expected.startswith("an array"):
            hint = f"write [{value_text(value)}]"
    return Finding(path, expected, value_text(value), hint)


def unknown_key(path: Path, known: Iterable[str], called: Callable[[str], str] = str) -> Finding:
    """Return the finding of a key, the end of a path, that is not one of the known ones.

    Args:
        path: where it is.
        known: the keys that may stand there.
        called: what a key is called where it stands.
    """
    key, known = str(path[-1]), list(known)
    hint = did_you_mean(key, known, called) or f"known here: {', '.join(map(called, known))}"
    return Finding(path, "a known key", value_text(called(key)), hint)


def wanted(schema: Any) -> str:
    """Return the requirement of a schema: its title, or its values, or its type and bounds."""
    if "title" in schema:
        return str(schema["title"])
    if values := _values(schema):
        return " or ".join(json.dumps(value) for value in values if value is not None)
    types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    words = " or ".join(_WORDS[name] for name in types if name != "null")
    if "exclusiveMinimum" in schema:
        return f"{words} above {schema['exclusiveMinimum']}"
    return words + "".join(
        f", {schema[least]} to {schema[most]}{unit}" if most in schema else f", {schema[least]} up"
        for least, most, unit in _BOUNDS
        if least in schema
    )


def _values(schema: Any) -> list[Any]:
    return list(schema.get("enum", [schema["const"]] if "const" in schema else []))
