"""What is heard when, and how loud, measured in the finished file."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clip_rooms import Track, room, sid
from clips import Clips
from composing import RATE, compose_room, level_at

from roomreel.media.limiter import limit_peaks
from roomreel.media.sound import SoundReader
from roomreel.model.media import TrackPath

QUARTER = 10 ** (-12 / 20)

LEVEL_TOLERANCE = 0.05
"""Relative: Opus and AAC hold a steady tone within half a dB (6 %) at these rates."""

SILENT = 0.003
"""-50 dB: what a coder leaves of a tone a little before its edge."""

AUDIO: dict[str, Any] = {"audio_sources": ["*"], "format": "mp4"}


def test_tones_come_and_go_with_their_participants_at_unity_gain(tmp_path: Path, clips: Clips):
    tracks = [
        Track("ann", "microphone", clips.tone(440, seconds=4)),
        Track("bob", "microphone", clips.tone(1000, seconds=2), offset_ms=1000),
        Track("cleo", "phone", clips.tone(700, codec="pcmu", seconds=1), offset_ms=2500),
    ]
    made = compose_room(tmp_path, room(tmp_path, tracks), AUDIO)
    sound = made.sound()
    assert np.array_equal(sound[0].shape, sound[1].shape)
    assert np.abs(sound[0] - sound[1]).max() < 0.02  # mono stands on both channels
    for start, end, ann, bob, cleo in (
        (0.1, 0.9, 1, 0, 0), (1.1, 2.4, 1, 1, 0), (2.6, 2.9, 1, 1, 1), (3.6, 3.9, 1, 0, 0),
    ):  # fmt: skip
        for hz, on in ((440, ann), (1000, bob), (700, cleo)):
            level = level_at(sound, hz, start, end)
            if on:
                assert level == pytest.approx(QUARTER, rel=LEVEL_TOLERANCE), (hz, start)
            else:
                assert level < SILENT, (hz, start)


@pytest.mark.parametrize("output", ["mp4", "webm"])
def test_the_level_of_one_does_not_depend_on_how_many_there_are(
    tmp_path: Path, clips: Clips, output: str
):
    tones = [clips.tone(300 + 170 * n, seconds=2, level_db=-30) for n in range(16)]
    tracks = [Track(f"p{n}", "microphone", tone) for n, tone in enumerate(tones)]
    sound = compose_room(tmp_path, room(tmp_path, tracks), {**AUDIO, "format": output}).sound()
    for n in range(16):
        level = level_at(sound, 300 + 170 * n, 0.5, 1.5)
        assert level == pytest.approx(10 ** (-30 / 20), rel=0.1)


def test_a_gap_is_silence_of_its_true_length(tmp_path: Path, clips: Clips):
    gapped = clips.gapped(clips.tone(440, seconds=4), 1, 3)
    steady = clips.tone(1000, seconds=4)
    tracks = [Track("ann", "microphone", gapped), Track("bob", "microphone", steady)]
    sound = compose_room(tmp_path, room(tmp_path, tracks), AUDIO).sound()
    levels = [level_at(sound, 440, a, b) for a, b in ((0.1, 0.9), (1.1, 2.9), (3.1, 3.9))]
    assert levels[0] == pytest.approx(QUARTER, rel=LEVEL_TOLERANCE)
    assert levels[1] < SILENT
    assert levels[2] == pytest.approx(QUARTER, rel=LEVEL_TOLERANCE)


def test_trim_cuts_sound_and_picture_at_the_same_instant(tmp_path: Path, clips: Clips):
    tracks = [
        Track("ann", "microphone", clips.tone(440, seconds=1), offset_ms=1),
        Track("bob", "microphone", clips.tone(1000, seconds=1), offset_ms=5000),
        Track("bob", "camera", clips.video("red", seconds=1), offset_ms=5000),
    ]
    layout = {"video_layout": {"grid": {"video_sources": ["*"]}}, "resolution": "320x240"}
    manifest = room(tmp_path, tracks)
    made = compose_room(tmp_path / "cut", manifest, {**AUDIO, **layout})
    assert made.plan.frame_count == 60
    sound = made.sound()
    assert level_at(sound, 440, 0.1, 0.9) == pytest.approx(QUARTER, rel=LEVEL_TOLERANCE)
    assert level_at(sound, 1000, 0.1, 0.9) < SILENT
    assert level_at(sound, 1000, 1.1, 1.9) == pytest.approx(QUARTER, rel=LEVEL_TOLERANCE)
    assert made.picture(29).mean() < 10
    assert made.picture(31)[:, :, 0].mean() > 200
    whole = compose_room(tmp_path / "whole", manifest, {**AUDIO, **layout, "trim": False})
    assert whole.plan.frame_count == 180
    assert level_at(whole.sound(), 1000, 5.1, 5.9) == pytest.approx(QUARTER, rel=LEVEL_TOLERANCE)


@pytest.mark.parametrize("output", ["mp4", "webm"])
def test_a_flash_and_its_beep_stay_within_a_frame(tmp_path: Path, clips: Clips, output: str):
    flash, beep = clips.flash_and_beep(start=Fraction(3, 2))
    tracks = [Track("ann", "camera", flash), Track("ann", "microphone", beep)]
    layout = {"video_layout": {"grid": {"video_sources": ["*"]}}, "resolution": "320x240"}
    made = compose_room(tmp_path, room(tmp_path, tracks), {**AUDIO, **layout, "format": output})
    bright = np.array([pixels.mean() > 128 for _, pixels in made.pictures()])
    flashes = np.flatnonzero(np.diff(bright.astype(int), prepend=0) == 1) / 30
    sound = np.abs(made.sound()[0])
    sound = sound[: len(sound) // 48 * 48]
    loud = sound.reshape(-1, RATE // 1000).max(axis=1) > 0.25  # by the ms, half of the beep's peak
    beeps = np.flatnonzero(np.diff(loud.astype(int), prepend=0) == 1) / 1000
    beeps = beeps[np.diff(beeps, prepend=-1) > 0.5]
    assert len(flashes) == len(beeps) == 4
    assert np.abs(flashes - beeps).max() < 1 / 30


def test_stereo_stays_stereo(tmp_path: Path, clips: Clips):
    stereo = clips.tone(500, stereo=True, seconds=2)
    sound = compose_room(tmp_path, room(tmp_path, [Track("a", "mic", stereo)]), AUDIO).sound()
    left, right = (level_at(sound[[channel]], 500, 0.5, 1.5) for channel in (0, 1))
    assert left == pytest.approx(QUARTER, rel=LEVEL_TOLERANCE)
    assert right < 0.02


def test_an_audio_only_composition_has_the_clock_of_its_frames_and_no_picture(
    tmp_path: Path, clips: Clips
):
    tone = clips.tone(440, seconds=2)
    made = compose_room(tmp_path, room(tmp_path, [Track("a", "mic", tone)]), AUDIO)
    with av.open(str(made.media)) as container:
        # MP4's chapters are a stream of text, which is "data" here.
        assert {stream.type for stream in container.streams} == {"audio", "data"}
    assert made.plan.frame_count == 60
    assert made.sound().shape[1] / RATE == pytest.approx(2, abs=0.03)
    assert made.outcome.files is not None
    assert made.outcome.files.poster is None


def test_too_loud_a_sum_is_limited_and_nothing_else_is_touched():
    random = np.random.default_rng(0)
    quiet = random.uniform(-1, 1, (2, 3 * RATE)).astype(np.float32)
    through = np.concatenate(list(limit_peaks(iter(np.split(quiet, 6, axis=1)))), axis=1)
    assert np.array_equal(through, quiet)
    loud = quiet * 0.5
    loud[:, RATE : RATE + 4800] *= 5
    limited_loud = np.concatenate(list(limit_peaks(iter([loud]))), axis=1)
    assert limited_loud.shape == loud.shape
    assert np.abs(limited_loud).max() <= 1
    untouched = np.r_[0 : RATE - 480, RATE + 4800 + 4800 : 3 * RATE]
    assert np.array_equal(limited_loud[:, untouched], loud[:, untouched])


@pytest.mark.parametrize("ppm", [-200, 0, 200])
def test_a_drifting_clock_stays_within_20_ms(tmp_path: Path, ppm: int):
    """Opus packets of 20 ms whose timestamps say that the sender's clock is off, for 10 minutes."""
    path = tmp_path / "drift.mka"
    _write_drifting(path, packets=30_000, ppm=ppm)
    worst, previous_end = 0, 0
    for number, chunk in enumerate(SoundReader(TrackPath(str(path))).blocks()):
        wanted = number * 960 * (1 + ppm * 1e-6)
        worst = max(worst, abs(chunk.position - wanted))
        assert number == 0 or chunk.position == previous_end, "no gap, no overlap"
        previous_end = chunk.position + chunk.samples.shape[1]
    assert worst <= 0.020 * RATE
    assert previous_end == pytest.approx(30_000 * 960 * (1 + ppm * 1e-6), abs=0.020 * RATE)


