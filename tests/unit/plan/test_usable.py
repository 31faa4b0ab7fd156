from array import array
from dataclasses import replace
from fractions import Fraction

import pytest

from roomreel.model.media import MediaFile, Problem, Stored
from roomreel.model.room import RecordingRule, RecordingStatus
from roomreel.plan.usable import RoomExamination, examine_room, usable_recordings

HOLD = Fraction(60)


def examine(make, recording, medium, **room):
    media = {} if medium is None else {recording.sid: medium}
    usable, warnings = usable_recordings(make.room(recording, **room), [recording], media, HOLD)
    return usable.get(recording.sid), [(w.code.value, w.message) for w in warnings]


@pytest.mark.parametrize(
    ("medium", "code"),
    [
        (None, None),  # nobody looked
        (MediaFile(Stored("/m", 9, "1")), None),  # no template selects it
        (MediaFile(), "media-missing"),
        (MediaFile(problem=Problem("media-missing", "x.mkv")), "media-missing"),
        (MediaFile(Stored("/m", 9, "1"), problem=Problem("odd", "what")), "media-undecodable"),
    ],
)
@pytest.mark.parametrize("in_rules", [True, False])
def test_what_is_wrong_with_a_recording_is_said_of_it_whatever_the_rules(
    make, medium, code, in_rules
):
    nothing = RecordingRule(include=False, everything=True)
    room = make.room(make.recording("V"), recording_rules=None if in_rules else (nothing,))
    found = examine_room(room, {} if medium is None else {"V": medium}, HOLD)
    assert [warning.code for warning in found.warnings] == ([code] if code else [])
    assert not any(warning.message.startswith("skipped") for warning in found.warnings)
    assert found.usable == ({"V": False} if code else {})


def test_a_recording_that_is_not_completed_says_so_by_its_status(make):
    room = make.room(make.recording("V", status=RecordingStatus.FAILED))
    assert examine_room(room, {"V": MediaFile()}, HOLD) == RoomExamination((), {"V": False})


def test_a_recording_that_can_be_used_is_said_to_be(make):
    room = make.room(make.recording("V", claimed_size_bytes=7))
    found = examine_room(room, {"V": make.video(0, 9000)}, HOLD)
    assert found.usable == {"V": True}
    assert [warning.code for warning in found.warnings] == ["claim-differs"]


def codes(warnings):
    return [code for code, _ in warnings]


def test_a_sound_recording_is_usable_without_a_word(make):
    usable, warnings = examine(
        make, make.recording("V", offset_ms=500), make.video(1000, 9000, 100)
    )
    assert (usable.span, warnings) == (make.span(1500, 9500), [])


@pytest.mark.parametrize(
    ("medium", "code", "words"),
    [
        (None, "media-missing", "there is no media file"),
        (MediaFile(), "media-missing", "there is no media file"),
        (MediaFile(problem=Problem("media-missing", "x.mkv")), "media-missing", "x.mkv"),
        (MediaFile(Stored("/m", 0, "1")), "media-empty", "no byte"),
        (MediaFile(Stored("/m", 9, "1")), "media-empty", "no video packet"),
        (
            MediaFile(Stored("/m", 9, "1"), problem=Problem("media-truncated", "half a header")),
            "media-truncated",
            "half a header",
        ),
        (
            MediaFile(Stored("/m", 9, "1"), problem=Problem("what-is-this", "odd")),
            "media-undecodable",
            "odd",
        ),
    ],
)
def test_without_media_it_is_left_out_with_the_reason(make, medium, code, words):
    usable, [(found, message)] = examine(make, make.recording("V"), medium)
    assert (usable, found) == (None, code)
    assert message.startswith("skipped: ")
    assert words in message


@pytest.mark.parametrize("rate", [1, 3_999, 768_001, 999_999_999])
def test_a_sound_of_a_rate_that_nobody_records_is_left_out(make, rate):
    medium = make.medium([0, 20], 20, kind="audio", sample_rate=rate)
    usable, [(code, message)] = examine(make, make.recording("A", "audio"), medium)
    assert (usable, code) == (None, "media-undecodable")
    assert message == f"skipped: its sound claims {rate} Hz; 4000 to 768000 Hz can be composed"


@pytest.mark.parametrize("rate", [0, 4_000, 48_000, 768_000])
def test_a_sound_of_a_rate_that_somebody_records_is_used(make, rate):
    medium = make.medium([0, 20], 20, kind="audio", sample_rate=rate)
    assert examine(make, make.recording("A", "audio"), medium)[0]


def test_a_video_without_key_frame_is_left_out(make):
    usable, warnings = examine(make, make.recording("V"), make.medium([0, 33], keys=set()))
    assert usable is None
    assert warnings == [("media-empty", "skipped: no key frame in 2 packets")]


