"""A composition that is cut, or drawn together with others, is the one made in one go."""

import json
import shutil
from itertools import chain
from pathlib import Path

import av
import numpy as np
import pytest
from clip_rooms import Track, room
from clips import Clips, counter
from composing import Composed, compose_room, composed, level_at, planned, run_here

from roomreel.compose import division
from roomreel.compose.progress import Progress
from roomreel.compose.together import draw_together
from roomreel.errors import VerificationFailed
from roomreel.model.composition import Job
from roomreel.model.plan import Plan
from roomreel.render import worker
from roomreel.settings import Settings

LOSSLESS = {"crf": "0", "profile": "high444"}
"""x264 then gives back every pixel, so that two renders can be held against each other exactly."""

GRID = {
    "video_layout": {"grid": {"video_sources": ["*"]}},
    "audio_sources": ["*"],
    "resolution": "320x240",
    "format": "mp4",
}
STYLE = {"size": 16}
OVERLAID = GRID | {
    "background": {"color": "#203040"},
    "video_layout": {
        "grid": {
            "video_sources": ["*"],
            "gap": 8,
            "corner_radius": 10,
            "border": {"width": 3, "color": "#22c55e"},
            "label": {"style": STYLE},
            "mic_icon": {"anchor": "top-left"},
        }
    },
    "overlays": [
        {"type": "clock", "clock": "room", "style": STYLE},
        {
            "type": "text",
            "text": "{room}",
            "anchor": "top",
            "opacity": 70,
            "between": [{"start_ms": 1500, "end_ms": 4100}, {"start_ms": 5000}],
            "style": STYLE,
        },
    ],
}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory, clips: Clips) -> Path:
    """Eight seconds: two cameras with key frames at odd places, one that joins, two microphones."""
    tracks = [
        Track("ann", "camera", clips.counted(seconds=8, gop=50)),
        Track("ann", "microphone", clips.tone(440, seconds=8)),
        Track("bob", "camera", clips.counted((320, 240), "h264", seconds=6, gop=70, start=1)),
        Track(
            "eve", "screen", clips.video(["red", "blue"], codec="vp9", seconds=3), offset_ms=3100
        ),
    ]
    return room(tmp_path_factory.mktemp("room"), tracks)


def packets(made: Composed) -> list[tuple[int, int, bool]]:
    with av.open(str(made.media)) as container:
        found = [p for p in container.demux(video=0) if p.dts is not None]
        base = found[0].time_base * made.plan.frame_rate
        return [(p.pts * base, p.dts * base, p.is_keyframe) for p in found]


def assert_same_pictures(one: Composed, other: Composed) -> None:
    pairs = zip(one.pictures(), other.pictures(), strict=True)
    assert all(np.array_equal(mine, yours) for (_, mine), (_, yours) in pairs)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, manifest: Path) -> Composed:
    """The room in one piece."""
    folder = tmp_path_factory.mktemp("whole")
    return compose_room(folder, manifest, OVERLAID, encoder_options=LOSSLESS, chunk_s=600)


@pytest.mark.parametrize("cut", [{"chunk_s": 1}, {"chunk_s": 7}, {"chunk_s": 0, "processes": 2}])
def test_chunks_show_and_sound_the_same(
    tmp_path: Path,
    manifest: Path,
    whole: Composed,
    monkeypatch: pytest.MonkeyPatch,
    cut: dict[str, int],
):
    monkeypatch.setattr(division, "SHORTEST_CHUNK_S", cut["chunk_s"] or 2)
    made = compose_room(tmp_path / "cut", manifest, OVERLAID, encoder_options=LOSSLESS, **cut)
    assert_same_pictures(made, whole)
    assert np.array_equal(made.sound(), whole.sound())
    found = packets(made)
    assert sorted(pts for pts, _, _ in found) == list(range(made.plan.frame_count))
    dts = [dts for _, dts, _ in found]
    assert dts == sorted(set(dts))
    assert len({key for pts, _, key in found if key}) < len(found)
    assert not list((tmp_path / "cut" / "store" / "scratch").glob("[!.]*"))
    assert made.outcome.decoded.keys() == whole.outcome.decoded.keys()
    assert made.outcome.warnings == whole.outcome.warnings


def test_chunks_of_webm(tmp_path: Path, manifest: Path):
    webm = {**GRID, "format": "webm"}
    made = compose_room(tmp_path, manifest, webm, chunk_s=3)
    shown = [counter(pixels[:120, :160]) for _, pixels in made.pictures()]
    # The sound begins 7 ms before the cameras, whose timestamps are whole milliseconds.
    assert shown[:151] == list(range(151))


