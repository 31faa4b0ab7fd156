"""Verbs run as a person types them, and recordings to run them on."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import imageio_ffmpeg
import pytest

from roomreel import cli
from roomreel.catalog.catalog import Catalog
from roomreel.catalog.record import RoomRecord, record
from roomreel.documents.manifest import parse_manifest

# Tests run with --import-mode=importlib, so this folder is no package.
sys.path.insert(0, str(Path(__file__).parent))

from manifests import manifest_of


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str

    def __post_init__(self):
        assert "Traceback" not in self.err + self.out
        assert "internal-error" not in self.err


@pytest.fixture
def run(capfd, monkeypatch, tmp_path):
    """Run a verb in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments) -> Ran:
        argv = ["roomreel", *map(str, arguments)]
        capfd.readouterr()
        with patch.object(sys, "argv", argv), pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = capfd.readouterr()
        return Ran(stop.value.code or 0, out, err)

    return call


@pytest.fixture
def store(tmp_path_factory, monkeypatch):
    """The store of the settings: catalogs of one room."""
    store = tmp_path_factory.mktemp("store")
    manifest = parse_manifest(json.dumps(manifest_of()).encode(), "room.json")
    catalog = Catalog.open(store / "catalog", store / "journal")
    record(catalog, [RoomRecord(manifest)], [], None)
    monkeypatch.setenv("ROOMREEL_STORE", str(store))
    return store


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    """Two seconds of a red camera and of a tone, as a folder of recordings."""
    folder = tmp_path_factory.mktemp("clips")
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i"]
    video = ["color=red:s=160x120:r=10:d=2", "-c:v", "libvpx", folder / "alice-camera.mkv"]
    audio = ["sine=440:d=2", "-c:a", "libopus", folder / "bob.mka"]
    for argv in (video, audio):
        subprocess.run([*ffmpeg, *argv], check=True)
    return folder


@pytest.fixture
def folder(clips, tmp_path):
    """The recordings where a test may write beside them."""
    own = tmp_path / "call"
    own.mkdir()
    for clip in clips.iterdir():
        (own / clip.name).write_bytes(clip.read_bytes())
    return own


@pytest.fixture
def room(folder, run):
    assert run("manifest", folder, "--name", "call").code == 0
    return folder / "room.json"


@pytest.fixture
def template(tmp_path):
    file = tmp_path / "small.json"
    document = {
        "schema": "roomreel.template/1",
        "friendly_name": "small",
        "video_layout": {"grid": {"video_sources": ["*"]}},
        "audio_sources": ["*"],
        "resolution": "160x120",
        "frame_rate": 10,
        "format": "mp4",
    }
    file.write_text(json.dumps(document))
    return file
