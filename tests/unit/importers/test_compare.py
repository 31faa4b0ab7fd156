"""Claims held against each other and against evidence: what is said, and what is believed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from deliveries import MemoryListing
from drafting import AUDIO, GONE, VIDEO, claim, draft, measured, piece, track
from hypothesis import given
from hypothesis import strategies as st

from roomreel.documents.import_record import parse_import_record
from roomreel.importers.claims import Claim, Draft, DraftParticipant, Grade
from roomreel.importers.delivery.unreferenced import with_unreferenced
from roomreel.importers.finding import Code, Finding, Severity
from roomreel.importers.settling import settle as settling
from roomreel.importers.settling.clock import Placed
from roomreel.importers.settling.compare import Case, compared
from roomreel.importers.settling.evidence import Evidence, State
from roomreel.importers.settling.parts import parts_of
from roomreel.importers.settling.plausibility import Believed, Second, suspects
from roomreel.importers.settling.settle import Choices, Settled, settle
from roomreel.importers.sids import sid_of
from roomreel.model.room import RecordingStatus

NIGHT = datetime(2026, 11, 20, 12, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CREATED_MS = 1486407755924


NOTHING = Choices()


class Vendor:
    name, title = "some", "Some service"


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch):
    """Settles a draft by evidence that is made up, by the names of files."""

    def settled(
        one: Draft, found: Mapping[object, Evidence], choices: Choices = NOTHING
    ) -> Settled:
        def evidence(parts, media, memory_bytes):
            return {
                part.sid: found.get(
                    (part.piece.file, part.track.kind), found.get(part.piece.file, GONE)
                )
                for part in parts
            }

        monkeypatch.setattr(settling, "evidence_of", evidence)
        monkeypatch.setattr(settling, "_files", lambda *_: {})
        files = MemoryListing({})
        done = settle(one, {}, Vendor, choices, listing=files, memory_bytes=1, now=NIGHT)
        parse_import_record(json.dumps(done.record).encode(), "record")
        return done

    return settled


def codes(one: Settled) -> list[str]:
    return sorted(finding.code.value for finding in one.findings)


def only(one: Settled, code: Code) -> Finding:
    (finding,) = (finding for finding in one.findings if finding.code is code)
    return finding


def both(file: str, *claims: int | None, who: str = "a") -> tuple:
    """Sound and pictures of one file."""
    start, end = claims
    return (
        track(piece(file, start, end=end), who=who, optional=True),
        track(piece(file, start, end=end), who=who, kind=VIDEO, name="camera", optional=True),
    )


def test_v1_two_files_are_four_recordings_on_the_clock_of_the_archive(judge) -> None:
    zero = datetime.fromtimestamp(CREATED_MS // 1000, UTC) + timedelta(milliseconds=924)
    one = draft(*both("a.webm", 0, 31_000), *both("b.webm", 22_000, 61_000, who="b"), zero=zero)
    settled = judge(one, {"a.webm": measured(0, 31), "b.webm": measured(0, 39)})
    assert [r.offset_ms for r in settled.room.recordings] == [0, 0, 22_000, 22_000]
    assert codes(settled) == []
    assert settled.grade is Grade.GOOD
    created, end = settled.room.date_created, settled.room.end_time
    assert created is not None
    assert created.isoformat() == "2017-02-06T19:02:35.924000+00:00"
    assert end is not None
    assert end.isoformat() == "2017-02-06T19:03:36.924000+00:00"
    assert settled.room.clock_zero == zero


def test_v2_an_end_that_differs_is_noted_at_its_recording(judge) -> None:
    one = draft(*both("b.webm", 0, 31_000))
    found = {("b.webm", AUDIO): measured(0, "30.990"), ("b.webm", VIDEO): measured(0, "29.2")}
    settled = judge(one, found)
    assert [row.notes for row in settled.rows] == [(), ("claim-differs 1,800",)]
    assert only(settled, Code.CLAIM_DIFFERS).subject == settled.rows[1].sid
    assert [row.found_end for row in settled.rows] == [30_990, 29_200]


@given(st.fractions(-2000, 2000, max_denominator=1000))
def test_ends_within_half_a_second_agree(away: Fraction) -> None:
    (part,) = parts_of("some", draft(track(piece("a", 0))))
    place = Placed(Fraction(0), 0, Grade.GOOD, "some/start", "claim", "")
    claims = Believed(start=claim(0), end=claim(9000 + away))
    case = Case(part, claims, measured(0, 9), place, RecordingStatus.COMPLETED)
    assert [one.finding.code for one in compared([case])] == (
        [Code.CLAIM_DIFFERS] if not -500 <= away <= 500 else []
    )


def test_a_claim_of_whole_seconds_that_differs_by_less_is_no_warning(judge) -> None:
    second = Claim(9700, "r.json#/stop", 1000)
    one = draft(track(replace(piece("a", 0), end=second)))
    finding = only(judge(one, {"a": measured(0, 9)}), Code.CLAIM_DIFFERS)
    assert finding.severity is Severity.NOTE


def test_o1_times_that_are_missing_are_nonsense_once_a_file(judge) -> None:
    one = draft(
        *both("a.webm", 1250, -CREATED_MS),
        *both("b.webm", -CREATED_MS, -CREATED_MS, who="b"),
        zero=NIGHT,
    )
    settled = judge(one, {"a.webm": measured(0, 9), "b.webm": measured(0, 9)})
    assert [r.offset_ms for r in settled.room.recordings] == [1250, 1250, 0, 0]
    assert codes(settled) == ["claim-nonsense", "claim-nonsense", "clock-guessed"]
    assert settled.room.end_time == NIGHT + timedelta(milliseconds=10_250)
    assert settled.grade is Grade.GUESSED


def test_an_end_before_its_start_and_a_negative_size_are_not_believed(judge) -> None:
    strange = replace(piece("a", 5000, end=4000), size=Claim(-7, "list.json#/size"))
    settled = judge(draft(track(strange)), {"a": measured(0, 9)})
    text = only(settled, Code.CLAIM_NONSENSE).text
    assert "list.json#/end: 4,000" in text
    assert "list.json#/size: -7" in text
    assert settled.room.recordings[0].claimed_size_bytes == 1000
    assert settled.rows[0].claim_end is None


def test_l1_offsets_in_unix_time_give_the_creation_of_the_room(judge) -> None:
    one = draft(
        track(piece("a", 1736317932123), who="a"),
        track(piece("b", 1736317932535), who="b"),
        zero=EPOCH,
    )
    room = judge(one, {"a": measured(0, 9), "b": measured(0, 9)}).room
    assert [r.offset_ms for r in room.recordings] == [1736317932123, 1736317932535]
    assert room.date_created == datetime(2025, 1, 8, 6, 32, 12, 123000, UTC)
    assert room.end_time == datetime(2025, 1, 8, 6, 32, 21, 535000, UTC)


def test_a_file_that_starts_with_none_of_its_peers_is_suspect(judge) -> None:
    """Containers that count from the room's creation, and one that counts from its own start."""
    created = {"a": 1, "b": 20, "c": 35}
    found = {"a": measured("1.2", 40), "b": measured("20.4", 40), "c": measured("0.1", 5)}
    one = draft(
        *(
            track(piece(name, 7000, date_created=NIGHT + timedelta(seconds=second)), who=name)
            for name, second in created.items()
        )
    )
    settled = judge(one, found)
    finding = only(settled, Code.CLOCK_SUSPECT)
    assert finding.subject == settled.rows[2].sid
    assert "c/microphone" in finding.text.lower()
    assert "--offset" in finding.text


