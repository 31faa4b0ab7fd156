"""Files of egresses of LiveKit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

import pytest
from canaries import CANARY, with_secrets
from deliveries import MemoryListing
from egresses import ASKED, FIRST, ROOM, SECOND, camera, info, manifest, track
from mutations import assert_survives

from roomreel.errors import DeliveryInvalid
from roomreel.importers.claims import Anchor, Draft, DraftTrack, Grade
from roomreel.importers.finding import Code
from roomreel.importers.port import Options
from roomreel.importers.vendors.livekit import LiveKit
from roomreel.model.room import RecordingStatus

MICROPHONE = {"track_kind": "audio", "track_source": "microphone", "track_id": "TR_mic"}


def read(files: Mapping[str, Any]) -> list[Draft]:
    return list(LiveKit().read(MemoryListing(files), Options()))


def one(files: Mapping[str, Any]) -> Draft:
    (draft,) = read(files)
    return draft


def described(draft: Draft) -> list[tuple[str, str, str, str | None]]:
    """Return participant, name, kind and file of each piece."""
    return [
        (track.participant, track.name, track.kind.value, piece.file)
        for track in draft.tracks
        for piece in track.pieces
    ]


def started(track: DraftTrack) -> list[tuple[Fraction | int | None, Grade | None, str]]:
    return [
        (
            piece.clock and piece.clock.start.value,
            piece.clock and piece.clock.grade,
            piece.clock.rule,
        )
        for piece in track.pieces
        if piece.clock
    ]


def test_l1_files_start_when_their_first_packets_came() -> None:
    draft = one(
        {
            "EG_1.json": camera(1, "a.mp4"),
            "EG_2.json": manifest(2, "a.ogg", publisher_identity="ana", **MICROPHONE),
            "info.json": {
                "items": [
                    info(1, "a.mp4", FIRST, FIRST + 10**10, **track("TR_ana1")),
                    info(2, "a.ogg", SECOND, SECOND + 10**10, **track("TR_mic")),
                ]
            },
            "a.mp4": b"m",
            "a.ogg": b"o",
        }
    )
    assert described(draft) == [
        ("ana", "camera", "video", "a.mp4"),
        ("ana", "microphone", "audio", "a.ogg"),
    ]
    ms = Fraction(1, 10**6)
    assert started(draft.tracks[0]) == [(FIRST * ms, Grade.GOOD, "livekit/startedAt")]
    assert started(draft.tracks[1]) == [(SECOND * ms, Grade.GOOD, "livekit/startedAt")]
    piece = draft.tracks[0].pieces[0]
    assert piece.clock is not None
    assert piece.clock.anchor is Anchor.ZERO
    assert piece.clock.start.at == "info.json#/items/0/fileResults/0/startedAt"
    assert piece.end is not None
    assert piece.end.value == (FIRST + 10**10) * ms
    assert [claim.value for claim in piece.also] == [ASKED * ms]
    assert draft.zero == datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    assert (draft.id, draft.name, draft.date_created) == ("RM_session", "standup", None)


def test_l2_a_manifest_alone_says_when_it_was_asked_for() -> None:
    files = {"EG_1.json": camera(1, "day/a.mp4"), "a.mp4": b"m"}
    asked = one(files).tracks[0]
    assert started(asked) == [(ASKED // 10**6, Grade.GUESSED, "livekit/request")]
    assert asked.pieces[0].end is None, "the end of a manifest is when it was closed"
    event = {"event": "egress_ended", "egressInfo": info(1, "day/a.mp4", FIRST, **track("TR_ana1"))}
    known = one({**files, "hook.json": event}).tracks[0]
    assert started(known) == [(Fraction(FIRST, 10**6), Grade.GOOD, "livekit/startedAt")]
    (claim,) = known.pieces[0].also
    assert round(Fraction(FIRST, 10**6) - claim.value) == 2_123


def test_l3_an_egress_that_was_aborted_failed_and_its_retry_is_a_piece() -> None:
    draft = one(
        {
            "1.json": info(1, "a.mp4", FIRST, FIRST, status="EGRESS_ABORTED", **track("TR_a")),
            "2.json": info(2, "a-1.mp4", SECOND, retryCount=1, **track("TR_a")),
            "a-1.mp4": b"m",
        }
    )
    (video,) = [track for track in draft.tracks if any(piece.file for piece in track.pieces)]
    pieces = [piece for track in draft.tracks for piece in track.pieces]
    assert {(track.participant, track.key) for track in draft.tracks} == {("TR_a", "TR_a")}
    assert [(piece.file, piece.status) for piece in video.pieces] == [
        (None, RecordingStatus.FAILED),
        ("a-1.mp4", RecordingStatus.COMPLETED),
    ]
    assert len(pieces) == 2


@pytest.mark.parametrize(
    ("status", "start", "end", "expected"),
    [
        ("EGRESS_COMPLETE", FIRST, FIRST, RecordingStatus.FAILED),
        ("EGRESS_FAILED", None, None, RecordingStatus.FAILED),
        (4, None, None, RecordingStatus.FAILED),
        ("EGRESS_ACTIVE", FIRST, None, RecordingStatus.PROCESSING),
        (1, FIRST, None, RecordingStatus.PROCESSING),
        ("EGRESS_COMPLETE", FIRST, SECOND, RecordingStatus.COMPLETED),
    ],
)
def test_what_became_of_a_file_that_is_not_there(
    status: Any, start: int | None, end: int | None, expected: RecordingStatus
) -> None:
    told = info(1, "a.mp4", start, end, status=status, **track("TR_VCabcdefgh"))
    pieces = one({"1.json": told}).tracks[0].pieces
    assert [(piece.file, piece.status) for piece in pieces] == [(None, expected)]
    there = one({"1.json": told, "a.mp4": b"m"}).tracks[0].pieces
    assert [piece.status for piece in there] == [RecordingStatus.COMPLETED], "it can be used"


def test_an_egress_that_failed_before_any_file_is_a_recording_that_failed() -> None:
    told = info(1, None, status="EGRESS_FAILED", fileResults=[], **track("TR_VCabcdefgh"))
    (only,) = one({"1.json": told}).tracks
    assert [(piece.file, piece.status) for piece in only.pieces] == [(None, RecordingStatus.FAILED)]


def test_the_newest_message_about_an_egress_counts() -> None:
    asked = track("TR_VCabcdefgh")
    early = info(1, "a.mp4", None, status="EGRESS_STARTING", updatedAt=str(ASKED), **asked)
    late = info(1, "a.mp4", FIRST, SECOND, updatedAt=str(SECOND), **asked)
    for order in ([early, late], [late, early]):
        (piece,) = one({"hooks.json": [{"egressInfo": one} for one in order]}).tracks[0].pieces
        assert piece.status is RecordingStatus.COMPLETED
        assert piece.clock is not None
        assert piece.clock.grade is Grade.GOOD


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (track("TR_VCabcdefgh"), [("TR_VCabcdefgh", "camera", "video")]),
        (track("TR_VSabcdefgh"), [("TR_VSabcdefgh", "screen", "video")]),
        (track("TR_Asabcdefgh"), [("TR_Asabcdefgh", "screen-audio", "audio")]),
        (track("TR_old"), [("TR_old", "camera", "video")]),
        (
            {"trackComposite": {"audioTrackId": "TR_AMabcdefgh", "videoTrackId": "TR_VCabcdefgh"}},
            [("TR_VCabcdefgh", "microphone", "audio"), ("TR_VCabcdefgh", "camera", "video")],
        ),
        (
            {"request": {"case": "participant", "value": {"identity": "ben"}}},
            [("ben", "microphone", "audio"), ("ben", "camera", "video")],
        ),
        (
            {"participant": {"identity": "ben", "screenShare": True}},
            [("ben", "screen-audio", "audio"), ("ben", "screen", "video")],
        ),
        (
            {"egress": {"media": {"participantVideo": {"identity": "ben"}}}},
            [("ben", "microphone", "audio"), ("ben", "camera", "video")],
        ),
        (
            {"replay": {"media": {"audio": {"routes": [{"trackId": "TR_AMabcdefgh"}]}}}},
            [("TR_AMabcdefgh", "microphone", "audio")],
        ),
        (
            {"egress": {"media": {"audio": {"captureAll": True}}}},
            [("everyone", "mixed", "audio"), ("everyone", "mixed", "video")],
        ),
        (
            {"egress": {"template": {"layout": "grid"}}},
            [("everyone", "mixed", "audio"), ("everyone", "mixed", "video")],
        ),
        ({"roomComposite": {}}, [("everyone", "mixed", "audio"), ("everyone", "mixed", "video")]),
        ({}, [("EG_1", "microphone", "audio"), ("EG_1", "camera", "video")]),
    ],
)
def test_tracks_are_those_that_were_asked_for(
    request_: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    draft = one({"1.json": info(1, "a.mp4", FIRST, **request_), "a.mp4": b"m"})
    assert [part[:3] for part in described(draft)] == expected
    composed = [one.code for one in draft.findings] == [Code.ALREADY_COMPOSED]
    assert composed == (expected[0][0] == "everyone")


def test_manifests_that_name_nobody_are_of_a_whole_room() -> None:
    draft = one({"EG_1.json": manifest(1, "a.mp4"), "a.mp4": b"m"})
    assert {track.participant for track in draft.tracks} == {"everyone"}
    assert [one.kind for one in draft.participants] == ["mixed"]


def test_people_are_called_as_webhooks_call_them() -> None:
    event = {
        "event": "track_published",
        "participant": {"identity": "ben", "name": "Ben Ito", "attributes": {"seat": "4"}},
        "track": {"sid": "TR_x", "type": "VIDEO", "source": "SCREEN_SHARE"},
    }
    told = info(1, "x.webm", FIRST, **track("TR_x"))
    draft = one({"hook.json": [event, {"egressInfo": told}], "x.webm": b"w"})
    assert described(draft) == [("ben", "screen", "video", "x.webm")]
    assert [(one.key, one.identity, one.display_name) for one in draft.participants] == [
        ("ben", "Ben Ito", "Ben Ito")
    ]
    assert [one.attributes for one in draft.participants] == [{"seat": "4"}]


def test_each_session_of_a_room_is_a_room() -> None:
    other = {"roomId": "RM_other"}
    files = {
        "1.json": info(1, "a.webm", FIRST, **track("TR_VCabcdefgh")),
        "2.json": info(2, "b.webm", FIRST, **track("TR_VCabcdefgi"), **other),
        "a.webm": b"",
        "b.webm": b"",
    }
    first, second = read(files)
    assert (first.id, second.id) == ("RM_other", "RM_session")
    nameless = info(3, "c.webm", FIRST, roomId=None, **track("TR_VCabcdefgj"))
    (joined,) = read({"1.json": files["1.json"], "3.json": nameless})
    assert len(joined.tracks) == 2


def test_results_of_other_shapes_are_read() -> None:
    result = {"filename": "a.webm", "startedAt": {"$numberLong": str(FIRST)}, "duration": "-5"}
    shapes = [
        {"fileResults": [], "file": result},
        {"fileResults": [], "result": {"case": "file", "value": result}},
        {"fileResults": [{**result, "startedAt": FIRST, "location": "https://h/a.webm?sig=1"}]},
    ]
    for shape in shapes:
        told = {**info(1, None, **track("TR_VCabcdefgh")), **shape}
        (only,) = one({"1.json": told, "x/a.webm": b""}).tracks
        assert started(only)[0][0] == Fraction(FIRST, 10**6)
        assert only.pieces[0].file == "x/a.webm"


def test_what_no_file_can_be_made_of_is_refused_in_words() -> None:
    files = {
        "1.json": info(1, "a.mcap", FIRST, **track("TR_VCabcdefgh")),
        "2.json": info(2, None, fileResults=[], segmentResults=[{"playlistName": "x.m3u8"}]),
        "a.mcap": b"\x89MCAP0\r\n" + bytes(9),
    }
    draft = one(files)
    assert draft.tracks == ()
    assert [(one.code, one.subject) for one in draft.findings] == [
        (Code.CODEC_UNSUPPORTED, "a.mcap"),
        (Code.CODEC_UNSUPPORTED, "EG_2"),
    ]


def test_detection_says_what_it_saw() -> None:
    files = {"1.json": camera(1, "a.webm"), "2.json": camera(2, "b.webm"), "a.webm": b""}
    match = LiveKit().detect(MemoryListing(files))
    assert (match.score, match.why) == (95, "documents of 2 egresses list 1 of 2 files")
    assert LiveKit().detect(MemoryListing({"1.json": camera(1, "a.webm")})).score == 70
    other = {"package.json": {"files": []}, "a.webm": b"", "b.json": b'{"egressId": }'}
    assert LiveKit().detect(MemoryListing(other)).score == 0
    with pytest.raises(DeliveryInvalid, match=r"b\.json is no JSON"):
        read(other)
    with pytest.raises(DeliveryInvalid, match="no JSON of it is of an egress"):
        read({"a.webm": b""})


def test_no_secret_reaches_a_draft() -> None:
    signed = f"https://user:{CANARY}@host/a.webm?X-Amz-Signature={CANARY}"
    asked = {"track": {**track("TR_x")["track"], "file": {"s3": {"secret": CANARY}}}}
    told = info(1, "a.webm", FIRST, **asked)
    told["fileResults"][0]["location"] = signed
    noted = camera(2, "b.webm", files=[{"location": signed, "presigned_url": signed}])
    draft = one({"1.json": with_secrets(told), "EG_2.json": with_secrets(noted), "a.webm": b""})
    assert [file for *_, file in described(draft)] == ["a.webm", "a.webm"]
    assert CANARY not in repr(draft)


@pytest.mark.parametrize("count", [200, pytest.param(10_000, marks=pytest.mark.soak)])
def test_x3_no_damage_makes_it_fail(count: int) -> None:
    event = {
        "event": "track_published",
        "participant": {"identity": "ben", "name": "Ben"},
        "track": {"sid": "TR_x", "type": "AUDIO", "source": "MICROPHONE"},
    }
    composite = {"request": {"case": "trackComposite", "value": {"audioTrackId": "TR_x"}}}
    media = {"egress": {"media": {"audio": {"routes": [{"trackId": "TR_x"}]}}}}
    hooks = [
        event,
        {"egressInfo": info(1, "a.webm", FIRST, SECOND, **track("TR_VCabcdefgh"))},
        {"egressInfo": info(2, "b.mp4", FIRST, **composite)},
        {"egressInfo": info(4, "d.ogg", FIRST, **media)},
    ]
    files = {"hooks.json": hooks, "EG_3.json": camera(3, "c.webm"), "EG_5.json": manifest(5, "e")}
    assert_survives(LiveKit(), {**files, "a.webm": b"", "b.mp4": b"", "c.webm": b""}, count)


def test_texts_of_large_numbers_are_exact() -> None:
    text = json.dumps(info(1, "a.webm", FIRST, **track("TR_VCabcdefgh"))).replace(
        f'"{FIRST}"', str(FIRST)
    )
    (only,) = one({"1.json": text.encode()}).tracks
    assert started(only)[0][0] == Fraction(FIRST, 10**6)
    assert ROOM["room_name"] == "standup"
