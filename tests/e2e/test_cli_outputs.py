"""Files go where a person says, and in place of nothing that roomreel did not make."""

import hashlib
import json
import subprocess
from pathlib import Path

import av
import imageio_ffmpeg
import pyrage
import pytest


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def room(folder, run):
    """A room whose camera is a file as compositions are."""
    camera = folder / "alice-camera.mp4"
    argv = ["-v", "error", "-i", folder / "alice-camera.mkv", "-c:v", "libx264", camera]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *argv], check=True)
    (folder / "alice-camera.mkv").unlink()
    assert run("manifest", folder, "--name", "call").code == 0
    return folder / "room.json"


@pytest.fixture
def compose(run, room, template):
    return lambda *words: run("compose", room, "--template", template, *words)


def title(path: Path) -> str:
    with av.open(str(path)) as container:
        return container.metadata["title"]


def test_composed_twice_it_is_the_later_one(compose, template, tmp_path):
    out = tmp_path / "call.mp4"
    for name in ("first", "second"):
        template.write_text(json.dumps(json.loads(template.read_text()) | {"friendly_name": name}))
        made = compose("--out", out)
        assert made.code == 0, made.err
        assert title(out) == f"call ({name})"
    assert {path.name for path in tmp_path.glob("call.*")} == {
        "call.mp4",
        "call.mp4.poster.jpg",
        "call.mp4.sheet.jpg",
    }


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_a_source_is_never_replaced(compose, folder, tmp_path, force):
    (tmp_path / "link.mp4").symlink_to(folder / "alice-camera.mp4")
    (tmp_path / "hard.mp4").hardlink_to(folder / "alice-camera.mp4")
    (tmp_path / "other").symlink_to(folder)
    before = digests(folder)
    names = ["link.mp4", "hard.mp4", "call/alice-camera.mp4", "other/alice-camera.mp4"]
    for out in names:
        refused = compose("--out", tmp_path / out, *force)
        assert (refused.code, refused.out) == (2, "")
        assert "output-refused" in refused.err
    assert digests(folder) == before


def test_what_somebody_else_made_is_replaced_only_if_it_is_said(compose, folder, tmp_path):
    for name in ("call.mp4", "call.mp4.poster.jpg", "call.mp4.codec.log"):
        (tmp_path / name).write_bytes((folder / "alice-camera.mp4").read_bytes())
        before = digests(tmp_path)
        refused = compose("--out", tmp_path / "call.mp4")
        assert refused.code == 2
        assert f"{tmp_path / name} is there" in refused.err
        assert digests(tmp_path) == before
        (tmp_path / name).unlink()
    (tmp_path / "call.mp4").write_bytes((folder / "alice-camera.mp4").read_bytes())
    assert compose("--out", tmp_path / "call.mp4", "--force").code == 0
    assert title(tmp_path / "call.mp4") == "call (small)"


def test_two_formats_have_pictures_of_their_own(compose, run, template, tmp_path):
    settings = json.loads(template.read_text())
    sids = []
    for form in ("mp4", "webm"):
        template.write_text(json.dumps(settings | {"format": form}))
        made = compose("--out", tmp_path / f"call.{form}", "--record", "--json")
        assert made.code == 0, made.err
        sids.append(json.loads(made.out)["sid"])
    assert run("delete", "compositions", sids[1], "--yes").code == 0
    assert {path.name for path in tmp_path.glob("call.*")} == {
        "call.mp4",
        "call.mp4.poster.jpg",
        "call.mp4.sheet.jpg",
    }
    assert run("catalog", "check").code == 0


def test_an_encrypted_one_is_replaced_only_if_it_is_said(compose, tmp_path, monkeypatch):
    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "customer.pub").write_text(str(identity.to_public()))
    monkeypatch.setenv("ROOMREEL_ENCRYPTION", "age")
    monkeypatch.setenv("ROOMREEL_PUBLIC_KEY", str(tmp_path / "customer.pub"))
    assert compose("--out", tmp_path / "call.mp4").code == 0
    refused = compose("--out", tmp_path / "call.mp4")
    assert refused.code == 2
    assert "it is encrypted" in refused.err
    assert compose("--out", tmp_path / "call.mp4", "--force").code == 0


def test_drawings_and_reports_replace_their_own_alone(compose, run, room, template, tmp_path):
    assert compose().code == 0
    draw = ("plan", room, "--template", template, "--picture")
    report = ("report", "--html")
    for words, other in ((draw, report), (report, draw)):
        target = tmp_path / f"{words[0]}.out"
        for _ in range(2):
            ran = run(*words, target)
            assert ran.code == 0, ran.err
        assert run(*other, target).code == 2
        before = digests(tmp_path)
        for precious in (room, template, room.parent / "alice-camera.mp4", "pyproject.toml"):
            (tmp_path / "pyproject.toml").write_text("[project]")
            assert run(*words, precious).code == 2
        (tmp_path / "pyproject.toml").unlink()
        assert digests(tmp_path) == before
