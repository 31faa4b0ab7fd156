"""Archives of individual streams of Vonage."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from canaries import CANARY, with_secrets
from deliveries import MemoryListing
from mutations import assert_survives
from streams import CREATED, Stream, vonage

from roomreel.errors import DeliveryInvalid
from roomreel.importers.claims import Anchor, Draft, Grade
from roomreel.importers.finding import Code
from roomreel.importers.port import Options
from roomreel.importers.vendors.vonage import VONAGE
from roomreel.model.room import MediaType

TWO = (Stream("a", 0, 31_000), Stream("b", 22_000, 61_000))


def media(*names: str) -> dict[str, bytes]:
    """Return files that are there; no reader opens them."""
    return dict.fromkeys(names, b"\x1a\x45\xdf\xa3" + bytes(996))


def read(files: Mapping[str, Any]) -> list[Draft]:
    return list(VONAGE.read(MemoryListing(files), Options()))


def placed(draft: Draft) -> list[tuple[str | None, str, Fraction | int | None]]:
    """Return file, kind and claimed start of each piece."""
    return [
        (piece.file, track.kind.value, piece.clock and piece.clock.start.value)
        for track in draft.tracks
        for piece in track.pieces
    ]


def test_v1_a_file_of_sound_and_pictures_is_two_tracks() -> None:
    (draft,) = read({"archive.json": vonage(TWO), **media("a.webm", "b.webm")})
    assert placed(draft) == [
        ("a.webm", "video", 0),
        ("a.webm", "audio", 0),
        ("b.webm", "video", 22_000),
        ("b.webm", "audio", 22_000),
    ]
    assert draft.zero == datetime(2017, 2, 6, 19, 2, 35, 924_000, UTC)
    assert (draft.id, draft.name) == ("b81a8b72-archive", "weekly-standup")
    assert [track.name for track in draft.tracks] == ["camera", "microphone"] * 2
    assert all(track.optional for track in draft.tracks), "nothing says which a file has"
    clock = draft.tracks[2].pieces[0].clock
    assert clock is not None
    assert (clock.anchor, clock.grade, clock.rule) == (
        Anchor.ZERO,
        Grade.GOOD,
        "vonage/startTimeOffset",
    )
    assert clock.start.at == "archive.json#/files/1/startTimeOffset"
    end = draft.tracks[2].pieces[0].end
    assert end is not None
    assert (end.value, end.at) == (61_000, "archive.json#/files/1/stopTimeOffset")


def test_v2_a_stream_that_comes_again_is_the_next_piece_of_its_tracks() -> None:
    again = (Stream("a", 0, 10_000), Stream("a", 15_000, 20_000, file="a-1.webm"))
    (draft,) = read({"archive.json": vonage(again), **media("a.webm", "a-1.webm")})
    assert [(track.kind, len(track.pieces)) for track in draft.tracks] == [
        (MediaType.VIDEO, 2),
        (MediaType.AUDIO, 2),
    ]
    assert len({track.key for track in draft.tracks}) == 1
    assert all(track.leash_ms is None for track in draft.tracks), "it was published again"
    assert placed(draft)[:2] == [("a.webm", "video", 0), ("a-1.webm", "video", 15_000)]


def test_v3_what_is_listed_and_absent_is_kept_as_such() -> None:
    (draft,) = read({"archive.json": vonage(TWO), **media("b.webm")})
    assert [file for file, _, _ in placed(draft)] == [None, None, "b.webm", "b.webm"]


def test_v3_of_a_document_that_is_cut_the_complete_files_are_taken() -> None:
    text = json.dumps(vonage((*TWO, Stream("c", 5, 9))), indent=1)
    cut = text[: text.index('"c.webm"')].encode()
    files = {"archive.json": cut, **media("a.webm", "b.webm", "c.webm")}
    (draft,) = read(files)
    assert len(draft.tracks) == 4
    (finding,) = draft.findings
    assert (finding.code, finding.subject) == (Code.LOG_PARTIAL, "archive.json")
    assert VONAGE.detect(MemoryListing(files)).score == 95


def test_v3_two_documents_are_two_rooms() -> None:
    files = {
        "one.json": vonage(TWO, id="one", name=None),
        "two/two.json": vonage((Stream("a", 7, 9),), id="two", name="second"),
        "two/a.webm": b"other",
        **media("a.webm", "b.webm"),
    }
    one, two = read(files)
    assert (one.name, two.name) == ("2_session", "second")
    assert placed(two)[0] == ("two/a.webm", "video", 7), "the one beside its document"


def test_an_archive_that_is_there_twice_is_one_room() -> None:
    whole = vonage(TWO)
    cut = json.dumps(whole)[:-150].encode()
    name = f"{whole['id']}.json"
    files = {name: cut, f"x/{name}": whole, **media("x/a.webm", "x/b.webm")}
    (draft,) = read(files)
    assert draft.documents == (f"x/{name}",)
    assert draft.findings == ()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_streams_of_equal_data_are_of_one_participant(order: tuple[int, ...]) -> None:
    streams = (
        Stream("b", 0, 9, data='{"name": "Ana"}'),
        Stream("a", 5, 9, data='{"name": "Ana"}', kind="screen"),
        Stream("c", 6, 9),
    )
    document = vonage([streams[number] for number in order])
    (draft,) = read({"archive.json": document, **media("a.webm", "b.webm", "c.webm")})
    names = {one.key: (one.identity, one.display_name) for one in draft.participants}
    assert names == {"a": ("Ana", "Ana"), "c": ("c", None)}, "whatever their order"
    assert {(track.participant, track.key, track.name) for track in draft.tracks} == {
        ("a", "b", "camera"),
        ("a", "b", "microphone"),
        ("a", "a", "screen"),
        ("a", "a", "screen-audio"),
        ("c", "c", "camera"),
        ("c", "c", "microphone"),
    }
    assert [(one.code, one.subject) for one in draft.findings] == [(Code.NAME_GUESSED, "a")]


def test_equal_names_of_different_data_stay_different_participants() -> None:
    streams = (Stream("a", 0, 9, data='{"name":"Ana","n":1}'), Stream("b", 0, 9, data="Ana"))
    (draft,) = read({"archive.json": vonage(streams), **media("a.webm", "b.webm")})
    assert [one.identity for one in draft.participants] == ["Ana", "Ana"]


def test_where_nothing_says_when_a_file_begins_there_is_no_clock() -> None:
    document = vonage(TWO, createdAt=None)
    del document["files"][0]["startTimeOffset"]
    (draft,) = read({"archive.json": document, **media("a.webm", "b.webm")})
    assert draft.zero is None
    assert [start for _, _, start in placed(draft)] == [None, None, 22_000, 22_000]


def test_detection_says_what_it_saw() -> None:
    whole = {"x/archive.json": vonage(TWO), **media("x/a.webm", "x/b.webm")}
    match = VONAGE.detect(MemoryListing(whole))
    assert (match.score, match.why) == (95, "x/archive.json lists 2 of 2 files")
    alone = VONAGE.detect(MemoryListing({"archive.json": vonage(TWO)}))
    assert (alone.score, alone.why) == (70, "archive.json lists 0 of 2 files")
    other = {"package.json": {"files": ["a"], "name": "x"}, "b.json": b"{", **media("a.webm")}
    assert VONAGE.detect(MemoryListing(other)).score == 0
    with pytest.raises(DeliveryInvalid, match="lists streams"):
        read(other)


def test_documents_that_cannot_be_read_cost_their_own_room() -> None:
    files = {"a.json": vonage(TWO), "b.json": b'{"files": [}', **media("a.webm", "b.webm")}
    (draft,) = read(files)
    assert [(one.code, one.subject) for one in draft.findings] == [(Code.LOG_PARTIAL, "b.json")]
    with pytest.raises(DeliveryInvalid, match=r"b\.json is no JSON"):
        read({"b.json": b'{"files": [}'})


def test_no_secret_reaches_a_draft() -> None:
    data = json.dumps({"name": "Ana", "token": CANARY, "url": f"https://x/?sig={CANARY}"})
    document = vonage([Stream("a", 0, 9, data=data), Stream("b", 0, 9, data=f"T1=={CANARY}x")])
    document["files"][0]["filename"] = f"https://u:{CANARY}@bucket/a.webm?X-Amz-Signature={CANARY}"
    (draft,) = read({"a.json": with_secrets(document), **media("a.webm", "b.webm")})
    assert [one.identity for one in draft.participants] == ["Ana", "b"]
    assert [file for file, _, _ in placed(draft)] == ["a.webm", "a.webm", "b.webm", "b.webm"]
    assert CANARY not in repr(draft)


@pytest.mark.parametrize("count", [200, pytest.param(10_000, marks=pytest.mark.soak)])
def test_x3_no_damage_makes_it_fail(count: int) -> None:
    document = vonage([*TWO, Stream("c", -5, 9, data='{"clientData": "Ben"}', kind="screen")])
    assert_survives(VONAGE, {"a.json": document, **media("a.webm", "c.webm")}, count)


def test_a_created_archive_counts_from_there() -> None:
    (draft,) = read({"a.json": vonage(TWO, createdAt=str(CREATED)), **media("a.webm")})
    assert draft.zero == datetime(2017, 2, 6, 19, 2, 35, 924_000, UTC)
    (draft,) = read({"a.json": vonage(TWO, createdAt=-(10**15)), **media("a.webm")})
    assert draft.zero is None
