"""One recording whose decoder dies is left out, named, and the composition is made without it."""

import os
from pathlib import Path

import numpy as np
import pytest
from clip_rooms import Track, room, sid
from clips import Clips
from composing import compose_room, level_at

from roomreel.errors import RenderError
from roomreel.render import spread, supervise

STAND_INS = Path(__file__).parent / "broken_decoders"
TEMPLATE = {
    "video_layout": {"grid": {"video_sources": ["*"]}},
    "audio_sources": ["*"],
    "resolution": "320x120",
    "format": "mp4",
}


@pytest.fixture
def break_decoders(monkeypatch: pytest.MonkeyPatch):
    def arrange(**faults: str) -> None:
        monkeypatch.setenv("PYTHONPATH", str(STAND_INS), prepend=os.pathsep)
        monkeypatch.setenv("BROKEN_DECODERS", ",".join(f"{k}={v}" for k, v in faults.items()))

    return arrange


@pytest.mark.parametrize(
    ("fault", "words"),
    [("crash", "SIGSEGV"), ("hang", "no progress for 3 s"), ("bloat", "bytes of memory")],
)
def test_a_picture_whose_decoder_fails_is_black_in_its_place(
    tmp_path: Path,
    clips: Clips,
    monkeypatch: pytest.MonkeyPatch,
    break_decoders,
    fault: str,
    words: str,
):
    monkeypatch.setattr(spread, "SILENCE_S", 3.0)
    culprit = sid("RT", "test-room", 0)
    tracks = [
        Track("ann", "camera-1", clips.video("red", seconds=2)),
        Track("bob", "camera-2", clips.video("green", seconds=2)),
    ]
    manifest = room(tmp_path, tracks)
    break_decoders(**{culprit: fault})
    made = compose_room(tmp_path, manifest, TEMPLATE, memory_limit_bytes=600_000_000)
    assert len(list(made.pictures())) == made.plan.frame_count == 60
    pixels = made.picture(30)
    assert pixels[:, :160].max() < 40
    assert np.abs(pixels[40:80, 220:260].astype(int) - [0, 255, 0]).max() < 24
    told = [w for w in made.outcome.warnings if w.code == "media-undecodable"]
    assert [w.recording_sid for w in told] == [culprit]
    assert words in told[0].message


def test_sound_whose_decoder_fails_is_silent_in_its_place(
    tmp_path: Path, clips: Clips, break_decoders
):
    tracks = [
        Track("ann", "microphone", clips.tone(440, seconds=2)),
        Track("bob", "microphone", clips.tone(1000, seconds=2)),
    ]
    manifest = room(tmp_path, tracks)
    break_decoders(**{sid("RT", "test-room", 0): "crash"})
    made = compose_room(tmp_path, manifest, TEMPLATE)
    sound = made.sound()
    assert level_at(sound, 440, 0.5, 1.5) < 0.003
    assert level_at(sound, 1000, 0.5, 1.5) == pytest.approx(10 ** (-12 / 20), rel=0.05)
    assert ("media-undecodable", sid("RT", "test-room", 0)) in made.codes


def test_too_many_of_them_fail_the_composition_and_are_named(
    tmp_path: Path, clips: Clips, monkeypatch: pytest.MonkeyPatch, break_decoders
):
    monkeypatch.setattr(supervise, "MOST_ATTEMPTS", 1)
    culprit = sid("RT", "test-room", 0)
    manifest = room(tmp_path, [Track("ann", "camera", clips.video("red", seconds=2))])
    break_decoders(**{culprit: "crash"})
    with pytest.raises(
        RenderError, match=rf"SIGSEGV.*while reading {culprit} \({RenderError.advice}\)"
    ):
        compose_room(tmp_path, manifest, TEMPLATE)
    assert not list((tmp_path / "store" / "scratch").glob("roomreel-attempt-*"))
    assert not list((tmp_path / "store").rglob("*.mp4"))
