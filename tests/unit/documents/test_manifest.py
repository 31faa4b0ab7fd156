import base64
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from roomreel.documents.manifest import manifest_text, parse_manifest
from roomreel.errors import DocumentInvalid
from roomreel.model.encryption import Encryption, EncryptionFormat, Envelope
from roomreel.model.room import (
    MediaType,
    Participant,
    Recording,
    RecordingRule,
    RecordingStatus,
    Room,
    RoomStatus,
)


def sid(prefix, number):
    return f"{prefix}{number:032x}"


def parse(document):
    return parse_manifest(json.dumps(document).encode(), "rooms/one.json").room


ROOM = Room(
    sid=sid("RM", 1),
    unique_name="weekly-standup",
    status=RoomStatus.COMPLETED,
    participants=(
        Participant(sid("PA", 1), "alice", "webrtc", "Alice K.", ("host", "speaker")),
        Participant(sid("PA", 2), "alice", "pstn"),
    ),
    recordings=(
        Recording(
            sid=sid("RT", 1),
            source_sid=sid("MT", 1),
            participant_sid=sid("PA", 1),
            track_name="camera",
            type=MediaType.VIDEO,
            status=RecordingStatus.COMPLETED,
            offset_ms=-155137307765,
            container_format="mkv",
            codec="VP8",
            claimed_duration_s=31,
            claimed_size_bytes=1843200,
            media="one.mkv",
            track_index=2,
            sha256="ab" * 32,
            date_created=datetime(2026, 11, 20, 9, 0, 1, tzinfo=UTC),
            attributes={"import": {"id": "é", "files": ["a/b.webm"]}, "n": [1.5, None]},
        ),
        Recording(
            sid=sid("RT", 2),
            source_sid=sid("MT", 2),
            participant_sid=sid("PA", 2),
            track_name="phone",
            type=MediaType.AUDIO,
            status=RecordingStatus.DELETED,
            date_deleted=datetime(2026, 11, 21, tzinfo=UTC),
        ),
    ),
    recording_rules=(
        RecordingRule(include=True, everything=True),
        RecordingRule(include=False, kind=MediaType.VIDEO, publisher="bob", track="camera"),
    ),
    date_created=datetime(2026, 11, 20, 9, tzinfo=UTC),
    end_time=datetime(2026, 11, 20, 9, 31, 12, 250000, tzinfo=UTC),
)


def test_reads_every_key(room):
    assert parse(room) == ROOM
    assert parse(room).attributes == {"team": ["a", None], "nested": {"any": 1.5}}


def test_remembers_where_it_came_from(room):
    data = json.dumps(room).encode()
    manifest = parse_manifest(data, "rooms/one.json")
    assert manifest.url == "rooms/one.json"
    assert manifest.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    "change_of_room",
    [
        {},
        {"recording_rules": None},
        {"participants": (), "recordings": ()},
        {"status": RoomStatus.IN_PROGRESS, "end_time": None, "date_created": None},
        {"unique_name": 'it\'s 100%: "quoted" \\ 漢字 😀 \u202ertl\n' * 300},
        {"attributes": {"a": [1, {"b": None}]}},
    ],
)
def test_what_is_written_reads_back_equal(change_of_room):
    changed = replace(ROOM, **change_of_room)
    again = parse_manifest(manifest_text(changed).encode(), "").room
    assert again == changed
    assert again.attributes == changed.attributes
    assert [one.attributes for one in again.recordings] == [
        one.attributes for one in changed.recordings
    ]


def test_only_a_few_keys_are_required():
    room = parse(
        {
            "schema": "roomreel.room/1",
            "room": {"sid": sid("RM", 1), "status": "in-progress"},
            "recordings": [
                {
                    "sid": sid("RT", 1),
                    "participant_sid": sid("PA", 1),
                    "track_name": "camera",
                    "type": "video",
                    "status": "processing",
                }
            ],
        }
    )
    assert room.unique_name == room.sid
    assert room.recordings[0].source_sid == sid("MT", 1)
    assert room.recordings[0].offset_ms == 0
    assert room.recordings[0].track_index == 0
    assert room.recording_rules is None


ANYWHERE = [
    "/attributes",
    "/room/attributes",
    "/room/recording_rules/0/attributes",
    "/participants/0/attributes",
    "/recordings/0/attributes",
]


@pytest.mark.parametrize("at", ANYWHERE)
def test_any_node_may_carry_attributes(room_after, at):
    assert room_after(at, {"free": {"form": [1, None]}}) == ()


@pytest.mark.parametrize("at", ANYWHERE)
def test_unknown_keys_are_refused_everywhere_else(room_after, at):
    wrong = at.replace("attributes", "attributs")
    (violation,) = room_after(wrong, 1)
    assert violation.pointer == wrong
    assert violation.hint == 'did you mean "attributes"?'


