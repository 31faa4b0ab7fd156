"""Messages of a child process to its parent: values of declared types, as JSON with its length.

The child reads media of strangers, so the parent believes it nothing but values. There is no
pickle in this direction, which could name any function to call: what a message may hold is what the
signature of the child's function says, and everything else is a `ValueError`.
"""

from __future__ import annotations

import base64
import json
import struct
import types
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from fractions import Fraction
from operator import attrgetter
from typing import Any, Union, get_args, get_origin, get_type_hints

from roomreel.errors import RoomreelError

LENGTH = struct.Struct(">Q")
"""Before each message: its bytes."""

SCALARS = (int, float, str, bool, types.NoneType)
UNFIT = (TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What a value of another shape than expected raises, beside ValueError."""

COLUMNS = ("b", "h", "i", "q")
"""Type codes of arrays that are sent: keys, levels, and what is counted in ticks."""


def encode_message(kind: str, value: object) -> bytes:
    """Return a message."""
    data = json.dumps([kind, _encoded(value)]).encode()
    return LENGTH.pack(len(data)) + data


def take_messages(buffer: bytearray, most_bytes: int) -> Iterator[bytes]:
    """Take the whole messages out of what has arrived so far.

    Raises:
        ValueError: one is longer than it may be.
    """
    while len(buffer) >= LENGTH.size:
        (size,) = LENGTH.unpack_from(buffer)
        if size > most_bytes:
            raise ValueError(f"a message of {size} bytes")
        end = LENGTH.size + size
        if len(buffer) < end:
            return
        yield bytes(buffer[LENGTH.size : end])
        del buffer[:end]


def decode_message(data: bytes, hints: Mapping[str, Any]) -> tuple[str, Any]:
    """Return the kind and the value of a message.

    Args:
        hints: by kind, a type as it stands in a signature: scalars, tuples, lists and mappings by
            name, fractions, arrays, enumerations, data classes, errors of ours, unions of these.

    Raises:
        ValueError: it is of another kind, or not a value of that type.
    """
    try:
        kind, value = json.loads(data)
        return kind, _decoded(value, hints[kind])
    except UNFIT as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def message_types(target: Callable[..., Any]) -> tuple[Any, Any]:
    """Return the types of the messages and of the result of a child's function.

    Its second parameter is what it calls with each message.
    """
    hints = get_type_hints(target)
    notify = list(hints.values())[1]
    [message], _ = get_args(notify)
    return message, hints["return"]


def _encoded(value: Any) -> Any:
    """Return the value as JSON has it."""
    encode = next((encode for kind, encode in ENCODERS if isinstance(value, kind)), _by_name)
    return encode(value)


def _by_name(value: Any) -> Any:
    """Return a data class as JSON: its name, and its fields."""
    named = {field.name: _encoded(getattr(value, field.name)) for field in fields(value)}
    return {type(value).__name__: named}


ENCODERS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (Enum, attrgetter("value")),
    (SCALARS, lambda value: value),
    (Fraction, lambda value: [value.numerator, value.denominator]),
    (array, lambda value: [value.typecode, base64.b64encode(value).decode()]),
    (RoomreelError, lambda value: {type(value).__name__: _encoded(value.args)}),
    ((tuple, list), lambda value: [_encoded(one) for one in value]),
    (Mapping, lambda value: {name: _encoded(one) for name, one in value.items()}),
)
"""How values are written, the first that fits; data classes are none of these."""


def _decoded(value: Any, hint: Any) -> Any:
    origin, inner = get_origin(hint) or hint, get_args(hint)
    if origin in (Union, types.UnionType):
        return _one_of(value, inner)
    if origin in SCALARS:
        return _a(origin, value)
    if origin is tuple and inner[1:] != (...,):
        parts = zip(_a(list, value), inner, strict=True)
        return tuple(_decoded(one, each) for one, each in parts)
    if origin in (tuple, list):
        return origin(_decoded(one, inner[0]) for one in _a(list, value))
    if issubclass(origin, Mapping):
        return {name: _decoded(one, inner[1]) for name, one in value.items()}
    return _constructed(value, origin)


def _constructed(value: Any, kind: type[Any]) -> Any:
    if issubclass(kind, Enum):
        return kind(value)
    if kind is Fraction:
        return Fraction(*(_a(int, one) for one in _a(list, value)))
    if kind is array:
        return _column(*value)
    [(name, inside)] = value.items()
    if issubclass(kind, RoomreelError):
        return _error(name, kind)(*(_a(str, one) for one in inside))
    if name != kind.__name__ or not is_dataclass(kind):
        raise ValueError(f"{name!r} in place of {kind.__name__!r}")
    hints = get_type_hints(kind)
    return kind(**{field: _decoded(one, hints[field]) for field, one in inside.items()})


def _one_of(value: Any, hints: tuple[Any, ...]) -> Any:
    for hint in hints:
        try:
            return _decoded(value, hint)
        except (ValueError, *UNFIT):
            continue
    raise ValueError(f"{type(value).__name__} in place of {hints}")


def _a(kind: Any, value: Any) -> Any:
    """Return the value, which must be of exactly this type."""
    if type(value) is not kind and not (kind is float and type(value) is int):
        raise ValueError(f"{type(value).__name__} in place of {kind.__name__}")
    return value


def _column(code: str, data: str) -> array[int]:
    if code not in COLUMNS:
        raise ValueError(f"an array of {code!r}")
    return array(code, base64.b64decode(data, validate=True))


def _error(name: str, kind: type[RoomreelError]) -> type[RoomreelError]:
    """Return the class of that name among a class and its subclasses."""
    found = next((one for one in _family(kind) if one.__name__ == name), None)
    if found is None:
        raise ValueError(f"no error {name!r}")
    return found


def _family(kind: type[RoomreelError]) -> Iterator[type[RoomreelError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _family(below)
