"""Files of events are read line by line; a line that is no event costs itself alone."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomreel.documents.event_lines import (
    LONGEST_LINE,
    MOST_LINES,
    Skipped,
    count_lines,
    read_event_lines,
)
from roomreel.documents.manifest import parse_manifest
from roomreel.errors import DocumentInvalid
from roomreel.model.event import Event, EventKind

PERSON = f"PA{1:032x}"
MARK = b'{"at_ms": 5, "type": "mark", "text": "Gr\xc3\xb6\xc3\x9fe"}'
READ = Event(5, EventKind.MARK, "Größe")


def skipped(data):
    return {one.number: one.reason for one in read_event_lines(data) if isinstance(one, Skipped)}


@pytest.mark.parametrize(
    "data",
    [
        MARK,
        MARK + b"\n",
        MARK + b"\r\n",
        b"\xef\xbb\xbf" + MARK,
        b"\n \t\n\r\n" + MARK + b"\n\n",
    ],
)
def test_however_lines_end(data):
    assert list(read_event_lines(data)) == [READ]


def test_of_a_recording_the_offset_is_added():
    lines = b'{"at_ms": -7, "type": "layout", "value": "qa"}\n{"at_ms": 0, "type": "speaker"}'
    assert list(read_event_lines(lines, 1000)) == [
        Event(993, EventKind.LAYOUT, "qa"),
        Event(1000, EventKind.SPEAKER),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "it is not JSON"),
        (b"\xff\xfe{\x00}\x00", "it is not JSON"),
        (b"null", "Input should be an object"),
        (b"[]", "Input should be an object"),
        (b"{}", "/at_ms: Field required"),
        (b'{"at_ms": 1.5, "type": "speaker"}', "/at_ms: Input should be a valid integer"),
        (b'{"at_ms": "1", "type": "speaker"}', "/at_ms: Input should be a valid integer"),
        (b'{"at_ms": true, "type": "speaker"}', "/at_ms: Input should be a valid integer"),
        (b'{"at_ms": 9007199254740992, "type": "speaker"}', "/at_ms: Input should be less"),
        (b'{"at_ms": ' + b"9" * 50_000 + b', "type": "speaker"}', "it is not JSON"),
        (b'{"at_ms": 1, "type": "chat", "text": "a"}', "/type: Input should be 'layout'"),
        (b'{"at_ms": 1, "type": "mark"}', "/text: expected the text of a mark event"),
        (b'{"at_ms": 1, "type": "mark", "text": "\\ud800"}', "it is not JSON"),
        (b'{"at_ms": 1, "type": "mark", "text": "\xff"}', "it is not JSON"),
        (b'{"at_ms": 1, "type": "mark", "text": "\\u0000"}', "/text: String should match"),
        (b'{"at_ms": 1, "type": "layout", "value": "a", "text": "b"}', "/text: expected no text"),
        (b'{"at_ms": 1, "type": "speaker", "a\\u202eb": 1}', "/a\\u202eb: no event has this key"),
        (b'{"at_ms": 1, "type": "speaker", "attributes": ' + b"[" * 30_000, "it is not JSON"),
        (b'{"at_ms": 1, "type": "speaker", "participant_sid": "PA\\n"}', "/participant_sid: S"),
        (MARK + b" " * LONGEST_LINE, "it has more than 65536 bytes"),
    ],
)
def test_a_line_that_is_none_is_skipped_with_its_number(line, reason):
    found = list(read_event_lines(b"\n".join([MARK, b"", line, MARK])))
    assert found == [READ, Skipped(3, found[1].reason), READ]
    assert found[1].reason.startswith(reason)
    assert found[1].reason.isprintable()
    assert len(found[1].reason) < 200


@pytest.mark.parametrize(
    ("data", "count"),
    [
        (b"", 0),
        (b"a", 1),
        (b"a\n", 1),
        (b"a\nb", 2),
        (b"\n\n", 2),
        (b"\n" * MOST_LINES, MOST_LINES),
    ],
)
def test_lines_are_counted_before_they_are_read(data, count):
    assert count_lines(data) == count


@given(st.binary(max_size=200))
def test_whatever_the_bytes(data):
    for one in read_event_lines(data):
        assert isinstance(one, Event) or one.reason.isprintable()


values = st.sampled_from(
    [None, "", "a", "é" * 1000, "é" * 1001, PERSON, 0, -5, 2**53 - 1, 2**53, {}]
)
near_events = st.fixed_dictionaries(
    {"type": st.sampled_from(["mark", "layout", "speaker", "chat", None])},
    optional={
        "at_ms": st.sampled_from([0, -5, 2**53 - 1, 2**53, "0", True, 0.5, None]),
        "text": values,
        "value": values,
        "participant_sid": values,
        "attributes": values,
        "at": values,
    },
)


@given(near_events)
def test_a_line_is_an_event_where_a_manifest_would_have_it(event):
    manifest = {
        "schema": "roomreel.room/1",
        "room": {"sid": f"RM{1:032x}", "status": "in-progress"},
        "events": [event],
    }
    try:
        expected = list(parse_manifest(json.dumps(manifest).encode(), "").room.events)
    except DocumentInvalid:
        expected = []
    found = read_event_lines(json.dumps(event).encode())
    assert [one for one in found if isinstance(one, Event)] == expected
