"""Layouts that change: the frame at which each is on, in finished files, in parts and in passes."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clip_rooms import Track, room
from clips import Clips
from composing import Composed, colour, compose_room, runs

from roomreel.compose import division

LOSSLESS = {"crf": "0", "profile": "high444", "preset": "ultrafast"}
CAMERAS = {"video_sources": ["camera"]}
TEMPLATE: dict[str, Any] = {
    "resolution": "320x240",
    "format": "mp4",
    "frame_rate": 30,
    "video_layout": {"grid": CAMERAS | {"label": {"style": {"size": 16}}}},
    "layouts": {
        "presentation": {
            "video_layout": {
                "screen": {
                    "video_sources": ["screen"],
                    "width": 240,
                    "background_color": "#ff0000",
                },
                "grid": CAMERAS | {"x_pos": 240, "max_columns": 1, "bars": "#00ff00"},
            }
        }
    },
    "layout_rules": [{"layout": "presentation", "when": {"present": ["screen"]}}],
    "overlays": [
        {"type": "text", "text": "Slides", "layouts": ["presentation"], "style": {"size": 16}}
    ],
    "chapters": ["layouts"],
}


@pytest.fixture
def manifest(tmp_path: Path, clips: Clips) -> Path:
    """Two cameras of 6 s, and a screen from 2 s to 4.5 s."""
    return room(
        tmp_path,
        [
            Track("ann", "camera", clips.video("red", (160, 120), seconds=6)),
            Track("bob", "camera", clips.video("red", (160, 120), seconds=6)),
            Track("ann", "screen", clips.video("green", (320, 240), seconds=2.5), offset_ms=2000),
        ],
    )


def seen(made: Composed, y: slice, x: slice) -> list[tuple[str, int]]:
    """What a patch of the picture shows, and for how many frames."""
    return runs(colour(pixels[y, x]) for _, pixels in made.pictures())


def test_each_layout_is_on_from_its_frame_on(tmp_path: Path, manifest: Path) -> None:
    made = compose_room(tmp_path, manifest, TEMPLATE)
    assert [(one.name, one.start_frame, one.end_frame) for one in made.plan.layouts] == [
        ("default", 0, 60),
        ("presentation", 60, 135),
        ("default", 135, 180),
    ]
    left = seen(made, slice(90, 110), slice(40, 100))
    assert left == [("red", 60), ("green", 75), ("red", 45)]
    with av.open(str(made.media)) as container:
        assert [(one["start"], one["metadata"]["title"]) for one in container.chapters()] == [
            (0, "default"),
            (2000, "presentation"),
            (4500, "default"),
        ]
        packets = [one for one in container.demux(video=0) if one.pts is not None]
        keys = sorted(float(one.pts * one.time_base) for one in packets if one.is_keyframe)
    assert {2.0, 4.5} <= set(keys)


@pytest.mark.parametrize("cut", [{"chunk_s": 1}, {"chunk_s": 3, "processes": 2}])
def test_parts_of_it_are_those_of_the_whole(
    tmp_path: Path, manifest: Path, monkeypatch: pytest.MonkeyPatch, cut: dict[str, int]
) -> None:
    whole = compose_room(tmp_path / "whole", manifest, TEMPLATE, encoder_options=LOSSLESS)
    monkeypatch.setattr(division, "SHORTEST_CHUNK_S", 1)
    made = compose_room(tmp_path / "cut", manifest, TEMPLATE, encoder_options=LOSSLESS, **cut)
    for (_, one), (_, other) in zip(made.pictures(), whole.pictures(), strict=True):
        assert np.array_equal(one, other)


def test_a_window_has_the_frames_of_the_whole(tmp_path: Path, manifest: Path) -> None:
    whole = compose_room(tmp_path / "whole", manifest, TEMPLATE, encoder_options=LOSSLESS)
    window = TEMPLATE | {"window": {"start_ms": 1500, "end_ms": 2500}}
    made = compose_room(tmp_path / "part", manifest, window, encoder_options=LOSSLESS)
    frames = [pixels for _, pixels in whole.pictures()][45:75]
    for (_, one), other in zip(made.pictures(), frames, strict=True):
        assert np.array_equal(one, other)


def test_every_frame_is_looked_at(tmp_path: Path, manifest: Path) -> None:
    """Full verification knows which layout is on in each frame."""
    made = compose_room(tmp_path, manifest, TEMPLATE, verify="full")
    ends = [scene.end_frame for scene in made.plan.scenes]
    assert ends == sorted({60, 135, 180})
    assert all(one < other for one, other in pairwise(ends))
