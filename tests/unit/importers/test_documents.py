"""Documents that are found by their beginnings."""

from __future__ import annotations

from roomreel.importers.delivery.documents import documents_with
from roomreel.importers.port import HEAD
from tests.unit.importers.helpers.deliveries import MemoryListing


def test_texts_in_json_with_one_of_the_marks_are_found() -> None:
    files = {
        "b.JSON": b'{"two": 2}',
        "a.json": b'{"one": 1}',
        "c.json": b'{"three": 3}',
        "d.txt": b'{"one": 1}',
        "e.json": b" " * HEAD + b'"one"',
    }
    found = documents_with(MemoryListing(files), b'"one"', b'"two"')
    assert sorted(found) == [("a.json", files["a.json"]), ("b.JSON", files["b.JSON"])]


def test_of_a_long_document_the_beginning_is_given() -> None:
    ((_, head),) = documents_with(MemoryListing({"a.json": b"ab" * HEAD}), b"a")
    assert head == (b"ab" * HEAD)[:HEAD]