def test_a_sound_shorter_than_its_delay_is_left_out(make):
    medium = make.medium([0], 20, kind="audio", delay=Fraction(1, 50))
    usable, warnings = examine(make, make.recording("A", "audio"), medium)
    assert (usable, codes(warnings)) == (None, ["media-empty"])


@pytest.mark.parametrize(
    ("status", "code"), [("failed", "recording-failed"), ("deleted", "recording-deleted")]
)
def test_status_is_told_before_media_and_rules(make, status, code):
    recording = make.recording("V", status=RecordingStatus(status))
    usable, warnings = examine(make, recording, None, recording_rules=())
    assert (usable, codes(warnings)) == (None, [code])


def test_rules_are_told_before_media(make):
    rule = RecordingRule(include=False, everything=True)
    usable, warnings = examine(make, make.recording("V"), None, recording_rules=(rule,))
    assert (usable, codes(warnings)) == (None, ["rules-excluded"])


LONG = range(0, 10_000, 100)


@pytest.mark.parametrize(
    ("claims", "medium", "expected"),
    [
        pytest.param({}, {"pts_ms": range(0, 2000, 100)}, ["recording-short"], id="2-s"),
        pytest.param({}, {"pts_ms": range(0, 2100, 100)}, [], id="2.1-s"),
        pytest.param({}, {"truncated": True}, ["media-truncated"], id="truncated"),
        pytest.param({}, {"keys": {3}}, ["late-keyframe"], id="late-keyframe"),
        pytest.param({}, {"pts_ms": [*LONG, 9000]}, ["timestamp-backwards"], id="backwards"),
        pytest.param({}, {"pts_ms": [*LONG, 69_900]}, [], id="gap-of-hold"),
        pytest.param({}, {"pts_ms": [*LONG, 69_901]}, ["timestamp-gap"], id="gap-past-hold"),
        pytest.param({"codec": "Vp8"}, {}, [], id="codec-without-case"),
        pytest.param({"codec": "H264"}, {}, ["claim-differs"], id="codec"),
        pytest.param({"claimed_size_bytes": 1000}, {}, [], id="size-as-claimed"),
        pytest.param({"claimed_size_bytes": 999}, {}, ["claim-differs"], id="size"),
        pytest.param({"claimed_duration_s": 11}, {}, [], id="duration-within-a-second"),
        pytest.param({"claimed_duration_s": 12}, {}, ["claim-differs"], id="duration"),
        pytest.param(
            {"claimed_duration_s": 0, "codec": "AV1"}, {}, ["claim-differs"] * 2, id="two-claims"
        ),
        pytest.param(
            {"claimed_duration_s": 10}, {"keys": {50}}, ["late-keyframe"], id="claim-is-of-the-file"
        ),
    ],
)
def test_what_is_odd_is_told_and_used_all_the_same(make, claims, medium, expected):
    packets = {"pts_ms": LONG, "duration_ms": 100} | medium
    usable, warnings = examine(make, make.recording("V", **claims), make.medium(**packets))
    assert usable is not None
    assert codes(warnings) == expected


def test_g711_claims_go_by_another_name(make):
    medium = make.audio(0, 5000)
    medium = replace(medium, packets=replace(medium.packets, codec="pcm_mulaw"))
    _, warnings = examine(make, make.recording("A", "audio", codec="PCMU"), medium)
    assert warnings == []


def test_drift_is_told_when_a_sound_card_cannot_explain_it(make):
    drifting = [n * 20 + n // 200 for n in range(15_000)]
    medium = make.medium(drifting, 20, kind="audio")
    _, [(code, message)] = examine(make, make.recording("A", "audio"), medium)
    assert (code, "+2" in message) == ("clock-drift", True)


def test_a_pause_past_hold_is_blank_after_hold_and_a_gap_all_along(make):
    medium = make.medium([0, 100, 70_100, 70_200], 100)
    usable, _ = examine(make, make.recording("V", offset_ms=1000), medium)
    assert usable.gaps == (make.span(1100, 71_100),)
    assert usable.blanks == (make.span(61_100, 71_100),)


def test_silence_is_a_gap_but_never_blank(make):
    medium = make.medium([0, 20, 70_000], 20, kind="audio")
    usable, warnings = examine(make, make.recording("A", "audio"), medium)
    assert (usable.gaps, usable.blanks) == ((make.span(40, 70_000),), ())
    assert codes(warnings) == ["timestamp-gap"]


def test_a_last_packet_that_claims_too_much_is_told(make):
    medium = make.medium([0, 40, 80], durations=array("q", [40, 40, 90_000_000]))
    usable, found = examine(make, make.recording("V"), medium)
    assert usable.span == make.span(0, 60_080)
    assert ("claim-differs", "its last packet claims to last 90000 s; it is held for 60 s") in found
