"""A disk that is full, while encoding and while publishing: plain words, and nothing half done."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from clip_rooms import Track, room
from clips import Clips
from composing import compose_room

from roomreel.errors import StorageFailed

TEMPLATE = {
    "video_layout": {"grid": {"video_sources": ["*"]}},
    "audio_sources": ["*"],
    "resolution": "640x480",
    "format": "mp4",
}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 128 KB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["/bin/mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, check=False)
    if done.returncode and not os.environ.get("CI"):
        pytest.skip("mounting a file system wants root")
    assert done.returncode == 0, done.stderr
    yield folder
    subprocess.run(["/bin/umount", str(folder)], check=True)


@pytest.fixture
def manifest(tmp_path: Path, clips: Clips) -> Path:
    tracks = [
        Track("ann", "camera", clips.counted(seconds=4)),
        Track("ann", "microphone", clips.tone(440, seconds=4)),
    ]
    return room(tmp_path, tracks)


def test_full_while_encoding(tmp_path: Path, manifest: Path, small_disk: Path):
    with pytest.raises(StorageFailed, match="No space left on device"):
        compose_room(tmp_path, manifest, TEMPLATE, scratch=small_disk / "scratch")
    assert files_in(small_disk) == files_in(tmp_path / "store") == []


def test_full_while_publishing(tmp_path: Path, manifest: Path, small_disk: Path):
    (small_disk / "others").write_bytes(bytes(100_000))
    with pytest.raises(StorageFailed, match="the disk is full"):
        compose_room(small_disk, manifest, TEMPLATE, scratch=tmp_path / "scratch")
    # What fitted may be there: it is replaced by the next attempt. The medium, which tells that
    # all is there, is not, nor is half of a file.
    assert not [name for name in files_in(small_disk) if name.endswith((".mp4", ".part"))]
    assert files_in(tmp_path / "scratch") == []


def files_in(folder: Path) -> list[str]:
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".roomreel-scratch.lock"
    ]
