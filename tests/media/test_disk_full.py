"""A disk that is full, while encoding and while publishing: plain words, and nothing half done."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from clip_rooms import Track, room
from clips import Clips
from composing import compose_room
from small_disk import small_disk

from roomreel.errors import StorageFailed

TEMPLATE = {
    "video_layout": {"grid": {"video_sources": ["*"]}},
    "audio_sources": ["*"],
    "resolution": "640x480",
    "format": "mp4",
}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "small") as folder:
        yield folder


@pytest.fixture
def manifest(tmp_path: Path, clips: Clips) -> Path:
    tracks = [
        Track("ann", "camera", clips.counted(seconds=4)),
        Track("ann", "microphone", clips.tone(440, seconds=4)),
    ]
    return room(tmp_path, tracks)


def test_full_while_encoding(tmp_path: Path, manifest: Path, disk: Path):
    with pytest.raises(StorageFailed, match="No space left on device"):
        compose_room(tmp_path, manifest, TEMPLATE, scratch=disk / "scratch")
    assert files_in(disk) == files_in(tmp_path / "store") == []


def test_full_while_publishing(tmp_path: Path, manifest: Path, disk: Path):
    (disk / "others").write_bytes(bytes(100_000))
    with pytest.raises(StorageFailed, match="the disk is full"):
        compose_room(disk, manifest, TEMPLATE, scratch=tmp_path / "scratch")
    # What fitted may be there: it is replaced by the next attempt. The medium, which tells that
    # all is there, is not, nor is half of a file.
    assert not [name for name in files_in(disk) if name.endswith((".mp4", ".part"))]
    assert files_in(tmp_path / "scratch") == []


def files_in(folder: Path) -> list[str]:
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".roomreel-scratch.lock"
    ]