def _write_drifting(path: Path, packets: int, ppm: int) -> None:
    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("libopus", rate=RATE)
        stream.codec_context.layout = "mono"
        stream.codec_context.format = "flt"
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 960), np.float32), "flt", "mono")
        frame.sample_rate, frame.pts = RATE, 0
        encoded = [*stream.encode(frame), *stream.encode(None)]
        data = bytes(encoded[0])
        for number in range(packets):
            packet = av.Packet(data)
            packet.stream, packet.time_base = stream, Fraction(1, 1000)
            packet.pts = packet.dts = round(number * 20 * (1 + ppm * 1e-6))
            packet.duration = 20
            container.mux_one(packet)


def test_what_cannot_be_decoded_is_silent_in_its_place(tmp_path: Path, clips: Clips):
    noise = clips.corrupted(clips.tone(440, codec="aac", seconds=3), 1, 2)
    steady = clips.tone(1000, seconds=3)
    tracks = [Track("ann", "microphone", noise), Track("bob", "microphone", steady)]
    made = compose_room(tmp_path, room(tmp_path, tracks), AUDIO)
    sound = made.sound()
    assert level_at(sound, 440, 0.2, 0.8) == pytest.approx(QUARTER, rel=LEVEL_TOLERANCE)
    assert level_at(sound, 440, 2.3, 2.8) == pytest.approx(QUARTER, rel=LEVEL_TOLERANCE)
    assert level_at(sound, 1000, 1.2, 1.8) == pytest.approx(QUARTER, rel=LEVEL_TOLERANCE)
    assert ("media-undecodable", sid("RT", "test-room", 0)) in made.codes
