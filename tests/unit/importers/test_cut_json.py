"""Documents that end too early."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomreel.errors import DeliveryInvalid
from roomreel.importers.delivery.cut_json import parse_cut_json

ENTRIES = st.lists(
    st.dictionaries(st.text('ab"\\{}[]é', max_size=4), st.text() | st.integers(), max_size=3),
    min_size=1,
    max_size=4,
)


@given(st.data())
def test_complete_objects_are_kept_wherever_it_is_cut(data: st.DataObject) -> None:
    entries = data.draw(ENTRIES)
    ascii_only, indent = data.draw(st.booleans()), data.draw(st.sampled_from((None, 1)))
    document = {"before": {"x": [1, "]}"]}, "files": entries, "after": "é"}
    text = json.dumps(document, ensure_ascii=ascii_only, indent=indent).encode(
        errors="surrogatepass"
    )
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    try:
        node, is_cut = parse_cut_json(cut, "a.json")
    except DeliveryInvalid:
        return
    assert is_cut
    kept: list[Any] = node.get("files").value
    assert kept == entries[: len(kept)]
    assert node.get("before").value == document["before"]


def test_each_entry_is_there_as_soon_as_it_is_complete() -> None:
    text = json.dumps({"files": [{"n": 0}, {"n": {"inner": [{"x": "}"}]}}], "id": 1}).encode()
    counts = set[tuple[int, int]]()
    for length in range(len(text) + 1):
        try:
            node, _ = parse_cut_json(text[:length], "a.json")
        except DeliveryInvalid:
            assert length <= text.index(b"}")
            continue
        counts.add((length > text.index(b"}]}}"), len(node.get("files").value)))
    assert counts >= {(False, 1), (True, 2)}


@pytest.mark.parametrize("data", [b"", b"{", b"[1, 2", b'{"a": [{]', b"}", b'{"a": [{}] x}', b'"'])
def test_what_is_wrong_otherwise_is_refused_as_ever(data: bytes) -> None:
    with pytest.raises(DeliveryInvalid, match=r"a\.json is no JSON"):
        parse_cut_json(data, "a.json")


def test_whole_documents_are_not_cut() -> None:
    assert parse_cut_json(b'{"files": [{}]}', "a.json")[1] is False
