"""Events of a room: read from its manifest, written again, and what is wrong with them at once."""

import json
from dataclasses import replace

import pytest

from roomreel.documents.manifest import manifest_text, parse_manifest
from roomreel.documents.template import canonical_template, parse_template, template_sha256
from roomreel.model.event import Event, EventKind, in_order
from roomreel.model.template import ChapterKind
from roomreel.plan.evidence import reads_events


def sid(prefix, number):
    return f"{prefix}{number:032x}"


EVENTS = [
    {"at_ms": 5000, "type": "mark", "text": "Questions", "participant_sid": sid("PA", 1)},
    {"at_ms": -5, "type": "layout", "value": "qa"},
    {"at_ms": 0, "type": "speaker", "participant_sid": sid("PA", 2), "attributes": {"a": 1}},
    {"at_ms": 9, "type": "speaker", "value": None, "participant_sid": None},
]
PARSED = (
    Event(5000, EventKind.MARK, "Questions", sid("PA", 1)),
    Event(-5, EventKind.LAYOUT, "qa"),
    Event(0, EventKind.SPEAKER, "", sid("PA", 2)),
    Event(9, EventKind.SPEAKER),
)


def parse(document):
    return parse_manifest(json.dumps(document).encode(), "file.json").room


def test_events_are_read_as_they_come(room):
    assert parse({**room, "events": EVENTS}).events == PARSED
    assert parse({**room, "events": None}) == parse({**room, "events": []}) == parse(room)


def test_what_is_written_reads_back_equal(room):
    read = parse({**room, "events": EVENTS})
    assert parse_manifest(manifest_text(read).encode(), "").room == read
    assert '"events"' not in manifest_text(replace(read, events=()))


BROKEN = [
    ({"at_ms": 1}, "/type", 'a key "type"', "nothing"),
    ({"type": "mark", "text": "a"}, "/at_ms", 'a key "at_ms"', "nothing"),
    ({"at_ms": 1.5, "type": "mark", "text": "a"}, "/at_ms", "an integer", "1.5"),
    ({"at_ms": 2**53, "type": "speaker"}, "/at_ms", "a number up to", str(2**53)),
    ({"at_ms": 1, "type": "chat", "text": "a"}, "/type", '"layout" or "speaker"', '"chat"'),
    ({"at_ms": 1, "type": "mark"}, "/text", "the text of a mark event", "nothing"),
    ({"at_ms": 1, "type": "mark", "text": None}, "/text", "the text of a mark event", "nothing"),
    ({"at_ms": 1, "type": "mark", "text": ""}, "/text", "1 to 1000 characters", '""'),
    ({"at_ms": 1, "type": "mark", "text": "x" * 1001}, "/text", "1 to 1000", "(1001 char"),
    ({"at_ms": 1, "type": "mark", "text": "a\0"}, "/text", "without NUL", "\\u0000"),
    ({"at_ms": 1, "type": "mark", "text": "a", "value": "b"}, "/value", "no value: a mark", '"b"'),
    ({"at_ms": 1, "type": "layout"}, "/value", "the value of a layout event", "nothing"),
    ({"at_ms": 1, "type": "layout", "value": "a", "text": "b"}, "/text", "has a value", '"b"'),
    ({"at_ms": 1, "type": "speaker", "text": "b"}, "/text", "has none", '"b"'),
    ({"at_ms": 1, "type": "speaker", "participant_sid": "me"}, "/participant_sid", "PA and", "me"),
    (
        {"at_ms": 1, "type": "speaker", "participant_sid": sid("PA", 9)},
        "/participant_sid",
        "the sid of one of the participants",
        sid("PA", 9),
    ),
    ({"at_ms": 1, "type": "speaker", "at": 2}, "/at", "a known key", '"at"'),
    (5, "", "an object", "5"),
]


@pytest.mark.parametrize(("event", "pointer", "expected", "found"), BROKEN)
def test_a_broken_event(room, room_violations, event, pointer, expected, found):
    (violation,) = room_violations({**room, "events": [EVENTS[0], event]})
    assert violation.pointer == f"/events/1{pointer}"
    assert expected in violation.expected
    assert found in violation.found


def test_all_broken_events_are_told_at_once(room, room_violations):
    found = room_violations({**room, "events": [event for event, *_ in BROKEN]})
    pointers = [f"/events/{index}{pointer}" for index, (_, pointer, *_) in enumerate(BROKEN)]
    assert {one.pointer for one in found} == set(pointers)


def test_so_many_and_no_more(room, room_violations):
    event = {"at_ms": 1, "type": "speaker"}
    assert not room_violations({**room, "events": [event] * 10_000})
    (violation,) = room_violations({**room, "events": [event, 5] * 5001})
    assert violation.pointer == "/events"
    assert "at most 10000 events" in violation.expected


def test_a_file_of_events_is_named(room):
    read = parse({**room, "events": {"media": "a.jsonl", "attributes": {"free": 1}}})
    assert (read.events, read.events_media) == ((), "a.jsonl")
    assert parse_manifest(manifest_text(read).encode(), "").room == read


@pytest.mark.parametrize(
    ("events", "pointer", "expected"),
    [
        ("a.jsonl", "/events", "at most 10000 events, or an object"),
        ({}, "/events/media", 'a key "media"'),
        ({"media": ""}, "/events/media", "a string, 1 to 10000 characters"),
        ({"media": None}, "/events/media", "a string, 1 to 10000 characters"),
        ({"media": "a.jsonl", "offset": 1}, "/events/offset", "a known key"),
    ],
)
def test_a_file_of_events_that_is_not_named_well(room, room_violations, events, pointer, expected):
    (violation,) = room_violations({**room, "events": events})
    assert violation.pointer == pointer
    assert expected in violation.expected


def test_order_and_repetition_decide_nothing():
    found = in_order([*PARSED, *PARSED])
    assert found == in_order(reversed(PARSED)) == (PARSED[1], *PARSED[2:], PARSED[0])


@pytest.mark.parametrize(
    ("chapters", "expected"),
    [
        (None, {"joins"}),
        (["joins"], {"joins"}),
        ([], set()),
        (["marks", "joins", "marks"], {"joins", "marks"}),
    ],
)
def test_what_begins_a_chapter(template, chapters, expected):
    plain = parse_template(json.dumps(template).encode(), "")
    read = parse_template(json.dumps({**template, "chapters": chapters}).encode(), "")
    assert read.chapters == {ChapterKind(one) for one in expected}
    assert reads_events(read) == ("marks" in expected)
    assert (template_sha256(read) == template_sha256(plain)) == (expected == {"joins"})
    assert ('"chapters"' in canonical_template(read)) == (expected != {"joins"})
    assert parse_template(canonical_template(read).encode(), "") == read


@pytest.mark.parametrize(
    ("chapters", "pointer"),
    [
        ("marks", "/chapters"),
        (["speakers"], "/chapters/0"),
        (["joins", None], "/chapters/1"),
        (["joins"] * 11, "/chapters"),
    ],
)
def test_what_begins_none(template, template_violations, chapters, pointer):
    (violation,) = template_violations({**template, "chapters": chapters})
    assert violation.pointer == pointer
