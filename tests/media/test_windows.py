"""Excerpts are cut out of the whole: every picture bit for bit, every sample before encoding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clip_rooms import Track, room, sid
from clips import Clips
from composing import RATE, compose_room, planned
from numpy.typing import NDArray

from roomreel.model.composition import Job
from roomreel.model.media import TrackPath
from roomreel.model.plan import Plan
from roomreel.model.window import Window
from roomreel.plan.window import excerpt
from roomreel.render.in_use import InUseMarker
from roomreel.render.mix import audio_sources, mix_blocks

LOSSLESS = {"crf": "0", "profile": "high444"}
"""x264 then gives back every pixel."""

GRID: dict[str, Any] = {
    "video_layout": {"grid": {"video_sources": ["*"]}},
    "audio_sources": ["*"],
    "resolution": "320x240",
    "format": "mp4",
    "frame_rate": "30000/1001",
}
# In a scene; over the end of one and a gap; up to the end; one that begins between two samples.
WINDOWS = [(1001, 2003), (2900, 5800), (6100, None), (3337, 3471), (34, 7999)]


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory, clips: Clips) -> Path:
    """Eight seconds: cameras with key frames at odd places, microphones of all kinds of rates."""
    tracks = [
        Track("ann", "camera", clips.counted(seconds=8, gop=50)),
        Track("ann", "microphone", clips.tone(440, seconds=8)),
        Track("bob", "camera", clips.counted((320, 240), "h264", seconds=3, gop=70), offset_ms=17),
        Track("bob", "phone", clips.tone(700, codec="pcmu", seconds=5), offset_ms=1013),
        Track("eve", "microphone", clips.gapped(clips.tone(330, seconds=6), 2, 3), offset_ms=7),
        Track("eve", "screen", clips.video("red", codec="vp9", seconds=1), offset_ms=6500),
    ]
    return room(tmp_path_factory.mktemp("room"), tracks)


def mix_of(folder: Path, job: Job, plan: Plan) -> NDArray[np.float32]:
    stored = {one: medium.stored for one, medium in job.media.items() if medium.stored}
    paths = {one: TrackPath(at.location, plan.tracks[one]) for one, at in stored.items()}
    sources = audio_sources(plan, paths, InUseMarker(folder / "in-use", sorted(paths)))
    blocks = list(mix_blocks(sources.values(), plan))
    for source in sources.values():
        source.close()
    return np.concatenate(blocks, axis=1)


@pytest.mark.parametrize("rate", ["30000/1001", "24000/1001"])
def test_sound_is_that_of_the_whole_sample_by_sample(tmp_path: Path, manifest: Path, rate: str):
    job, plan, _ = planned(tmp_path, manifest, {**GRID, "frame_rate": rate})
    whole = mix_of(tmp_path, job, plan)
    for start, end in WINDOWS:
        cut = excerpt(plan, Window(start, end))
        assert cut.window is not None
        first = round(cut.window.start_frame / plan.frame_rate * RATE)
        part = mix_of(tmp_path, job, cut)
        assert part.shape[1] == round(cut.duration * RATE)
        inside = whole[:, first : first + part.shape[1]]
        assert np.abs(inside).max() > 0.1
        assert np.array_equal(part[:, : inside.shape[1]], inside)
        assert not part[:, inside.shape[1] :].any()


@pytest.mark.slow
def test_pictures_are_those_of_the_whole(tmp_path: Path, manifest: Path):
    options: dict[str, Any] = {"encoder_options": LOSSLESS, "chunk_s": 1}
    template = {**GRID, "overlays": [{"type": "clock", "clock": "output"}]}
    whole = compose_room(tmp_path / "whole", manifest, template, **options)
    window = {"start_ms": 4900, "end_ms": 7100}
    made = compose_room(tmp_path / "part", manifest, {**template, "window": window}, **options)
    first = made.plan.window
    assert first is not None
    part = [pixels for _, pixels in made.pictures()]
    assert len(part) == made.plan.frame_count == first.end_frame - first.start_frame
    same = [pixels for _, pixels in whole.pictures()][first.start_frame : first.end_frame]
    assert all(np.array_equal(one, other) for one, other in zip(part, same, strict=True))
    with av.open(str(made.media)) as container:
        assert abs(float(container.duration or 0) / 1e6 - float(made.plan.duration)) < 0.05
    # What lies wholly outside was not opened: bob's camera has gone by then.
    assert {*made.outcome.decoded} == {sid("RT", "test-room", n) for n in (0, 1, 3, 4, 5)}
    assert made.outcome.warnings == whole.outcome.warnings
