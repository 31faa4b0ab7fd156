"""Pictures lie as players show them: turned, mirrored, and both."""

import struct
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from foreign import H264, SIZE, VP8, ffmpeg, posed
from foreign import quarters as grey
from numpy.typing import NDArray

from roomreel.media.colour import BT601
from roomreel.media.fit import Fitter
from roomreel.media.pose import UPRIGHT, Pose, pose_by, pose_of
from roomreel.media.probe import index_packets
from roomreel.media.video import VideoReader
from roomreel.model.geometry import Rect
from roomreel.model.media import TrackPath
from roomreel.model.room import MediaType

WIDTH, HEIGHT = SIZE
LEVELS = 40, 90, 140, 200
"""Of grey, of the quarters of a picture: no two of its eight poses look alike."""

TOLERANCE = 8
"""By which a coder and a scaler may leave the middle of a quarter."""

POSES = list(product((False, True), (0, 90, 180, 270)))


@pytest.fixture(scope="module", params=["mp4", "mkv", "webm"])
def plain(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    encoder = VP8 if request.param == "webm" else H264
    path = tmp_path_factory.mktemp("plain") / f"plain.{request.param}"
    return grey(path, "-pix_fmt", "yuv420p", *encoder, levels=LEVELS)


def quarters(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The level in the middle of each quarter."""
    height, width = picture.shape
    middles = [[height // 4, 3 * height // 4], [width // 4, 3 * width // 4]]
    return np.array(
        [[picture[y - 2 : y + 2, x - 2 : x + 2].mean() for x in middles[1]] for y in middles[0]]
    )


def shown_by_ffmpeg(path: Path, *, lies: bool) -> NDArray[np.uint8]:
    data = ffmpeg("-i", path, "-frames:v", 1, "-pix_fmt", "yuv420p", "-f", "rawvideo", "-").stdout
    shape = (WIDTH, HEIGHT) if lies else (HEIGHT, WIDTH)
    return np.frombuffer(data, np.uint8)[: WIDTH * HEIGHT].reshape(shape)


@pytest.mark.parametrize(("mirrored", "degrees"), POSES)
def test_a_picture_lies_as_ffmpeg_shows_it(
    tmp_path: Path, plain: Path, mirrored: bool, degrees: int
):
    path = posed(plain, tmp_path / plain.name, mirrored=mirrored, degrees=degrees)
    lies = degrees % 180 != 0
    cell = Rect(0, 0, HEIGHT, WIDTH) if lies else Rect(0, 0, WIDTH, HEIGHT)
    reader = VideoReader(TrackPath(str(path)))
    picture = Fitter(cell, BT601).fit(next(reader.all()), Fraction(1))
    reader.close()
    assert picture is not None
    assert picture.rect == cell
    expected = quarters(shown_by_ffmpeg(path, lies=lies))
    assert np.abs(quarters(picture.planes[0]) - expected).max() < TOLERANCE


@pytest.mark.parametrize(("mirrored", "degrees"), POSES)
def test_an_index_tells_how_pictures_lie(tmp_path: Path, plain: Path, mirrored: bool, degrees: int):
    path = posed(plain, tmp_path / plain.name, mirrored=mirrored, degrees=degrees)
    index = index_packets(TrackPath(str(path)), MediaType.VIDEO)
    found = pose_of(next(VideoReader(TrackPath(str(path))).all()))
    assert (index.mirrored, index.rotation) == (found.mirrored, found.turns * 90)


def matrix(a: float, b: float, c: float, d: float) -> bytes:
    one = 1 << 16
    return struct.pack("=9i", *(round(x * one) for x in (a, b, 0, c, d, 0, 0, 0)), 1 << 30)


@pytest.mark.parametrize(
    ("said", "pose"),
    [
        (matrix(1, 0, 0, 1), UPRIGHT),
        (matrix(-1, 0, 0, 1), Pose(mirrored=True)),
        (matrix(1, 0, 0, -1), Pose(mirrored=True, turns=2)),
        (matrix(0.9, 0.1, -0.1, 0.9), UPRIGHT),
        (matrix(0, 2, -2, 0), Pose(turns=3)),
        (matrix(0, 0, 0, 0), UPRIGHT),
        (b"", UPRIGHT),
        (bytes(35), UPRIGHT),
    ],
)
def test_a_matrix_means_the_nearest_pose(said: bytes, pose: Pose):
    assert pose_by(said) == pose
