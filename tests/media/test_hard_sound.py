"""Sound that breaks mixers, a pitch each, all in one sum: each is heard when and as loud as it is.

HARD_CASES.md lists where else the cases are tested.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clip_rooms import Track, room, sid
from clips import Clips
from composing import RATE, Composed, compose_room, level_at
from foreign import ffmpeg

from roomreel.media.sound import SoundReader
from roomreel.model.media import TrackPath

LEVEL_DB = -30
"""Of each tone: all of them together stay below full scale, where nothing limits."""

TOLERANCE = 0.1
"""Relative: a coder holds each of many tones within a dB."""

SILENT = 0.1
"""Of the tone's level: 20 dB below, where its neighbours and the coder's noise are."""

LOWEST_HZ, STEP_HZ = 300, 170

YEARS_S = 300_000_000

Make = Callable[[Clips, int], Path]


def voice(clips: Clips, hz: int, **changes: Any) -> Path:
    return clips.tone(hz, **{"seconds": 3, "level_db": LEVEL_DB, **changes})


def restamped(name: str, time: Callable[[int, Fraction], Fraction], codec: str = "opus") -> Make:
    """Packet n is of n / 50 s."""
    return lambda clips, hz: clips.restamped(voice(clips, hz, codec=codec), name, time)


def mono_then_stereo(clips: Clips, hz: int) -> Path:
    other = voice(clips, hz, seconds=1, start=2, stereo=True)
    return clips.joined(voice(clips, hz, seconds=2), other)


def stereo_then_mono(clips: Clips, hz: int) -> Path:
    first = voice(clips, hz, seconds=2, stereo=True)
    return clips.joined(first, voice(clips, hz, seconds=1, start=2))


def beside_a_longer_picture(clips: Clips, hz: int) -> Path:
    picture = clips.video("red", (160, 120), seconds=3, fps=10)
    return clips.together(picture, voice(clips, hz, seconds=1))


@dataclass(frozen=True)
class Case:
    """What a recording is, its level by stretch (1: the tone's own), and its warnings."""

    make: Make
    heard: dict[tuple[float, float], float]
    codes: set[str] = field(default_factory=set)


ALL = {(0.1, 0.9): 1.0, (1.1, 1.9): 1.0, (2.1, 2.9): 1.0}
NOTHING = dict.fromkeys(ALL, 0.0)
TWO_SECONDS = {(0.1, 0.9): 1.0, (1.1, 1.9): 1.0, (2.1, 2.9): 0.0}

CASES: dict[str, Case] = {
    "nothing odd": Case(voice, ALL),
    "PCMU": Case(lambda c, hz: voice(c, hz, codec="pcmu"), ALL),
    "AAC": Case(lambda c, hz: voice(c, hz, codec="aac"), ALL),
    # Silence
    "a packet a second": Case(
        lambda c, hz: c.only(voice(c, hz), 0, 50, 100),
        {(0.1, 0.9): 0, (1.1, 1.9): 0, (2.1, 2.9): 0},
    ),
    "an unmarked pause": Case(
        lambda c, hz: c.gapped(voice(c, hz), 1, 2), {(0.1, 0.9): 1, (1.1, 1.9): 0, (2.1, 2.9): 1}
    ),
    "first packet late in the file": Case(
        lambda c, hz: voice(c, hz, seconds=2, start=0.86),
        {(0.1, 0.8): 0, (0.9, 1.9): 1, (2.0, 2.8): 1},
        {"recording-short"},
    ),
    # Timestamps
    "pairs share a timestamp": Case(
        restamped("pairs", lambda n, _: Fraction(n // 2, 25)),
        {(0.4, 0.6): 1.0, (1.4, 1.6): 1.0, (2.4, 2.6): 1.0},
    ),
    "steps of 953 and 964": Case(
        restamped("uneven", lambda n, _: Fraction(n * 960 + (-7 if n % 2 else 4), RATE)), ALL
    ),
    "two timestamps are swapped": Case(
        lambda c, hz: c.swapped(voice(c, hz), 50, 51), ALL, {"timestamp-backwards"}
    ),
    "one timestamp is 5 s ahead": Case(
        restamped("5-s", lambda n, at: at + 5 * (n == 75)), ALL, {"timestamp-backwards"}
    ),
    "some timestamps are years ahead": Case(
        restamped("years", lambda n, at: at + YEARS_S * (97 <= n < 100)),
        ALL,
        {"timestamp-backwards", "timestamp-gap"},
    ),
    "some timestamps are years ahead, PCMU": Case(
        restamped("years", lambda n, at: at + YEARS_S * (97 <= n < 100), "pcmu"),
        ALL,
        {"timestamp-backwards", "timestamp-gap"},
    ),
    "clock is set back": Case(
        restamped("reset", lambda n, at: at - Fraction(3, 2) * (n >= 100)),
        TWO_SECONDS,
        {"timestamp-backwards", "recording-short"},
    ),
    # Channels: the header decides, and half of each channel is what one channel has of two.
    "mono becomes stereo": Case(mono_then_stereo, {(0.1, 1.9): 1.0, (2.1, 2.9): 0.5}),
    "stereo becomes mono": Case(stereo_then_mono, ALL),
    # The file
    "header without data": Case(lambda c, hz: c.only(voice(c, hz)), NOTHING, {"media-empty"}),
    "one packet": Case(lambda c, hz: c.only(voice(c, hz), 0), NOTHING, {"recording-short"}),
    "cut in mid-packet": Case(
        lambda c, hz: c.truncated(voice(c, hz), 0.7),
        {(0.1, 1.6): 1.0, (2.4, 2.9): 0.0},
        {"media-truncated"},
    ),
    # What a packet becomes, and how often a second
    "three seconds of 8 kHz in one packet": Case(
        lambda c, hz: c.in_one_packet(voice(c, hz, codec="pcmu")), ALL
    ),
    "WAV of 1 Hz": Case(
        lambda c, hz: c.wave(hz=hz, claimed_rate=1), NOTHING, {"media-undecodable"}
    ),
    "WAV of 999999999 Hz": Case(
        lambda c, hz: c.wave(hz=hz, claimed_rate=999_999_999), NOTHING, {"media-undecodable"}
    ),
    "WAV of no sample": Case(
        lambda c, hz: c.wave(0, hz=hz, level_db=LEVEL_DB), NOTHING, {"media-empty"}
    ),
    "WAV that claims 4 GB": Case(
        lambda c, hz: c.wave(2, hz=hz, level_db=LEVEL_DB, claims=2**32 - 1),
        TWO_SECONDS,
        {"recording-short"},
    ),
    "WAV that claims nothing": Case(
        lambda c, hz: c.wave(2, hz=hz, level_db=LEVEL_DB, claims=0),
        TWO_SECONDS,
        {"recording-short"},
    ),
    "ends before the picture in its file": Case(
        beside_a_longer_picture,
        {(0.1, 0.9): 1.0, (1.1, 1.9): 0.0, (2.1, 2.9): 0.0},
        {"recording-short", "tracks-passed-over"},  # no recording names the picture
    ),
}

AUDIO: dict[str, Any] = {"audio_sources": ["*"], "format": "mp4"}


def pitch(number: int) -> int:
    return LOWEST_HZ + STEP_HZ * number


@pytest.fixture(scope="module")
def choir(tmp_path_factory: pytest.TempPathFactory, clips: Clips) -> Composed:
    """All of them at once, each at a pitch of its own."""
    folder = tmp_path_factory.mktemp("choir")
    tracks = [
        Track(f"p{number}", name, case.make(clips, pitch(number)), "audio")
        for number, (name, case) in enumerate(CASES.items())
    ]
    return compose_room(folder, room(folder, tracks), AUDIO)


@pytest.fixture(scope="module")
def choir_sound(choir: Composed) -> np.ndarray:
    return choir.sound()


def test_none_of_them_changes_the_length(choir: Composed, choir_sound: np.ndarray):
    # Zero is 1 ms before 0: Matroska has no place for what Opus's first timestamp is beyond that.
    assert choir.plan.frame_count == 91
    assert choir_sound.shape[1] / RATE == pytest.approx(91 / 30, abs=0.03)


@pytest.mark.parametrize("name", CASES)
def test_hard_sound_is_heard_as_far_as_it_can_be_and_touches_no_other(
    name: str, choir: Composed, choir_sound: np.ndarray
):
    number, case = list(CASES).index(name), CASES[name]
    own = 10 ** (LEVEL_DB / 20)
    for (start, end), expected in case.heard.items():
        level = level_at(choir_sound, pitch(number), start, end) / own
        if expected:
            assert level == pytest.approx(expected, rel=TOLERANCE), (start, end)
        else:
            assert level < SILENT, (start, end)
    codes = {code for code, recording in choir.codes if recording == sid("RT", "test-room", number)}
    assert codes == case.codes


def test_a_packet_a_second_is_heard_at_its_second(clips: Clips):
    clip = clips.only(clips.tone(seconds=3), 50, 100)
    first, second = SoundReader(TrackPath(str(clip))).blocks()
    ends = [chunk.position + chunk.samples.shape[1] for chunk in (first, second)]
    assert ends[1] - ends[0] == pytest.approx(RATE, abs=RATE / 1000)
    assert all(np.abs(chunk.samples).max() > 0.1 for chunk in (first, second))


def test_packets_that_share_a_timestamp_leave_no_hole(clips: Clips):
    clip = clips.restamped(clips.tone(), "pairs", lambda n, _: Fraction(n // 2, 25))
    end = None
    for chunk in SoundReader(TrackPath(str(clip))).blocks():
        assert end in (None, chunk.position)
        end = chunk.position + chunk.samples.shape[1]


def test_encrypted_sound_is_noise_within_full_scale_and_moves_no_other(
    tmp_path: Path, clips: Clips
):
    """Opus takes any bytes: nothing but a key could tell."""
    noise = clips.corrupted(clips.tone(440, seconds=3), clear=1)
    tracks = [
        Track("ann", "microphone", noise),
        Track("bob", "microphone", clips.tone(1000, seconds=1), offset_ms=1000),
    ]
    made = compose_room(tmp_path, room(tmp_path, tracks), AUDIO)
    sound = made.sound()
    assert made.plan.frame_count == 90
    assert np.abs(sound).max() < 2  # what a coder adds to the limited peaks of noise
    during = level_at(sound, 1000, 1.1, 1.9)
    assert during > 10 * max(level_at(sound, 1000, 0.1, 0.9), level_at(sound, 1000, 2.1, 2.9))


@pytest.mark.parametrize(
    ("sample", "heard", "codes"),
    [
        (np.nan, 1.0, {"media-undecodable"}),
        (np.inf, 1.0, {"media-undecodable"}),
        (1e30, 0.4, set()),  # cut off as players do, and limited with the others
        (2.0**15, 0.4, set()),
    ],
)
def test_samples_that_are_no_sound_cost_no_other_its_voice(
    tmp_path: Path, clips: Clips, sample: float, heard: float, codes: set[str]
):
    odd = np.full(RATE, sample, "<f4") * np.resize([1, -1], RATE).astype("<f4")
    raw = "-f", "f32le", "-ar", RATE, "-ac", 1, "-i", "-"
    ffmpeg(*raw, "-c:a", "pcm_f32le", tmp_path / "odd.wav", data=odd.tobytes())
    tracks = [
        Track("ann", "microphone", tmp_path / "odd.wav", "audio"),
        Track("bob", "microphone", clips.tone(1000)),
    ]
    made = compose_room(tmp_path, room(tmp_path, tracks), AUDIO)
    assert level_at(made.sound(), 1000, 0.1, 0.9) >= 0.95 * heard * 0.25
    assert {code for code, _ in made.codes} - {"recording-short"} == codes


def test_two_starts_of_one_file_are_heard_once(tmp_path: Path, clips: Clips):
    tone = clips.tone(440, seconds=2)
    tracks = [Track("ann", "microphone", tone), Track("ann", "microphone", tone)]
    made = compose_room(tmp_path, room(tmp_path, tracks), AUDIO)
    assert level_at(made.sound(), 440, 0.2, 1.8) == pytest.approx(10 ** (-12 / 20), rel=0.05)
    assert {code for code, _ in made.codes} == {"duplicate-overlap", "recording-short"}


def test_a_second_recording_that_starts_inside_its_own_gap_keeps_time(tmp_path: Path, clips: Clips):
    """It is cut where the first ends, at 1 s; there it has no packet until 2 s."""
    second = clips.gapped(clips.tone(1000, seconds=3), 0.5, 2)
    tracks = [
        Track("ann", "microphone", clips.tone(440, seconds=1)),
        Track("ann", "microphone", second, offset_ms=1),
    ]
    made = compose_room(tmp_path, room(tmp_path, tracks), AUDIO)
    sound = made.sound()
    levels = [level_at(sound, 1000, a, b) for a, b in ((0.1, 0.9), (1.1, 1.9), (2.05, 2.9))]
    assert levels[:2] == pytest.approx([0, 0], abs=0.005)
    assert levels[2] == pytest.approx(10 ** (-12 / 20), rel=0.05)
    onset = np.flatnonzero(np.abs(sound[0, round(1.5 * RATE) :]) > 0.1)[0] / RATE + 1.5
    assert onset == pytest.approx(2, abs=0.02)
