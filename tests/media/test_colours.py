"""Colours come out as they were meant, whatever matrix and range they are stored in."""

import io
from fractions import Fraction
from itertools import product
from pathlib import Path
from random import Random

import av
import numpy as np
import pytest
from clip_rooms import Track, room
from composing import compose_room
from foreign import ffmpeg
from numpy.typing import NDArray

from roomreel.media.colour import BT601, BT709, Matrix
from roomreel.media.fit import Fitter
from roomreel.model.geometry import Rect

LEVELS = 4
"""Of 255: what rounding to 8 bits twice, and a coder at high quality, leave of a plain colour."""

GREEN = 20, 200, 20
"""Of the plain colours one of those that the matrices differ in most: 30 levels."""

COLOURS = GREEN, (200, 30, 30), (30, 30, 200)

CELLS = Rect(0, 0, 64, 48), Rect(0, 0, 32, 24)
"""As large as the pictures, and smaller."""

MATRICES = {"bt709": 1, "fcc": 4, "bt470bg": 5, "smpte170m": 6, "smpte240m": 7, "bt2020": 9}
"""FFmpeg's names, and AVColorSpace."""

RANGES = {"tv": 1, "pc": 2}

FORMATS = ("yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv444p12le", "nv12", "gray", "rgb24")


def plain(form: str, matrix: str, limits: str) -> list[av.VideoFrame]:
    """A picture of each of the colours, by FFmpeg's command."""
    rgb = b"".join(bytes(colour) * 64 * 48 for colour in COLOURS)
    convert = f"scale=out_color_matrix={matrix}:out_range={limits},format={form}"
    raw = "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "64x48", "-i", "-"
    data = ffmpeg(*raw, "-vf", convert, "-c:v", "rawvideo", "-f", "nut", "-", data=rgb).stdout
    with av.open(io.BytesIO(data)) as container:
        frames = list(container.decode(video=0))
    for frame in frames:
        frame.colorspace, frame.color_range = MATRICES[matrix], RANGES[limits]
    return frames


def rgb_of(levels: tuple[float, float, float], matrix: Matrix) -> NDArray[np.float64]:
    """Y, U and V of the limited range as RGB of 0 to 255, by the words of ITU-R BT.601 and 709."""
    red, blue = {BT601: (0.299, 0.114), BT709: (0.2126, 0.0722)}[matrix]
    y, u, v = ((levels[0] - 16) / 219, (levels[1] - 128) / 224, (levels[2] - 128) / 224)
    r, b = y + 2 * (1 - red) * v, y + 2 * (1 - blue) * u
    g = (y - red * r - blue * b) / (1 - red - blue)
    return np.clip(np.array([r, g, b]), 0, 1) * 255


@pytest.mark.parametrize("limits", RANGES)
@pytest.mark.parametrize("matrix", MATRICES)
def test_a_colour_is_the_same_in_every_matrix_range_and_cell(matrix: str, limits: str):
    for form in ("yuv420p", "yuv444p10le"):
        for colour, frame in zip(COLOURS, plain(form, matrix, limits), strict=True):
            for cell, target in product(CELLS, (BT601, BT709)):
                picture = Fitter(cell, target).fit(frame, Fraction(1))
                assert picture is not None
                levels = tuple(float(plane.mean()) for plane in picture.planes)
                off = np.abs(rgb_of(levels, target) - colour).max()
                assert off <= LEVELS, (form, colour, cell, target)


def test_whatever_a_picture_says_of_its_colours_it_is_shown():
    """Each value that H.273 has room for, alone and with random others."""
    random = Random(1)
    said = [(space, 1, 1, 1) for space in range(20)]
    said += [(1, limits, 1, 1) for limits in range(4)]
    said += [(2, 0, primaries, 2) for primaries in range(24)]
    said += [(9, 1, 9, transfer) for transfer in range(20)]
    said += [tuple(random.randrange(n) for n in (20, 4, 24, 20)) for _ in range(60)]
    plains = {form: plain(form, "smpte170m", "tv")[0] for form in FORMATS}
    for form, (space, limits, primaries, transfer) in product(FORMATS, said):
        frame = plains[form]
        frame.colorspace, frame.color_range = space, limits
        frame.color_primaries, frame.color_trc = primaries, transfer
        for cell in CELLS:
            picture = Fitter(cell, BT709).fit(frame, Fraction(1))
            assert picture is not None
            y, u, _ = (plane.mean() for plane in picture.planes)
            assert 100 < y < 220, (form, space, limits, primaries, transfer)
            assert form == "gray" or u < 128


WIDE = ("-x264-params", "colormatrix=bt2020nc:colorprim=bt2020:transfer=arib-std-b67")

OUTPUTS = [("mp4", 96), ("webm", 96), ("mp4", 720), ("webm", 720)]


def clip(path: Path, *options: object, matrix: str = "bt709") -> Path:
    """A second of plain green as H.264."""
    rgb = bytes(GREEN) * 160 * 90 * 10
    raw = "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "160x90", "-r", 10, "-i", "-"
    convert = f"scale=out_color_matrix={matrix},format=yuv420p"
    ffmpeg(*raw, "-vf", convert, "-c:v", "libx264", "-qp", 4, *options, path, data=rgb)
    return path


@pytest.mark.parametrize(("output", "lines"), OUTPUTS)
def test_a_colour_is_right_for_who_goes_by_ffmpeg_and_in_the_stills(
    tmp_path: Path, output: str, lines: int
):
    tracks = [
        Track("ann", "camera", clip(tmp_path / "a.mkv", "-colorspace", "bt709")),
        Track("bob", "phone", clip(tmp_path / "b.mkv", *WIDE, matrix="bt2020")),
    ]
    template = {
        "video_layout": {"grid": {"video_sources": ["*"], "max_rows": 1}},
        "resolution": f"{lines * 2}x{lines}",
        "format": output,
        "frame_rate": 10,
    }
    made = compose_room(tmp_path, room(tmp_path, tracks), template)
    assert {code for code, _ in made.codes} == {"recording-short"}
    files = made.outcome.files
    assert files is not None
    for file, width, height in (
        (files.media, lines * 2, lines),
        (files.poster, lines * 2, lines),
        (files.sheet, 328, 168),
    ):
        pixels = seen(file, width, height)
        for cell in (pixels[:, : width // 2], pixels[:, width // 2 :]):
            middle = cell[2 * height // 5 : 3 * height // 5, width // 8 : 3 * width // 8]
            assert np.abs(middle.mean(axis=(0, 1)) - GREEN).max() <= LEVELS, file
    with av.open(files.media) as container:
        context = container.streams.video[0].codec_context
        expected = BT709 if (output, lines) == ("mp4", 720) else BT601
        assert context.colorspace == expected.colorspace


def seen(file: str | None, width: int, height: int) -> NDArray[np.uint8]:
    """The first picture of a file in RGB, as FFmpeg's command shows it."""
    data = ffmpeg("-i", file, "-frames:v", 1, "-pix_fmt", "rgb24", "-f", "rawvideo", "-").stdout
    return np.frombuffer(data, np.uint8).reshape(height, width, 3)
