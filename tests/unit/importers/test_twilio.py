"""Recordings of Twilio Video: any mix of files, pages, resources, callbacks and headers."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from deliveries import MemoryListing
from hypothesis import given
from hypothesis import strategies as st
from mutations import assert_survives
from twilio_delivery import (
    ACCOUNT,
    CANARY,
    EPOCH_OFFSET,
    MATROSKA,
    ROOM,
    callback,
    file_of,
    form,
    headers,
    page,
    person,
    resource,
    room,
    sid,
)

from roomreel.errors import DeliveryInvalid
from roomreel.importers.claims import Anchor, Claim, Draft, DraftTrack, Grade, Piece
from roomreel.importers.finding import Code
from roomreel.importers.port import Options
from roomreel.importers.vendors.twilio import Twilio
from roomreel.model.encryption import Encryption, EncryptionFormat, Envelope
from roomreel.model.room import MediaType, RecordingStatus

NAMES = ("ann/camera", "ann/microphone", "ben/camera")
FILES = {file_of(name): MATROSKA for name in NAMES}


def listed(**values: Any) -> dict[str, Any]:
    return {"recordings.json": page("recordings", *(resource(name, **values) for name in NAMES))}


def read(files: dict[str, Any]) -> list[Draft]:
    return list(Twilio().read(MemoryListing(files), Options()))


def the_room(files: dict[str, Any]) -> Draft:
    (draft,) = read(files)
    return draft


def pieces(draft: Draft) -> dict[str, tuple[DraftTrack, Piece]]:
    return {piece.sid or "": (track, piece) for track in draft.tracks for piece in track.pieces}


def starts(draft: Draft) -> list[Any]:
    found = (piece.clock for _, piece in pieces(draft).values())
    return [clock and clock.start.value for clock in found]


def codes(draft: Draft) -> list[Code]:
    return [one.code for one in draft.findings]


def test_t1_offsets_of_a_listing_are_taken_as_they_are_and_exact() -> None:
    files = (
        FILES | listed() | {"room.json": room(), "people.json": page("participants", person("ann"))}
    )
    assert Twilio().detect(MemoryListing(files)).score == 95
    draft = the_room(files)
    assert starts(draft) == [EPOCH_OFFSET] * 3
    assert {p.clock and (p.clock.grade, p.clock.anchor) for _, p in pieces(draft).values()} == {
        (Grade.EXACT, Anchor.ZERO)
    }
    assert (draft.id, draft.sid, draft.name) == (ROOM, ROOM, "lesson-1")
    assert draft.date_created == datetime(2020, 8, 20, 1, 42, 3, tzinfo=UTC)
    assert draft.end_time == datetime(2020, 8, 20, 1, 43, tzinfo=UTC)
    track, piece = pieces(draft)[sid("RT", "ann/camera")]
    assert piece.clock
    assert piece.clock.start == Claim(EPOCH_OFFSET, "recordings.json#/recordings/0/offset")
    assert (track.name, track.kind, track.participant) == (
        "camera",
        MediaType.VIDEO,
        sid("PA", "ann"),
    )
    assert track.source_sid == sid("MT", "ann/camera")
    assert (piece.file, piece.codec) == (file_of("ann/camera"), "vp8")
    assert piece.size == Claim(len(MATROSKA), "recordings.json#/recordings/0/size")
    names = {one.sid: one.identity for one in draft.participants}
    # No document says who ben is.
    assert names == {sid("PA", "ann"): "ann", sid("PA", "ben"): sid("PA", "ben")}
    assert draft.documents == ("people.json", "recordings.json", "room.json")
    assert not draft.findings


def test_t2_offsets_differ() -> None:
    pages = page(
        "recordings", resource("ann/camera", offset=1000), resource("ben/camera", offset=4000)
    )
    draft = the_room(FILES | {"a.json": pages})
    found = {p.sid: p.clock and p.clock.start.value for _, p in pieces(draft).values()}
    assert found[sid("RT", "ann/camera")] == 1000
    assert found[sid("RT", "ben/camera")] == 4000
    # The third is not listed, and gets no clock.
    assert found[sid("RT", "ann/microphone")] is None
    assert codes(draft) == [Code.LOG_PARTIAL]


def test_t3_files_alone_have_no_offsets_and_name_what_is_missing() -> None:
    assert Twilio().detect(MemoryListing(FILES)).score == 60
    draft = the_room(FILES)
    assert starts(draft) == [None] * 3
    assert draft.sid is None
    assert draft.id == min(sid("RT", name) for name in NAMES)
    kinds = {track.key: track.kind for track in draft.tracks}
    assert kinds[sid("RT", "ann/microphone")] is MediaType.AUDIO
    assert kinds[sid("RT", "ann/camera")] is MediaType.VIDEO
    (finding,) = draft.findings
    assert finding.code is Code.LOG_PARTIAL
    assert "no listing of recordings" in finding.text
    assert file_of("ann/camera") in finding.text


def test_t4_headers_beside_a_file_are_its_encryption_and_no_secret_is_kept() -> None:
    name = file_of("ann/camera")
    sealed = FILES | {name: b"\x9c" * 32, f"{name}.json": headers()}
    draft = the_room(sealed | listed())
    _, piece = pieces(draft)[sid("RT", "ann/camera")]
    envelope = Envelope(b"k" * 256, b"i" * 16, 746_518)
    assert piece.encryption == Encryption(EncryptionFormat.RSA_ENVELOPE, envelope)
    assert f"{name}.json" in draft.documents
    assert not draft.findings
    assert CANARY not in repr(draft)
    assert ACCOUNT not in repr(draft)


@pytest.mark.parametrize(
    "held",
    [
        {"Metadata": {"x-amz-key": "a2V5", "x-amz-iv": "aWlpaWlpaWlpaWlpaWlpaQ=="}},
        {
            "headers": {
                "X-Amz-Meta-X-Amz-Key": "a2V5",
                "X-AMZ-META-X-AMZ-IV": "aWlpaWlpaWlpaWlpaWlpaQ==",
            }
        },
    ],
)
def test_headers_are_read_as_clients_print_them(held: dict[str, Any]) -> None:
    draft = the_room({file_of("ann/camera"): b"?", f"{sid('RT', 'ann/camera')}.head.json": held})
    _, piece = pieces(draft)[sid("RT", "ann/camera")]
    assert piece.encryption
    assert piece.encryption.envelope == Envelope(b"key", b"i" * 16, None)


def test_no_secret_in_a_name_reaches_a_draft() -> None:
    secret = f"https://u:{CANARY}@a.example/b?token={CANARY}"
    said = resource("ann/camera", track_name=secret, codec=secret)
    documents = {
        "r.json": said,
        "p.json": {**person("ann"), "identity": secret},
        "room.json": room(unique_name=secret),
    }
    draft = the_room(FILES | documents)
    assert "a.example" in repr(draft)
    assert CANARY not in repr(draft)


EVERYTHING = {
    **FILES,
    **listed(),
    "room.json": room(),
    "people.json": page("participants", person("ann"), person("ben")),
    "calls.json": [callback("ann/camera", "recording-completed")],
    f"{file_of('ann/camera')}.json": headers(),
}


def test_x3_no_damage_makes_it_fail() -> None:
    assert_survives(Twilio(), EVERYTHING, 100)
    assert_survives(Twilio(), {"lines.jsonl": b"\n".join(LINES), **FILES}, 50)


@pytest.mark.soak
def test_x3_ten_thousand_times() -> None:
    assert_survives(Twilio(), EVERYTHING, 10_000)
    assert_survives(Twilio(), {"lines.jsonl": b"\n".join(LINES), **FILES}, 1000)


LINES = [json.dumps(resource(name)).encode() for name in NAMES]


def test_what_may_be_encrypted_is_said() -> None:
    name = file_of("ann/camera")
    assert codes(the_room(FILES | listed() | {name: b"\x9c" * 32})) == [Code.MEDIA_ENCRYPTED]
    broken = {f"{name}.json": headers(iv=b"short")}
    draft = the_room(FILES | listed() | {name: b"\x9c" * 32} | broken)
    assert codes(draft) == [Code.MEDIA_ENCRYPTED]
    assert "no key and IV" in draft.findings[0].text


def said_otherwise() -> dict[str, dict[str, Any]]:
    """The same recordings, said by each kind of document alone."""
    done = [callback(name, "recording-completed") for name in NAMES]
    alone = {f"{resource(name)['sid']}.json": resource(name) for name in NAMES}
    without_room = [
        {key: value for key, value in resource(name).items() if key != "room_sid"} for name in NAMES
    ]
    return {
        "a page of the room": {"p.json": page("recordings", *(resource(name) for name in NAMES))},
        "a page of the account": {"p.json": page("recordings", *without_room)},
        "a list": {"p.json": [resource(name) for name in NAMES]},
        "resources": alone,
        "callbacks as forms": {f"{i}.txt": form(one) for i, one in enumerate(done)},
        "forms in lines": {"all.txt": b"\n".join(form(one) for one in done)},
        "callbacks as JSON": {f"{i}.json": one for i, one in enumerate(done)},
        "a list of callbacks": {"all.json": done},
    }


@pytest.mark.parametrize("how", said_otherwise())
def test_each_kind_of_document_says_the_same(how: str) -> None:
    documents = said_otherwise()[how]
    files = MemoryListing(FILES | documents)
    assert Twilio().detect(files).score == 95
    draft = the_room(FILES | documents)
    assert (draft.id, draft.sid) == (ROOM, ROOM)
    assert starts(draft) == [EPOCH_OFFSET] * 3
    assert sorted(
        (t.name, t.kind, t.participant, t.source_sid or "") for t in draft.tracks
    ) == sorted(
        (track, "audio" if track == "microphone" else "video", sid("PA", who), sid("MT", name))
        for name in NAMES
        for who, _, track in [name.partition("/")]
    )
    assert {p.codec for _, p in pieces(draft).values()} == {"vp8", "opus"}
    assert not draft.findings
    assert CANARY not in repr(draft)
    assert ACCOUNT not in repr(draft)


@given(st.lists(st.sampled_from(sorted(said_otherwise())), min_size=1, max_size=4, unique=True))
def test_any_mix_is_joined_by_sid(kinds: list[str]) -> None:
    every = said_otherwise()
    mixed = {f"{kind}/{name}": held for kind in kinds for name, held in every[kind].items()}
    draft = the_room(FILES | mixed)
    assert starts(draft) == [EPOCH_OFFSET] * 3
    assert len(draft.tracks) == 3


def test_files_as_a_bucket_has_them_say_room_and_participant() -> None:
    files = {
        f"{ACCOUNT}/{ROOM}/{sid('PA', name.partition('/')[0])}/{file_of(name)}": MATROSKA
        for name in NAMES
    }
    draft = the_room(files)
    assert draft.sid == ROOM
    assert {one.sid for one in draft.participants} == {sid("PA", "ann"), sid("PA", "ben")}
    assert starts(draft) == [None] * 3


def test_recordings_of_one_published_track_are_its_pieces() -> None:
    again = resource("ann/camera", sid=sid("RT", "again"), date_created="2020-08-20T01:50:00Z")
    pages = page("recordings", resource("ann/camera"), again)
    more = {f"{sid('RT', 'again')}.mkv": MATROSKA, file_of("ann/camera"): MATROSKA}
    (track,) = the_room(more | {"a.json": pages}).tracks
    assert {piece.sid for piece in track.pieces} == {sid("RT", "ann/camera"), sid("RT", "again")}
    assert track.source_sid == sid("MT", "ann/camera")


def test_a_delivery_of_two_rooms_is_two_drafts() -> None:
    other = sid("RM", "other")
    there = resource("cid/camera", room_sid=other, grouping_sids={"room_sid": other})
    files = FILES | listed() | {"other.json": there, file_of("cid/camera"): MATROSKA}
    assert {draft.id for draft in read(files)} == {ROOM, other}
    (draft,) = [draft for draft in read(files) if draft.id == other]
    assert [track.name for track in draft.tracks] == ["camera"]
    named = read(files | {"room.json": room()})
    assert {draft.id: draft.name for draft in named} == {ROOM: "lesson-1", other: None}


@pytest.mark.parametrize(
    ("said", "there", "expected"),
    [
        ([resource("ann/camera", status="processing", size=0)], False, "processing"),
        ([resource("ann/camera", status="processing", size=0)], True, "completed"),
        ([resource("ann/camera", status="deleted")], False, "deleted"),
        ([resource("ann/camera", status="deleted")], True, "completed"),
        ([resource("ann/camera", status="failed")], True, "failed"),
        ([callback("ann/camera", "recording-started")], False, "processing"),
        ([callback("ann/camera", "recording-failed")], False, "failed"),
        # A page from before the end, and what came after it.
        (
            [
                resource("ann/camera", status="processing", size=0),
                callback("ann/camera", "recording-completed"),
            ],
            False,
            "completed",
        ),
        (
            [callback("ann/camera", "recording-started"), resource("ann/camera", status="deleted")],
            False,
            "deleted",
        ),
    ],
)
def test_the_last_status_counts_in_any_order(
    said: list[dict[str, Any]], there: bool, expected: str
) -> None:
    for order in itertools.permutations(said):
        files = {f"{number}.json": one for number, one in enumerate(order)}
        held = {file_of("ann/camera"): MATROSKA} if there else {}
        _, piece = pieces(the_room(files | held))[sid("RT", "ann/camera")]
        assert piece.status is RecordingStatus(expected)
        assert piece.size is None or piece.size.value == len(MATROSKA)


def test_the_end_of_a_room_may_come_by_callback() -> None:
    ended = {
        "RoomSid": ROOM,
        "RoomName": "lesson-1",
        "RoomStatus": "completed",
        "StatusCallbackEvent": "room-ended",
        "Timestamp": "2020-08-20T01:44:00.5Z",
    }
    draft = the_room(FILES | listed() | {"end.txt": form(ended)})
    assert draft.end_time == datetime(2020, 8, 20, 1, 44, 0, 500_000, tzinfo=UTC)
    assert draft.name == "lesson-1"


def test_a_broken_listing_is_said_and_the_rest_is_read() -> None:
    cut = {"cut.json": b'{"recordings": [{"sid": "' + sid("RT", "ann/camera").encode()}
    foreign = {"package.json": b"{", "notes.txt": b"bring cake & tea", "list.json": b"[1, 2]"}
    draft = the_room(FILES | cut | foreign)
    assert codes(draft) == [Code.LOG_PARTIAL, Code.LOG_PARTIAL]
    assert draft.findings[0].subject == "cut.json"


def test_what_an_import_has_written_is_no_listing() -> None:
    ours = {"schema": "roomreel.room/1", "recordings": [resource(name, offset=7) for name in NAMES]}
    assert starts(the_room(FILES | {"lesson.room.json": ours})) == [None] * 3


@pytest.mark.parametrize("files", [{}, {"a.mkv": MATROSKA}, {"RT12.mkv": MATROSKA, "a.json": {}}])
def test_a_delivery_of_others_is_refused(files: dict[str, Any]) -> None:
    assert Twilio().detect(MemoryListing(files)).score == 0
    with pytest.raises(DeliveryInvalid, match="no recording of Twilio Video"):
        read(files)
