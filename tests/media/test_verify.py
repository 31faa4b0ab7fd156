"""A file that is not what was planned is found out, whatever the encoder said of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clip_rooms import Track, room, sid
from clips import Clips
from composing import RATE, Composed, compose_room, planned, run_here

from roomreel.errors import VerificationFailed
from roomreel.media.colour import BT601, output_matrix
from roomreel.media.encoder_options import VideoSettings
from roomreel.media.encoders import SoundEncoder, VideoEncoder
from roomreel.media.frames import planes
from roomreel.media.mux import mux
from roomreel.model.media import TrackPath
from roomreel.model.plan import Plan, Scene
from roomreel.render.canvas import Canvas
from roomreel.render.compare import BLACK_LEVELS
from roomreel.render.energy import Energy, energy_of
from roomreel.render.fingerprint import FrameFingerprint, key_frames
from roomreel.render.in_use import InUseMarker
from roomreel.render.patches import Drawer
from roomreel.render.recheck import independent_fingerprint
from roomreel.render.verify import verify

FPS = 10
SMALL = (160, 120)
GRID: dict[str, Any] = {
    "video_layout": {"grid": {"video_sources": ["*"]}},
    "audio_sources": ["*"],
    "resolution": "320x240",
    "format": "mp4",
    "frame_rate": FPS,
}
ANN, BOB, CLEO, DAN = (sid("RT", "test-room", number) for number in range(4))
CELLS = [(slice(y, y + 120), slice(x, x + 160)) for y in (0, 120) for x in (0, 160)]
COMES, LEAVES, FRAMES = 40, 80, 120


@dataclass(frozen=True)
class Room:
    """A good composition, and all that is known of what it should show and sound like."""

    made: Composed
    seen: FrameFingerprint
    heard: Energy

    def check(self, path: Path, *, whole: bool = False) -> None:
        verify(path, self.made.plan, [self.seen], self.heard, whole=whole)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory, clips: Clips) -> Room:
    """Two who stay, one who comes and leaves, and one whose pictures nobody can decode."""
    folder = tmp_path_factory.mktemp("verify")
    noise = clips.corrupted(clips.footage(4, SMALL, seconds=6))
    tracks = [
        Track("ann", "cam-1", clips.footage(1, SMALL, seconds=12)),
        Track("bob", "cam-2", clips.footage(2, SMALL, seconds=12)),
        Track("cleo", "cam-3", clips.footage(3, SMALL, seconds=4), offset_ms=100 * COMES),
        Track("dan", "cam-4", noise, offset_ms=100 * (COMES + 10)),
        Track("ann", "mic", clips.tone(440, seconds=9), offset_ms=1),
    ]
    manifest = room(folder, tracks)
    made = compose_room(folder, manifest, GRID, verify="full")
    job, plan, _ = planned(folder, manifest, GRID)
    stored = {sid: medium.stored for sid, medium in job.media.items() if medium.stored}
    paths = {sid: TrackPath(one.location) for sid, one in stored.items()}
    reading = InUseMarker(folder / "reading", sorted(paths))
    # As while it is painted; of a recording with errors a second look says nothing.
    decodable = {sid: path for sid, path in paths.items() if sid != DAN}
    seen = independent_fingerprint(plan, Drawer(BT601), decodable, 2, reading, lambda: None)
    return Room(made, seen, energy_of(made.media, lambda: None))


# Another plan


CHANGES: dict[str, tuple[Callable[[Plan], Plan], str]] = {
    "a frame more": (
        lambda plan: replace(plan, frame_count=plan.frame_count + 1), "frames, not "
    ),
    "another rate": (lambda plan: replace(plan, frame_rate=Fraction(25)), "sound lasts|is at"),
    "no sound": (lambda plan: replace(plan, audio=()), "has audio and video, not video"),
    "no picture": (lambda plan: replace(plan, has_video=False), "not audio"),
    "another size": (
        lambda plan: replace(plan, resolution=replace(plan.resolution, width=322)),
        "a picture is 320x240, not 322x240",
    ),
    "another scene": (
        lambda plan: replace(plan, scenes=(Scene(0, 17), Scene(17, plan.frame_count))),
        "no key frame at frame 17, where a scene",
    ),
}  # fmt: skip


def test_the_true_plan_is_accepted(good: Room):
    stills = verify(good.made.media, good.made.plan)
    assert stills is not None
    assert (stills.poster.width, stills.poster.height) == (320, 240)
    assert len(stills.sheet) >= len(good.made.plan.scenes)


@pytest.mark.parametrize("name", CHANGES)
def test_another_plan_is_refused(good: Room, name: str):
    change, words = CHANGES[name]
    with pytest.raises(VerificationFailed, match=words):
        verify(good.made.media, change(good.made.plan))


@pytest.mark.parametrize("keep", [0, 0.3, 0.9])
def test_a_file_cut_short_is_refused(good: Room, tmp_path: Path, keep: float):
    data = good.made.media.read_bytes()
    short = tmp_path / "short.mp4"
    short.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(VerificationFailed):
        good.check(short)


# Another picture


def put(frame: av.VideoFrame, cell: int, source: av.VideoFrame, from_cell: int) -> None:
    """Copy what one cell of a frame shows into a cell of another."""
    for plane, there, step in zip(planes(frame), planes(source), (1, 2, 2), strict=True):
        plane[of(cell, step)] = there[of(from_cell, step)].copy()


def of(cell: int, step: int) -> tuple[slice, ...]:
    return tuple(slice(axis.start // step, axis.stop // step) for axis in CELLS[cell])


Frames = list[av.VideoFrame]


def a_cell_is_black(frames: Frames) -> Frames:
    for frame in frames[COMES:]:
        for plane, step, level in zip(planes(frame), (1, 2, 2), BLACK_LEVELS, strict=True):
            plane[of(1, step)] = level
    return frames


def two_are_swapped(frames: Frames) -> Frames:
    before = copies(frames)
    for frame, old in zip(frames[COMES:], before[COMES:], strict=True):
        put(frame, 0, old, 1)
        put(frame, 1, old, 0)
    return frames


def one_is_shown_twice(frames: Frames) -> Frames:
    for frame in frames[COMES:]:
        put(frame, 2, frame, 1)
    return frames


def a_cell_is_frozen(frames: Frames) -> Frames:
    for frame in frames[COMES:]:
        put(frame, 0, frames[COMES - FPS], 0)
    return frames


def who_left_is_still_there(frames: Frames) -> Frames:
    for frame in frames[LEAVES:]:
        put(frame, 2, frames[LEAVES - 1], 2)
    return frames


def what_cannot_be_decoded_shows_another(frames: Frames) -> Frames:
    for frame in frames[COMES + 10 :]:
        put(frame, 3, frame, 0)
    return frames


def a_second_late(frames: Frames) -> Frames:
    return [*frames[:1] * FPS, *frames[:-FPS]]


def a_second_early(frames: Frames) -> Frames:
    return [*frames[FPS:], *frames[-1:] * FPS]


def parts_in_the_wrong_order(frames: Frames) -> Frames:
    return [*frames[COMES:], *frames[:COMES]]


DAMAGE: dict[Callable[[Frames], Frames], str] = {
    a_cell_is_black: f"frame 40 .*cell 1 of region 'grid' is black and does not show {BOB}",
    two_are_swapped: f"frame 40 .*cell 0 of region 'grid' shows {BOB} and not {ANN}",
    one_is_shown_twice: f"frame 40 .*cell 2 of region 'grid' shows {BOB} and not {CLEO}",
    a_cell_is_frozen: f"frame 40 .*cell 0 of region 'grid' does not show {ANN}",
    who_left_is_still_there: "frame 80 .*it is not black outside the cells",
    what_cannot_be_decoded_shows_another: f"cell 3 of region 'grid' shows {ANN} and not black",
    a_second_late: "frame 40 .*cell .* does not show",
    a_second_early: "frame 0 .*cell .* does not show",
    parts_in_the_wrong_order: "frame 0 .*cell .* does not show",
}


def written(good: Room, folder: Path, frames: Sequence[av.VideoFrame], sound: np.ndarray) -> Path:
    """A file as the renderer writes it, key frames and all, of other pictures and sound."""
    plan = good.made.plan
    keys = set(key_frames(plan.scenes, plan.frame_rate))
    pictures, heard, path = folder / "pictures.mp4", folder / "sound.mp4", folder / "damaged.mp4"
    settings = VideoSettings("libx264", "standard", {}, 2)
    matrix = output_matrix(plan.resolution, settings.encoder)
    with VideoEncoder(pictures, plan.resolution, plan.frame_rate, matrix, settings) as encoder:
        for number, frame in enumerate(frames):
            encoder.write(frame, key=number in keys)
    with SoundEncoder(heard, plan.format) as sound_encoder:
        sound_encoder.write(sound)
    mux([pictures], heard, path, {}, plan)
    return path


def copies(frames: Iterable[av.VideoFrame]) -> Frames:
    """The same pictures in memory of their own: a decoder refers to its."""
    return [av.VideoFrame.from_ndarray(frame.to_ndarray(), "yuv420p") for frame in frames]


def decoded(good: Room) -> Frames:
    with av.open(str(good.made.media)) as container:
        return copies(container.decode(video=0))


def test_the_same_pictures_and_sound_written_anew_are_accepted(good: Room, tmp_path: Path):
    good.check(written(good, tmp_path, decoded(good), good.made.sound()), whole=True)


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_another_picture_is_found_out_and_named(
    good: Room, tmp_path: Path, damage: Callable[[Frames], Frames]
):
    path = written(good, tmp_path, damage(decoded(good)), good.made.sound())
    verify(path, good.made.plan)  # nothing but its pictures is wrong
    with pytest.raises(VerificationFailed, match=DAMAGE[damage]):
        good.check(path)


def test_a_painter_that_fails_is_found_out(
    tmp_path: Path, clips: Clips, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("roomreel.process.isolate.run", run_here)
    monkeypatch.setattr(Canvas, "paste", lambda *_: None)
    manifest = room(tmp_path, [Track("ann", "cam", clips.footage(1))])
    with pytest.raises(VerificationFailed, match=rf"is black and does not show ann/cam \({ANN}\)"):
        compose_room(tmp_path, manifest, GRID)
    assert not list((tmp_path / "store").rglob("*.mp4"))


def test_what_nobody_noted_cannot_be_checked(good: Room):
    noted = good.seen.table()
    with pytest.raises(VerificationFailed, match="nothing was noted of frame 40"):
        verify(
            good.made.media, good.made.plan, [FrameFingerprint([noted[noted["frame"] != COMES]])]
        )


# Another sound


@pytest.mark.parametrize(("start", "gain"), [(2, 0), (0, 0), (8, 0), (5, 0.03)])
def test_lost_sound_is_found_out(good: Room, tmp_path: Path, start: int, gain: float):
    sound = good.made.sound().copy()
    sound[:, start * RATE : (start + 1) * RATE] *= gain
    path = written(good, tmp_path, decoded(good), sound)
    with pytest.raises(VerificationFailed, match=f"silence at 0:0{start} where the plan has sound"):
        good.check(path)


def test_sound_a_packet_late_is_not_silence(good: Room, tmp_path: Path):
    sound = np.roll(good.made.sound(), 1024, axis=1)
    good.check(written(good, tmp_path, decoded(good), sound))


# Good ones


PRESENTER = {
    "main": {"z_pos": 1, "video_sources": ["cam-1"]},
    "row": {
        "z_pos": 2, "x_pos": 10, "y_pos": 185, "width": 300, "height": 50,
        "max_rows": 1, "video_sources": ["*"], "video_sources_excluded": ["cam-1"],
    },
    "corner": {
        "z_pos": 3, "x_pos": 250, "y_pos": 165, "width": 51, "height": 49,
        "video_sources": ["cam-2"],
    },
}  # fmt: skip
NEWEST = {"one": {"video_sources": ["*"], "reuse": "show_newest", "max_rows": 1, "max_columns": 1}}

GOOD: dict[str, dict[str, Any]] = {
    "grid": {},
    "regions that overlap": {"video_layout": PRESENTER},
    "one covers the other": {"video_layout": NEWEST},
    "odd size": {"resolution": "163x121"},
    "tiny cells": {"resolution": "66x50"},
    "webm": {"format": "webm"},
    "uneven rate": {"frame_rate": "30000/1001"},
}


@pytest.mark.parametrize("quality", ["draft", "standard"])
@pytest.mark.parametrize("name", GOOD)
def test_what_is_right_is_accepted_at_any_quality(
    tmp_path: Path, clips: Clips, name: str, quality: str
):
    """Twice: against what was noted while rendering, and against the sources decoded anew."""
    tracks = [
        Track("ann", "cam-1", clips.footage(1, seconds=3)),
        Track("bob", "cam-2", clips.footage(2, (240, 320), "h264", seconds=2), offset_ms=300),
        Track("cleo", "cam-3", clips.footage(3, (161, 121), seconds=2, noisy=True), offset_ms=600),
        Track("dan", "cam-4", clips.footage(4, (320, 160), "h264", rotation=90), offset_ms=100),
        Track("eve", "cam-5", clips.resized([(160, 120), (320, 180)], "red"), offset_ms=400),
        Track("fay", "cam-6", clips.without_first_key(clips.footage(6, gop=5)), offset_ms=500),
        Track("gus", "cam-7", clips.corrupted(clips.footage(7)), offset_ms=500),
        Track("ann", "mic", clips.tone(440, seconds=2), offset_ms=1),
    ]
    compose_room(
        tmp_path, room(tmp_path, tracks), {**GRID, **GOOD[name]}, verify="full", quality=quality
    )
