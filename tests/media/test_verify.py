"""A file that is not what was planned is found out, whatever the encoder said of it."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from clip_rooms import Track, room
from clips import Clips
from composing import Composed, compose_room

from roomreel.errors import VerificationFailed
from roomreel.model.plan import Plan, Scene
from roomreel.render.verify import verify


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, clips: Clips) -> Composed:
    folder = tmp_path_factory.mktemp("verify")
    tracks = [
        Track("ann", "camera", clips.video("red", seconds=3)),
        Track("bob", "camera", clips.video("blue", seconds=1), offset_ms=1000),
        Track("ann", "microphone", clips.tone(440, seconds=3), offset_ms=1),
    ]
    template = {
        "video_layout": {"grid": {"video_sources": ["*"]}},
        "audio_sources": ["*"],
        "resolution": "320x240",
        "format": "mp4",
    }
    return compose_room(folder, room(folder, tracks), template)


def test_the_true_plan_is_accepted(made: Composed):
    stills = verify(made.media, made.plan)
    assert stills is not None
    assert (stills.poster.width, stills.poster.height) == (320, 240)
    assert len(stills.sheet) == len(made.plan.scenes)


CHANGES: dict[str, tuple[Callable[[Plan], Plan], str]] = {
    "a frame more": (lambda plan: replace(plan, frame_count=91), "has 90 frames, not 91"),
    "another rate": (lambda plan: replace(plan, frame_rate=Fraction(25)), "sound lasts|is at"),
    "no sound": (lambda plan: replace(plan, audio=()), "has audio and video, not video"),
    "no picture": (lambda plan: replace(plan, has_video=False), "not audio"),
    "another size": (
        lambda plan: replace(plan, resolution=replace(plan.resolution, width=322)),
        "a picture is 320x240, not 322x240",
    ),
    "another scene": (
        lambda plan: replace(plan, scenes=(Scene(0, 17), Scene(17, 90))),
        "no key frame at frame 17, where a scene",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_another_plan_is_refused(made: Composed, name: str):
    change, words = CHANGES[name]
    with pytest.raises(VerificationFailed, match=words):
        verify(made.media, change(made.plan))


@pytest.mark.parametrize("keep", [0, 0.3, 0.9])
def test_a_file_cut_short_is_refused(made: Composed, tmp_path: Path, keep: float):
    data = made.media.read_bytes()
    short = tmp_path / "short.mp4"
    short.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(VerificationFailed):
        verify(short, made.plan)