OPTIONAL = [
    "/room/unique_name",
    "/room/type",
    "/room/date_created",
    "/room/recording_rules",
    "/participants/0/identity",
    "/participants/0/kind",
    "/participants/0/display_name",
    "/participants/0/roles",
    "/participants/0/avatar",
    "/recordings/0/offset",
    "/recordings/0/duration",
    "/recordings/0/size",
    "/recordings/0/media",
    "/recordings/0/sha256",
    "/recordings/0/track_index",
    "/recordings/0/codec",
    "/participants",
    "/recordings",
]


@pytest.mark.parametrize("at", OPTIONAL)
def test_null_and_absent_are_the_same(room, change, at):
    null = parse(change(room, at, None))
    assert null == parse(change(room, at, ...))


SEALED = "/recordings/0/encryption"
KEY, IV = (base64.b64encode(data).decode() for data in (bytes(range(256)), bytes(16)))
ENVELOPE = {"format": "rsa-envelope", "key": KEY, "iv": IV, "unencrypted_content_length": 7}

# pointer changed, value, pointer of the violation, a part of what is expected and found
BROKEN = [
    ("/schema", "roomreel.room/2", "/schema", "roomreel.room/1", '"roomreel.room/2"'),
    ("/schema", ..., "/schema", 'a key "schema"', "nothing"),
    ("/room", ..., "/room", 'a key "room"', "nothing"),
    ("/room", [], "/room", "an object", "an empty array"),
    ("/room/sid", "RM12", "/room/sid", "RM and 32 hex digits", '"RM12"'),
    ("/room/sid", sid("RM", 1) + "\n", "/room/sid", "RM and 32 hex digits", "\\n"),
    ("/room/status", "done", "/room/status", '"in-progress" or "completed"', '"done"'),
    ("/room/end_time", ..., "/room/end_time", "once the status is completed", "nothing"),
    ("/room/end_time", None, "/room/end_time", "once the status is completed", "nothing"),
    ("/room/end_time", "2026-02-29T00:00:00Z", "/room/end_time", "a date such as", "2026-02-29"),
    ("/room/end_time", "2026-11-20T09:00:00", "/room/end_time", "a date such as", "2026-11"),
    ("/room/end_time", "2026-11-20T09:00:00+25:00", "/room/end_time", "a date such as", "+25"),
    ("/room/end_time", "2026-11-20", "/room/end_time", "a date such as", "2026-11-20"),
    ("/room/end_time", "1066-10-14T09:00:00Z", "/room/end_time", "from 1970 on", "1066"),
    ("/room/unique_name", "", "/room/unique_name", "1 to 10000 characters", '""'),
    ("/room/unique_name", "x" * 10_001, "/room/unique_name", "1 to 10000", "(10001 characters)"),
    ("/room/unique_name", "a\0b", "/room/unique_name", "without NUL", "\\u0000"),
    ("/participants/0/display_name", 5, "/participants/0/display_name", "characters", "5"),
    ("/participants/0/roles", "host", "/participants/0/roles", "an array", '"host"'),
    ("/participants/0/roles", ["a"] * 21, "/participants/0/roles", "0 to 20", "an array of 21"),
    ("/participants/0/roles", ["a", ""], "/participants/0/roles/1", "1 to 10000", '""'),
    ("/texts", [], "/texts", "a known key", '"texts"'),
    ("/participants/0/avatar", "", "/participants/0/avatar", "1 to 10000", '""'),
    ("/participants/0/avatar", 1, "/participants/0/avatar", "a string", "1"),
    ("/room/recording_rules", [], "/room/recording_rules", "1 to 20", "an empty array"),
    (
        "/room/recording_rules",
        [{"type": "include", "kind": "audio"}] * 21,
        "/room/recording_rules",
        "1 to 20 elements",
        "an array of 21",
    ),
    ("/room/recording_rules/0", {"type": "include"}, "/room/recording_rules/0", "a filter", "none"),
    ("/room/recording_rules/0/kind", "audio", "/room/recording_rules/0/all", "no other", "kind"),
    ("/room/recording_rules/0/all", False, "/room/recording_rules/0/all", "true", "false"),
    ("/room/recording_rules/1/kind", "text", "/room/recording_rules/1/kind", '"audio"', '"text"'),
    (
        "/participants",
        [{"sid": sid("PA", number)} for number in (1, 2, 1)],
        "/participants/2/sid",
        "/participants/0 has",
        sid("PA", 1),
    ),
    ("/recordings/1/sid", sid("RT", 1), "/recordings/1/sid", "/recordings/0 has", "RT"),
    (
        "/recordings/1/participant_sid",
        sid("PA", 9),
        "/recordings/1/participant_sid",
        "one of the participants",
        sid("PA", 9),
    ),
    ("/recordings/0/offset", 1.5, "/recordings/0/offset", "an integer", "1.5"),
    ("/recordings/0/offset", True, "/recordings/0/offset", "an integer", "true"),
    ("/recordings/0/offset", 10**20, "/recordings/0/offset", "a number up to", str(10**20)),
    ("/recordings/0/track_index", -1, "/recordings/0/track_index", "an integer, 0 up", "-1"),
    ("/recordings/0/track_index", "1", "/recordings/0/track_index", "an integer", '"1"'),
    ("/recordings/0/size", -1, "/recordings/0/size", "an integer, 0 up", "-1"),
    ("/recordings/0/sha256", "xyz", "/recordings/0/sha256", "64 hex digits", '"xyz"'),
    ("/recordings/0/media", 7, "/recordings/0/media", "a string", "7"),
    ("/recordings/0/track_name", ..., "/recordings/0/track_name", "a key", "nothing"),
    ("/recordings/0/track_name", None, "/recordings/0/track_name", "a string", "null"),
    ("/recordings", {}, "/recordings", "an array", "an empty object"),
    (SEALED, "age", SEALED, "an object", '"age"'),
    (SEALED, {}, f"{SEALED}/format", 'a key "format"', "nothing"),
    (SEALED, {"format": "pgp"}, f"{SEALED}/format", '"age" or "rsa-envelope"', '"pgp"'),
    (SEALED, {"format": "age", "iv": IV}, f"{SEALED}/iv", "none: an age file", "one"),
    (SEALED, ENVELOPE | {"iv": None}, f"{SEALED}/iv", "of an rsa-envelope", "nothing"),
    (SEALED, ENVELOPE | {"iv": KEY}, f"{SEALED}/iv", "16 bytes in base64", KEY[:20]),
    (SEALED, ENVELOPE | {"key": IV}, f"{SEALED}/key", "256 bytes or more", IV),
    (SEALED, ENVELOPE | {"key": KEY[:-2]}, f"{SEALED}/key", "in base64", KEY[:20]),
    (
        SEALED,
        ENVELOPE | {"unencrypted_content_length": -1},
        f"{SEALED}/unencrypted_content_length",
        "0 up",
        "-1",
    ),
]