@given(
    st.dictionaries(st.integers(0, 5), st.integers(0, 10**6), min_size=2),
    st.integers(-(10**12), 10**12),
    st.integers(0, 999),
)
def test_clocks_with_another_zero_are_not_suspect(
    starts: dict[int, int], zero: int, jitter: int
) -> None:
    seconds = {
        key: Second(Fraction(at), Fraction(at + zero + (jitter if key % 2 else 0)), 1)
        for key, at in starts.items()
    }
    assert suspects(seconds) == {}
    key = max(starts)
    seconds[key] = replace(seconds[key], claim=seconds[key].claim + 5000)
    assert len(suspects(seconds)) == 1


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (State.MISSING, Code.MEDIA_MISSING),
        (State.EMPTY, Code.MEDIA_EMPTY),
        (State.UNREADABLE, Code.MEDIA_UNDECODABLE),
        (State.ENCRYPTED, Code.MEDIA_ENCRYPTED),
    ],
)
def test_files_that_cannot_be_measured_are_said_and_stay(judge, state: State, code: Code) -> None:
    settled = judge(draft(track(piece("a", 0))), {"a": Evidence(state, problem="so it is")})
    assert only(settled, code).subject == settled.room.recordings[0].sid
    assert settled.room.recordings[0].status is RecordingStatus.COMPLETED
    assert settled.usable == (state is State.ENCRYPTED)


