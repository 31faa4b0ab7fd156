"""A file that is replaced, cut or grown while it is read: a clear failure; the next run works."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from clip_rooms import Track, room, sid
from clips import Clips
from composing import colours, compose_room, runs

from roomreel.errors import MediaUnreadable

TEMPLATE = {
    "video_layout": {"grid": {"video_sources": ["*"]}},
    "resolution": "320x240",
    "format": "mp4",
    "frame_rate": 10,
}
CULPRIT = sid("RT", "test-room", 0)


def replaced(medium: Path, other: Path) -> None:
    other.replace(medium)


def cut(medium: Path, _: Path) -> None:
    os.truncate(medium, medium.stat().st_size // 2)


def grown(medium: Path, other: Path) -> None:
    with medium.open("ab") as file:
        file.write(other.read_bytes())


def gone(medium: Path, _: Path) -> None:
    medium.unlink()


@pytest.mark.parametrize("change", [replaced, cut, grown, gone])
def test_media_that_change_while_they_are_read_fail_the_composition(
    tmp_path: Path, clips: Clips, change: Callable[[Path, Path], None]
):
    manifest = room(tmp_path, [Track("ann", "camera", clips.video("red", seconds=9, fps=10))])
    medium = manifest.with_name(f"{CULPRIT}.webm")
    other = tmp_path / "other.webm"
    other.write_bytes(clips.video("blue", seconds=9, fps=10).read_bytes())
    changes = iter([change])

    def in_the_middle(_: object) -> None:
        for due in changes:
            due(medium, other)

    with pytest.raises(MediaUnreadable, match=rf"media of ann/camera \({CULPRIT}\) changed while"):
        compose_room(tmp_path, manifest, TEMPLATE, in_the_middle)
    assert next(changes, None) is None
    assert not [path for path in (tmp_path / "store").rglob("*") if path.suffix in {".mp4", ".jpg"}]


def test_the_next_run_takes_the_new_file(tmp_path: Path, clips: Clips):
    manifest = room(tmp_path, [Track("ann", "camera", clips.video("red", seconds=9, fps=10))])
    medium = manifest.with_name(f"{CULPRIT}.webm")
    new = clips.video("blue", seconds=4, fps=10).read_bytes()
    with pytest.raises(MediaUnreadable):
        compose_room(tmp_path, manifest, TEMPLATE, lambda _: medium.write_bytes(new))
    assert runs(colours(compose_room(tmp_path, manifest, TEMPLATE))) == [("blue", 40)]
