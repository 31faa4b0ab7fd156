"""The ways to a composition: roomreel, the limit, and what people use instead.

Each is a command line for a case, so that all are measured alike. Peers are given the layout that
roomreel planned, since none of them plans one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import gstreamer
import imageio_ffmpeg
from composing import planned, settings_for
from graphs import overlay, with_encoder, xstack
from layout import Layout, layout_of
from places import HERE, OUT, PACKAGES, ROOT
from workloads import Case

MADE = OUT / "made"
PICTURES = OUT / "pictures"

ENVIRONMENT: Mapping[str, str] = {"PYTHONPATH": f"{ROOT}:{HERE}:{PACKAGES}"}
"""The packages are for MoviePy; NumPy and the rest come from the environment of the project."""

Way = Callable[[Case, Path], list[str]]
"""The command line that makes a case into an output file."""


def roomreel(*more: str) -> Way:
    """Roomreel with settings of its own."""

    def way(case: Case, output: Path) -> list[str]:
        return [*_python("composing.py"), str(case.manifest), str(output), *_templates(case), *more]

    return way


def limit(case: Case, output: Path) -> list[str]:
    """Decode and encode, nothing else."""
    pictures = PICTURES / f"{case.workload.name}-{case.seconds}s.yuv"
    return [
        *_python("limit.py"),
        str(case.manifest),
        str(case.templates[0]),
        str(pictures),
        str(output),
    ]


def moviepy(case: Case, output: Path) -> list[str]:
    """MoviePy's compositing, at its defaults."""
    return [*_python("moviepy_way.py"), str(case.manifest), str(case.templates[0]), str(output)]


def by_ffmpeg(graph: Callable[[Layout], str], encoder: str) -> Way:
    """One ffmpeg process with a filter graph."""

    def way(case: Case, output: Path) -> list[str]:
        program = imageio_ffmpeg.get_ffmpeg_exe()
        return with_encoder(program, layout(case), graph, encoder, output)

    return way


def by_gstreamer(case: Case, output: Path) -> list[str]:
    """One pipeline of GStreamer's compositor and audiomixer."""
    return gstreamer.command(layout(case), output)


def layout(case: Case) -> Layout:
    """What peers are told of a case."""
    _, job, plan = planned(case.manifest, case.templates[0], settings_for(case.manifest, MADE))
    return layout_of(job, plan)


def start(_: Case, __: Path) -> list[str]:
    """Roomreel's processes and imports, and no composition."""
    return [*_python("composing.py"), "--start"]


WAYS: Mapping[str, Way] = {
    "roomreel": roomreel(),
    "limit": limit,
    "overlay-defaults": by_ffmpeg(overlay("bicubic"), "defaults"),
    "overlay": by_ffmpeg(overlay("area"), "standard"),
    "xstack": by_ffmpeg(xstack("area"), "standard"),
    "gstreamer": by_gstreamer,
    "moviepy": moviepy,
    "together": roomreel("--together"),
    "one-by-one": roomreel(),
    "one-process": roomreel("--processes", "1", "--chunk", "0"),
    "two-processes": roomreel("--processes", "2"),
    "lossless": roomreel("--lossless"),
    "start": start,
}


def _python(script: str) -> list[str]:
    return [sys.executable, str(HERE / script)]


def _templates(case: Case) -> list[str]:
    return [str(template) for template in case.templates]
