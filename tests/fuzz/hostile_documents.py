"""Documents as strangers, broken programs and attackers write them, chosen by a seed."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

Path = tuple[Any, ...]


class Word(str):
    """Goes into the text as it is, without quotes."""

    __slots__ = ()


class Twin(str):
    """A key that is no other's equal, so that an object has it twice."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


def nested(deep: int, opening: str = "[", closing: str = "]") -> Word:
    return Word(opening * deep + "1" + closing * deep)


NUMBERS = [
    *(Word(word) for word in ("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e-999", "-0")),
    *(Word(word) for word in ("0x10", "01", "1.", ".5", "+1", "1_000", "\u0661", "9" * 5000)),
    *(2**53 - 1, 2**53, 2**63, -(2**63), 2**64, 10**30, 1.5, -0.0, 1e308, 0, -1, 1, 16, 10**9),
]

NAMES = [
    *("", " ", "\t", "*", "**", "a*b", ".", "..", "/", "\\", "%d", "%(x)s", "{0}", "$(id)", "`id`"),
    *("../../etc/passwd", "/etc/passwd", "C:\\x", "~/x", "file:///etc/passwd", "http://h/x.mkv"),
    *("s3://b/k", "concat:a|b", "data:,x", "-y", "a.json", "room.json", "x" * 255, "CON", "a\0b"),
    *(
        "=1+1",
        "=cmd|' /C calc'!A0",
        "+1",
        "@SUM(A1)",
        "|x",
        "'; drop table rooms; --",
        "[bold]x[/]",
    ),
    *("<script>alert(1)</script>", "![](http://h/x)", "[a](javascript:0)", "&amp;", "]]>", "<!--"),
    *(
        "\x1b[31mred",
        "\x1b]0;title\x07",
        "a\rb",
        "a\nb",
        "\x7f",
        "\x85",
        "\u2028",
        "\ufeff",
        "\ufffe",
    ),
    *(
        "\u202eevil\u202c",
        "\u2066x\u2069",
        "שלום",
        "e\u0301",
        "😀👩‍👩‍👧",
        "\U0010ffff",
        "\ud800",
        "\udfff",
    ),
    *("x" * 10_000, "x" * 10_001, "é" * 100_000, "RT" + "0" * 32, "PA" + "f" * 32, "RT" + "0" * 31),
    *(
        "2026-02-30T00:00:00Z",
        "0000-00-00T00:00:00Z",
        "9999-12-31T23:59:60Z",
        "1969-12-31T23:59:59Z",
    ),
    *("640x480", "16x16", "3840x3840", "3841x16", "0x0", "9999x9999", "1/0", "60/1", "999999999/1"),
    *("completed", "none", "mp4", "audio", "video", "data", "age", "deleted", "true", "null"),
]

OTHERS = [
    *(None, True, False, [], {}, [[]], {"": None}, {"\0": 1}, {"__proto__": {}}, [None] * 50),
    *(nested(63), nested(64), nested(65), nested(3000), nested(3000, '{"a":', "}")),
    *(nested(100_000), {"key " * 2000: 1}, {str(n): n for n in range(300)}, "x" * 1_000_000),
]

