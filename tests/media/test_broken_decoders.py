"""One recording whose decoder dies is left out, named, and the composition is made without it."""

from pathlib import Path

import numpy as np
import pytest
from clip_rooms import Track, room, sid
from clips import Clips
from composing import colour, compose_room, level_at, planned

from roomreel.errors import RenderError
from roomreel.render import spread, supervise

pytestmark = pytest.mark.slow

TEMPLATE = {
    "video_layout": {"grid": {"video_sources": ["*"]}},
    "audio_sources": ["*"],
    "resolution": "320x120",
    "format": "mp4",
}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("crash", "SIGSEGV"),
        ("hang", "no progress for 3 s"),
        ("bloat", "bytes of memory"),
        ("surprise", "TypeError: nobody foresaw this"),
    ],
)
def test_a_picture_whose_decoder_fails_is_black_in_its_place(
    tmp_path: Path,
    clips: Clips,
    monkeypatch: pytest.MonkeyPatch,
    break_decoders,
    fault: str,
    words: str,
):
    if fault == "hang":
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


@pytest.mark.slow
def test_any_number_of_them_is_left_out_and_named(tmp_path: Path, clips: Clips, break_decoders):
    culprits = [sid("RT", "test-room", number) for number in range(6)]
    faults = ["crash", "surprise", "crash", "surprise", "crash", "surprise"]
    red = clips.video("red", (160, 120), seconds=1, fps=10)
    tracks = [Track("ann", f"camera-{number}", red) for number in range(6)]
    green = clips.video("green", (160, 120), seconds=1, fps=10)
    manifest = room(tmp_path, [*tracks, Track("zoe", "camera-9", green)])
    break_decoders(**dict(zip(culprits, faults, strict=True)))
    made = compose_room(tmp_path, manifest, {**TEMPLATE, "resolution": "480x360"})
    shown = made.picture(15)
    assert made.codes >= {("media-undecodable", culprit) for culprit in culprits}
    assert cells(shown, 3, 3) == ["black"] * 6 + ["green", "black", "black"]


@pytest.mark.slow
def test_of_several_that_take_too_much_together_one_is_left_out(
    tmp_path: Path, clips: Clips, break_decoders
):
    red = clips.video("red", (160, 120), seconds=1, fps=10)
    tracks = [Track("ann", f"camera-{number}", red) for number in range(3)]
    green = clips.video("green", (160, 120), seconds=1, fps=10)
    manifest = room(tmp_path, [*tracks, Track("zoe", "camera-9", green)])
    break_decoders(**{sid("RT", "test-room", number): "weigh" for number in range(3)})
    made = compose_room(tmp_path, manifest, TEMPLATE, memory_limit_bytes=800_000_000)
    [told] = [w for w in made.outcome.warnings if w.code == "media-undecodable"]
    assert "and with the others more than the 800000000 allowed" in told.message
    shown = cells(made.picture(15), 2, 2)
    assert sorted(shown[:3]) == ["black", "red", "red"]
    assert shown[3] == "green"


def test_a_damaged_packet_costs_no_more_than_itself(tmp_path: Path, clips: Clips, break_decoders):
    manifest = room(tmp_path, [Track("ann", "camera", clips.video("red", seconds=2))])
    break_decoders(**{sid("RT", "test-room", 0): "spoil"})
    made = compose_room(tmp_path, manifest, TEMPLATE)
    [told] = [w for w in made.outcome.warnings if w.code == "media-undecodable"]
    assert told.message == "1 packets could not be decoded; 5 frames could"
    assert cells(made.picture(50), 1, 1) == ["red"]


@pytest.mark.parametrize("fault", ["crash", "surprise", "spoil"])
def test_what_cannot_be_copied_is_composed(
    tmp_path: Path, clips: Clips, break_decoders, fault: str
):
    tracks = [
        Track("ann", "camera", clips.video("red", seconds=2)),
        Track("ann", "microphone", clips.tone(440, seconds=2)),
    ]
    template = {**TEMPLATE, "resolution": "320x240", "format": "webm", "passthrough": True}
    manifest = room(tmp_path, tracks)
    assert planned(tmp_path, manifest, template)[1].copied
    break_decoders(**{sid("RT", "test-room", 0): f"{fault}@copy"})
    made = compose_room(tmp_path, manifest, template)
    assert {code for code, _ in made.codes} == {"recording-short"}
    assert cells(made.picture(30), 1, 1) == ["red"]
    assert level_at(made.sound(), 440, 0.5, 1.5) == pytest.approx(10 ** (-12 / 20), rel=0.05)


def test_too_many_of_them_fail_the_composition_and_are_named(
    tmp_path: Path, clips: Clips, monkeypatch: pytest.MonkeyPatch, break_decoders
):
    monkeypatch.setattr(supervise, "MOST_ATTEMPTS", 1)
    culprit = sid("RT", "test-room", 0)
    manifest = room(tmp_path, [Track("ann", "camera", clips.video("red", seconds=2))])
    break_decoders(**{culprit: "crash"})
    with pytest.raises(
        RenderError,
        match=rf"SIGSEGV.*while reading ann/camera \({culprit}\) \({RenderError.advice}\)",
    ):
        compose_room(tmp_path, manifest, TEMPLATE)
    assert not list((tmp_path / "store" / "scratch").glob("roomreel-attempt-*"))
    assert not list((tmp_path / "store").rglob("*.mp4"))


def cells(pixels: np.ndarray, columns: int, rows: int) -> list[str]:
    """The colour in the middle of each cell of a grid, row by row."""
    height, width = pixels.shape[0] // rows, pixels.shape[1] // columns
    middles = [
        (row * height + height // 2, column * width + width // 2)
        for row in range(rows)
        for column in range(columns)
    ]
    return [colour(pixels[y - 8 : y + 8, x - 8 : x + 8]) for y, x in middles]
