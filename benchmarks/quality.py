"""How an output looks beside a reference that nobody rendered, and how far its sound is off."""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import av
import footage
import imageio_ffmpeg
import numpy as np
from graphs import xstack
from layout import Layout
from numpy.typing import NDArray

from roomreel.media.colour import output_matrix

SKIPPED_FRAMES, JUDGED_FRAMES = 60, 480
"""What is judged: 16 s, from where everybody has come."""

EACH_FRAMES = 4
"""VMAF looks at every fourth picture."""

SHIFTS = (-1, 0, 1)
"""Frames by which an output may be early or late before its pictures count as other ones: which of
two neighbouring pictures a player shows is nothing a person sees."""

TONE_STEP = 480
"""Samples, 10 ms: how exactly a beep is found."""


def reference(layout: Layout, output: Path, *, converts: bool) -> None:
    """The composition at its best: Lanczos, no loss, pictures in time.

    Args:
        converts: whether cameras' BT.601 is brought to BT.709 where the output is that, as players
            take it to be; peers do not, and are judged by what they meant.
    """
    graph = xstack("lanczos+accurate_rnd")(layout)
    if converts and output_matrix(layout.canvas, "libx264").filter_name == "bt709":
        # One conversion of the whole is the same as one of each cell: all sources are BT.601.
        matrices = "ispace=smpte170m:space=bt709:iprimaries=bt709:primaries=bt709"
        graph += f";[seen]colorspace={matrices}:itrc=bt709:trc=bt709:irange=tv:range=tv[best]"
    last = "[best]" if graph.endswith("[best]") else "[seen]"
    inputs = [word for one in layout.pictures for word in ("-i", one.path)]
    footage.ffmpeg(
        *(*inputs, "-filter_complex", graph, "-map", last),
        *("-frames:v", SKIPPED_FRAMES + JUDGED_FRAMES, "-r", layout.rate),
        *("-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", output),
    )


def vmaf(output: Path, best: Path) -> float:
    """Mean VMAF (model v0.6.1) of an output against a reference, at the shift where it is best."""
    return max(_vmaf(output, best, shift) for shift in SHIFTS)


def _vmaf(output: Path, best: Path, shift: int) -> float:
    def cut(number: int, start: int) -> str:
        end = start + JUDGED_FRAMES - len(SHIFTS)
        return (
            f"[{number}:v]trim=start_frame={start}:end_frame={end},setpts=N/30/TB,"
            f"setparams=colorspace=unknown:color_primaries=unknown:color_trc=unknown[v{number}]"
        )

    with tempfile.NamedTemporaryFile(suffix=".json") as log:
        graph = ";".join(
            (
                cut(0, SKIPPED_FRAMES + shift),
                cut(1, SKIPPED_FRAMES),
                f"[v0][v1]libvmaf=n_threads=2:n_subsample={EACH_FRAMES}:log_fmt=json:log_path={log.name}",
            )
        )
        footage.ffmpeg("-i", output, "-i", best, "-lavfi", graph, "-f", "null", "-")
        return float(json.load(log)["pooled_metrics"]["vmaf"]["mean"])


def sound_late_ms(output: Path, layout: Layout) -> float | None:
    """Median of beep minus flash in an output, in milliseconds; None where they are not found."""
    flashing = next((one for one in layout.pictures if _is_flashing(one.path)), None)
    if flashing is None or flashing.cell is None:
        return None
    cell = flashing.cell
    rows = slice(cell.y + cell.height // 4, cell.bottom - cell.height // 4)
    columns = slice(cell.x + cell.width // 4, cell.right - cell.width // 4)
    flashes = _onsets(*_brightness(output, rows, columns))
    beeps = _onsets(*_loudness(output))
    pairs = [
        (beep - flash) * 1000
        for flash in flashes
        for beep in beeps
        if abs(beep - flash) < footage.PERIOD_S / 2
    ]
    return statistics.median(pairs) if pairs else None


def _is_flashing(path: str) -> bool:
    return Path(path).name.startswith((f"camera{footage.FLASHING}", f"keyed{footage.FLASHING}"))


def _brightness(path: Path, rows: slice, columns: slice) -> tuple[list[float], list[float]]:
    times, values = [], []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            times.append(float(frame.time or 0))
            luma = np.frombuffer(memoryview(frame.planes[0]), np.uint8)
            picture = luma.reshape(-1, frame.planes[0].line_size)
            values.append(float(picture[rows, columns].mean()))
    return times, values


def _loudness(path: Path) -> tuple[list[float], list[float]]:
    """Power at the beep's pitch, each 10 ms."""
    times, values = [], []
    window = np.exp(-2j * np.pi * footage.BEEP_HZ * np.arange(TONE_STEP) / 48_000)
    with av.open(str(path)) as container:
        resampler = av.AudioResampler("flt", "mono", 48_000, frame_size=TONE_STEP)
        for frame in container.decode(audio=0):
            for piece in resampler.resample(frame):
                samples: NDArray[np.float32] = piece.to_ndarray()[0]
                times.append(float(piece.time or 0))
                values.append(float(abs(samples @ window[: len(samples)])))
    return times, values


def _onsets(times: Sequence[float], values: Sequence[float]) -> list[float]:
    """Where values rise above half of what they reach, after having been below."""
    half = (max(values) + statistics.median(values)) / 2
    return [
        at
        for at, before, now in zip(times[1:], values, values[1:], strict=False)
        if before < half <= now
    ]


def raw_pictures(video: Path, output: Path) -> None:
    """The pictures of a file as raw yuv420p."""
    footage.ffmpeg("-i", video, "-f", "rawvideo", "-pix_fmt", "yuv420p", output)


def program_version() -> str:
    """Of the ffmpeg that peers run in."""
    argv = [imageio_ffmpeg.get_ffmpeg_exe(), "-version"]
    words = subprocess.run(argv, capture_output=True, check=True).stdout.decode()
    return words.partition(" Copyright")[0]
