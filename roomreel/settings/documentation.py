"""The settings as a table in Markdown: `docs/settings.md` is made of it (`make docs`)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from roomreel.settings.anchor import Anchor, anchors
from roomreel.settings.fields import Settings
from roomreel.settings.given import PREFIX

_LEAST = {"minimum": "at least", "exclusiveMinimum": "more than"}


@dataclass(frozen=True, slots=True)
class Row:
    """A setting in words, each of them Markdown.

    Attributes:
        default: as it is written in a TOML file; in words where it follows from something else.
    """

    name: str
    kind: str
    default: str
    meaning: str

    @property
    def variable(self) -> str:
        """The environment variable that beats the file."""
        return f"{PREFIX}{self.name.upper()}"


def rows() -> Iterator[Row]:
    """Yield a row for each setting, in the order in which the settings are declared."""
    schema = Settings.model_json_schema()
    paths = anchors(Settings)
    for name, one in schema["properties"].items():
        meaning, _, rest = one["description"].partition("; unset: ")
        unset, _, more = rest.partition(".")
        default = unset or _toml(one["default"])
        yield Row(
            name, _kind(one, paths.get(name)), default, f"{meaning}.{more}" if rest else meaning
        )


def table() -> str:
    """Return all settings in Markdown, a row each."""
    head = ["| setting, variable | type | default | meaning |", "| --- " * 4 + "|"]
    body = (
        f"| `{row.name}`<br>`{row.variable}` | {row.kind} | {row.default} | {row.meaning} |"
        for row in rows()
    )
    return "\n".join([*head, *body, ""])


def _kind(schema: Mapping[str, Any], path: Anchor | None) -> str:
    """Return the type of a value in words, from its JSON schema."""
    several = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    if len(several) > 1:
        return "path or URL"
    match several[0]:
        case {"enum": values}:
            return ", ".join(f"`{value}`" for value in values)
        case {"type": "array", "items": items}:
            return f"list: {_kind(items, path)}"
        case {"type": "object"}:
            return "table of strings"
        case {"type": "string"} as one:
            return _text(one, path)
        case one:
            least = (f", {words} {one[key]:_}" for key, words in _LEAST.items() if key in one)
            return "".join([one["type"], *least])


def _text(schema: Mapping[str, Any], path: Anchor | None) -> str:
    if "format" in schema:
        return str(schema["format"])
    if path is None:
        return "string"
    return "path or name" if path.only_with_slash else "path or URL"


def _toml(value: object) -> str:
    """Return a value as it is written in TOML, in Markdown."""
    match value:
        case dict():
            pairs = (f"{key} = {json.dumps(each)}" for key, each in value.items())
            return f"`{{{', '.join(pairs)}}}`"
        case int() | float():
            return f"`{value:_}`"
        case _:
            return f"`{json.dumps(value)}`"
