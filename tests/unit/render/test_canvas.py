"""What is painted where something changed is what painting all of it anew would give."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from roomreel.media.fit import Picture
from roomreel.media.frames import planes
from roomreel.model.geometry import Rect, Size
from roomreel.model.plan import Placement, Scene
from roomreel.render.canvas import Canvas, ScenePainter
from roomreel.render.layers import BLACK, layers_of

CANVAS = Size(48, 32)


def inside(rect: Rect) -> st.SearchStrategy[Rect]:
    """Rectangles of even edges in one of even edges, none empty."""

    def axis(start: int, size: int) -> st.SearchStrategy[tuple[int, int]]:
        ends = st.lists(st.integers(0, size // 2), min_size=2, max_size=2, unique=True)
        return ends.map(lambda two: (start + 2 * min(two), start + 2 * max(two)))

    return st.tuples(axis(rect.x, rect.width), axis(rect.y, rect.height)).map(
        lambda axes: Rect(axes[0][0], axes[1][0], axes[0][1] - axes[0][0], axes[1][1] - axes[1][0])
    )


@st.composite
def scenes(draw: st.DrawFn) -> tuple[list[Rect], list[dict[int, Rect]]]:
    """Cells, and for each frame the cells that have a new picture, with its place."""
    cells = draw(st.lists(inside(Rect(0, 0, CANVAS.width, CANVAS.height)), max_size=5))
    frames = []
    for _ in range(draw(st.integers(1, 6)) if cells else 1):
        some = draw(st.sets(st.integers(0, len(cells) - 1))) if cells else ()
        frames.append({number: draw(inside(cells[number])) for number in some})
    return cells, frames


def painted(cells: list[Rect], shown: dict[int, Picture]) -> np.ndarray:
    """All of a frame, cell after cell."""
    whole = np.full((CANVAS.height, CANVAS.width), BLACK[0], np.uint8)
    for number, cell in enumerate(cells):
        whole[cell.y : cell.bottom, cell.x : cell.right] = BLACK[0]
        if number in shown:
            rect = shown[number].rect
            whole[rect.y : rect.bottom, rect.x : rect.right] = shown[number].planes[0]
    return whole


def noise(rect: Rect, seed: int) -> Picture:
    random = np.random.default_rng(seed)
    half = (rect.height // 2, rect.width // 2)
    y, u, v = (
        random.integers(16, 236, shape, dtype=np.uint8)
        for shape in ((rect.height, rect.width), half, half)
    )
    return Picture(rect, (y, u, v))


@given(scenes())
def test_a_frame_is_as_if_all_of_it_were_painted(made: tuple[list[Rect], list[dict[int, Rect]]]):
    cells, frames = made
    placements = (
        Placement(f"RT{number}", "grid", number, cell, 0, Fraction(0))
        for number, cell in enumerate(cells)
    )
    layers, canvas = layers_of(Scene(0, 100, tuple(placements)), CANVAS), Canvas(CANVAS)
    canvas.fill(canvas.whole, (200, 10, 10))  # of the scene before
    painter, shown = ScenePainter(canvas, layers), dict[int, Picture]()
    for seed, changed in enumerate(frames):
        new = {number: noise(rect, 10 * seed + number) for number, rect in changed.items()}
        painter.update({layers.cells[number]: picture for number, picture in new.items()})
        shown |= new
        luma = planes(canvas.snapshot())[0]
        assert (luma == painted(cells, shown)).all()
