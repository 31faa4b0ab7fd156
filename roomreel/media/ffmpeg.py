"""The ffmpeg binary: which one, and the command lines for pictures beside a composition."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ffmpeg
import imageio_ffmpeg
from av import VideoFrame

from roomreel.errors import RenderError, SettingsInvalid
from roomreel.media.colour import source_matrix
from roomreel.media.frames import planes
from roomreel.model.mark import MARK
from roomreel.process.environment import child_environment
from roomreel.storage.replace import claim_file

TIMEOUT_S = 60
"""Two still pictures take a fraction of a second; this only ends a hang."""

THUMBNAIL_WIDTH = 320
SHEET_COLUMNS = 4


def binary(setting: str | None) -> str:
    """Return the ffmpeg to run: the setting, else one named so on PATH, else the embedded one.

    Raises:
        SettingsInvalid: the setting names no program.
    """
    if setting is None:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    found = shutil.which(setting)
    if found is None:
        raise SettingsInvalid(f"ffmpeg is set to {setting!r}, which is not a program")
    return found


def write_poster(frame: VideoFrame, output: Path, program: str) -> None:
    """Write one picture as JPEG.

    Raises:
        StorageFailed: the file cannot be written.
    """
    claim_file(output)
    picture = _scaled([frame], frame.width, frame.height)
    _run(picture.output(str(output), **JPEG), _pixels([frame]), program)
    _sign(output)


def write_sheet(frames: Sequence[VideoFrame], output: Path, program: str) -> None:
    """Write pictures of one size, in order, as a JPEG grid of thumbnails, row by row.

    Raises:
        StorageFailed: the file cannot be written.
    """
    claim_file(output)
    columns = min(SHEET_COLUMNS, len(frames))
    rows = -(-len(frames) // columns)
    thumbnails = _scaled(frames, THUMBNAIL_WIDTH, -2)
    sheet = thumbnails.filter("tile", layout=f"{columns}x{rows}", padding=4, margin=4)
    _run(sheet.output(str(output), **JPEG), _pixels(frames), program)
    _sign(output)


def shrink_jpeg(jpeg: bytes, width: int, program: str) -> bytes:
    """Return a JPEG picture as a smaller one, at most `width` pixels wide, for a glance.

    Raises:
        RenderError: it is no JPEG picture.
    """
    source = ffmpeg.input("pipe:0", format="jpeg_pipe")
    smaller = source.filter("scale", f"min({width},iw)", -2)
    return _run(smaller.output("pipe:1", **GLANCE), jpeg, program)


JPEG: dict[str, Any] = {
    "format": "image2",
    "vcodec": "mjpeg",
    "frames:v": 1,
    "qscale:v": 3,  # visually lossless for a still; 2 is best, 31 worst
    "pix_fmt": "yuvj420p",
    "update": 1,  # one file, not a numbered series: a % in the path is then plain text
}
GLANCE: dict[str, Any] = {"format": "mjpeg", "frames:v": 1, "qscale:v": 8, "pix_fmt": "yuvj420p"}


def _scaled(frames: Sequence[VideoFrame], width: int, height: int) -> Any:
    """Return the pictures with the matrix and range that all of JPEG have: BT.601, full."""
    first = frames[0]
    raw = ffmpeg.input(
        "pipe:0",
        format="rawvideo",
        pixel_format="yuv420p",
        video_size=(first.width, first.height),  # ffmpeg-python joins a pair by itself
        framerate=1,
    )
    return raw.filter(
        "scale",
        width,
        height,
        in_color_matrix=source_matrix(first).scale_name,
        in_range="tv",
        out_color_matrix="bt601",
        out_range="pc",
    )


def _sign(jpeg: Path) -> None:
    """Put a comment behind the first segment of a JPEG file, which may have to be the first."""
    data = jpeg.read_bytes()
    after = 4 + int.from_bytes(data[4:6])
    comment = b"\xff\xfe" + (2 + len(MARK)).to_bytes(2) + MARK.encode()
    jpeg.write_bytes(data[:after] + comment + data[after:])


def _pixels(frames: Sequence[VideoFrame]) -> bytes:
    return b"".join(plane.tobytes() for frame in frames for plane in planes(frame))


def _run(stream: Any, given: bytes, program: str) -> bytes:
    argv = stream.global_args("-hide_banner", "-loglevel", "error").compile(
        cmd=program, overwrite_output=True
    )
    try:
        done = subprocess.run(
            argv,
            input=given,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
            env=child_environment(),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RenderError(f"ffmpeg could not write a still picture: {error}") from error
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise RenderError(f"ffmpeg could not write a still picture: {' '.join(words[-1:])}")
    return done.stdout
