"""Copied pictures equal composed ones, and what cannot be copied is composed."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import foreign
import numpy as np
import pytest
from clip_rooms import Track, room, sid
from clips import Clips, counter
from composing import RATE, Composed, colours, compose_room, level_at
from foreign import H264_B, H264_LONG, ffmpeg, steps, video

from roomreel.errors import VerificationFailed
from roomreel.media.copy import SILENCE
from roomreel.model.geometry import Size
from roomreel.model.plan import Plan
from roomreel.model.time import to_ms
from roomreel.render.stream_copy import copy_error
from roomreel.render.verify import verify

PSNR_DB = 35
"""A camera picture at crf 23 lies about 40 dB from what it was made of; another picture of the
same clip lies below 15."""

SIZE = (384, 240)
FRAME_S = Fraction(1, 30)
ROUNDED_S = Fraction(1, 1000)
"""Matroska has whole milliseconds."""

FORMS = {"vp8": "webm", "vp9": "webm", "h264": "mp4"}


def template(form: str, **changes: Any) -> dict[str, Any]:
    return {
        "video_layout": {"main": {"video_sources": ["*"]}},
        "audio_sources": ["*"],
        "resolution": f"{SIZE[0]}x{SIZE[1]}",
        "format": form,
        "passthrough": True,
        **changes,
    }


SILENT = (Fraction(0), Fraction(2, 5)), (Fraction(117, 50), Fraction(133, 50)), (Fraction(23, 5), 5)
"""Spans of seconds in which the microphone sends nothing: between its beeps, and at both ends."""


def tracks(clips: Clips, codec: str) -> list[Track]:
    """A camera that begins 20 ms after its microphone, as they do."""
    microphone = clips.flash_and_beep(5)[1]
    for start, end in SILENT:
        microphone = clips.gapped(microphone, start, end)
    return [
        Track("ann", "camera", clips.counted(SIZE, codec, 5, gop=60, start=Fraction(1, 50))),
        Track("ann", "microphone", microphone),
    ]


@pytest.fixture(scope="module", params=FORMS)
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, clips: Clips
) -> tuple[Composed, Composed]:
    """The same room copied, and composed."""
    folder = tmp_path_factory.mktemp("passthrough")
    manifest = room(folder, tracks(clips, request.param))
    form = FORMS[request.param]
    return (
        compose_room(folder / "copied", manifest, template(form)),
        compose_room(folder / "composed", manifest, template(form, passthrough=False)),
    )


def timed(made: Composed) -> list[tuple[float, Any]]:
    with av.open(str(made.media)) as container:
        return [
            (frame.time, frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)
        ]


def psnr(one: Any, other: Any) -> float:
    error = np.mean((one.astype(float) - other.astype(float)) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def test_a_copy_has_the_pictures_of_the_long_way_at_their_times(both: tuple[Composed, Composed]):
    copied, composed = map(timed, both)
    assert both[0].plan.copied
    assert not both[1].plan.copied
    assert len(copied) == both[0].outcome.frame_count == 150
    long_way = [(at, pixels) for at, pixels in composed if at >= copied[0][0]]
    for at, pixels in long_way:
        nearest = min(
            copied, key=lambda one: (counter(one[1]) != counter(pixels), abs(one[0] - at))
        )
        assert abs(nearest[0] - at) <= FRAME_S
        assert psnr(nearest[1], pixels) >= PSNR_DB


def test_a_copy_has_each_picture_of_the_camera_once(both: tuple[Composed, Composed]):
    copied = timed(both[0])
    assert [counter(pixels) for _, pixels in copied] == list(range(150))
    steps = {round((b - a) * 1000) for (a, _), (b, _) in pairwise(copied)}
    assert steps <= {33, 34}


def onsets(sound: Any) -> list[float]:
    """When the beeps of the microphone begin, one each second from the second one on."""
    loud = np.flatnonzero(np.abs(sound[0]) > 0.1) / RATE
    return [float(loud[loud >= second - 0.5][0]) for second in range(1, 5)]


def test_sound_of_both_ways_beeps_at_the_same_times(both: tuple[Composed, Composed]):
    copied, composed = both
    assert copied.plan.copied is not None
    assert copied.plan.copied.sound == (copied.plan.format == "webm")
    for one, other in zip(onsets(copied.sound()), onsets(composed.sound()), strict=True):
        assert abs(one - other) <= FRAME_S


def test_copied_sound_is_as_loud_on_both_sides_as_mixed_sound(both: tuple[Composed, Composed]):
    copied, composed = (made.sound() for made in both)
    assert copied.shape[0] == composed.shape[0] == 2
    assert np.allclose(copied[0], copied[1], atol=0.01)  # AAC codes both sides together
    beep = 1.02, 1.08
    expected = level_at(composed, 1000, *beep)
    assert level_at(copied, 1000, *beep) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("length", SILENCE)
def test_a_packet_of_silence_is_silent_for_its_length(length: int):
    decoder: Any = av.CodecContext.create("opus", "r")
    decoder.sample_rate, decoder.layout = RATE, "stereo"
    frames = [*decoder.decode(av.Packet(SILENCE[length])), *decoder.decode(None)]
    assert sum(frame.samples for frame in frames) == length
    assert not any(frame.to_ndarray().any() for frame in frames)


def test_copied_sound_has_no_gap(both: tuple[Composed, Composed]):
    with av.open(str(both[0].media)) as container:
        [sound] = container.streams.audio
        packets = [packet for packet in container.demux(sound) if packet.size]
    steps = [(b.pts - a.pts - a.duration) * sound.time_base for a, b in pairwise(packets)]
    assert max(map(abs, steps)) <= ROUNDED_S


def test_a_copy_has_poster_sheet_tags_and_a_length(both: tuple[Composed, Composed]):
    made = both[0]
    assert made.outcome.files is not None
    assert made.outcome.files.poster is not None
    assert Path(made.outcome.files.poster).is_file()
    assert made.outcome.duration_ms == to_ms(made.plan.length)
    with av.open(str(made.media)) as container:
        assert container.metadata["title"] == "test-room (test)"
        assert abs(container.duration / 1e6 - float(made.plan.length)) <= FRAME_S
    assert not made.codes


def test_what_was_trimmed_off_does_not_come_back(tmp_path: Path):
    """An edit list hides pictures 0 to 29, which are still in the file."""
    whole = video(tmp_path / "whole.mp4", *H264_LONG, "-c:a", "aac", count=75, beside=steps(3))
    ffmpeg("-ss", 1.2, "-i", whole, "-c", "copy", tmp_path / "trimmed.mp4")
    size = f"{foreign.SIZE[0]}x{foreign.SIZE[1]}"
    tracks = [
        Track("ann", name, tmp_path / "trimmed.mp4", kind)
        for name, kind in (("camera", "video"), ("mic", "audio"))
    ]
    layout = template("mp4", resolution=size, frame_rate=foreign.FPS)
    made = compose_room(tmp_path, room(tmp_path, tracks), layout)
    assert "an edit list hides 30 of its pictures" in made.plan.passthrough.refused
    pictures = list(range(30, 75))  # what pads the last packet of sound may take one frame more
    assert [counter(pixels) for _, pixels in timed(made)][: len(pictures)] == pictures
    sound = made.sound()  # 500 Hz to 1.999 s of what was recorded, then 600 Hz
    assert [level_at(sound, hz, 0.1, 0.7) > 0.2 for hz in (500, 600)] == [True, False]
    assert [level_at(sound, hz, 0.9, 1.7) > 0.2 for hz in (500, 600)] == [False, True]


@pytest.mark.parametrize("ending", ["h264", "avi"])
def test_pictures_whose_times_are_those_of_decoding_are_composed(ending: str, tmp_path: Path):
    """A copy would show B-frames at each other's times."""
    path = video(tmp_path / f"v.{ending}", *H264_B, count=50)
    size = f"{foreign.SIZE[0]}x{foreign.SIZE[1]}"
    layout = template("mp4", resolution=size, frame_rate=foreign.FPS)
    made = compose_room(tmp_path, room(tmp_path, [Track("ann", "cam", path, "video")]), layout)
    assert "does not say when" in made.plan.passthrough.refused
    expected = [(pytest.approx(number / foreign.FPS), number) for number in range(50)]
    assert [(at, counter(pixels)) for at, pixels in timed(made)] == expected


