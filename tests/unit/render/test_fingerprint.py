"""A frame's fingerprint, and that it survives being stored and joined."""

from fractions import Fraction

import numpy as np
import pytest
from small_plans import small_plan

from roomreel.errors import RenderError
from roomreel.media.colour import BT601
from roomreel.media.fit import Picture
from roomreel.model.geometry import Rect, Size
from roomreel.model.plan import Placement, Scene
from roomreel.render.fingerprint import FrameFingerprint, key_frames
from roomreel.render.layers import layers_of
from roomreel.render.spots import GRID, MARGIN

OUTSIDE, FIRST, SECOND = 0, 1, 2  # layers
LEFT, RIGHT, CORNER = Rect(0, 0, 160, 240), Rect(160, 0, 160, 120), Rect(100, 180, 60, 60)


def scene(*cells: Rect) -> Scene:
    placements = (
        Placement(f"RT{number}", "grid", number, cell, 0, Fraction(0))
        for number, cell in enumerate(cells)
    )
    return Scene(0, 100, tuple(placements))


def picture(rect: Rect, luma: int, blue: int = 100, red: int = 200) -> Picture:
    half = (rect.height // 2, rect.width // 2)
    y = np.full((rect.height, rect.width), luma, np.uint8)
    return Picture(rect, (y, np.full(half, blue, np.uint8), np.full(half, red, np.uint8)))


def noted(placed: Scene, pictures: dict[int, Picture]) -> np.ndarray:
    seen, layers = FrameFingerprint(), layers_of(placed, small_plan(placed))
    contents = {layers.cells[cell]: shown for cell, shown in pictures.items()}
    seen.add(7, layers, contents, BT601)
    return seen.blocks(7)


@pytest.mark.parametrize(
    ("bounds", "rate", "frames"),
    [
        ([(0, 100)], 30, [0]),
        ([(0, 300)], 30, [0]),
        ([(0, 301)], 30, [0, 300]),
        ([(0, 45), (45, 700), (700, 701)], 30, [0, 45, 345, 645, 700]),
        ([(0, 700)], Fraction(30000, 1001), [0, 299, 598]),
        ([(0, 25)], 1, [0, 10, 20]),
        ([], 30, []),
    ],
)
def test_key_frames_begin_each_scene_and_each_ten_seconds_of_it(bounds, rate, frames):
    scenes = [Scene(start, end) for start, end in bounds]
    assert key_frames(scenes, Fraction(rate)) == frames


def test_a_picture_is_noted_where_it_lies_and_as_it_is():
    blocks = noted(scene(RIGHT), {0: picture(RIGHT, 180)})
    its = blocks[blocks["layer"] == FIRST]
    assert len(its) == GRID * GRID
    assert (its["levels"] == [180, 100, 200]).all()
    assert its["x"].min() >= 160
    assert (its["x"] + its["edge"]).max() <= 320
    assert (its["y"] + its["edge"]).max() <= 120
    assert not its["plain"].any()


def test_every_spot_is_noted_where_its_pixels_are():
    ramp = picture(RIGHT, 0)
    ramp.planes[0][:] = np.arange(160)
    blocks = noted(scene(RIGHT), {0: ramp})
    its = blocks[blocks["layer"] == FIRST]
    middles = its["x"] - 160 + (its["edge"] - 1) / 2
    assert np.abs(its["levels"][:, 0] - middles).max() <= 0.5


def test_the_canvas_outside_all_cells_is_black():
    blocks = noted(scene(RIGHT), {0: picture(RIGHT, 180)})
    outside = blocks[blocks["layer"] == OUTSIDE]
    assert len(outside) > 0
    assert outside["plain"].all()
    assert (outside["levels"] == [16, 128, 128]).all()
    assert not ((outside["x"] + outside["edge"] > 160 - MARGIN) & (outside["y"] < 120)).any()


def test_a_cell_without_a_picture_is_black():
    blocks = noted(scene(LEFT), {})
    its = blocks[blocks["layer"] == FIRST]
    assert len(its) == GRID * GRID
    assert its["plain"].all()


def test_what_a_later_cell_covers_is_not_expected():
    blocks = noted(scene(LEFT, CORNER), {0: picture(LEFT, 180)})
    lower = blocks[(blocks["layer"] == FIRST) & ~blocks["plain"]]
    assert 0 < len(lower) < GRID * GRID
    near = (lower["x"] + lower["edge"] > 100 - MARGIN) & (lower["y"] + lower["edge"] > 180 - MARGIN)
    assert not near.any()
    assert blocks[blocks["layer"] == SECOND]["plain"].all()


def test_a_cell_that_is_covered_whole_is_not_noted():
    blocks = noted(scene(CORNER, LEFT), {1: picture(LEFT, 180)})
    assert set(blocks["layer"]) == {OUTSIDE, SECOND}


def test_bars_beside_a_picture_are_black():
    upright = Rect(200, 0, 80, 120)
    blocks = noted(scene(RIGHT), {0: picture(upright, 180)})
    bars = blocks[(blocks["layer"] == FIRST) & blocks["plain"]]
    assert sorted(bars["x"].tolist()) == [176, 296]


@pytest.mark.parametrize("size", [Size(2, 2), Size(16, 2), Size(34, 18), Size(1280, 720)])
def test_spots_of_any_size_lie_inside(size: Size):
    rect = Rect(4, 6, size.width, size.height)
    blocks = noted(scene(rect), {0: picture(rect, 99)})
    its = blocks[(blocks["layer"] == FIRST) & ~blocks["plain"]]
    assert len(its) == GRID * GRID
    assert its["x"].min() >= rect.x
    assert its["y"].min() >= rect.y
    assert (its["x"] + its["edge"]).max() <= rect.right
    assert (its["y"] + its["edge"]).max() <= rect.bottom


def test_parts_are_stored_and_joined_in_any_order():
    whole, first, second = FrameFingerprint(), FrameFingerprint(), FrameFingerprint()
    for frame, part in ((0, first), (45, first), (90, second)):
        for seen in (whole, part):
            shown = {FIRST: picture(LEFT, frame + 20)}
            seen.add(frame, layers_of(scene(LEFT), small_plan(scene(LEFT))), shown, BT601)
    stored = [FrameFingerprint.from_bytes(part.to_bytes()) for part in (second, first)]
    joined = FrameFingerprint.joined(stored)
    assert joined.frames == {0, 45, 90}
    assert joined.table().tobytes() == whole.table().tobytes()
    assert FrameFingerprint.from_bytes(FrameFingerprint().to_bytes()).frames == set()


@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
def test_damaged_bytes_are_refused(damage):
    seen = FrameFingerprint()
    seen.add(0, layers_of(scene(LEFT), small_plan(scene(LEFT))), {}, BT601)
    data = seen.to_bytes()[:-3] if damage is None else damage
    with pytest.raises(RenderError, match="fingerprint of a part"):
        FrameFingerprint.from_bytes(data)
