"""The published JSON Schemas, and violations of them in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from roomreel.documents.findings import Finding
from roomreel.documents.words import misfit, unknown_key

_stock_items: Any = Draft202012Validator.VALIDATORS["items"]


def instant(text: str) -> datetime:
    """Return the instant of a date such as 2026-11-20T10:00:00+01:00, in UTC.

    Raises:
        ValueError: no such date, without an offset, or outside the years 1970 to 9999 in UTC (the
            sid of a composition counts from 1970).
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    try:
        moment = moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error
    if moment.year < 1970:
        raise ValueError(text)
    return moment


def findings_of_schema(document: Any, name: str) -> Iterator[Finding]:
    """Yield the violations of `document`, any JSON value, against a schema; lazily."""
    for error in _validator(name).iter_errors(document):
        if error.validator == "additionalProperties":
            yield from _unknown_keys(error)
        else:
            yield _broken_value(error)


@cache
def _validator(name: str) -> Validator:
    text = resources.files("roomreel.schemas").joinpath(name).read_text(encoding="utf-8")
    keywords = {"pattern": _pattern, "required": _required, "items": _items}
    strict = extend(Draft202012Validator, keywords)  # type: ignore[no-untyped-call]
    formats = FormatChecker(formats=())
    formats.checks("date-time", raises=ValueError)(_is_instant)
    validator: Validator = strict(json.loads(text), format_checker=formats)
    return validator


def _is_instant(value: object) -> bool:
    return not isinstance(value, str) or bool(instant(value))


def _pattern(_: Validator, pattern: str, value: object, __: object) -> Iterator[ValidationError]:
    # In ECMA-262, the dialect of JSON Schema, `$` is the very end; Python's also matches before
    # a last line feed.
    if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), value):
        yield ValidationError("does not match")


def _items(
    validator: Validator, items: Any, value: object, schema: Any
) -> Iterator[ValidationError]:
    # An array that is too long is one finding, however many elements are wrong, too.
    if isinstance(value, list) and len(value) <= schema.get("maxItems", len(value)):
        yield from _stock_items(validator, items, value, schema)


def _required(
    _: Validator, keys: list[str], value: object, __: object
) -> Iterator[ValidationError]:
    # The stock keyword names the missing key only in its message; here the path leads to it.
    if isinstance(value, dict):
        yield from (ValidationError("missing", path=[key]) for key in keys if key not in value)


def _broken_value(error: ValidationError) -> Finding:
    path = tuple(error.absolute_path)
    if error.validator == "required":
        return Finding(path, f'a key "{path[-1]}"', "nothing")
    return misfit(path, error.schema, error.instance)


def _unknown_keys(error: ValidationError) -> Iterator[Finding]:
    instance: Any = error.instance
    schema: Any = error.schema
    known = schema["properties"]
    for key in instance:
        if key not in known:
            yield unknown_key((*error.absolute_path, key), known)
