"""Tiles in finished files: all that belongs to them is there, or the file is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
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
from roomreel.model.look import Initials, Overlay
from roomreel.render.layers import Layers
from roomreel.render.patches import Drawer, Drawn, OverlayPatches

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


LOSSLESS = {"crf": "0", "profile": "high444", "preset": "ultrafast"}
"""x264 then gives back every pixel."""


def of_region(**members: Any) -> dict[str, Any]:
    """A template with cells of 640x360 of four cameras."""
    return {
        "video_layout": {"grid": {"video_sources": ["*"], **members}},
        "resolution": "1280x720",
        "format": "mp4",
        "frame_rate": 5,
    }


def test_no_pixel_outside_of_a_label_differs(tmp_path: Path, clips: Clips) -> None:
    tracks = [
        Track(who, "cam", clips.footage(n, (320, 180), seconds=1)) for n, who in enumerate("abc")
    ]
    manifest = room(tmp_path, tracks)
    plain, drawn = (
        compose_room(tmp_path / name, manifest, template, encoder_options=LOSSLESS)
        for name, template in (("plain", of_region()), ("drawn", of_region(label={})))
    )
    assert [one.rect for one in drawn.plan.overlays] == [
        Rect(8, 304, 624, 48),
        Rect(648, 304, 624, 48),
        Rect(8, 664, 624, 48),
    ]
    for (_, with_them), (_, without) in zip(drawn.pictures(), plain.pictures(), strict=True):
        apart = (with_them != without).any(axis=2)
        for rect in (one.rect for one in drawn.plan.overlays):
            inside = apart[rect.rows(), rect.columns()]
            assert inside.any()
            inside[:] = False
        assert not apart.any()


def test_a_label_below_a_region_is_hidden_in_every_frame(tmp_path: Path, clips: Clips) -> None:
    tracks = [
        Track(who, "cam", clips.footage(n, (320, 180), seconds=1)) for n, who in enumerate("ab")
    ]
    manifest = room(tmp_path, tracks)

    def made(folder: str, z: int, **look: Any) -> list[Any]:
        template = of_region(**look)
        template["video_layout"] = {
            "low": {"video_sources": [{"identity": "a"}], **look},
            "high": {
                "video_sources": [{"identity": "b"}],
                "x_pos": 0,
                "y_pos": 600,
                "width": 640,
                "height": 120,
                "z_pos": z,
            },
        }
        template["video_layout"]["low"]["z_pos"] = 1
        done = compose_room(tmp_path / folder, manifest, template, encoder_options=LOSSLESS)
        return [pixels for _, pixels in done.pictures()]

    label = {"label": {"max_width": 600}}
    for z, hidden in ((2, True), (0, False)):
        pairs = zip(made(f"label {z}", z, **label), made(f"none {z}", z), strict=True)
        assert {bool((one == other).all()) for one, other in pairs} == {hidden}


Changes = Callable[[OverlayPatches, int, Layers], dict[int, Patch | None]]


def dropped(_: Changes) -> Changes:
    return lambda _patches, _frame, _layers: {}


def a_second_late(right: Changes) -> Changes:
    return lambda patches, frame, layers: right(patches, max(frame - 10, 0), layers)


def of_somebody_else(right: Changes) -> Changes:
    class Other(Drawer):
        def draw(self, drawing: Drawn, overlay: Overlay) -> Patch | None:
            if isinstance(drawing, Initials):
                drawing = replace(drawing, text="X")
            return super().draw(drawing, overlay)

    def changes(patches: OverlayPatches, frame: int, layers: Layers) -> dict[int, Patch | None]:
        drawer = patches._drawer
        other = OverlayPatches(patches._plan, Other(drawer.matrix, scratch=drawer.scratch))
        return right(other, frame, layers)

    return changes


@pytest.mark.parametrize(
    ("kind", "damage", "frame"),
    [
        ("placeholder", dropped, 0),
        ("border", dropped, 0),
        ("mic", dropped, 0),
        ("label", dropped, 0),
        ("label", a_second_late, 11),
        ("border", a_second_late, 11),
        ("placeholder", of_somebody_else, 0),
    ],
)
def test_a_part_of_a_tile_that_is_not_as_planned_is_found_out(
    tmp_path: Path,
    clips: Clips,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    damage: Callable[[Changes], Changes],
    frame: int,
) -> None:
    """Beside the two there is somebody who comes after a second."""
    tracks = [
        Track("ann", "cam", clips.footage(1, (320, 240), seconds=2)),
        Track("bob", "mic", clips.tone(seconds=2)),
        Track("eve", "cam", clips.footage(2, (320, 240), seconds=1), offset_ms=1000),
    ]
    right = OverlayPatches.changes
    wrong = damage(right)

    def changes(patches: OverlayPatches, number: int, layers: Layers) -> dict[int, Patch | None]:
        drawn = patches._plan.overlays
        of_kind = {n for one, n in layers.overlays.items() if drawn[one].kind == kind}
        found = right(patches, number, layers)
        other = wrong(OverlayPatches(patches._plan, patches._drawer), number, layers)
        return {
            **{n: patch for n, patch in found.items() if n not in of_kind},
            **{n: other.get(n) for n in of_kind},
        }

    monkeypatch.setattr("roomreel.process.isolate.run", run_here)
    monkeypatch.setattr(OverlayPatches, "changes", changes)
    with pytest.raises(
        VerificationFailed, match=f"frame {frame} .*the {kind} .*of cell . of region 'grid'"
    ):
        compose_room(tmp_path, room(tmp_path, tracks), TILES | {"resolution": "640x480"})
    assert not list((tmp_path / "store").rglob("*.mp4"))


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
