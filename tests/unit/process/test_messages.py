"""What a child may say: values of the types that its function declares, and nothing else."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import pytest

from roomreel.errors import RenderError, RoomreelError, SourceFailed, StorageFailed
from roomreel.model.composition import Decoded
from roomreel.model.media import PacketIndex, Problem
from roomreel.model.room import MediaType
from roomreel.process.messages import (
    LENGTH,
    decode_message,
    encode_message,
    message_types,
    take_messages,
)
from roomreel.render.spec import Rendered

INDEX = PacketIndex(
    MediaType.AUDIO,
    "opus",
    Fraction(1, 1000),
    array("q", [0, 20, 2**40]),
    array("i", [20, 20, 0]),
    array("b", [1, 1, 0]),
    payload_bytes=12,
    delay=Fraction(-13, 2000),
)
RENDERED = Rendered("/a/b.mp4", None, "/a/b.jpg", {"RT1": Decoded(3, 4, 5)}, {"RT2": "why \ud83d"})

VALUES: dict[str, tuple[Any, Any]] = {
    "nothing": (None, type(None)),
    "a count, or nothing": (17, int | None),
    "no count": (None, int | None),
    "seconds": (0.1, float),
    "whole seconds": (2, float),
    "text": ('a\0\n\u2028"', str),
    "a pair": (("RT1", Problem("a", "b")), tuple[str, PacketIndex | Problem]),
    "several": ((1, 2, 3), tuple[int, ...]),
    "none of several": ((), tuple[int, ...]),
    "a result": (RENDERED, Rendered),
    "by name": ({"a": 1}, Mapping[str, int]),
    "errors": ([None, None], list[RoomreelError | None]),
}


def sent(value: object, hint: Any) -> Any:
    buffer = bytearray(encode_message("result", value))
    [data] = take_messages(buffer, 10**6)
    assert not buffer
    kind, received = decode_message(data, {"result": hint})
    assert kind == "result"
    return received


@pytest.mark.parametrize("name", VALUES)
def test_values_cross(name: str):
    value, hint = VALUES[name]
    assert sent(value, hint) == value


def test_a_packet_index_crosses():
    received = sent(INDEX, PacketIndex | Problem)
    for name in PacketIndex.__dataclass_fields__:
        assert getattr(received, name) == getattr(INDEX, name)


@pytest.mark.parametrize(
    "error", [StorageFailed("a", "b"), SourceFailed("a", "b", "RT1"), RenderError("\u20ac")]
)
def test_errors_cross(error: RoomreelError):
    [received] = sent([error], list[RoomreelError | None])
    assert type(received) is type(error)
    assert (received.args, str(received)) == (error.args, str(error))


OTHER: dict[str, tuple[Any, Any]] = {
    "text for a number": ("1", int),
    "a truth for a number": (True, int),
    "a number for a truth": (1, bool),
    "a fraction for a number": (1.5, int),
    "one too many": ([1, "a", 2], tuple[int, str]),
    "one too few": ([1], tuple[int, str]),
    "text for a list": ("abc", list[str]),
    "another class": ({"Rendered": {}}, Problem),
    "fields of nobody": ({"Problem": {"code": "a", "message": "b", "more": 1}}, Problem),
    "fields that are not there": ({"Problem": {"code": "a"}}, Problem),
    "two classes": ({"Problem": {}, "Rendered": {}}, Problem | Rendered),
    "a fraction of nothing": ([1, 0], Fraction),
    "a fraction by text": ("1e999999999", Fraction),
    "an array of others": (["d", ""], array),
    "an array that ends early": (["q", "AAAA"], array),
    "an array of no base 64": (["q", "!"], array),
    "no media type": ("smell", MediaType),
    "an error of others": ({"OSError": ["a"]}, RoomreelError),
    "an error of a number": ({"StorageFailed": [1]}, RoomreelError),
    "an error of too much": ({"StorageFailed": ["a", "b", "c", "d"]}, RoomreelError),
    "anything": ({}, object),
    "a function": ("os.system", Callable[[], None]),
}


@pytest.mark.parametrize("name", OTHER)
def test_others_are_refused(name: str):
    value, hint = OTHER[name]
    with pytest.raises(ValueError):
        decode_message(json.dumps(["result", value]).encode(), {"result": hint})


def test_columns_of_different_lengths_are_no_packet_index():
    message = json.loads(encode_message("result", INDEX)[LENGTH.size :])
    message[1]["PacketIndex"]["keys"] = ["b", ""]
    with pytest.raises(ValueError, match="columns"):
        decode_message(json.dumps(message).encode(), {"result": PacketIndex})


def test_messages_are_taken_out_as_they_arrive():
    first, second = encode_message("message", 1), encode_message("message", 2)
    buffer = bytearray()
    found = []
    for byte in first + second[:-1]:
        buffer.append(byte)
        found += take_messages(buffer, 100)
    assert found == [first[LENGTH.size :]]
    buffer += second[-1:] + first
    assert list(take_messages(buffer, 100)) == [second[LENGTH.size :], first[LENGTH.size :]]
    assert not buffer


def test_what_is_longer_than_it_may_be_is_not_waited_for():
    with pytest.raises(ValueError, match="a message of 101 bytes"):
        list(take_messages(bytearray(LENGTH.pack(101)), 100))


def test_a_signature_says_what_is_spoken():
    def job(argument: object, notify: Callable[[tuple[str, int]], None]) -> Problem | None: ...

    assert message_types(job) == (tuple[str, int], Problem | None)
