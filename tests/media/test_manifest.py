"""`roomreel manifest` on folders of real files: all that can be heard or seen, or why it is not."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest
from clips import Clips
from foreign import H264, ffmpeg, sound, steps, tones, video
from typer.testing import CliRunner, Result

from roomreel.cli import app
from roomreel.documents.manifest import parse_manifest
from roomreel.errors import NotFound

SID = "RT" + "0123456789abcdef" * 2


def drafted(folder: Path, *more: str) -> Result:
    return CliRunner().invoke(app, ["manifest", str(folder), *more])


def recordings(folder: Path) -> list[dict[str, Any]]:
    """What the manifest of a folder says; it is valid."""
    data = (folder / "room.json").read_bytes()
    parse_manifest(data, "room.json")
    found: list[dict[str, Any]] = json.loads(data)["recordings"]
    return found


def tracks(folder: Path) -> list[tuple[str, str, int]]:
    """File, type and place in the file of each recording."""
    found = recordings(folder)
    return [(one["media"], one["type"], one.get("track_index", 0)) for one in found]


def left_out(result: Result) -> dict[str, str]:
    return dict(re.findall(r"^skipped: (.+?): (.+)$", result.stderr, re.MULTILINE))


def with_cover(folder: Path, media: Path) -> Path:
    picture = folder / "cover.tmp.png"
    ffmpeg("-f", "lavfi", "-i", "color=green:s=64x64", "-frames:v", 1, picture)
    attached = "-attach", picture, "-metadata:s:t", "mimetype=image/png"
    ffmpeg("-i", media, "-c", "copy", *attached, folder / "mic.mka")
    picture.unlink()
    return folder / "mic.mka"


def with_silent_camera(path: Path, camera: Path, microphone: Path) -> None:
    """A file that declares a camera which never sent."""
    sources = av.open(str(camera)), av.open(str(microphone))
    with sources[0] as seen, sources[1] as heard, av.open(str(path), "w") as out:
        out.add_stream_from_template(seen.streams.video[0])
        target = out.add_stream_from_template(heard.streams.audio[0])
        for packet in heard.demux(audio=0):
            if packet.size:
                packet.stream = target
                out.mux(packet)


def test_every_track_is_listed_and_the_rest_is_told(clips: Clips, tmp_path: Path):
    camera, microphone = clips.video(seconds=1), clips.tone(seconds=1)
    shutil.copy(camera, tmp_path / "no ending")
    shutil.copy(microphone, tmp_path / "bob.unknown")
    with_cover(tmp_path, microphone)
    with_silent_camera(tmp_path / "alice.webm", camera, microphone)
    two = [word for _ in range(2) for word in ("-i", camera, "-i", microphone)]
    maps = [word for number in range(4) for word in ("-map", str(number))]
    ffmpeg(*two, *maps, "-c", "copy", tmp_path / "obs.mkv")
    (tmp_path / "header.webm").write_bytes(clips.only(camera).read_bytes())
    (tmp_path / "notes.txt").write_text("Nothing was recorded.\n")
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x64:d=1:r=5", tmp_path / "smile.gif")

    result = drafted(tmp_path)
    assert result.exit_code == 0
    assert tracks(tmp_path) == [
        ("alice.webm", "audio", 0),
        ("bob.unknown", "audio", 0),
        ("mic.mka", "audio", 0),
        ("no ending", "video", 0),
        ("obs.mkv", "audio", 0),
        ("obs.mkv", "audio", 1),
        ("obs.mkv", "video", 0),
        ("obs.mkv", "video", 1),
    ]
    told = left_out(result)
    assert told["alice.webm"] == "video track 0: it has no packet"
    assert told["mic.mka"] == "1 attached picture"
    assert "header" in told["header.webm"] or "no packet" in told["header.webm"]
    assert "not a media file" in told["notes.txt"]
    assert "Graphics Interchange Format" in told["smile.gif"]
    assert set(told) == {"alice.webm", "mic.mka", "header.webm", "notes.txt", "smile.gif"}
    assert "taken are: Matroska, WebM, MP4" in result.stderr
    assert "8 recordings of 5 participants" in result.stderr


def test_a_file_of_both_that_is_named_by_a_sid_makes_a_valid_manifest(tmp_path: Path):
    video(tmp_path / f"{SID}.mp4", *H264, "-c:a", "aac", count=25, beside=steps(1))
    assert drafted(tmp_path).exit_code == 0
    assert len({one["sid"] for one in recordings(tmp_path)}) == 2


ENDINGS: dict[str, Callable[[Path], Path]] = {
    "m4v": lambda path: video(path, *H264, count=10),
    "avi": lambda path: video(path, *H264, count=10),
    "ogv": lambda path: video(path, "-c:v", "libtheora", count=10),
    "mp3": lambda path: sound(path, *tones(500)),
    "aac": lambda path: sound(path, *tones(500)),
    "oga": lambda path: sound(path, *tones(500), "-c:a", "flac"),
    "weba": lambda path: sound(path, *tones(500), "-c:a", "libopus", "-f", "webm"),
    "3gp": lambda path: sound(path, *tones(500), "-c:a", "aac"),
    "flv": lambda path: video(path, *H264, count=10),
    "amr": lambda path: sound(path, *tones(500), "-c:a", "libopencore_amrnb", "-ar", 8000),
}


def test_files_of_all_endings_are_listed(tmp_path: Path):
    for ending, make in ENDINGS.items():
        make(tmp_path / f"one.{ending}")
    result = drafted(tmp_path)
    assert left_out(result) == {}
    assert {one["media"] for one in recordings(tmp_path)} == {f"one.{end}" for end in ENDINGS}


def test_a_folder_without_recordings_is_refused_with_the_reasons(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("Nothing was recorded.\n")
    (tmp_path / "link.mkv").symlink_to("/dev/zero")
    result = drafted(tmp_path)
    assert isinstance(result.exception, NotFound)
    assert "Matroska" in result.exception.remedy
    assert "not a media file" in left_out(result)["notes.txt"]
    assert "out of the folder" in left_out(result)["link.mkv"]
    assert not (tmp_path / "room.json").exists()


@pytest.mark.parametrize(
    ("names", "rule"),
    [
        (
            (
                "1689344055925-4a3fd2dd-0b66-4f9c-91f6-0e9c8ed94b21-cam-audio-1689344056340",
                "1689344055925-9be3a1c5-7a52-43ad-8a2e-3a3f8a7e1d11-cam-audio-1689344056340",
            ),
            "Daily (2)",
        ),
        (("recording-1689344055925.mka", "recording-1689344059999.mka"), "one a file (2)"),
    ],
)
def test_two_people_are_two_participants(
    names: tuple[str, ...], rule: str, clips: Clips, tmp_path: Path
):
    for name in names:
        shutil.copy(clips.tone(seconds=1), tmp_path / name)
    result = drafted(tmp_path)
    assert len({one["participant_sid"] for one in recordings(tmp_path)}) == 2
    assert rule in result.stderr


def test_a_composition_of_ours_is_no_recording(clips: Clips, tmp_path: Path):
    shutil.copy(clips.video(seconds=1), tmp_path / "alice.webm")
    assert drafted(tmp_path).exit_code == 0
    made = tmp_path / "monday.mp4"
    words = ["compose", str(tmp_path / "room.json"), "--template", "grid", "--out", str(made)]
    assert CliRunner().invoke(app, words).exit_code == 0
    result = drafted(tmp_path, "--force")
    assert [one["media"] for one in recordings(tmp_path)] == ["alice.webm"]
    assert left_out(result)["monday.mp4"] == "it is a composition made by roomreel"


def contents(clips: Clips, folder: Path) -> list[bytes]:
    """What files of a folder may hold, useful and not."""
    camera, microphone = clips.video(seconds=1), clips.tone(seconds=1)
    both = folder / "both.mp4"
    video(both, *H264, "-c:a", "aac", count=25, beside=steps(1))
    picture = folder / "picture.gif"
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x64:d=1:r=5", picture)
    files = [camera, microphone, with_cover(folder, microphone), both, clips.only(camera), picture]
    whole = [file.read_bytes() for file in files]
    cut = [data[: len(data) // 3] for data in whole]
    return [*whole, *cut, b"", b"Nothing was recorded.\n", bytes(range(256)) * 40]


NAMES = "alice-camera", "alice-mic", SID, SID.upper(), "bob", "é 李雷", "a\nb", "-", "s3:", "x.json"
SUFFIXES = "", ".mkv", ".mp4", ".webm", ".txt", ".WAV", ".age"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_a_folder_of_anything_makes_a_valid_manifest(seed: int, clips: Clips, tmp_path: Path):
    chance = random.Random(seed)
    (tmp_path / "made").mkdir()
    folder, kinds = tmp_path / "call", contents(clips, tmp_path / "made")
    folder.mkdir()
    for _ in range(8):
        name = chance.choice(NAMES) + chance.choice(SUFFIXES)
        (folder / name).write_bytes(chance.choice(kinds))
    (folder / "alice.mkv").write_bytes(kinds[0])
    there = {path.name for path in folder.iterdir()}
    result = drafted(folder)
    assert result.exit_code == 0, result.exception
    told = {name.replace("\\n", "\n") for name in left_out(result)}
    assert {one["media"] for one in recordings(folder)} | told == there
