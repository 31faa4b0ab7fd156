"""What is transparent shows the black of its cell, as in a browser."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from clip_rooms import Track, room
from composing import compose_room
from foreign import ffmpeg

from roomreel.media.alpha import has_alpha
from roomreel.media.colour import BT601
from roomreel.media.fit import Fitter
from roomreel.media.video import VideoReader
from roomreel.model.geometry import Rect
from roomreel.model.media import TrackPath

SIZE = 128, 64
GREEN = 20, 200, 20
ALPHAS = 0, 64, 128, 255
"""Of the four upright bars of a picture; the colour is the same, even where nothing is seen."""

LEVELS = 8
"""Of 255: what coders leave of a quarter of a colour."""

WRITERS = {
    "VP8": ("webm", "-pix_fmt", "yuva420p", "-c:v", "libvpx", "-b:v", "1M", "-auto-alt-ref", 0),
    "VP9": ("webm", "-pix_fmt", "yuva420p", "-c:v", "libvpx-vp9", "-b:v", "1M", "-auto-alt-ref", 0),
    "PNG": ("mov", "-c:v", "png"),
    "PNG, grey": ("mov", "-c:v", "png", "-pix_fmt", "ya8"),
    "PNG, 16 bits": ("mov", "-c:v", "png", "-pix_fmt", "rgba64be"),
    "ProRes 4444": ("mov", "-c:v", "prores_ks", "-profile:v", 4, "-pix_fmt", "yuva444p10le"),
    "QuickTime Animation": ("mov", "-c:v", "qtrle", "-pix_fmt", "argb"),
    "FFV1": ("mkv", "-c:v", "ffv1", "-pix_fmt", "yuva420p"),
    "FFV1, RGB": ("mkv", "-c:v", "ffv1", "-pix_fmt", "bgra"),
    "UT Video": ("avi", "-c:v", "utvideo", "-pix_fmt", "gbrap"),
}


def written(folder: Path, name: str, count: int = 10) -> Path:
    suffix, *encoder = WRITERS[name]
    bars = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    bars[..., :3] = GREEN
    bars[..., 3] = np.repeat(np.array(ALPHAS, np.uint8), SIZE[0] // 4)
    raw = "-f", "rawvideo", "-pix_fmt", "rgba", "-s", f"{SIZE[0]}x{SIZE[1]}", "-r", 10, "-i", "-"
    path = folder / f"clip.{suffix}"
    ffmpeg(*raw, *encoder, path, data=bars.tobytes() * count)
    return path


def luma(alpha: int) -> float:
    """Of the colour over black, by BT.601, limited range."""
    grey = sum(a * b for a, b in zip((0.299, 0.587, 0.114), GREEN, strict=True))
    return 16 + grey / 255 * 219 * alpha / 255


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("scale", [1, 2])
def test_a_transparent_picture_is_seen_over_black(tmp_path: Path, name: str, scale: int):
    cell = Rect(0, 0, SIZE[0] // scale, SIZE[1] // scale)
    reader = VideoReader(TrackPath(str(written(tmp_path, name))))
    fitter = Fitter(cell, BT601)
    pictures = [fitter.fit(frame, Fraction(1)) for frame in reader.all()]
    assert reader.decoded.errors == 0
    reader.close()
    assert len(pictures) == 10
    y, u, v = pictures[5].planes
    bar = cell.width // 4
    for number, alpha in enumerate(ALPHAS):
        middle = number * bar + bar // 2
        assert y[cell.height // 2, middle] == pytest.approx(luma(alpha), abs=LEVELS)
    assert (
        y[cell.height // 2, bar // 2],
        u[cell.height // 4, bar // 4],
        v[cell.height // 4, bar // 4],
    ) == (
        16,
        128,
        128,
    )


def test_a_picture_that_is_sought_is_transparent_too(tmp_path: Path):
    path = written(tmp_path, "VP9", count=250)
    reader = VideoReader(TrackPath(str(path)))
    frame = reader.newest(20_000)
    assert frame is not None
    assert frame.format.name == "yuva420p"
    assert frame.pts == 20_000
    assert reader.newest(24_900).pts == 24_900


def test_formats_that_may_be_transparent_are_known():
    seen_through = "yuva420p", "rgba", "ya8", "pal8", "gbrap10le"
    opaque = "yuv420p", "nv12", "gray", "rgb24", "rgb0", "gbrp10le"
    assert [has_alpha(name) for name in (*seen_through, *opaque)] == [True] * 5 + [False] * 6


def test_a_composition_shows_the_canvas_where_a_recording_is_transparent(tmp_path: Path):
    manifest = room(tmp_path, [Track("ann", "camera", written(tmp_path, "VP8"))])
    layout = {
        "video_layout": {"main": {"video_sources": ["*"]}},
        "resolution": f"{SIZE[0]}x{SIZE[1]}",
        "format": "mp4",
        "frame_rate": 10,
    }
    made = compose_room(tmp_path, manifest, layout, verify="full")
    pixels = made.picture(5)[SIZE[1] // 2]
    seen = [pixels[16 + 32 * number].tolist() for number in range(4)]
    expected = [np.array(GREEN) * alpha / 255 for alpha in ALPHAS]
    assert np.abs(np.array(seen) - np.array(expected)).max() <= LEVELS
