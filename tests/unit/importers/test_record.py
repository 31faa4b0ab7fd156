"""Records of imports, and the schema that they are published with."""

from __future__ import annotations

import json
from datetime import UTC
from importlib import resources
from typing import Any

import pytest
from deliveries import MemoryListing
from drafting import draft, piece, track
from hypothesis import given
from hypothesis import strategies as st

from roomreel.documents.import_record import LONGEST_TEXT, parse_import_record
from roomreel.errors import DocumentInvalid
from roomreel.importers.choices import Choices, GivenOffset
from roomreel.importers.claims import Draft, Grade
from roomreel.importers.finding import Code, Finding, Severity
from roomreel.importers.settling.settle import settle
from roomreel.model.room import RecordingStatus


class Vendor:
    name, title = "some", "Some service"


def record_of(one: Draft, choices: Choices) -> dict[str, Any]:
    files = MemoryListing({"list.json": {}})
    done = settle(one, {}, Vendor, choices, listing=files, memory_bytes=1)
    record: dict[str, Any] = json.loads(json.dumps(done.record))
    return record


def schema() -> dict[str, Any]:
    text = resources.files("roomreel.schemas").joinpath("import-1.schema.json").read_text()
    found: dict[str, Any] = json.loads(text)
    return found


TEXTS = st.text(min_size=1, max_size=8)
TIMES = st.none() | st.fractions(-(10**12), 10**12)


@given(st.data())
def test_whatever_is_claimed_its_record_keeps_the_schema(data: st.DataObject) -> None:
    draw = data.draw
    pieces = [
        piece(
            draw(st.none() | TEXTS),
            draw(TIMES),
            grade=draw(st.sampled_from(Grade)),
            status=draw(st.sampled_from(RecordingStatus)),
            end=draw(TIMES),
            codec=draw(st.none() | TEXTS),
        )
        for _ in range(draw(st.integers(0, 3)))
    ]
    found = Finding(draw(st.sampled_from(Code)), draw(TEXTS), draw(TEXTS), Severity.NOTE)
    one = draft(
        *(track(p, who=draw(TEXTS), key=str(n)) for n, p in enumerate(pieces)),
        id=draw(TEXTS),
        name=draw(st.none() | TEXTS),
        zero=draw(st.none() | st.datetimes(timezones=st.just(UTC))),
        findings=(found,),
        documents=("list.json",),
        kept={"chat": [{"text": draw(TEXTS)}]},
    )
    given_offset = GivenOffset(draw(st.integers(-9, 9)), file="none", at="--offset none=1")
    choices = Choices((given_offset,), None, draw(st.none() | TEXTS))
    record = record_of(one, choices)
    parse_import_record(json.dumps(record).encode(), "record")


def test_texts_are_as_long_as_the_schema_allows() -> None:
    long = "n" * (LONGEST_TEXT + 1)
    one = piece(long, 0, codec=long)
    found = Finding(Code.NAME_GUESSED, long, long)
    whole = draft(track(one, who=long, key=long), id=long, name=long, findings=(found,))
    record = record_of(whole, Choices(name=long))
    parse_import_record(json.dumps(record).encode(), "record")
    assert record["room"]["id"] == long[1:]


def test_nothing_that_a_record_has_may_be_left_out() -> None:
    record = record_of(draft(track(piece("a", 0))), Choices())
    for name in record:
        less = {key: value for key, value in record.items() if key != name}
        with pytest.raises(DocumentInvalid, match=f'a key "{name}"|schema'):
            parse_import_record(json.dumps(less).encode(), "record")


def test_the_schema_knows_all_codes_of_findings() -> None:
    finding = schema()["properties"]["findings"]["items"]["properties"]
    assert set(finding["code"]["enum"]) == {code.value for code in Code}
    assert set(finding["severity"]["enum"]) == {one.value for one in Severity}
    recording = schema()["$defs"]["recording"]["properties"]
    assert set(recording["status"]["enum"]) == {one.value for one in RecordingStatus}
    assert set(schema()["$defs"]["class"]["enum"]) == {one.value for one in Grade}