def test_a_file_being_written_waits_and_fails_after_a_day(judge) -> None:
    half = piece("a.tmp", 0, status=RecordingStatus.PROCESSING)

    def status(seconds_ago: float, growing: bool = False) -> RecordingStatus:
        written = NIGHT.timestamp() - seconds_ago
        found = replace(measured(0, 9), modified_s=written, growing=growing)
        settled = judge(draft(track(half)), {"a.tmp": found})
        assert only(settled, Code.MEDIA_UNFINISHED)
        return settled.room.recordings[0].status

    assert status(3600) is RecordingStatus.PROCESSING
    assert status(25 * 3600) is RecordingStatus.FAILED
    assert status(25 * 3600, growing=True) is RecordingStatus.PROCESSING


def test_what_a_file_lacks_is_no_recording_where_it_need_not_have_it(judge) -> None:
    found = {
        ("a.webm", AUDIO): measured(0, 9),
        ("a.webm", VIDEO): Evidence(State.LACKING, problem="it has no video"),
    }
    settled = judge(draft(*both("a.webm", 0, 9000), zero=NIGHT), found)
    assert [one.type for one in settled.room.recordings] == [AUDIO]
    assert codes(settled) == []
    must = draft(track(piece("a.webm", 0), kind=VIDEO, name="camera"))
    assert codes(judge(must, found)) == ["end-time-guessed", "media-empty"]


def test_coarse_and_guessed_clocks_always_warn_and_say_what_helps(judge) -> None:
    one = draft(
        track(piece("a", 1000, grade=Grade.COARSE)),
        track(piece("b", None), who="b"),
        track(piece("c", 0, grade=Grade.EXACT), who="c"),
        zero=NIGHT,
    )
    settled = judge(one, {name: measured(0, 9) for name in "abc"})
    assert codes(settled) == ["clock-coarse", "clock-guessed"]
    assert all("--offset" in finding.text for finding in settled.findings)
    assert settled.grade is Grade.GUESSED


def test_what_would_give_a_better_clock_is_said(judge) -> None:
    told = piece("a", 0, grade=Grade.GUESSED)
    assert told.clock is not None
    told = replace(told, clock=replace(told.clock, fix="the list says it"))
    settled = judge(draft(track(told), zero=NIGHT), {"a": measured(0, 9)})
    assert "; the list says it; --offset" in only(settled, Code.CLOCK_GUESSED).text


def test_pauses_are_kept_as_claims(judge) -> None:
    told = replace(piece("a", 0), pauses=((claim(12_000), claim(15_500)),))
    settled = judge(draft(track(told), zero=NIGHT), {"a": measured(0, 20)})
    assert "12,000-15,500" in only(settled, Code.PAUSE_CLAIMED).text
    (recorded,) = settled.record["recordings"]
    assert recorded["claims"]["pauses"][0][1]["value"] == 15_500


