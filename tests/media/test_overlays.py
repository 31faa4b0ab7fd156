"""Overlays in finished files: there, on time, in their rectangle; else the file is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clip_rooms import Track, room
from clips import Clips
from composing import compose_room, run_here

from roomreel.errors import VerificationFailed
from roomreel.media.patch import Patch
from roomreel.model.geometry import Rect
from roomreel.render.canvas import Canvas
from roomreel.render.layers import Layers
from roomreel.render.patches import Drawer, Drawn, OverlayPatches

GRID: dict[str, Any] = {
    "video_layout": {"grid": {"video_sources": ["*"]}},
    "resolution": "320x240",
    "format": "mp4",
    "frame_rate": 10,
}
STYLE = {"size": 16}
TITLE = {"type": "text", "text": "Weekly", "anchor": "top-left", "x": 8, "y": 8, "style": STYLE}
CLOCK = {"type": "clock", "clock": "output", "format": "MM:SS", "x": 8, "y": 8, "style": STYLE}
WITH = GRID | {"overlays": [TITLE, CLOCK]}
LOGO = GRID | {"overlays": [{"type": "image", "image": "logo.png", "height": 40}]}


@pytest.fixture
def manifest(tmp_path: Path, clips: Clips) -> Path:
    """Two cameras, one of which comes after a second and a half."""
    return room(
        tmp_path,
        [
            Track("ann", "cam", clips.footage(1, (320, 240), seconds=3)),
            Track("bob", "cam", clips.footage(2, (320, 240), seconds=1), offset_ms=1500),
        ],
    )


def nothing(_canvas: Canvas, _patch: Patch, _clip: Rect) -> None:
    """Draw nothing."""


def moved(canvas: Canvas, patch: Patch, clip: Rect) -> None:
    """Draw it 16 pixels to the right."""
    rect = patch.rect
    aside = replace(patch, rect=Rect(rect.x + 16, rect.y, rect.width, rect.height))
    aside.blend(canvas.planes, Rect(clip.x + 16, clip.y, clip.width, clip.height))


Changed = Callable[[OverlayPatches, int, Layers], dict[int, Patch | None]]


def a_second_late(right: Changed) -> Changed:
    def changes(patches: OverlayPatches, frame: int, layers: Layers) -> dict[int, Patch | None]:
        return right(patches, max(frame - 10, 0), layers)

    return changes


def of_another_text(right: Changed) -> Changed:
    class Other(Drawer):
        def draw(self, drawing: Drawn, overlay: Any) -> Patch | None:
            return super().draw(replace(drawing, text="W5:17"), overlay)  # type: ignore[call-arg]

    def changes(patches: OverlayPatches, frame: int, layers: Layers) -> dict[int, Patch | None]:
        drawer = patches._drawer
        other = OverlayPatches(patches._plan, Other(drawer.matrix, scratch=drawer.scratch))
        return dict(right(other, frame, layers))

    return changes


@pytest.mark.parametrize(
    ("method", "damage", "words"),
    [
        ("blend", nothing, "frame 0 .*: the (text 'Weekly'|clock) is not as it was planned"),
        ("blend", moved, "frame 0 .*: the (text 'Weekly'|clock) is not as it was planned"),
        ("changes", a_second_late, "frame 15 .*: the clock is not as it was planned"),
        ("changes", of_another_text, "frame 0 .*: the (text 'Weekly'|clock) is not as it"),
    ],
    ids=["dropped", "moved", "a second late", "another text"],
)
def test_an_overlay_that_is_not_as_planned_is_found_out(
    tmp_path: Path,
    manifest: Path,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    damage: Any,
    words: str,
) -> None:
    monkeypatch.setattr("roomreel.process.isolate.run", run_here)
    if method == "blend":
        monkeypatch.setattr(Canvas, method, damage)
    else:
        monkeypatch.setattr(OverlayPatches, method, damage(OverlayPatches.changes))
    with pytest.raises(VerificationFailed, match=words):
        compose_room(tmp_path, manifest, WITH)
    assert not list((tmp_path / "store").rglob("*.mp4"))


def too_long(right: Changed) -> Changed:
    """Miss the end of whatever was shown."""

    def changes(patches: OverlayPatches, frame: int, layers: Layers) -> dict[int, Patch | None]:
        return {n: patch for n, patch in right(patches, frame, layers).items() if patch}

    return changes


@pytest.mark.parametrize("verify", ["sampled", "full"])
@pytest.mark.parametrize(
    ("damage", "frame"),
    [(a_second_late, 4), (too_long, 12)],
    ids=["a second late", "too long"],
)
def test_an_overlay_that_changes_within_a_scene_is_looked_at_there(
    tmp_path: Path,
    manifest: Path,
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[Changed], Changed],
    frame: int,
    verify: str,
) -> None:
    """Its text is small, in a corner, and between the key frames at 0 and 1.5 s."""
    brief = TITLE | {"text": "ok", "between": [{"start_ms": 400, "end_ms": 1200}]}
    monkeypatch.setattr("roomreel.process.isolate.run", run_here)
    compose_room(tmp_path / "right", manifest, GRID | {"overlays": [brief]}, verify=verify)
    monkeypatch.setattr(OverlayPatches, "changes", damage(OverlayPatches.changes))
    words = f"frame {frame} .*: the text 'ok' is not as it was planned"
    with pytest.raises(VerificationFailed, match=words):
        compose_room(tmp_path / "wrong", manifest, GRID | {"overlays": [brief]}, verify=verify)


@pytest.mark.parametrize("damage", [nothing, moved], ids=["dropped", "16 pixels off"])
def test_an_image_that_is_not_as_planned_is_found_out(
    tmp_path: Path, manifest: Path, monkeypatch: pytest.MonkeyPatch, damage: Any
) -> None:
    monkeypatch.setattr("roomreel.process.isolate.run", run_here)
    monkeypatch.setattr(Canvas, "blend", damage)
    words = r"frame 0 .*: the image 'logo\.png' is not as it was planned"
    with pytest.raises(VerificationFailed, match=words):
        compose_room(tmp_path, manifest, LOGO)


def test_overlays_stay_in_their_rectangles_and_make_no_scene(
    tmp_path: Path, manifest: Path
) -> None:
    plain = compose_room(tmp_path, manifest, GRID, verify="full")
    drawn = compose_room(tmp_path, manifest, WITH, verify="full")
    assert drawn.plan.scenes == plain.plan.scenes
    rects = [overlay.rect for overlay in drawn.plan.overlays]
    outside = np.ones((240, 320), bool)
    for rect in rects:
        # Eight pixels around are the coder's.
        outside[max(rect.y - 8, 0) : rect.bottom + 8, max(rect.x - 8, 0) : rect.right + 8] = False
    for (number, with_them), (_, without) in zip(drawn.pictures(), plain.pictures(), strict=True):
        apart = np.abs(with_them.astype(int) - without).max(axis=2)
        assert apart[outside].max() < 48, number
        for rect in rects:
            assert apart[rect.rows(), rect.columns()].max() > 100, (number, rect)


def test_a_clock_runs_through_scenes(tmp_path: Path, manifest: Path) -> None:
    made = compose_room(tmp_path, manifest, WITH)
    assert [scene.start_frame for scene in made.plan.scenes] == [0, 15, 25]
    clock = next(one for one in made.plan.overlays if one.kind == "clock")
    bars = [picture[clock.rect.rows(), clock.rect.columns()] for _, picture in made.pictures()]
    moves = [
        number
        for number, (one, other) in enumerate(pairwise(bars), 1)
        if np.abs(one.astype(int) - other)[:, 12:60].max() > 150
    ]
    assert moves == [10, 20]
    assert made.plan.frame_rate == Fraction(10)
