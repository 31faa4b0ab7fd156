"""Digests of values over explicit lists of members: keys of what is kept, which can grow.

As of documents (`identity`), a list has the members of the first version, which always enter. A
younger one enters only where it is not at its default, so that what does not use it keeps its key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from enum import Enum
from fractions import Fraction
from typing import Any

from roomreel.documents.identity import canonical_json

First = Mapping[type, tuple[str, ...]]
"""By type, the names of the members of the first version."""


def digest_of(schema: str, value: object, first: First) -> str:
    """Return the hex digest of a value.

    Args:
        schema: name and version of the list of members.
        value: of plain values, exact numbers, enumerations, ranges, sequences, mappings, and of
            dataclasses that are in `first`.
        first: what enters of each dataclass.

    Raises:
        TypeError: something else is in it.
    """
    text = canonical_json([schema, digested_value(value, first)])
    return hashlib.sha256(text.encode()).hexdigest()


def digested_value(value: object, first: First) -> Any:
    """Return the JSON value that stands for a value in a digest.

    Raises:
        TypeError: it cannot be written as one.
    """
    digested: Any
    match value:
        case Enum():
            digested = value.value
        case None | bool() | int() | str():
            digested = value
        case Fraction():
            digested = str(value)
        case range():
            digested = [value.start, value.stop, value.step]
        case Mapping():
            digested = {str(name): digested_value(one, first) for name, one in value.items()}
        case tuple() | list():
            digested = [digested_value(one, first) for one in value]
        case _:
            digested = _members(value, first)
    return digested


def _members(value: Any, first: First) -> dict[str, Any]:
    names = next((first[kind] for kind in type(value).__mro__ if kind in first), None)
    if names is None:
        raise TypeError(f"{type(value).__name__} has no place in a digest")
    return {
        one.name: digested_value(found, first)
        for one in fields(value)
        if (found := getattr(value, one.name)) != _default(one) or one.name in names
    }


def _default(field: Field[Any]) -> object:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default
