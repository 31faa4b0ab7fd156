"""A room of voices as a video: tiles with names, drawn and verified without any picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clip_rooms import Track, room
from clips import Clips
from composing import compose_room, run_here

from roomreel.documents.published_plan import parse_plan
from roomreel.errors import VerificationFailed
from roomreel.render.canvas import Canvas

VOICES: dict[str, Any] = {
    "video_layout": {
        "grid": {
            "video_sources": ["*"],
            "unit": "participant",
            "voice_sources": ["*"],
            "label": {"style": {"size": 16}},
        }
    },
    "audio_sources": ["*"],
    "resolution": "320x240",
    "format": "mp4",
    "frame_rate": 10,
}


@pytest.fixture
def manifest(tmp_path: Path, clips: Clips) -> Path:
    """Two voices, one of which comes after a second and a half."""
    return room(
        tmp_path,
        [
            Track("ann", "mic", clips.tone(440, seconds=3), "audio"),
            Track("bob", "mic", clips.tone(880, seconds=1), "audio", offset_ms=1500),
        ],
    )


def test_a_room_of_voices_is_a_video(tmp_path: Path, manifest: Path) -> None:
    made = compose_room(tmp_path, manifest, VOICES, verify="full", chunk_s=2)
    assert [scene.placements for scene in made.plan.scenes] == [()]
    ann, bob = made.plan.overlays
    there = {
        name: [
            number
            for number, picture in made.pictures()
            if picture[overlay.rect.rows(), overlay.rect.columns()].max() > 150
        ]
        for name, overlay in (("ann", ann), ("bob", bob))
    }
    frames = made.plan.frame_count
    assert there == {"ann": [*range(frames)], "bob": [*range(15, 25)]}
    assert np.abs(made.sound()).max() > 0.01
    files = made.outcome.files
    assert files is not None
    assert files.poster is not None
    assert files.sheet is not None
    assert files.plan is not None
    assert parse_plan(Path(files.plan).read_bytes()).has_video


def test_the_poster_is_of_a_moment_when_most_are_there(tmp_path: Path, clips: Clips) -> None:
    tracks = [
        Track("ann", "mic", clips.tone(440, seconds=24), "audio"),
        Track("bob", "mic", clips.tone(880, seconds=3), "audio", offset_ms=19_000),
    ]
    made = compose_room(tmp_path, room(tmp_path, tracks), VOICES | {"frame_rate": 1})
    files = made.outcome.files
    assert files is not None
    assert files.poster is not None
    with av.open(files.poster) as poster:
        pixels = next(poster.decode(video=0)).to_ndarray(format="rgb24")
    for overlay in made.plan.overlays:
        assert pixels[overlay.rect.rows(), overlay.rect.columns()].max() > 150


def test_a_tile_that_is_not_drawn_is_found_out(
    tmp_path: Path, manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roomreel.process.isolate.run", run_here)
    monkeypatch.setattr(Canvas, "blend", lambda *_: None)
    with pytest.raises(VerificationFailed, match=r"text|label .* is not as it was planned"):
        compose_room(tmp_path, manifest, VOICES)


NAMES = [
    *("{x}", "<b>&amp;", "O'Brien: 100% %{pts}", "a\u202eb", "two\nlines", "x" * 4000, " "),
    *("田中", "مرحبا Alice 123", "नमस्ते", "👨\u200d👩\u200d👧", "\U00013000", "\U0010fffe"),
]


def test_a_name_of_any_kind_is_drawn_and_fails_nothing(tmp_path: Path, clips: Clips) -> None:
    """What it says stands in the plan; one that says nothing has a tile without a name."""
    tone = clips.tone(seconds=1)
    manifest = room(tmp_path, [Track(name, "mic", tone) for name in NAMES])
    tiles = {"placeholder": {"kind": "initials"}, "mic_icon": {}}
    template = VOICES | {"resolution": "1280x720", "frame_rate": 2}
    template["video_layout"] = {"grid": VOICES["video_layout"]["grid"] | tiles}
    made = compose_room(tmp_path, manifest, template)
    shown = [one for one in made.plan.overlays if one.kind == "label"]
    assert sorted(state.drawing.text for one in shown for state in one.states) == sorted(
        [
            *("{x}", "<b>&amp;", "O'Brien: 100% %{pts}", "a b", "two lines", "x" * 39 + "…"),
            *("田中", "مرحبا Alice 123", "नमस्ते", "👨\u200d👩\u200d👧", "\U00013000"),
        ]
    )
    missing = [one.message for one in made.outcome.warnings if one.code == "glyph-missing"]
    assert missing == ["no font has U+13000 EGYPTIAN HIEROGLYPH A001"]
    picture = made.picture(0)
    for overlay in shown:
        assert picture[overlay.rect.rows(), overlay.rect.columns()].max() > 200
