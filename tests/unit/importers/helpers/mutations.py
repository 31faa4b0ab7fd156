"""Damage to the documents of a delivery: a reader refuses it in words, or reads what is left."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

from deliveries import MemoryListing

from roomreel.errors import DeliveryInvalid
from roomreel.importers.port import Importer, Options

ODD: tuple[Any, ...] = (
    None, True, -1, 0, 10**30, -1e308, 0.5, "", "x", "-9", "1e9", "9" * 30, "../../etc/passwd",
    "\ud800", "a/b", [], {}, [None], {"a": []}, [[[]]], "2026-13-45T99:99:99Z", "\0",
)  # fmt: skip
"""Values that no document should have where it has others."""


def assert_survives(importer: Importer, files: Mapping[str, Any], count: int) -> None:
    """Assert that a reader fails with words alone, whatever is damaged of a document.

    Args:
        files: a delivery, as for `MemoryListing`.
        count: how many damaged ones are tried; the same each time.
    """
    texts = [name for name, held in files.items() if _is_text(held)]
    choose = random.Random(20260101)
    for _ in range(count):
        name = choose.choice(texts)
        damaged = MemoryListing({**files, name: _damaged(files[name], choose)})
        assert 0 <= importer.detect(damaged).score <= 100
        try:
            drafts = list(importer.read(damaged, Options()))
        except DeliveryInvalid:
            continue
        for draft in drafts:
            assert draft.id
            assert len({(one.participant, one.key, one.kind) for one in draft.tracks}) == len(
                draft.tracks
            )


def _is_text(held: Any) -> bool:
    return not isinstance(held, bytes) or held.lstrip()[:1] in {b"{", b"["}


def _damaged(held: Any, choose: random.Random) -> bytes:
    """Return a document with a few odd values, or its text with a few bytes changed."""
    if isinstance(held, bytes):
        lines = held.splitlines()
        if len(lines) > 1 and choose.random() < 0.5:
            number = choose.randrange(len(lines))
            lines[number] = _damaged(json.loads(lines[number]), choose)
            return b"\n".join(lines)
    elif choose.random() < 0.6:
        for _ in range(choose.randint(1, 3)):
            held = _with_odd_value(held, choose)
    data = bytearray(held if isinstance(held, bytes) else json.dumps(held).encode())
    for _ in range(choose.choice((0, 0, 1, 3)) if data else 0):
        at = choose.randrange(len(data))
        data[at : at + choose.choice((0, 1, 5))] = choose.randbytes(choose.choice((0, 1, 2)))
        data = data or bytearray(b" ")
    return bytes(data[: choose.randint(0, len(data))] if choose.random() < 0.1 else data)


def _with_odd_value(value: Any, choose: random.Random) -> Any:
    """Return a copy in which one value, at any depth, is another, or is gone."""
    if isinstance(value, dict) and value and choose.random() < 0.9:
        key = choose.choice(list(value))
        if choose.random() < 0.2:
            return {one: held for one, held in value.items() if one != key}
        return {**value, key: _with_odd_value(value[key], choose)}
    if isinstance(value, list) and value and choose.random() < 0.9:
        at = choose.randrange(len(value))
        if choose.random() < 0.2:
            return value[:at] + value[at + 1 :] + choose.choice(([], [value[at]] * 2))
        return [*value[:at], _with_odd_value(value[at], choose), *value[at + 1 :]]
    return choose.choice(ODD)