KEYS = ["sid", "Sid", "sids", "\u202esid", "", "schema", "all", "x" * 5000, "__class__", "media"]


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every path in a JSON value, its root left out."""
    if path:
        yield path
    if isinstance(value, dict | list) and not isinstance(value, Word):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


def at(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value


def any_value(random: Random) -> Any:
    return copy.deepcopy(random.choice(random.choice([NUMBERS, NAMES, OTHERS])))


def replace_value(document: Any, path: Path, random: Random) -> None:
    at(document, path[:-1])[path[-1]] = any_value(random)


def wrap_value(document: Any, path: Path, random: Random) -> None:
    inner = at(document, path)
    at(document, path[:-1])[path[-1]] = random.choice([[inner], {"a": inner}, [inner, inner]])


def take_from_elsewhere(document: Any, path: Path, random: Random) -> None:
    other = copy.deepcopy(at(document, random.choice(list(places(document)))))
    at(document, path[:-1])[path[-1]] = other


def drop(document: Any, path: Path, _random: Random) -> None:
    del at(document, path[:-1])[path[-1]]


def repeat(document: Any, path: Path, random: Random) -> None:
    """An element or a member stands twice or often."""
    parent, item = at(document, path[:-1]), at(document, path)
    if isinstance(parent, list):
        parent[path[-1] : path[-1]] = [copy.deepcopy(item)] * random.choice([1, 2, 40])
    else:
        parent[Twin(path[-1])] = random.choice([item, any_value(random), [item]])


def rename(document: Any, path: Path, random: Random) -> None:
    parent = at(document, path[:-1])
    if isinstance(parent, dict):
        key = str(path[-1])
        names = [key.upper(), f"{key} ", key[:-1], f"{key}\u200b", *KEYS]
        parent[random.choice(names)] = parent.pop(path[-1])


def add_member(document: Any, path: Path, random: Random) -> None:
    inside = at(document, path)
    if isinstance(inside, dict):
        inside[random.choice([*KEYS, *NAMES])] = any_value(random)
    elif isinstance(inside, list):
        inside.append(any_value(random))


CHANGES: list[Callable[[Any, Path, Random], None]] = [
    *(replace_value, wrap_value, take_from_elsewhere, drop, repeat, rename, add_member),
]


def text_of(document: Any, random: Random) -> str:
    """The document as JSON, in one of the ways in which it may be written."""
    words: list[str] = []

    def marked(value: Any) -> Any:
        if isinstance(value, Word):
            words.append(value)
            return f"<word {len(words) - 1}>"
        if isinstance(value, dict):
            return {key: marked(item) for key, item in value.items()}
        return [marked(item) for item in value] if isinstance(value, list) else value

    indent = random.choice([None, None, 1, "\t"])
    text = json.dumps(marked(document), ensure_ascii=random.random() < 0.7, indent=indent)
    for number, word in enumerate(words):
        text = text.replace(f'"<word {number}>"', word)
    return text.replace("\n", "\r\n") if random.random() < 0.1 else text


def cut(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def flip(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice([1, 1, 3, 30])):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def leave_out(data: bytes, random: Random) -> bytes:
    begin = random.randrange(len(data))
    return data[:begin] + data[begin + random.choice([1, 2, 20, 200]) :]


def put_in(data: bytes, random: Random) -> bytes:
    pieces = [
        b",",
        b'"',
        b"}",
        b"]",
        b"\0",
        b"\\",
        b"\xff",
        b"//x\n",
        b"/**/",
        b"'",
        b"\xc2\xa0",
        b"[" * 999,
    ]
    begin = random.randrange(len(data) + 1)
    return data[:begin] + random.choice([*pieces, random.randbytes(5)]) + data[begin:]


def put_twice(data: bytes, random: Random) -> bytes:
    begin, end = sorted(random.randrange(len(data) + 1) for _ in range(2))
    return data[:end] + data[begin:]


def encode_oddly(data: bytes, random: Random) -> bytes:
    name = random.choice(["utf-16", "utf-32", "utf-7", "latin-1", "cp037", "utf-8-sig"])
    return data.decode("utf-8", "replace").encode(name, "replace")


def go_on(data: bytes, random: Random) -> bytes:
    return data + random.choice([data, b"x", b"\0", b"\n" * 10_000, b"{}", b" " * 100_000])


BYTES: list[Callable[[bytes, Random], bytes]] = [
    *(cut, flip, leave_out, put_in, put_twice, encode_oddly, go_on),
]


def hostile(document: dict[str, Any], random: Random) -> bytes:
    """One that somebody made of a valid document."""
    changed: Any = copy.deepcopy(document)
    for _ in range(random.choice([0, 1, 1, 1, 2, 3, 8])):
        paths = list(places(changed))
        if paths:
            random.choice(CHANGES)(changed, random.choice(paths), random)
    data = text_of(changed, random).encode("utf-8", "surrogatepass")
    for _ in range(random.choice([0, 0, 0, 1, 1, 3])):
        data = random.choice(BYTES)(data, random) if data else b""
    return data
