"""The part of a picture that is seen in its cell, and which way round: exact, for any shape."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clip_rooms import Track, room
from clips import Clips
from composing import compose_room, planned
from foreign import H264, SIZE, ffmpeg, posed
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from roomreel.media import fit
from roomreel.media.colour import BT601
from roomreel.media.fit import Fitter, Picture
from roomreel.media.frames import VideoFrame, planes
from roomreel.media.pose import Pose
from roomreel.media.video import VideoReader
from roomreel.model.framing import Framing
from roomreel.model.geometry import Rect
from roomreel.model.look import Anchor, Fit
from roomreel.model.media import TrackPath
from roomreel.model.plan import Plan
from roomreel.render.decoding import Changes, FrameDecoderPool
from roomreel.render.in_use import InUseMarker

ONE = Fraction(1)
Planes = tuple[NDArray[np.uint8], ...]

# By anchor, how much of what is cut off is cut off at the left, and at the top.
CUT: Mapping[Anchor, tuple[Fraction, Fraction]] = {
    Anchor.TOP_LEFT: (Fraction(0), Fraction(0)),
    Anchor.TOP: (ONE / 2, Fraction(0)),
    Anchor.TOP_RIGHT: (ONE, Fraction(0)),
    Anchor.LEFT: (Fraction(0), ONE / 2),
    Anchor.CENTER: (ONE / 2, ONE / 2),
    Anchor.RIGHT: (ONE, ONE / 2),
    Anchor.BOTTOM_LEFT: (Fraction(0), ONE),
    Anchor.BOTTOM: (ONE / 2, ONE),
    Anchor.BOTTOM_RIGHT: (ONE, ONE),
}


def noise(width: int, height: int) -> VideoFrame:
    frame = VideoFrame(width, height, "yuv420p")
    random = np.random.default_rng(width * height)
    for plane in planes(frame):
        plane[:] = random.integers(16, 236, plane.shape)
    return frame


def fitted(frame: VideoFrame, cell: Rect, pixel: Fraction = ONE, **framing: Any) -> Picture:
    picture = Fitter(cell, BT601, Framing(**framing)).fit(frame, pixel)
    assert picture is not None
    assert [plane.shape for plane in picture.planes] == [
        (picture.rect.height // step, picture.rect.width // step) for step in (1, 2, 2)
    ]
    return picture


def cut(whole: Planes, x: int, y: int, width: int, height: int) -> Planes:
    return tuple(
        plane[y // step : (y + height) // step, x // step : (x + width) // step]
        for plane, step in zip(whole, (1, 2, 2), strict=True)
    )


def same(found: Planes, expected: Planes) -> bool:
    return all(map(np.array_equal, found, expected))


@pytest.mark.parametrize(("anchor", "top"), [("top", 0), ("center", 60), ("bottom-right", 120)])
def test_lines_at_the_far_side_are_cut_off(anchor: str, top: int):
    frame = noise(640, 480)
    cell = Rect(10, 20, 640, 360)
    picture = fitted(frame, cell, fit=Fit.COVER, anchor=Anchor(anchor))
    assert picture.rect == cell
    assert same(picture.planes, cut(planes(frame), 0, top, 640, 360))
    mirrored = fitted(frame, cell, fit=Fit.COVER, anchor=Anchor(anchor), mirror=True)
    assert same(mirrored.planes, tuple(plane[:, ::-1] for plane in picture.planes))


def test_a_mirror_turns_nothing_upside_down():
    frame = noise(64, 48)
    picture = fitted(frame, Rect(0, 0, 64, 48), mirror=True)
    assert same(picture.planes, tuple(plane[:, ::-1] for plane in planes(frame)))


@given(
    st.integers(4, 40),
    st.integers(4, 40),
    st.integers(0, 16),
    st.booleans(),
    st.sampled_from(Anchor),
    st.booleans(),
    st.builds(Pose, st.booleans(), st.integers(0, 3)),
)
def test_what_covers_at_its_own_size_is_what_a_player_shows_cut(
    half_width: int,
    half_height: int,
    half_over: int,
    wide: bool,
    anchor: Anchor,
    mirror: bool,
    pose: Pose,
):
    frame = noise(2 * half_width, 2 * half_height)
    shown = tuple(pose.applied(plane) for plane in planes(frame))
    if mirror:
        shown = tuple(plane[:, ::-1] for plane in shown)
    height, width = shown[0].shape
    over = min(2 * half_over, (width if wide else height) - 2)
    # Where half of what is cut off is an odd number of pixels, the nearest even one is cut off.
    over -= over % 4
    cell = Rect(0, 0, width - over, height) if wide else Rect(0, 0, width, height - over)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit, "pose_of", lambda _: pose)
        picture = fitted(frame, cell, fit=Fit.COVER, anchor=anchor, mirror=mirror)
    left, top = (int(over * share) for share in CUT[anchor])
    x, y = (left, 0) if wide else (0, top)
    assert picture.rect == cell
    assert same(picture.planes, cut(shown, x, y, cell.width, cell.height))


@given(
    st.sampled_from([(64, 64), (320, 180), (180, 320), (641, 479), (1280, 32)]),
    st.sampled_from([ONE, Fraction(4, 3), Fraction(1, 2), Fraction(12, 11), Fraction(1, 50)]),
    st.sampled_from([Rect(0, 0, 96, 96), Rect(0, 0, 160, 90), Rect(3, 5, 51, 201)]),
    st.sampled_from(Anchor),
    st.booleans(),
)
def test_a_picture_covers_in_its_proportions(
    size: tuple[int, int], pixel: Fraction, cell: Rect, anchor: Anchor, mirror: bool
):
    width, height = size
    inside = cell.even_inside
    # Scaled until it covers; what is over is cut off.
    scale = max(inside.width / (width * pixel), Fraction(inside.height, height))
    sides = width * pixel * scale, height * scale
    for axis in (0, 1):
        ramp = np.linspace(0, 255, size[axis]) * np.ones((size[1 - axis], 1))
        frame = VideoFrame.from_ndarray((ramp.T if axis else ramp).astype(np.uint8), "gray")
        picture = fitted(frame, cell, pixel, fit=Fit.COVER, anchor=anchor, mirror=mirror)
        assert picture.rect == inside
        seen = (inside.width, inside.height)[axis]
        first = (sides[axis] - seen) * CUT[anchor][axis] / sides[axis]
        last = first + seen / sides[axis]
        levels = picture.planes[0].mean(axis=axis).astype(float)
        if mirror and axis == 0:
            first, last, levels = 1 - last, 1 - first, levels[::-1]
        # Means over the first and the last line seen; edges of the part are at even pixels.
        near, far = (float(16 + 219 * edge) for edge in (first, last))
        allowed = 3 + 219 * (2 / size[axis] + (far - near) / 219 / seen)
        assert levels[0] == pytest.approx(near, abs=allowed)
        assert levels[-1] == pytest.approx(far, abs=allowed)


@pytest.mark.parametrize("pixel", [ONE, Fraction(4, 3)])
def test_a_stretched_picture_fills_its_cell(pixel: Fraction):
    grey = np.kron([[40, 90], [140, 200]], np.ones((32, 100))).astype(np.uint8)
    frame = VideoFrame.from_ndarray(grey, "gray")
    cell = Rect(11, 21, 60, 301)
    picture = fitted(frame, cell, pixel, fit=Fit.STRETCH, mirror=True)
    assert picture.rect == cell.even_inside
    luma = picture.planes[0].astype(float)
    found = [luma[y, x] for y in (20, 280) for x in (10, 45)]
    assert found == pytest.approx([16 + v * 219 / 255 for v in (90, 40, 200, 140)], abs=2)


@pytest.mark.parametrize("anchor", [Anchor.TOP_LEFT, Anchor.RIGHT])
@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 5), (3840, 16), (16, 3840), (7, 2160)])
def test_whatever_its_shape_it_covers(size: tuple[int, int], anchor: Anchor):
    grey = np.full((size[1], size[0]), 128, np.uint8)
    for pixel in (ONE, Fraction(1, 10_000), Fraction(10_000)):
        frame = VideoFrame.from_ndarray(grey, "gray")
        picture = fitted(frame, Rect(0, 0, 200, 100), pixel, fit=Fit.COVER, anchor=anchor)
        assert picture.rect == Rect(0, 0, 200, 100)
        assert np.ptp(picture.planes[0]) <= 2


FORMATS = ("rgb24", "gbrp", "gray", "nv12", "yuvj420p", "yuva420p", "yuv444p", "yuv420p10le")


@pytest.mark.parametrize("pixels", FORMATS)
def test_pictures_of_any_format_are_cut_alike(pixels: str):
    # Smooth, since chroma of 4:2:0 is made from neighbours.
    frame = noise(8, 6).reformat(160, 120, pixels)
    whole = fitted(frame, Rect(0, 0, 160, 120))
    for anchor, top in ((Anchor.TOP, 0), (Anchor.BOTTOM, 40)):
        picture = fitted(frame, Rect(0, 0, 160, 80), fit=Fit.COVER, anchor=anchor)
        expected = cut(whole.planes, 0, top, 160, 80)
        for found, plane in zip(picture.planes, expected, strict=True):
            inner = slice(4, -4)
            assert np.abs(found[inner].astype(int) - plane[inner]).max() <= 2


def test_a_scaler_follows_a_change_of_size_and_of_format():
    fitter = Fitter(Rect(0, 0, 80, 40), BT601, Framing(Fit.COVER))
    for frame in (noise(160, 120), noise(120, 160), noise(160, 120).reformat(format="rgb24")):
        fresh = Fitter(Rect(0, 0, 80, 40), BT601, Framing(Fit.COVER))
        found, expected = fitter.fit(frame, ONE), fresh.fit(frame, ONE)
        assert found is not None
        assert expected is not None
        assert same(found.planes, expected.planes)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_anchors_are_of_what_a_player_shows(tmp_path: Path, mirrored: bool, degrees: int):
    path = tmp_path / "posed.mp4"
    posed(_noisy(tmp_path / "plain.mp4"), path, mirrored=mirrored, degrees=degrees)
    width, height = SIZE if degrees % 180 == 0 else (SIZE[1], SIZE[0])
    raw = ffmpeg("-i", path, "-frames:v", 1, "-pix_fmt", "yuv420p", "-f", "rawvideo", "-").stdout
    shown = np.frombuffer(raw, np.uint8)[: width * height].reshape(height, width)
    frame = next(VideoReader(TrackPath(str(path))).all())
    for anchor, y in ((Anchor.TOP, 0), (Anchor.BOTTOM, 40)):
        cell = Rect(0, 0, width, height - 40)
        picture = fitted(frame, cell, fit=Fit.COVER, anchor=anchor)
        assert np.array_equal(picture.planes[0], shown[y : y + height - 40])
    for anchor, x in ((Anchor.LEFT, 0), (Anchor.CENTER, 20), (Anchor.RIGHT, 40)):
        cell = Rect(0, 0, width - 40, height)
        picture = fitted(frame, cell, fit=Fit.COVER, anchor=anchor, mirror=True)
        assert np.array_equal(picture.planes[0], shown[:, ::-1][:, x : x + width - 40])


def _noisy(path: Path) -> Path:
    source = f"nullsrc=s={SIZE[0]}x{SIZE[1]}:d=0.2,geq=lum=40+mod(X*7+Y*11\\,160):cb=128:cr=128"
    ffmpeg("-f", "lavfi", "-i", source, *H264, path)
    return path


COVERED = {"fit": "cover", "fit_anchor": "left", "mirror": True}


def layout(**members: Any) -> dict[str, Any]:
    region = {"video_sources": ["*"], **members}
    return {"video_layout": {"grid": region}, "resolution": "320x240", "format": "mp4"}


def test_templates_of_one_pass_have_scalers_of_their_own(tmp_path: Path, clips: Clips):
    manifest = room(tmp_path, [Track("ann", "camera", clips.counted(seconds=1))])
    members: list[dict[str, Any]] = [{}, COVERED, {"fit": "stretch"}, {"mirror": True}]
    plans = [planned(tmp_path, manifest, layout(**one)) for one in members]
    together = _pictures(tmp_path, [plan for _, plan, _ in plans], plans[0][0].media)
    assert len({picture.planes[0].tobytes() for picture in together}) == len(members)
    for (_, plan, _), picture in zip(plans, together, strict=True):
        [alone] = _pictures(tmp_path, [plan], plans[0][0].media)
        assert same(picture.planes, alone.planes)


def _pictures(folder: Path, plans: list[Plan], media: Mapping[str, Any]) -> list[Picture]:
    """The picture in frame 10 of each plan, of one pass."""
    sids = sorted(plans[0].media_ends)
    paths = {sid: TrackPath(media[sid].stored.location) for sid in sids}
    found: Changes = {}
    with ThreadPoolExecutor(2) as pool:
        chunks = [(plan, [range(plan.frame_count)]) for plan in plans]
        in_use = InUseMarker(folder / "in-use", sids)
        decoders = FrameDecoderPool(chunks, [BT601] * len(plans), paths, pool, in_use)
        for lookahead in decoders.lookaheads():
            found |= lookahead.changes
        decoders.close()
    return [next(iter(found[number, 10].values())) for number in range(len(plans))]


def test_a_room_in_gaps_and_covered_cells_is_composed_and_verified(tmp_path: Path, clips: Clips):
    tracks = [
        Track("ann", "a", clips.video("red", size=(320, 240), seconds=1)),
        Track("bob", "b", clips.video("green", size=(180, 320), seconds=1)),
        Track("cleo", "c", clips.video("blue", size=(640, 360), seconds=1)),
    ]
    members = COVERED | {"gap": 8, "padding": 16, "last_row": "center"}
    made = compose_room(tmp_path, room(tmp_path, tracks), layout(**members), verify="full")
    pixels = made.picture(15).astype(int)
    cells = [Rect(16, 16, 140, 100), Rect(164, 16, 140, 100), Rect(90, 124, 140, 100)]
    assert [placement.rect for placement in made.plan.scenes[0].placements] == cells
    # A cell is of one colour up to its edges, without bars; between cells all is black.
    for channel, cell in enumerate(cells):
        inside = pixels[cell.y + 2 : cell.bottom - 2, cell.x + 2 : cell.right - 2]
        assert np.ptp(inside.reshape(-1, 3), axis=0).max() < 24
        assert int(inside.mean(axis=(0, 1)).argmax()) == channel
        pixels[cell.y - 2 : cell.bottom + 2, cell.x - 2 : cell.right + 2] = 0
    assert pixels.max() < 24
