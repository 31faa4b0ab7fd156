"""The clips show what their names say: tests that use them may trust them."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clip_rooms import Track, room, sid
from clips import COLOURS, Clips, counter

COLOUR_TOLERANCE = 12
"""Levels of 255 that YUV 4:2:0 limited range and a lossy codec may move a plain colour by."""


def pictures(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def packets(path: Path) -> list[tuple[int, bool]]:
    """Milliseconds and key flags."""
    with av.open(str(path)) as container:
        return [(p.pts, p.is_keyframe) for p in container.demux(container.streams[0]) if p.size]


def sound(path: Path) -> tuple[float, np.ndarray, int]:
    """Time of the first sample in seconds, the samples by channel, and the rate."""
    resampler = av.AudioResampler("fltp")
    with av.open(str(path)) as container:
        frames = [f for frame in container.decode(audio=0) for f in resampler.resample(frame)]
        start = float(frames[0].pts * frames[0].time_base)
        return start, np.concatenate([f.to_ndarray() for f in frames], axis=1), frames[0].rate


def is_colour(frame: av.VideoFrame, colour: str) -> bool:
    pixels = frame.to_ndarray(format="rgb24").reshape(-1, 3).astype(int)
    return bool((np.abs(pixels - COLOURS[colour]).max() <= COLOUR_TOLERANCE).all())


@pytest.mark.parametrize("codec", ["vp8", "vp9", "h264", "av1"])
def test_video_has_its_colour_size_and_number_of_pictures(clips: Clips, codec: str) -> None:
    shown = pictures(clips.video("blue", (160, 120), codec, 1, start=1.5))
    assert len(shown) == 30
    assert (shown[0].width, shown[0].height) == (160, 120)
    assert shown[0].time == 1.5
    assert is_colour(shown[0], "blue")
    assert is_colour(shown[-1], "blue")


def test_colours_change_each_second(clips: Clips) -> None:
    shown = pictures(clips.video(["red", "green"], (160, 120), seconds=3, fps=10))
    assert [is_colour(shown[n], "red") for n in (0, 9, 10, 19, 20)] == [
        True,
        True,
        False,
        False,
        True,
    ]
    assert is_colour(shown[10], "green")


@pytest.mark.parametrize("codec", ["vp8", "h264"])
def test_rotation_and_sample_aspect(clips: Clips, codec: str) -> None:
    clip = clips.video("red", (240, 120), codec, 1, rotation=90, sample_aspect=Fraction(4, 3))
    assert pictures(clip)[0].rotation == 90
    with av.open(str(clip)) as container:
        assert container.streams.video[0].sample_aspect_ratio == Fraction(4, 3)


def test_gop_sets_key_frames(clips: Clips) -> None:
    clip = clips.video("red", (160, 120), seconds=1, gop=10)
    assert [n for n, (_, key) in enumerate(packets(clip)) if key] == [0, 10, 20]


@pytest.mark.parametrize("codec", ["vp8", "vp9", "av1"])
def test_resized_changes_the_size_of_the_pictures(clips: Clips, codec: str) -> None:
    shown = pictures(clips.resized([(160, 120), (320, 180)], "green", codec))
    assert [(f.width, f.height) for f in shown] == [(160, 120)] * 30 + [(320, 180)] * 30
    assert is_colour(shown[-1], "green")


def test_counted_pictures_can_be_read(clips: Clips) -> None:
    shown = pictures(clips.counted(seconds=2))
    assert [counter(f.to_ndarray(format="rgb24")) for f in shown] == list(range(60))


@pytest.mark.parametrize(("codec", "rate"), [("opus", 48_000), ("pcmu", 8_000), ("aac", 48_000)])
@pytest.mark.parametrize("stereo", [False, True])
def test_tone_has_its_pitch_level_and_place(
    clips: Clips, codec: str, rate: int, stereo: bool
) -> None:
    start, samples, found_rate = sound(clips.tone(440, codec, 2, stereo=stereo, start=3))
    assert found_rate == rate
    assert abs(start - 3) < 0.001
    assert 1.975 < samples.shape[1] / rate <= 2
    pitches = [440, 880] if stereo else [440]
    if codec == "pcmu":
        samples = samples.reshape(-1, len(pitches)).T if samples.shape[0] == 1 else samples
    assert len(samples) == len(pitches)
    for channel, pitch in zip(samples, pitches, strict=True):
        middle = channel[rate // 2 : rate // 2 + rate]
        assert np.abs(np.fft.rfft(middle)).argmax() == pitch
        level_db = 20 * np.log10(np.sqrt(2 * np.mean(middle**2)))
        assert abs(level_db - -12) < 1


def test_flash_and_beep_come_at_the_same_instants(clips: Clips) -> None:
    flash, beep = clips.flash_and_beep(3, start=0.5)
    white = [f.time for f in pictures(flash) if is_colour(f, "white")]
    assert white == pytest.approx([0.5, 0.533, 0.567, 1.5, 1.533, 1.567, 2.5, 2.533, 2.567])
    start, samples, rate = sound(beep)
    loud = np.abs(samples[0]) > 0.25
    onsets = [np.flatnonzero(loud[second * rate :])[0] / rate + second for second in range(3)]
    assert [onset + start for onset in onsets] == pytest.approx([0.5, 1.5, 2.5], abs=0.005)


def test_surgery_touches_packets_as_named(clips: Clips) -> None:
    clip = clips.video("red", (160, 120), seconds=2, gop=30)
    whole = packets(clip)
    assert packets(clips.shifted(clip, 20)) == [(at + 20_000, key) for at, key in whole]
    assert packets(clips.gapped(clip, 0.5, 1.5)) == [p for p in whole if not 500 <= p[0] < 1500]
    assert packets(clips.without_first_key(clip)) == whole[1:]
    assert [at for at, _ in packets(clips.swapped(clip, 5, 6))][4:8] == [133, 200, 167, 233]
    assert len(packets(clips.truncated(clip))) < len(whole)
    assert [at for at, _ in packets(clips.corrupted(clip, 1))] == [at for at, _ in whole]
    assert clips.empty().stat().st_size == 0


def test_corrupted_packets_do_not_decode(clips: Clips) -> None:
    clip = clips.corrupted(clips.video("red", (160, 120), "h264", 1))
    with pytest.raises(av.error.InvalidDataError):
        pictures(clip)


def test_equal_calls_give_one_file_and_different_ones_two(clips: Clips) -> None:
    assert clips.tone(300) == clips.tone(300)
    assert clips.tone(300).name == "tone-300hz-opus-2s.mka"
    assert clips.video(sample_aspect=Fraction(4, 3)).name == "red-320x240-vp8-2s-sar4to3.webm"
    assert clips.tone(300, level_db=-6) != clips.tone(300)


def test_room_is_a_manifest_with_its_media(clips: Clips, tmp_path: Path) -> None:
    red, tone = clips.video("red"), clips.tone()
    tracks = [Track("ann", "camera", red, offset_ms=5), Track("ann", "microphone", tone)]
    manifest = room(tmp_path, tracks, name="two", type="group")
    document = json.loads(manifest.read_text())
    first, second = document["recordings"]
    assert first["sid"] == sid("RT", "two", 0)
    assert (first["type"], second["type"], first["offset"]) == ("video", "audio", 5)
    assert first["participant_sid"] == second["participant_sid"]
    assert (manifest.parent / first["media"]).read_bytes() == red.read_bytes()


def test_more_surgery(clips: Clips) -> None:
    clip = clips.video("red", (160, 120), seconds=1, fps=10)
    assert [at for at, _ in packets(clips.restamped(clip, "twice", lambda _, at: at * 2))][:3] == [
        0, 200, 400,
    ]  # fmt: skip
    assert [at for at, _ in packets(clips.only(clip, 0, 3))] == [0, 300]
    later = clips.video("blue", (320, 240), seconds=1, fps=10, start=1)
    shown = pictures(clips.joined(clip, later))
    assert [(frame.time, frame.width) for frame in shown[9:11]] == [(0.9, 160), (1, 320)]
    with av.open(str(clips.headed(clip, (640, 480)))) as container:
        assert container.streams.video[0].codec_context.width == 640
    with av.open(str(clips.lasting(clip, 900))) as container:
        assert container.duration == 900_000_000
    with av.open(str(clips.together(clip, clips.tone()))) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]


def test_a_wave_sounds_whatever_it_claims(clips: Clips) -> None:
    for claims in (None, 0, 2**32 - 1):
        start, samples, rate = sound(clips.wave(1, claims=claims))
        assert (start, samples.shape[1], rate) == (0, 48_000, 48_000)