def test_sound_of_5_1_is_mixed_beside_copied_pictures(tmp_path: Path):
    camera = video(tmp_path / "camera.webm")
    sound = "aevalsrc=.2*sin(1000*PI*t)|.2*sin(1800*PI*t)|.2*sin(2800*PI*t)|0|0|0:s=48000:d=2:c=5.1"
    encoder = "-c:a", "libopus", "-b:a", "256k"
    ffmpeg("-f", "lavfi", "-i", sound, *encoder, tmp_path / "microphone.webm")
    tracks = [
        Track("ann", "camera", camera),
        Track("ann", "mic", tmp_path / "microphone.webm", "audio"),
    ]
    layout = template("webm", resolution=f"{foreign.SIZE[0]}x{foreign.SIZE[1]}")
    made = compose_room(tmp_path, room(tmp_path, tracks), layout)
    assert made.plan.copied
    assert not made.plan.copies_sound
    heard = made.sound()
    for side, levels in ((heard, (0.2, 0, 0.14)), (heard[::-1], (0, 0.2, 0.14))):
        found = [level_at(side, hz, 0.5, 1.5) for hz in (500, 900, 1400)]
        assert found == pytest.approx(levels, abs=0.02)


COMPOSED = {
    "turned": lambda clips: clips.video(size=SIZE, seconds=1, rotation=180),
    "of three sizes": lambda clips: clips.resized([SIZE, (160, 120)]),
    "in no codec of WebM": lambda clips: clips.video(size=SIZE, codec="h264", seconds=1),
}


