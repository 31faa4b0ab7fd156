"""Raw tracks of Daily: names, the log of the call, and what is wrong with either."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from deliveries import MemoryListing
from mutations import assert_survives

from roomreel.errors import DeliveryInvalid
from roomreel.importers.claims import Anchor, Draft, DraftTrack, Grade
from roomreel.importers.finding import Code
from roomreel.importers.port import Options
from roomreel.importers.vendors.daily import Daily
from roomreel.model.room import MediaType

ZERO = 1703174279145
ANA = "a1e0c2d4-0000-4000-8000-00000000000a"
BEN = "b1e0c2d4-0000-4000-8000-00000000000b"
CANARY = "canary-8d1f"
WEBM = b"\x1a\x45\xdf\xa3" + b"\0" * 40
WAV = b"RIFF\0\0\0\0WAVEfmt "
AAC = b"\xff\xf1\x50\x80"


def name_of(session: str, tag: str, after: int, zero: int = ZERO) -> str:
    return f"{zero}-{session}-{tag}-{zero + after}"


def event(after: float, what: str, who: str | None = None, **data: Any) -> dict[str, Any]:
    return {"ts": (ZERO + after) / 1000, "type": what, "participant_id": who, "data": data}


def added(number: int, who: str, tag: str, shown: str, after: float = 0) -> dict[str, Any]:
    about = {"kind": tag.split("-")[1], "trackType": tag, "displayName": shown, "token": CANARY}
    return event(after, "track-added", who, trackSessionNum=number, **about)


def started(number: int, base: str, after: float) -> dict[str, Any]:
    return event(
        after,
        "recording-media-started",
        None,
        trackSessionNum=number,
        uri=f"https://user:{CANARY}@bucket.example/daily/room/{base}?X-Amz-Signature={CANARY}",
        mediaStartTime=(ZERO + after) / 1000,
        contentType="audio/webm",
    )


def log_of(*events: dict[str, Any], kind: str = "raw-tracks") -> dict[str, Any]:
    return {"recording": {"type": kind, "secret": CANARY}, "events": list(events)}


SOUND = name_of(ANA, "cam-audio", 125)
PICTURES = name_of(BEN, "cam-video", 60_210)
LOG = log_of(
    added(1, ANA, "cam-audio", "Ann"),
    started(1, SOUND, 331),
    event(12_000, "track-paused", ANA, trackSessionNum=1),
    event(12_400, "track-paused", ANA, trackSessionNum=1),
    event(15_500, "track-resumed", ANA, trackSessionNum=1),
    event(16_000, "active-speaker", ANA),
    event(17_000, "chat-msg", ANA, event="chat-msg", name="Ana", message="hello"),
    added(2, ANA, "screen-video", "Ana", 20_000),
    event(20_000, "track-removed", ANA, trackSessionNum=1),
)


def drafts(files: dict[str, Any]) -> list[Draft]:
    return list(Daily().read(MemoryListing(files), Options()))


def by_name(draft: Draft) -> dict[str, DraftTrack]:
    return {track.name: track for track in draft.tracks}


def codes(draft: Draft) -> list[tuple[Code, str]]:
    return [(finding.code, finding.subject) for finding in draft.findings]


def test_d1_containers_count_from_the_recordings_start() -> None:
    (draft,) = drafts({f"calls/{SOUND}.webm": WEBM, f"calls/{PICTURES}": WEBM})
    assert draft.zero == datetime(2023, 12, 21, 15, 57, 59, 145_000, tzinfo=UTC)
    assert (draft.id, draft.date_created) == (str(ZERO), None)
    sound, pictures = by_name(draft)["microphone"], by_name(draft)["camera"]
    assert (sound.participant, pictures.participant) == (ANA, BEN)
    assert (sound.kind, pictures.kind) == (MediaType.AUDIO, MediaType.VIDEO)
    for track, after in ((sound, 125), (pictures, 60_210)):
        (piece,) = track.pieces
        assert piece.clock is not None
        assert (piece.clock.start.value, piece.clock.anchor) == (0, Anchor.ZERO)
        assert piece.clock.grade is Grade.EXACT
        assert [claim.value for claim in piece.also] == [after]
    assert pictures.pieces[0].file == f"calls/{PICTURES}"


@pytest.mark.parametrize(
    ("ending", "data"),
    [(".wav", WAV), ("", WAV), (".aac", AAC), (".m4a", b"\0\0\0\x1cftypM4A "), (".wav", b"")],
)
def test_d2_gapless_sound_begins_where_its_name_says(ending: str, data: bytes) -> None:
    (draft,) = drafts({name_of(BEN, "cam-audio", 60_210) + ending: data})
    (piece,) = by_name(draft)["microphone"].pieces
    assert piece.clock is not None
    assert (piece.clock.start.value, piece.clock.anchor) == (60_210, Anchor.FIRST)
    assert piece.clock.grade is Grade.GOOD


def test_d3_pauses_are_claims_and_what_the_log_lacks_is_used() -> None:
    (draft,) = drafts({SOUND: WEBM, PICTURES: WEBM, "call.event.json": LOG})
    tracks = by_name(draft)
    (sound,) = tracks["microphone"].pieces
    assert [(a.value, b.value) for a, b in sound.pauses] == [(12_000, 15_500)]
    assert sound.pauses[0][0].at == "call.event.json#/events/2/ts"
    assert sound.end is not None
    assert (sound.end.value, [claim.value for claim in sound.also]) == (20_000, [125, 331])
    assert codes(draft) == [(Code.LOG_PARTIAL, PICTURES)]
    assert tracks["camera"].pieces[0].file == PICTURES
    assert tracks["screen"].pieces[0].file is None
    assert [(one.key, one.identity, one.display_name) for one in draft.participants] == [
        (ANA, "Ana", "Ana")
    ]
    assert draft.kept == {"chat": [{"at": 17_000, "from": "Ana", "text": "hello"}]}


def test_d3_two_recordings_are_two_rooms() -> None:
    later = ZERO + 3_600_000
    files = {SOUND: WEBM, name_of(ANA, "cam-audio", 40, later): WEBM, "x.event.json": LOG}
    first, second = drafts(files)
    assert (first.id, second.id) == (str(ZERO), str(later))
    assert (first.documents, second.documents) == (("x.event.json",), ())


def test_parts_of_a_log_are_read_as_one() -> None:
    events = LOG["events"]
    files = {SOUND: WEBM, "b.event.json": log_of(*events[:4]), "a.event.json": log_of(*events[3:])}
    files["a.event.json"]["events"] += copy.deepcopy(events[:2])
    (draft,) = drafts(files)
    (piece,) = by_name(draft)["microphone"].pieces
    assert [(a.value, b.value) for a, b in piece.pauses] == [(12_000, 15_500)]
    assert draft.documents == ("a.event.json", "b.event.json")


def test_a_track_that_is_published_again_is_its_next_piece() -> None:
    again = name_of(ANA, "cam-audio", 90_000)
    (draft,) = drafts({SOUND: WEBM, again: WEBM})
    (track,) = draft.tracks
    assert [piece.file for piece in track.pieces] == [SOUND, again]
    assert track.leash_ms is None


def test_tags_of_own_tracks_are_names_and_their_kind_is_asked() -> None:
    files = {name_of(ANA, "whiteboard-video", 5): WEBM, name_of(ANA, "music", 5): WEBM}
    (draft,) = drafts(files)
    assert [(one.name, one.kind, one.optional) for one in draft.tracks] == [
        ("music", MediaType.AUDIO, True),
        ("music", MediaType.VIDEO, True),
        ("whiteboard-video", MediaType.VIDEO, False),
    ]


def test_a_log_that_is_cut_costs_what_it_says_alone() -> None:
    (draft,) = drafts({SOUND: WEBM, "x.event.json": b'{"events": [{"ts": 17031742'})
    assert codes(draft) == [(Code.LOG_PARTIAL, "x.event.json")]
    assert by_name(draft)["microphone"].pieces[0].file == SOUND


def test_logs_of_composed_recordings_are_none_of_tracks() -> None:
    composed = log_of(*LOG["events"], kind="cloud-recording")
    assert Daily().detect(MemoryListing({"x.event.json": composed})).score == 0
    (draft,) = drafts({SOUND: WEBM, "x.event.json": composed})
    assert (draft.documents, draft.participants) == ((), ())


def test_names_are_enough_and_a_log_makes_it_sure() -> None:
    assert Daily().detect(MemoryListing({"a.webm": WEBM, "b.json": {}})).score == 0
    assert Daily().detect(MemoryListing({SOUND: WEBM})).score == 60
    assert Daily().detect(MemoryListing({SOUND: WEBM, "x.event.json": LOG})).score == 95
    with pytest.raises(DeliveryInvalid, match="raw track"):
        drafts({"a.webm": WEBM})


def test_no_secret_reaches_a_draft() -> None:
    (draft,) = drafts({SOUND: WEBM, "call.event.json": LOG})
    assert CANARY not in repr(draft)


def test_no_damaged_log_makes_it_fail() -> None:
    assert_survives(Daily(), {SOUND: WEBM, PICTURES: WEBM, "call.event.json": LOG}, 150)


@pytest.mark.soak
def test_ten_thousand_damaged_logs_make_it_fail_never() -> None:
    assert_survives(Daily(), {SOUND: WEBM, PICTURES: WEBM, "call.event.json": LOG}, 10_000)
