"""Files as FFmpeg's own command writes them, for other tools, and what it shows of them."""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from clip_content import bars, counter
from numpy.typing import NDArray

from roomreel.media.ffmpeg import binary

SIZE, FPS = (192, 96), 25
SOUND = 48_000
LEVEL = 0.25

X264 = ("-c:v", "libx264", "-preset", "veryfast", "-sc_threshold", "0", "-pix_fmt", "yuv420p")
H264 = (*X264, "-g", "25", "-bf", "0")
H264_LONG = (*X264, "-g", "100", "-bf", "0")
H264_B = (*X264, "-g", "100", "-bf", "3")
VP8 = ("-c:v", "libvpx", "-b:v", "1M", "-g", "50", "-deadline", "realtime", "-cpu-used", "8")


def ffmpeg(*arguments: object, data: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run FFmpeg's command; it has to succeed."""
    command = [binary(None), "-y", "-hide_banner", *map(str, arguments)]
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done


def video(
    path: Path,
    *encoder: object,
    count: int = 50,
    start: int = 0,
    fps: int = FPS,
    beside: tuple[object, ...] = (),
) -> Path:
    """Pictures that show their numbers from `start` on; `counter` reads them back.

    Args:
        encoder: options for what is written, VP8 where there are none.
        beside: options of one more input, such as a tone.
    """
    data = b"".join(bars(start + number, SIZE).tobytes() for number in range(count))
    raw = "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{SIZE[0]}x{SIZE[1]}", "-r", fps, "-i", "-"
    ffmpeg(*raw, *beside, *(encoder or VP8), path, data=data)
    return path


def tones(*hertz: int, seconds: float = 2, rate: int = SOUND) -> tuple[object, ...]:
    """An input of sound: a channel for each frequency, silent where that is 0."""
    waves = "|".join(f"{LEVEL}*sin(2*PI*{hz}*t)" if hz else "0" for hz in hertz)
    return "-f", "lavfi", "-i", f"aevalsrc={waves}:s={rate}:d={seconds}"


def steps(seconds: int = 2, lowest: int = 400) -> tuple[object, ...]:
    """An input of sound: 400 Hz in the first second, 500 Hz in the next, and so on."""
    wave = f"{LEVEL}*sin(2*PI*({lowest}+100*floor(t))*t)"
    return "-f", "lavfi", "-i", f"aevalsrc={wave}:s={SOUND}:d={seconds}"


def sound(path: Path, *arguments: object) -> Path:
    """Sound by an input and the options of an encoder."""
    ffmpeg(*arguments, path)
    return path


def named_one_by_one(folder: Path, label: int) -> Path:
    """A QuickTime file whose `chan` says of each of four channels the same."""
    path = sound(folder / "four.mov", *tones(500, 900, 0, 1400, seconds=0.5), "-c:a", "pcm_s16le")
    data = path.read_bytes()
    at = data.index(b"chan") - 4
    size = struct.unpack_from(">I", data, at)[0]
    said = b"".join(struct.pack(">IIfff", label, 0, 0, 0, 0) for _ in range(4))
    chan = struct.pack(">I4sIIII", 24 + len(said), b"chan", 0, 0, 0, 4) + said
    grown = bytearray(data[:at] + chan + data[at + size :])
    for name in (b"stsd", b"stbl", b"minf", b"mdia", b"trak", b"moov"):  # and the entry in stsd
        place = data.rindex(name, 0, at) - 4
        struct.pack_into(
            ">I", grown, place, struct.unpack_from(">I", data, place)[0] + len(chan) - size
        )
    entry = data.rindex(b"stsd", 0, at) + 12
    struct.pack_into(
        ">I", grown, entry, struct.unpack_from(">I", data, entry)[0] + len(chan) - size
    )
    path.write_bytes(grown)
    return path


def quarters(
    path: Path, *encoder: object, levels: Sequence[int], alphas: Sequence[int] = (255,) * 4
) -> Path:
    """A second of four grey quarters, row by row, each with its level and its alpha."""
    width, height = SIZE[0] // 2, SIZE[1] // 2
    grey = np.array(
        [(level, level, level, alpha) for level, alpha in zip(levels, alphas, strict=True)]
    )
    picture = np.kron(grey.reshape(2, 2, 4), np.ones((height, width, 1))).astype(np.uint8)
    raw = "-f", "rawvideo", "-pix_fmt", "rgba", "-s", f"{SIZE[0]}x{SIZE[1]}", "-r", 10, "-i", "-"
    ffmpeg(*raw, *encoder, path, data=picture.tobytes() * 10)
    return path


def posed(clip: Path, path: Path, *, mirrored: bool = False, degrees: int = 0) -> Path:
    """The clip with a display matrix: mirrored, then turned counter-clockwise."""
    mirror = ("-display_hflip",) if mirrored else ()
    ffmpeg("-display_rotation", degrees, *mirror, "-i", clip, "-c", "copy", path)
    return path


def shown_by_ffmpeg(path: Path) -> list[tuple[float, int]]:
    """When FFmpeg's command shows which number, in seconds from the first picture or sound on."""
    done = ffmpeg(
        *("-i", path, "-map", "0:v:0", "-vf", f"showinfo,scale={SIZE[0]}:{SIZE[1]}"),
        *("-fps_mode", "passthrough", "-pix_fmt", "gray", "-f", "rawvideo", "-"),
    )
    times = re.findall(rb"pts_time:(\S+) ", done.stderr)
    pictures = np.frombuffer(done.stdout, np.uint8).reshape(-1, SIZE[1], SIZE[0], 1)
    assert len(times) == len(pictures)
    return [(float(at), counter(pixels)) for at, pixels in zip(times, pictures, strict=True)]


def heard_by_ffmpeg(path: Path, channels: int = 1) -> NDArray[np.float32]:
    """The sound that FFmpeg's command decodes, of shape (channels, samples)."""
    done = ffmpeg("-i", path, "-map", "0:a:0", "-ac", channels, "-ar", SOUND, "-f", "f32le", "-")
    return np.frombuffer(done.stdout, np.float32).reshape(-1, channels).T