def parts_of(job: Job, _plan: Plan, config: Settings) -> list[Path]:
    return [part for part in (config.parts_root / job.sid).iterdir() if part.is_dir()]


def test_three_templates_in_one_pass(
    tmp_path: Path, manifest: Path, monkeypatch: pytest.MonkeyPatch
):
    """Other zeros, frame rates, sizes and formats: each is what it would be alone."""
    bob = {"video_layout": {"bob": {"video_sources": ["camera"]}}}
    templates = [
        OVERLAID,
        {**GRID, "frame_rate": 25, "resolution": "640x360", "video_layout": bob["video_layout"]},
        {**GRID, "video_layout": {"screen": {"video_sources": ["screen"]}}, "audio_sources": []},
    ]
    options = {"encoder_options": LOSSLESS, "chunk_s": 3}
    alone = [
        compose_room(tmp_path / f"alone-{n}", manifest, template, **options)
        for n, template in enumerate(templates)
    ]
    works = [planned(tmp_path / "together", manifest, t, **options) for t in templates]
    told: list[Progress] = []
    together = [(job, plan) for job, plan, _ in works]
    draw_together(together, works[0][2], on_progress=told.append)
    frames = sum(plan.frame_count for _, plan, _ in works)
    assert {one.frames for one in told} == {frames}
    assert told[-1].frames_done == frames

    def draw(*_: object, **__: object) -> None:
        raise AssertionError("nothing is left to make")

    drawn = [parts_of(*work) for work in works]
    assert [len(parts) for parts in drawn] == [3 + 1, 3 + 1, 1]  # pictures, and sound
    noted = [json.loads((part / "made.json").read_text()) for part in chain(*drawn)]
    assert all(0 < note["wall_s"] < 60 for note in noted)
    # A render in this process, so that the stand-ins are met.
    monkeypatch.setattr(worker, "render_chunks", draw)
    monkeypatch.setattr("roomreel.render.sound.mix_sound", draw)
    monkeypatch.setattr("roomreel.process.isolate.run", run_here)
    for work, other in zip(works, alone, strict=True):
        made = composed(*work)
        assert made.outcome.decoded == other.outcome.decoded
        assert made.outcome.render_s > min(note["wall_s"] for note in noted)
        assert_same_pictures(made, other)


def test_sound_of_two_templates_is_made_once(tmp_path: Path, manifest: Path):
    bob = {**GRID, "video_layout": {"bob": {"video_sources": ["camera"]}}}
    works = [planned(tmp_path, manifest, template) for template in (GRID, bob)]
    draw_together([(job, plan) for job, plan, _ in works], works[0][2])
    one, other = ({part.name: part for part in parts_of(*work)} for work in works)
    [name] = one.keys() & other.keys()
    # With the time that it took, which would be another one.
    assert (one[name] / "made.json").read_text() == (other[name] / "made.json").read_text()
    assert all(level_at(composed(*work).sound(), 440, 2, 3) > 0.01 for work in works)


def test_one_that_cannot_be_drawn_leaves_the_others(tmp_path: Path, manifest: Path):
    good = planned(tmp_path, manifest, GRID)
    bad = planned(tmp_path, manifest, {**GRID, "format": "webm"})
    config = good[2].model_copy(update={"video_encoder": {"mp4": "libx264", "webm": "no-such"}})
    draw_together([bad[:2], good[:2]], config)
    assert (config.parts_root / good[0].sid).is_dir()
    assert not (config.parts_root / bad[0].sid).exists()
    assert len(list(composed(*good).pictures())) == good[1].frame_count


def test_a_part_of_other_frames_is_not_joined(tmp_path: Path, manifest: Path):
    """What is kept is believed only as far as the finished file bears it out, and then dropped."""
    silent = {**GRID, "audio_sources": []}
    job, plan, config = planned(tmp_path, manifest, silent, chunk_s=3)
    draw_together([(job, plan)], config)
    first, second, _ = sorted(parts_of(job, plan, config))
    shutil.rmtree(second)
    shutil.copytree(first, second)
    with pytest.raises(VerificationFailed):
        composed(job, plan, config)
    assert not (config.parts_root / job.sid).exists()
    assert len(list(composed(job, plan, config).pictures())) == plan.frame_count