def test_when_a_room_ended_is_given_claimed_found_or_guessed(judge) -> None:
    plain = draft(track(piece("a", 1000, end=9_900)))
    found = {"a": measured("0.5", 9)}

    def end(one: Draft, choices: Choices = NOTHING, media=found) -> datetime | None:
        return judge(one, media, choices).room.end_time

    zeroed = replace(plain, zero=NIGHT)
    assert end(zeroed, Choices(end_time=EPOCH)) == EPOCH
    assert end(replace(zeroed, end_time=NIGHT)) == NIGHT
    assert end(zeroed) == NIGHT + timedelta(seconds=10)
    assert end(zeroed, media={}) == NIGHT + timedelta(milliseconds=9_900)
    assert end(plain) == datetime.fromtimestamp(1e9, UTC)
    assert "end-time-guessed" in codes(judge(plain, found))
    assert "end-time-guessed" not in codes(judge(zeroed, found))


def test_equal_names_stay_different_participants_and_names_stay_as_they_are(judge) -> None:
    names = ["علي", "علي", "王小明", "Zoë O'Neil", "👩‍🚀"]
    people = tuple(
        DraftParticipant(f"key{n}", name, display_name=name, roles=("host", "host", ""))
        for n, name in enumerate(names)
    )
    one = draft(*(track(piece(p.key, 0), who=p.key) for p in people), participants=people)
    room = judge(one, {p.key: measured(0, 1) for p in people}).room
    assert [p.identity for p in room.participants] == names
    assert [p.roles for p in room.participants] == [("host",)] * 5
    assert len({p.sid for p in room.participants}) == 5
    assert [r.participant_sid for r in room.recordings] == [p.sid for p in room.participants]


@given(st.lists(st.text(max_size=5), min_size=1, max_size=4), st.lists(st.text(max_size=5)))
def test_sids_are_equal_only_for_equal_keys(one: list[str], other: list[str]) -> None:
    assert (sid_of("PA", *one) == sid_of("PA", *other)) == (one == other)
    assert len(sid_of("RT", *one)) == 34


def test_real_sids_stay_and_no_two_recordings_have_one() -> None:
    real = f"RT{7:032x}"
    one = draft(
        track(piece("a", 0, sid=real), piece("b", 5, sid=real), source_sid=f"MT{8:032x}"),
        sid=f"RM{9:032x}",
    )
    parts = parts_of("twilio", one)
    assert parts[0].sid == real
    assert len({part.sid for part in parts}) == 2
    assert {part.source_sid for part in parts} == {f"MT{8:032x}"}
    assert parts_of("twilio", replace(one, sid="RMnone"))[0].sid == real


def test_sids_know_nothing_of_files_and_their_order_is_that_of_claims() -> None:
    one = draft(track(piece("z", 5), piece("a", 9)))
    moved = draft(track(piece("moved/9", 9), piece("moved/5", 5)))
    sids = [part.sid for part in parts_of("some", one)]
    assert [part.sid for part in parts_of("some", moved)] == sids
    assert sids != [part.sid for part in parts_of("other", moved)]


def test_media_that_nothing_refers_to_go_with_the_room_of_their_folder() -> None:
    webm = b"\x1a\x45\xdf\xa3" + bytes(40)
    files = MemoryListing(
        {
            **dict.fromkeys(("1/a.webm", "2/b.webm", "2/left.webm", "1/key", "stray.mp4"), webm),
            "2/list.json": {},
            "2/notes.txt": b"none",
            f"RM{1:032x}.media/copy.webm": webm,
        }
    )
    drafts = [
        draft(track(piece("1/a.webm", 0)), id="1"),
        draft(track(piece("2/b.webm", 0)), id="2", documents=("2/list.json",)),
    ]
    found = [
        [finding.subject for finding in one.findings] for one in with_unreferenced(drafts, files)
    ]
    assert found == [["1/key", "stray.mp4"], ["2/left.webm"]]
    assert with_unreferenced([], files) == []
