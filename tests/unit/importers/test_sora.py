"""Archives of Sora: whole and in slices, with reports and without."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from deliveries import MemoryListing
from mutations import assert_survives

from roomreel.errors import DeliveryInvalid
from roomreel.importers.claims import Anchor, Draft, DraftTrack, Grade
from roomreel.importers.finding import Code
from roomreel.importers.port import Options
from roomreel.importers.vendors.sora import Sora
from roomreel.model.room import MediaType

CANARY = "canary-55b0"
CONN = "Z2EDY12WX13QK8X8JDZK81MM0G"
WEBM = b"\x1a\x45\xdf\xa3"


def archive(start: int, stop: int, connection: str = CONN, **more: Any) -> dict[str, Any]:
    return {
        "connection_id": connection,
        "audio": True,
        "video": {"codec_type": "VP9", "bit_rate": 500},
        "start_time_offset": start,
        "stop_time_offset": stop,
        "metadata": {"token": CANARY},
        "file_url": f"https://bucket.example/a.webm?X-Amz-Signature={CANARY}",
        **more,
    }


def report(*archives: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "recording_id": "REC1",
        "channel_id": "lobby",
        "session_id": "S1",
        "created_at": 1_700_000_000,
        "archives": list(archives),
        "access_key": CANARY,
        **more,
    }


def drafts(files: dict[str, Any]) -> list[Draft]:
    return list(Sora().read(MemoryListing(files), Options()))


def tracks(draft: Draft) -> dict[str, DraftTrack]:
    return {track.name: track for track in draft.tracks}


def starts(track: DraftTrack) -> list[int]:
    assert all(piece.clock and piece.clock.anchor is Anchor.ZERO for piece in track.pieces)
    return [round(piece.clock.start.value) for piece in track.pieces if piece.clock]


def test_s1_documents_of_one_connection_are_slices_of_one_source() -> None:
    files: dict[str, Any] = {}
    for number, colour in enumerate(("red", "green", "blue")):
        files[f"{colour}-noise.json"] = archive(number, number + 1, "foo", format="mp4")
        files[f"{colour}-noise.mp4"] = b"\0\0\0\x1cftypisom"
    (draft,) = drafts(files)
    assert [(one.name, one.kind) for one in draft.tracks] == [
        ("microphone", MediaType.AUDIO),
        ("camera", MediaType.VIDEO),
    ]
    for track in draft.tracks:
        assert [piece.file for piece in track.pieces] == [
            "red-noise.mp4",
            "green-noise.mp4",
            "blue-noise.mp4",
        ]
        assert (starts(track), track.leash_ms) == ([0, 1000, 2000], 1000)
        assert {piece.clock.grade for piece in track.pieces if piece.clock} == {Grade.COARSE}


def test_s2_slices_follow_within_a_leash_and_the_summary_is_no_source() -> None:
    files: dict[str, Any] = {
        f"split-archive-{CONN}_0001.json": archive(0, 11),
        f"split-archive-{CONN}_0001.webm": WEBM,
        f"split-archive-{CONN}_0002.json": archive(11, 31),
        f"split-archive-{CONN}_0002.webm": WEBM,
        f"split-archive-end-{CONN}.json": archive(0, 31),
        f"split-archive-end-{CONN}.webm": b"",
    }
    (draft,) = drafts(files)
    sound = tracks(draft)["microphone"]
    assert [piece.file for piece in sound.pieces] == [
        f"split-archive-{CONN}_0001.webm",
        f"split-archive-{CONN}_0002.webm",
    ]
    assert (starts(sound), sound.leash_ms) == ([0, 11_000], 1000)
    assert [piece.end.value for piece in sound.pieces if piece.end] == [11_000, 31_000]


def test_s3_sound_and_pictures_of_a_file_share_its_claim() -> None:
    (draft,) = drafts({"archive-x.json": archive(22, 40), "archive-x.webm": WEBM})
    sound, pictures = tracks(draft)["microphone"], tracks(draft)["camera"]
    assert (starts(sound), starts(pictures)) == ([22_000], [22_000])
    assert sound.pieces[0].file == pictures.pieces[0].file == "archive-x.webm"
    assert (pictures.pieces[0].codec, pictures.optional) == ("vp9", False)


def test_a_whole_is_preferred_to_its_slices_unless_it_is_absent() -> None:
    files: dict[str, Any] = {
        f"archive-{CONN}.json": archive(0, 20),
        f"archive-{CONN}.webm": WEBM,
        f"split-archive-{CONN}_0001.json": archive(0, 20),
        f"split-archive-{CONN}_0001.webm": WEBM,
    }
    assert [p.file for p in tracks(drafts(files)[0])["camera"].pieces] == [f"archive-{CONN}.webm"]
    del files[f"archive-{CONN}.webm"]
    assert [p.file for p in tracks(drafts(files)[0])["camera"].pieces] == [
        f"split-archive-{CONN}_0001.webm"
    ]


def test_a_report_names_the_room_and_what_is_missing() -> None:
    files = {
        "report-REC1.json": report(
            {"connection_id": "A", "metadata_filename": "archive-A.json"},
            {"connection_id": "B", "file_path": "some/where/archive-B.json"},
            {"connection_id": "C", "split_last_index": "0003"},
        ),
        "archive-A.json": archive(1, 5, "A", client_id="ana", bundle_id="one"),
        "archive-A.webm": WEBM,
        "split-archive-C_0001.json": archive(0, 2, "C", video=False, client_id="ben"),
        "split-archive-C_0001.webm": WEBM,
    }
    (draft,) = drafts(files)
    assert (draft.id, draft.name) == ("REC1", "lobby")
    assert draft.zero == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert [(one.key, one.identity) for one in draft.participants] == [("C", "ben"), ("one", "ana")]
    assert [(one.participant, one.name) for one in draft.tracks] == [
        ("C", "microphone"),
        ("one", "microphone"),
        ("one", "camera"),
    ]
    assert [(one.code, one.subject) for one in draft.findings] == [
        (Code.MEDIA_MISSING, "B"),
        (Code.MEDIA_MISSING, "C"),
    ]
    assert "2 slices, from split-archive-C_0002.json on" in draft.findings[1].text
    assert CANARY not in repr(draft)


def test_stamps_are_used_where_every_archive_has_one() -> None:
    first = archive(0, 9, "A", start_timestamp="2023-11-14T22:13:20.250Z")
    second = archive(3, 9, "B", start_timestamp="2023-11-14T22:13:23.700Z")
    files = {"a.json": first, "a.webm": WEBM, "b.json": second, "b.webm": WEBM}
    (draft,) = drafts(files)
    assert [starts(one)[0] for one in draft.tracks[::2]] == [1700000000250, 1700000003700]
    assert {p.clock.grade for t in draft.tracks for p in t.pieces if p.clock} == {Grade.GOOD}
    assert [claim.value for claim in draft.tracks[2].pieces[0].also] == [3000]
    assert draft.zero == datetime(1970, 1, 1, tzinfo=UTC)
    del second["start_timestamp"]
    (draft,) = drafts(files)
    assert [starts(one)[0] for one in draft.tracks[::2]] == [0, 3000]


def test_recordings_of_their_own_are_rooms_of_their_own() -> None:
    files: dict[str, Any] = {}
    for name in ("a", "b"):
        files[f"{name}.json"] = archive(0, 5, name, recording_id=f"R{name}", audio=None)
        files[f"{name}.webm"] = WEBM
    first, second = drafts(files)
    assert (first.id, second.id) == ("Ra", "Rb")
    assert tracks(first)["microphone"].optional


def test_documents_that_are_cut_cost_themselves() -> None:
    text = b'{"connection_id": "A", "start_time_offset": 1, "stop'
    (draft,) = drafts({"a.json": text, "b.json": archive(0, 5), "b.webm": WEBM})
    assert [(one.code, one.subject) for one in draft.findings] == [(Code.LOG_PARTIAL, "a.json")]


def test_documents_whose_media_are_there_make_it_sure() -> None:
    files: dict[str, Any] = {"archive-A.json": archive(0, 5)}
    assert Sora().detect(MemoryListing(files)).score == 60
    assert Sora().detect(MemoryListing({**files, "archive-A.webm": WEBM})).score == 95
    assert Sora().detect(MemoryListing({"a.json": {"connection_id": "x"}})).score == 0
    with pytest.raises(DeliveryInvalid, match="report"):
        drafts({"a.webm": WEBM})


def damageable() -> dict[str, Any]:
    listed = [{"connection_id": "A", "metadata_filename": "a.json", "split_last_index": "0002"}]
    return {
        "report-R.json": report(*listed),
        "a.json": archive(0, 5, "A", start_timestamp="2023-11-14T22:13:20.250Z", bundle_id="b"),
        "a.webm": WEBM,
        "split-archive-A_0001.json": archive(0, 2, "A"),
        "split-archive-A_0001.webm": WEBM,
    }


def test_no_damaged_document_makes_it_fail() -> None:
    assert_survives(Sora(), damageable(), 300)


@pytest.mark.soak
def test_ten_thousand_damaged_documents_make_it_fail_never() -> None:
    assert_survives(Sora(), damageable(), 10_000)
