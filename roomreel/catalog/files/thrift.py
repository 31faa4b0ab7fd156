"""Thrift's compact protocol, without a schema: the footers of Parquet files. Pure.

pyarrow can put the row groups of whole files together, but not leave one out, so what it cannot do
is done on the footer as it stands: a structure is its fields by number, each with its wire type,
and what is not understood is written as it was read.

Source: thrift/doc/specs/thrift-compact-protocol.md in Apache Thrift.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)

_INTEGERS = frozenset({I16, I32, I64})
_DOUBLE_BYTES = 8
# A list of 15 elements or more has its length after the byte that holds the others'.
_LONG = 15

Struct = dict[int, tuple[int, Any]]


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list or set: the wire type of its elements, and those."""

    kind: int
    items: list[Any]


def decode(data: bytes, start: int = 0) -> Struct:
    """Return the structure that begins at `start`; what is there is known to be one."""
    return _Reader(data, start).struct()


def encode(struct: Struct) -> bytes:
    """Return the bytes of a structure; what `decode` gave becomes what it was read from."""
    out = bytearray()
    _write_struct(out, struct)
    return bytes(out)


class _Reader:
    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at

    def struct(self) -> Struct:
        fields: Struct = {}
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else _unzigzag(self._varint())
            kind = head & 15
            fields[number] = (kind, None if kind in {TRUE, FALSE} else self._value(kind))
        return fields

    def _value(self, kind: int) -> Any:
        if kind in _INTEGERS:
            return _unzigzag(self._varint())
        if kind == BINARY:
            return self._take(self._varint())
        if kind == STRUCT:
            return self.struct()
        if kind in {LIST, SET}:
            return self._sequence()
        if kind in {TRUE, FALSE, BYTE}:
            return self._byte()
        if kind == DOUBLE:
            return self._take(_DOUBLE_BYTES)
        raise ValueError(f"a Parquet footer has no values of type {kind}")

    def _sequence(self) -> Sequence:
        head = self._byte()
        count = head >> 4 if head >> 4 < _LONG else self._varint()
        return Sequence(head & 15, [self._value(head & 15) for _ in range(count)])

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _take(self, count: int) -> bytes:
        self._at += count
        return self._data[self._at - count : self._at]

    def _varint(self) -> int:
        value = shift = 0
        while True:
            # Not by _byte: a footer has tens of thousands of them.
            byte = self._data[self._at]
            self._at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7


def _write_struct(out: bytearray, struct: Struct) -> None:
    before = 0
    for number, (kind, value) in struct.items():
        if 0 < number - before < 16:
            out.append((number - before) << 4 | kind)
        else:
            out.append(kind)
            _write_varint(out, _zigzag(number))
        before = number
        if kind not in {TRUE, FALSE}:
            _write_value(out, kind, value)
    out.append(0)


def _write_value(out: bytearray, kind: int, value: Any) -> None:
    if kind in _INTEGERS:
        _write_varint(out, _zigzag(value))
    elif kind == STRUCT:
        _write_struct(out, value)
    elif kind == BINARY:
        _write_varint(out, len(value))
        out += value
    elif kind in {LIST, SET}:
        _write_sequence(out, value)
    elif kind == DOUBLE:
        out += value
    else:
        out.append(value)


def _write_sequence(out: bytearray, value: Sequence) -> None:
    count = len(value.items)
    out.append(min(count, _LONG) << 4 | value.kind)
    if count >= _LONG:
        _write_varint(out, count)
    for item in value.items:
        _write_value(out, value.kind, item)


def _write_varint(out: bytearray, value: int) -> None:
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)


def _zigzag(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1


def _unzigzag(value: int) -> int:
    return value >> 1 ^ -(value & 1)