@pytest.mark.parametrize("name", COMPOSED)
def test_what_cannot_be_copied_is_composed(clips: Clips, tmp_path: Path, name: str):
    manifest = room(tmp_path, [Track("ann", "camera", COMPOSED[name](clips))])
    made = compose_room(tmp_path, manifest, template("webm"))
    assert made.plan.passthrough is not None
    assert made.plan.passthrough.refused
    assert len(timed(made)) == made.plan.frame_count


def test_copied_pictures_that_do_not_play_are_composed(clips: Clips, tmp_path: Path):
    camera = clips.video("red", SIZE, "vp8", 3, gop=30)
    damaged = clips.corrupted(camera, 1, 2, clear=3)  # what tells a key frame stays
    manifest = room(tmp_path, [Track("ann", "camera", damaged)])
    made = compose_room(tmp_path, manifest, template("webm"))
    assert made.plan.copied
    assert made.outcome.frame_count == 90
    assert ("media-undecodable", sid("RT", "test-room", 0)) in made.codes
    assert colours(made)[0] == colours(made)[-1] == "red"


CHANGES: dict[str, tuple[Callable[[Plan], Plan], str]] = {
    "a frame more": (lambda plan: replace(plan, frame_count=151), "has 150 frames, not 151"),
    "a later start": (
        lambda plan: replace(plan, passthrough=replace(plan.copied, start=Fraction(1, 2))),
        "its first frame is at 0.020 s, not 0.500 s",
    ),
    "an earlier end": (
        lambda plan: replace(plan, passthrough=replace(plan.copied, media_end=Fraction(4))),
        "its last frame is after its end at 4.000 s",
    ),
    "another size": (
        lambda plan: replace(plan, resolution=Size(320, 240)),
        "is no 320x240 picture",
    ),
    "a late end": (
        lambda plan: replace(plan, passthrough=replace(plan.copied, media_end=Fraction(20))),
        "key frames are up to 15.980 s apart",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_copy_that_is_not_what_was_planned_is_refused(both: tuple[Composed, Composed], name: str):
    change, words = CHANGES[name]
    assert verify(both[0].media, both[0].plan) is not None
    with pytest.raises(VerificationFailed, match=words):
        verify(both[0].media, change(both[0].plan))


def test_times_that_do_not_rise_and_a_start_without_a_key_are_told(both: tuple[Composed, Composed]):
    plan = both[0].plan
    times = [Fraction(20 + 33 * number, 1000) for number in range(150)]
    assert copy_error(times, times[::60], plan) == ""
    swapped = [times[1], times[0], *times[2:]]
    assert copy_error(swapped, times[::60], plan) == "timestamps of the pictures do not rise"
    assert copy_error(times, times[1::60], plan) == "it does not begin with a key frame"
