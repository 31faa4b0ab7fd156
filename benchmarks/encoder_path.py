"""Encoding in process against an ffmpeg process fed by pipe: the same pictures, interleaved rounds.

    python benchmarks/encoder_path.py [--rounds 5] [--frames 600]

Prints CPU seconds (this process and its children) and wall seconds of each way by median and range,
and the ratio pipe / in process of each round. ARCHITECTURE.md quotes it.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import ffmpeg
import numpy as np
from av import VideoFrame

from roomreel.media.colour import output_matrix
from roomreel.media.encoder_options import ENCODERS, VideoSettings
from roomreel.media.encoders import VideoEncoder
from roomreel.media.ffmpeg import binary
from roomreel.media.frames import planes
from roomreel.model.geometry import Size

SIZE = Size(1280, 720)
RATE = Fraction(30)


def pictures(count: int = 60) -> list[VideoFrame]:
    """A slow pan over smooth noise: motion and texture as a camera has."""
    random = np.random.default_rng(0)
    coarse = random.integers(40, 200, (SIZE.height // 8 + 1, SIZE.width // 8 + count), np.uint8)
    texture = coarse.repeat(8, axis=0).repeat(8, axis=1)
    frames = []
    for number in range(count):
        frame = VideoFrame(SIZE.width, SIZE.height, "yuv420p")
        luma, u, v = planes(frame)
        luma[:] = texture[: SIZE.height, number * 2 : number * 2 + SIZE.width]
        luma += random.integers(0, 6, luma.shape, np.uint8)
        u[:], v[:] = 110, 140
        frames.append(frame)
    return frames


def in_process(frames: list[VideoFrame], count: int, output: Path) -> None:
    """The way the product takes."""
    settings = VideoSettings("libx264", "standard", {}, 2)
    with VideoEncoder(
        output, SIZE, RATE, output_matrix(SIZE, settings.encoder), settings
    ) as encoder:
        for number in range(count):
            encoder.write(frames[number % len(frames)])


def by_pipe(frames: list[VideoFrame], count: int, output: Path) -> None:
    """Raw pictures to an ffmpeg process with the same settings."""
    source = ffmpeg.input(
        "pipe:0",
        format="rawvideo",
        pixel_format="yuv420p",
        video_size=(SIZE.width, SIZE.height),
        framerate=int(RATE),
    )
    argv = source.output(
        str(output), vcodec="libx264", g=300, threads=2, **ENCODERS["libx264"]["standard"]
    ).compile(cmd=[binary(None), "-loglevel", "error"], overwrite_output=True)
    with subprocess.Popen(argv, stdin=subprocess.PIPE, bufsize=0) as process:
        assert process.stdin is not None
        for number in range(count):
            for plane in planes(frames[number % len(frames)]):
                process.stdin.write(np.ascontiguousarray(plane).data)
        process.stdin.close()
        assert process.wait() == 0


def cpu_s() -> float:
    """CPU of this process and of its ended children."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def measure(way: Callable[[Path], None], folder: Path) -> tuple[float, float]:
    """CPU and wall seconds of one run."""
    cpu, wall = cpu_s(), time.perf_counter()
    way(folder / "out.mp4")
    return cpu_s() - cpu, time.perf_counter() - wall


def main() -> None:
    """Run the rounds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int, default=600)
    options = parser.parse_args()
    frames = pictures()
    ways = {
        "in process": lambda path: in_process(frames, options.frames, path),
        "by pipe": lambda path: by_pipe(frames, options.frames, path),
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.rounds):
            for name, way in ways.items():
                taken[name].append(measure(way, Path(folder)))
    print(f"{options.frames} frames of {SIZE}, libx264 standard, {options.rounds} rounds")
    for index, figure in enumerate(("CPU s", "wall s")):
        for name, runs in taken.items():
            show(f"{figure} {name}", [run[index] for run in runs])
        pairs = zip(taken["by pipe"], taken["in process"], strict=True)
        show(f"{figure} pipe / in process", [a[index] / b[index] for a, b in pairs])


def show(name: str, values: list[float]) -> None:
    """One line: median and range."""
    print(f"{name:28s} {statistics.median(values):6.2f}  ({min(values):.2f} to {max(values):.2f})")


if __name__ == "__main__":
    main()
