"""Tiles in finished files: all that belongs to them is there, or the file is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clip_rooms import Track, room
from clips import Clips
from composing import compose_room, run_here

from roomreel.errors import VerificationFailed
from roomreel.media.patch import Patch
from roomreel.render.layers import Layers
from roomreel.render.patches import OverlayPatches

TILES: dict[str, Any] = {
    "video_layout": {
        "grid": {
            "video_sources": ["*"],
            "unit": "participant",
            "voice_sources": ["*"],
            "gap": 4,
            "padding": 8,
            "corner_radius": 12,
            "placeholder": {"kind": "initials"},
            "border": {"width": 4, "color": "#ffffff"},
            "mic_icon": {"anchor": "top-right"},
            "label": {"style": {"size": 16}},
        }
    },
    "audio_sources": ["*"],
    "resolution": "640x240",
    "format": "mp4",
    "frame_rate": 10,
}


@pytest.fixture
def manifest(tmp_path: Path, clips: Clips) -> Path:
    """A camera without sound, beside a voice without a picture."""
    return room(
        tmp_path,
        [
            Track("ann", "cam", clips.footage(1, (320, 240), seconds=2)),
            Track("bob", "mic", clips.tone(seconds=2)),
        ],
    )


@pytest.mark.parametrize("kind", ["placeholder", "border", "mic", "label"])
def test_a_part_of_a_tile_that_is_not_drawn_is_found_out(
    tmp_path: Path, manifest: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    right = OverlayPatches.changes

    def changes(patches: OverlayPatches, frame: int, layers: Layers) -> dict[int, Patch | None]:
        found = right(patches, frame, layers)
        drawn = patches._plan.overlays
        kinds = {number: drawn[one].kind for one, number in layers.overlays.items()}
        return {number: patch for number, patch in found.items() if kinds[number] != kind}

    monkeypatch.setattr("roomreel.process.isolate.run", run_here)
    monkeypatch.setattr(OverlayPatches, "changes", changes)
    with pytest.raises(VerificationFailed, match=f"the {kind} .*of cell . of region 'grid'"):
        compose_room(tmp_path, manifest, TILES)


def test_tiles_are_drawn_where_the_plan_says(tmp_path: Path, manifest: Path) -> None:
    made = compose_room(tmp_path, manifest, TILES, verify="full")
    kinds = [(one.kind.value, one.cell) for one in made.plan.overlays]
    assert kinds == [
        *(("placeholder", 0), ("border", 0), ("border", 1), ("mic", 1), ("label", 0), ("label", 1)),
    ]
    rects = {kind: one.rect for kind, one in zip(kinds, made.plan.overlays, strict=True)}
    for _, picture in made.pictures():
        levels = picture.astype(int)
        for cell in (0, 1):
            rect = rects["border", cell]
            middle = rect.y + rect.height // 2
            # Two of four pixels of the line, and what is outside of a corner.
            assert levels[middle - 8 : middle + 8, rect.x + 1 : rect.x + 3].min() > 200
            assert levels[rect.y, rect.x].max() < 60
        mic = rects["mic", 1]
        red, green, _ = levels[mic.rows(), mic.columns()].reshape(-1, 3).mean(axis=0)
        assert red > green + 50
        cell = rects["placeholder", 0]
        ground = levels[cell.y + 20 : cell.y + 40, cell.x + 20 : cell.x + 40]
        assert np.ptp(ground) < 60
