"""Avatars in finished files: of whoever has one that can be drawn, it is what is seen of them."""

from __future__ import annotations

import json
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from clip_rooms import Track, room, sid
from clips import Clips
from composing import COLOUR_TOLERANCE, composed, planned

from roomreel.compose.inputs import inputs_of
from roomreel.errors import MediaUnreadable
from roomreel.model.look import Avatar, Initials

GREEN = (30, 160, 60)
BLUE = (40, 60, 200)

TEMPLATE: dict[str, Any] = {
    "video_layout": {
        "all": {
            "video_sources": ["*"],
            "unit": "participant",
            "voice_sources": ["*"],
            "placeholder": {"kind": "image"},
        }
    },
    "audio_sources": ["*"],
    "resolution": "640x480",
    "format": "mp4",
    "frame_rate": 10,
}


def plain(color: tuple[int, int, int] = GREEN, width: int = 64, height: int = 48) -> Any:
    pixels = np.full((height, width, 3), color, np.uint8)
    return pyvips.Image.new_from_array(pixels, interpretation="srgb")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def deep() -> Any:
    """The same in 16 bits."""
    levels = (plain().cast("ushort") * 257).copy(interpretation="rgb16")
    return levels.cast("ushort")


def inks() -> Any:
    """The same in CMYK, without a profile."""
    pixels = np.full((48, 64, 4), (207, 0, 159, 95), np.uint8)
    return pyvips.Image.new_from_array(pixels).copy(interpretation="cmyk")


def bomb() -> bytes:
    """A PNG of 60000 x 60000 pixels in a few bytes."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(100_000)))


def turned() -> bytes:
    """A JPEG that lies on its side: green above blue once it is turned."""
    halves = np.full((48, 64, 3), GREEN, np.uint8)
    halves[:, 32:] = BLUE
    image = pyvips.Image.new_from_array(halves, interpretation="srgb").copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", 6)
    return image.jpegsave_buffer(Q=95)


def animated() -> bytes:
    frames = plain().join(plain(BLUE), "vertical").copy()
    frames.set_type(pyvips.GValue.gint_type, "page-height", 48)
    return frames.webpsave_buffer(lossless=True)


DRAWN = {
    "png": lambda: plain().pngsave_buffer(),
    "jpeg": lambda: plain().jpegsave_buffer(Q=95),
    "webp": lambda: plain().webpsave_buffer(lossless=True),
    "deep": lambda: deep().pngsave_buffer(bitdepth=16),
    "inks": lambda: inks().jpegsave_buffer(Q=100),
    "animated": animated,
    "turned": turned,
}
NOT_DRAWN = {
    "svg": lambda: b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
    "cut": lambda: plain().pngsave_buffer()[:-30],
    "bomb": bomb,
    "empty": lambda: b"",
    "text": lambda: b"alice",
}


def with_avatars(manifest: Path, avatars: dict[str, str]) -> Path:
    """Give participants of a manifest avatars, by identity."""
    document = json.loads(manifest.read_text())
    for person in document["participants"]:
        if person["identity"] in avatars:
            person["avatar"] = avatars[person["identity"]]
    manifest.write_text(json.dumps(document))
    return manifest


def call(folder: Path, clips: Clips, names: list[str]) -> Path:
    """A room of voices alone."""
    tone = clips.tone(seconds=3)
    return room(folder, [Track(name, "mic", tone) for name in names])


def test_an_avatar_that_can_be_drawn_is_seen_and_no_other_fails_anything(
    tmp_path: Path, clips: Clips
) -> None:
    odd = {
        "gone": "gone.png",
        "outside": "../../secret.png",
        "absolute": str(tmp_path / "secret.png"),
        "linked": "link.png",
        "folder": "folder",
        "pipe": "pipe.png",
    }
    manifest = call(tmp_path, clips, [*DRAWN, *NOT_DRAWN, *odd, "none"])
    home = manifest.parent
    (tmp_path / "secret.png").write_bytes(plain().pngsave_buffer())
    (home / "link.png").symlink_to(tmp_path / "secret.png")
    (home / "folder").mkdir()
    os.mkfifo(home / "pipe.png")
    for name, make in (DRAWN | NOT_DRAWN).items():
        (home / f"{name}.png").write_bytes(make())
    with_avatars(manifest, {name: f"{name}.png" for name in DRAWN | NOT_DRAWN} | odd)

    job, plan, settings = planned(tmp_path, manifest, TEMPLATE, verify="full")
    made = composed(job, plan, settings)
    shown = {one.cell: (one.rect, one.states[0].drawing) for one in plan.overlays}
    identities = {one.sid: one.identity for one in job.manifest.room.participants}
    seen = {
        identities[drawing.participant_sid]: rect
        for rect, drawing in shown.values()
        if isinstance(drawing, Avatar)
    }
    assert seen.keys() == DRAWN.keys()
    assert sum(isinstance(drawing, Initials) for _, drawing in shown.values()) == 12
    picture = made.picture(5).astype(int)
    for name, rect in seen.items():
        pixels = picture[rect.rows(), rect.columns()][8:-8, 8:-8]
        if name == "inks":  # what they look like says a profile
            red, green, blue = pixels.reshape(-1, 3).mean(axis=0)
            assert green > max(red, blue) + 15
            continue
        upper, lower = np.vsplit(pixels[: len(pixels) // 2 * 2], 2)
        assert np.abs(upper[: len(upper) - 8] - GREEN).max() <= COLOUR_TOLERANCE, name
        expected = BLUE if name == "turned" else GREEN
        assert np.abs(lower[8:] - expected).max() <= COLOUR_TOLERANCE, name

    words = [one.message for one in made.outcome.warnings if one.code == "avatar-missing"]
    assert len(words) == len(made.outcome.warnings) == len(NOT_DRAWN) + len(odd)
    for name in [*NOT_DRAWN, *odd]:
        person = sid("PA", "test-room", name)
        path = odd.get(name, f"{name}.png")
        (message,) = (one for one in words if one.startswith(f"{name} ({person})"))
        assert f"cannot draw the avatar {path!r}: " in message
    assert not any("secret.png: " in one for one in words)


def test_one_that_is_replaced_before_it_is_drawn_is_not_drawn_by_halves(
    tmp_path: Path, clips: Clips
) -> None:
    manifest = with_avatars(call(tmp_path, clips, ["ann"]), {"ann": "ann.png"})
    file = manifest.parent / "ann.png"
    file.write_bytes(plain().pngsave_buffer())
    job, plan, settings = planned(tmp_path, manifest, TEMPLATE)
    before = inputs_of("0", job.manifest, job.template, settings)
    file.write_bytes(plain(BLUE).pngsave_buffer())
    with pytest.raises(MediaUnreadable, match=r"avatar of ann .* changed since"):
        composed(job, plan, settings)
    assert inputs_of("0", job.manifest, job.template, settings) != before
    file.unlink()
    with pytest.raises(MediaUnreadable, match=r"avatar of ann .* changed since"):
        composed(job, plan, settings)
    made = composed(*planned(tmp_path, manifest, TEMPLATE))
    assert [one.code for one in made.outcome.warnings] == ["avatar-missing"]
