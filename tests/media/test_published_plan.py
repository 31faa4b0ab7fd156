"""The plan document beside a composition is that of what was rendered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from clip_rooms import Track, room
from clips import Clips
from composing import Composed, compose_room

from roomreel.documents.plan import plan_document

SIZE = (320, 240)
LAYOUT = {
    "video_layout": {"grid": {"video_sources": ["*"]}},
    "resolution": "320x240",
    "format": "webm",
}


def document(made: Composed) -> dict[str, Any]:
    assert made.outcome.files is not None
    assert made.outcome.files.plan is not None
    path = Path(made.outcome.files.plan)
    assert path == made.media.with_name(f"{made.media.stem}.plan.json")
    text = path.read_text(encoding="ascii")
    found: dict[str, Any] = json.loads(text)
    assert text == json.dumps(found, separators=(",", ":")) + "\n"
    return found


@pytest.mark.parametrize("passthrough", [False, True])
def test_it_is_what_plan_prints(clips: Clips, tmp_path: Path, passthrough: bool):
    tracks = [Track("ann", "camera", clips.video("red", SIZE, "vp8", 2, gop=30))]
    layout = {**LAYOUT, "passthrough": passthrough}
    made = compose_room(tmp_path, room(tmp_path, tracks), layout)
    assert bool(made.plan.copied) is passthrough
    assert document(made) == plan_document(made.plan)


def test_of_what_could_not_be_copied_it_is_the_plan_that_was_composed(clips: Clips, tmp_path: Path):
    camera = clips.video("red", SIZE, "vp8", 3, gop=30)
    tracks = [Track("ann", "camera", clips.corrupted(camera, 1, 2, clear=3))]
    made = compose_room(tmp_path, room(tmp_path, tracks), {**LAYOUT, "passthrough": True})
    assert made.plan.copied  # as it was planned at first
    found = document(made)
    assert found.pop("passthrough").keys() == {"refused"}
    first = plan_document(made.plan)
    assert first.pop("passthrough").keys() == {"recording_sid"}
    assert found["frame_count"] == made.outcome.frame_count
    assert [scene["placements"] for scene in found["scenes"]]
    assert found.keys() == first.keys()


def test_sound_alone_has_a_plan_and_no_pictures(clips: Clips, tmp_path: Path):
    manifest = room(tmp_path, [Track("ann", "microphone", clips.tone(440, seconds=2))])
    made = compose_room(tmp_path, manifest, {"audio_sources": ["*"], "format": "mp4"})
    assert made.outcome.files is not None
    assert (made.outcome.files.poster, made.outcome.files.sheet) == (None, None)
    assert [clip["start_ms"] for clip in document(made)["audio"]] == [0]
