"""Values of vendors' documents: what is not as expected is not there, and nothing fails."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from deliveries import MemoryListing
from hypothesis import given
from hypothesis import strategies as st

from roomreel.errors import DeliveryInvalid
from roomreel.importers.claims import Claim
from roomreel.importers.delivery.node import Node, parse_json, read_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    ("value", "unit_ms", "expected"),
    [
        (22_000, 1, Fraction(22_000)),
        ("1736317932123456789", Fraction(1, 10**6), Fraction(1736317932123456789, 10**6)),
        (1703174279.145, 1000, Fraction(1703174279145)),
        (-5, 1000, Fraction(-5000)),
        ("12.5", 1, Fraction(25, 2)),
        (True, 1, None),
        ("", 1, None),
        ("1e9", 1, None),
        ("12 ", 1, None),
        (float("inf"), 1, None),
        (10**16, 1, None),
        ([], 1, None),
    ],
)
def test_claims_are_exact(value: Any, unit_ms: Fraction | int, expected: Fraction | None) -> None:
    claim = Node("a.json", "/files/0/start", value).claim(unit_ms)
    assert claim == (None if expected is None else Claim(expected, "a.json#/files/0/start"))


def test_places_are_json_pointers() -> None:
    node = parse_json(b'\xef\xbb\xbf{"files": [{"a/b": {"~": 7}}]}', "a.json")
    (first,) = node.get("files").items()
    assert first.get("a/b").get("~").at == "a.json#/files/0/a~1b/~0"
    assert first.get("a/b").get("~").claim() == Claim(Fraction(7), "a.json#/files/0/a~1b/~0")
    assert first.get("none", "a/b").pointer == "/files/0/a~1b"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"\xff\xfe{", "is not UTF-8"),
        (b'{"a":' * 120 + b"1" + b"}" * 120, "nested more than 100 deep"),
    ],
)
def test_what_is_no_document_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(DeliveryInvalid, match=words):
        read_json(MemoryListing({"a.json": data}), "a.json")


@given(VALUES)
def test_no_value_makes_it_fail(value: Any) -> None:
    node = Node("a.json", "", value)
    assert node.get("a").value is None or isinstance(value, dict)
    assert node.claim() is None or abs(node.claim().value) <= 10**15
    assert all(one.file == "a.json" for one in node.items())
    assert node.instant is None or node.instant.utcoffset().total_seconds() == 0
    assert node.flag in {None, True, False}
    assert node.text is None or node.text.strip()