@pytest.mark.parametrize(
    ("document", "encryption"),
    [
        (None, None),
        ({"format": "age"}, Encryption(EncryptionFormat.AGE)),
        (
            ENVELOPE,
            Encryption(EncryptionFormat.RSA_ENVELOPE, Envelope(bytes(range(256)), bytes(16), 7)),
        ),
        (
            ENVELOPE | {"unencrypted_content_length": None},
            Encryption(EncryptionFormat.RSA_ENVELOPE, Envelope(bytes(range(256)), bytes(16))),
        ),
    ],
)
def test_how_a_recording_is_encrypted(room, change, document, encryption):
    read = parse(change(room, SEALED, document))
    assert read.recordings[0].encryption == encryption
    assert parse_manifest(manifest_text(read).encode(), "rooms/one.json").room == read


@pytest.mark.parametrize(("at", "value", "pointer", "expected", "found"), BROKEN)
def test_a_broken_rule(room_after, at, value, pointer, expected, found):
    (violation,) = room_after(at, value)
    assert violation.pointer == pointer
    assert expected in violation.expected
    assert found in violation.found
    assert violation.file == "file.json"


def test_everything_wrong_is_told_at_once_in_the_order_of_the_lines(room, change, room_violations):
    change(room, "/room/status", "done")
    change(room, "/room/recording_rules/0", {"type": "include"})
    change(room, "/participants/1/sid", sid("PA", 1))
    change(room, "/recordings/0/ofset", 3)
    change(room, "/recordings/1/codec", 3)
    found = room_violations(room)
    assert [violation.pointer for violation in found] == [
        "/room/status",
        "/room/recording_rules/0",
        "/participants/1/sid",
        "/recordings/0/ofset",
        "/recordings/1/participant_sid",
        "/recordings/1/codec",
    ]
    lines = json.dumps(room, indent=1).splitlines()
    assert '"status": "done"' in lines[found[0].line - 1]
    assert '"ofset": 3' in lines[found[3].line - 1]


def test_a_broken_participant_makes_nobody_unknown(room_after):
    (violation,) = room_after("/participants/0/sid", "PA?")
    assert violation.pointer == "/participants/0/sid"


def test_a_million_mistakes_are_cut_short(room_violations):
    data = b'{"schema": "roomreel.room/1", "recordings": [' + b"0," * 200_000 + b"0]}"
    assert len(room_violations(data)) == 1000


@pytest.mark.parametrize("document", [b"", b"[]", b"null", b"\x00", b'"roomreel.room/1"'])
def test_what_is_no_object_is_one_violation(room_violations, document):
    (violation,) = room_violations(document)
    assert violation.pointer == ""


def test_the_error_says_the_first_and_how_to_see_the_rest():
    with pytest.raises(DocumentInvalid) as caught:
        parse_manifest(b'{"schema": "roomreel.room/1", "rom": {}}', "evil\x1b[2J.json")
    text = str(caught.value)
    assert text.startswith("document-invalid: evil\\u001b[2J.json:1: /room: expected")
    assert "and 1 more" in text
    assert "roomreel validate" in text
