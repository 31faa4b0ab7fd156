"""Each format that is taken, made by FFmpeg's command and composed: seen, heard, and on time."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clip_content import counter
from clip_rooms import Track, room
from composing import RATE, Composed, compose_room
from foreign import FPS, ffmpeg, heard_by_ffmpeg, video
from numpy.typing import NDArray
from taken import PICTURES, SOUNDS

from roomreel.media.video import VideoReader
from roomreel.model.formats import FORMATS
from roomreel.model.media import TrackPath

pytestmark = pytest.mark.slow

COLUMNS, CELL = 5, (128, 96)
COUNT, LONG = 50, 340

LEVEL = 0.03
"""Of each tone: all of them together stay below full scale."""

SECONDS, ON, OFF = 2.5, 0.75, 1.75
"""How long a file of sound is, and when its tone begins and ends."""

WINDOW_S = 0.04
"""In which a tone is measured: its neighbours, 100 Hz away, cancel out."""

LEVEL_TOLERANCE = 0.05
"""Relative to what FFmpeg's command decodes: a telephone's coder holds no steady tone."""

LATE_S = 0.045
"""By which a tone may seem to begin or end off its time: half a window, and what coders of streams
without a header put before the first sample (1024 of AAC; no player knows of it)."""


def hertz(number: int) -> int:
    return 500 + 100 * number


def bare(path: Path) -> Path:
    """The same file without its ending: content decides."""
    return path.rename(path.with_name(path.name.replace(".", "-")))


@dataclass(frozen=True)
class Heard:
    made: Composed
    files: list[Path]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Composed:
    folder = tmp_path_factory.mktemp("pictures")
    tracks = [
        Track(
            f"p{n:02}", f"cam-{n:02}", bare(video(folder / f"v.{end}", *how, count=COUNT)), "video"
        )
        for n, (end, how) in enumerate(PICTURES.items())
    ]
    rows = -(-len(tracks) // COLUMNS)
    template: dict[str, Any] = {
        "video_layout": {"grid": {"video_sources": ["*"], "max_columns": COLUMNS}},
        "resolution": f"{COLUMNS * CELL[0]}x{rows * CELL[1]}",
        "frame_rate": FPS,
        "format": "mp4",
    }
    return compose_room(folder, room(folder, tracks), template)


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Heard:
    folder = tmp_path_factory.mktemp("sounds")
    files = []
    for number, (ending, how) in enumerate(SOUNDS.items()):
        path = folder / f"s.{ending}"
        wave = f"{LEVEL}*sin(2*PI*{hertz(number)}*t)*gte(t,{ON})*lt(t,{OFF})"
        ffmpeg("-f", "lavfi", "-i", f"aevalsrc='{wave}':s=48000:d={SECONDS}", *how, path)
        files.append(bare(path))
    tracks = [Track(f"p{n}", f"mic-{n}", file, "audio") for n, file in enumerate(files)]
    template = {"audio_sources": ["*"], "format": "mp4"}
    return Heard(compose_room(folder, room(folder, tracks), template), files)


def cell(pixels: NDArray[np.uint8], number: int) -> NDArray[np.uint8]:
    row, column = divmod(number, COLUMNS)
    y, x = row * CELL[1], column * CELL[0]
    return pixels[y : y + CELL[1], x : x + CELL[0]]


@pytest.mark.parametrize("ending", PICTURES)
def test_every_picture_is_shown_in_its_time(ending: str, seen: Composed):
    number = list(PICTURES).index(ending)
    found = [counter(cell(pixels, number)) for _, pixels in seen.pictures()]
    assert found[:COUNT] == list(range(COUNT))


@pytest.mark.parametrize("ending", ["h264", "m2v", "m4v", "flv", "wmv", "mxf", "dv", "mpg"])
def test_what_comes_after_a_long_pause_is_found(ending: str, tmp_path: Path):
    """A jump of more than ten seconds seeks where that can be done."""
    path = video(tmp_path / f"v.{ending}", *PICTURES[ending], count=LONG)
    reader = VideoReader(TrackPath(str(path)))
    found = []
    for number in (0, 20, LONG - 40, LONG - 1):
        frame = reader.newest(floor(number / FPS / reader.time_base))
        assert frame is not None
        found.append(counter(frame.to_ndarray(format="gray")[..., np.newaxis]))
    assert found == [0, 20, LONG - 40, LONG - 1]


def envelope(samples: NDArray[np.float32], hz: int) -> NDArray[np.float64]:
    """How loud a tone is, sample by sample."""
    turned = samples * np.exp(-2j * np.pi * hz * np.arange(len(samples)) / RATE)
    window = np.hanning(round(WINDOW_S * RATE))
    return 2 * np.abs(np.convolve(turned, window / window.sum(), "same"))


def middle(levels: NDArray[np.float64]) -> float:
    return float(levels[round((ON + 0.25) * RATE) : round((OFF - 0.25) * RATE)].mean())


@pytest.mark.parametrize("ending", SOUNDS)
def test_every_tone_is_heard_in_its_time(ending: str, heard: Heard):
    number = list(SOUNDS).index(ending)
    levels = envelope(heard.made.sound()[0], hertz(number))
    expected = middle(envelope(heard_by_ffmpeg(heard.files[number])[0], hertz(number)))
    assert expected > LEVEL / 4
    assert middle(levels) == pytest.approx(expected, rel=LEVEL_TOLERANCE)
    loud = np.flatnonzero(levels > expected / 2) / RATE
    assert loud[0] == pytest.approx(ON, abs=LATE_S)
    assert loud[-1] == pytest.approx(OFF, abs=LATE_S)
    assert len(loud) / RATE == pytest.approx(OFF - ON, abs=2 * LATE_S)


def test_nothing_is_warned_of(seen: Composed, heard: Heard):
    codes = {code for made in (seen, heard.made) for code, _ in made.codes}
    assert codes <= {"recording-short"}


def test_each_format_that_is_taken_is_made_here():
    endings = {*PICTURES, *SOUNDS}
    assert [one.name for one in FORMATS if not endings & set(one.endings)] == []
