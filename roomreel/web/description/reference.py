"""The generated parts of `docs/api.md`: tables of operations, parameters and codes, in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from types import MappingProxyType

from roomreel.web import codes
from roomreel.web.codes import CODES, code_of
from roomreel.web.description.operation import Operation
from roomreel.web.description.operations import OPERATIONS
from roomreel.web.description.schemas import Schema
from roomreel.web.elsewhere import ELSEWHERE, Elsewhere

_STATUSES = {code_of(status): status for status in reversed(range(400, 600))} | {
    codes.ROOM_NOT_FOUND: 404,
    codes.RULES_INVALID: 400,
    codes.CALLBACK_INVALID: 400,
}


def operations() -> str:
    """Return the operations that are there, a row each."""
    rows = (
        f"| `{one.method.upper()} {one.path}` | {one.summary} | {_scope(one)} | {_answer(one)} | "
        f"{'no' if one.is_extension else 'yes'} |"
        for one in OPERATIONS
        if one.status
    )
    return _table("operation", "what it does", "scope", "answers", "hosted service", rows=rows)


def elsewhere() -> str:
    """Return the operations of the hosted service that are not there, and why, a row each."""

    def words_of(one: Elsewhere) -> str:
        return one.words

    rows = (
        f"| {', '.join(f'`{one.method} {one.path}`' for one in group)} | {words} |"
        for words, group in groupby(sorted(ELSEWHERE, key=words_of), key=words_of)
    )
    return _table("operation", "instead", rows=rows)


def parameters() -> str:
    """Return the parameters of all operations, a row each."""
    of: dict[str, list[str]] = {}
    for one in OPERATIONS:
        for parameter in (*one.form, *one.query, *one.headers):
            needed = "; required" if parameter.name in one.required else ""
            said = f"{_kind(parameter.schema)}{needed} | {parameter.description}"
            of.setdefault(f"`{parameter.name}` | {said}", []).append(f"`{one.name}`")
    rows = (f"| {said} | {', '.join(dict.fromkeys(names))} |" for said, names in of.items())
    return _table("parameter", "value", "meaning", "operations", rows=rows)


def errors() -> str:
    """Return the codes of errors, a row each."""
    rows = (f"| {_STATUSES[code]} | {code} | {words} |" for code, words in sorted(CODES.items()))
    return _table("status", "code", "meaning", rows=rows)


PARTS: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "operations": operations,
        "elsewhere": elsewhere,
        "parameters": parameters,
        "errors": errors,
    }
)
"""The parts by name, each with what makes it."""


def _table(*headings: str, rows: Iterable[str]) -> str:
    lines = (f"| {' | '.join(headings)} |", f"| {' | '.join('---' for _ in headings)} |", *rows)
    return "\n".join([*lines, ""])


def _scope(operation: Operation) -> str:
    return f"`{operation.scope}`" if operation.scope else "none: no key"


def _answer(operation: Operation) -> str:
    what = f" `{operation.answer}`" if operation.answer else ""
    return f"{operation.status}{what}"


def _kind(schema: Schema) -> str:
    """Return the kind of a value in words."""
    if schema["type"] == "array":
        return f"list: {_kind(schema['items'])}"
    default = f"; default `{_text(schema['default'])}`" if "default" in schema else ""
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"]) + default
    words = {"date-time": "time", "uri": "URL"}
    if "contentMediaType" in schema:
        return "JSON"
    if schema.get("pattern", "").endswith("{32}$"):
        return "sid"
    return words.get(schema.get("format", ""), _KINDS[schema["type"]]) + default


_KINDS = {"string": "text", "integer": "whole number", "boolean": "`true` or `false`"}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
