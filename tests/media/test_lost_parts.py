"""Parts that a loss of power, a failing disk or another run spoils before they are joined."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import damage
import pytest
from clip_rooms import Track, room
from clips import Clips
from composing import Composed, composed, level_at, planned, run_here

from roomreel import compose as composing
from roomreel.model.composition import Job
from roomreel.model.plan import Plan
from roomreel.render import worker
from roomreel.settings import Settings

RED_GRID = {
    "video_layout": {"grid": {"video_sources": ["*"]}},
    "audio_sources": ["*"],
    "resolution": "160x120",
    "format": "mp4",
}
FILES = ("part.mp4", "made.json", "witness.npy", "loudness.npy", "SHA256SUMS")

Work = tuple[Job, Plan, Settings]


@pytest.fixture
def drawn(tmp_path: Path, clips: Clips) -> Work:
    """Three seconds of a red camera and a tone, all of it drawn and nothing joined."""
    tracks = [
        Track("ann", "camera", clips.video(["red"], seconds=3)),
        Track("ann", "microphone", clips.tone(440, seconds=3)),
    ]
    manifest = room(tmp_path / "room", tracks)
    work = planned(tmp_path, manifest, RED_GRID, chunk_s=1)
    composing.draw_together([work[:2]], work[2])
    return work


def parts_of(work: Work) -> list[Path]:
    return sorted((work[2].parts_root / work[0].sid).iterdir())


def assert_right(made: Composed) -> None:
    shown = [pixels[60, 80] for _, pixels in made.pictures()]
    assert len(shown) == made.plan.frame_count
    assert all(red > 150 and green < 90 for red, green, _ in shown[1:])
    assert level_at(made.sound(), 440, 1, 2) > 0.01


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(damage.DAMAGES.keys() - {"unreadable"}))
def test_damaged_parts_are_made_again(drawn: Work, kind: str) -> None:
    parts = parts_of(drawn)
    assert len(parts) == 4 + 1  # pictures, and sound
    for name, part in zip(FILES, parts, strict=True):
        damage.DAMAGES[kind](part / name)
    assert_right(composed(*drawn))
    assert not (drawn[2].parts_root / drawn[0].sid).exists()


@pytest.mark.parametrize("gone", ["all", "one"])
def test_parts_that_another_run_removes_are_made_again(
    drawn: Work, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    """A run of the same composition ends between this one's look at the parts and its use."""
    mux, folder, joined = worker.mux, drawn[2].parts_root / drawn[0].sid, []

    def too_late(*given: Any) -> None:
        joined.append(given)
        if len(joined) == 1:
            shutil.rmtree(folder if gone == "all" else parts_of(drawn)[0])
        mux(*given)

    monkeypatch.setattr(worker, "mux", too_late)
    # A render in this process, so that the rival is met.
    monkeypatch.setattr("roomreel.media.isolate.run", run_here)
    assert_right(composed(*drawn))
    assert len(joined) == 2
