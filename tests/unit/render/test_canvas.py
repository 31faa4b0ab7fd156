"""What is painted where something changed is what painting all of it anew would give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from small_plans import small_plan

from roomreel.media.colour import BT601
from roomreel.media.fit import Picture
from roomreel.media.frames import planes
from roomreel.media.patch import Patch, fill_patch, make_patch
from roomreel.model.geometry import Rect, Size
from roomreel.model.look import (
    BLACK,
    Colour,
    Fill,
    Overlay,
    OverlayKind,
    OverlayState,
    Style,
    Text,
)
from roomreel.model.plan import Placement, Plan, Scene
from roomreel.render.canvas import Canvas, Content, ScenePainter
from roomreel.render.layers import Cell, Layers, layers_of
from roomreel.render.patches import Drawer, Drawn, OverlayPatches

CANVAS = Size(48, 32)
WHOLE = Rect(0, 0, CANVAS.width, CANVAS.height)
FRAMES = 6
ZERO = Fraction(0)

COLOURS = st.builds(Colour, *[st.integers(0, 255)] * 3, st.sampled_from([0, 70, 255]))
HEIGHTS = st.integers(-1, 1)


def inside(rect: Rect) -> st.SearchStrategy[Rect]:
    """Rectangles of even edges in one of even edges, none empty."""

    def axis(start: int, size: int) -> st.SearchStrategy[tuple[int, int]]:
        ends = st.lists(st.integers(0, size // 2), min_size=2, max_size=2, unique=True)
        return ends.map(lambda two: (start + 2 * min(two), 2 * abs(two[0] - two[1])))

    return st.tuples(axis(rect.x, rect.width), axis(rect.y, rect.height)).map(
        lambda axes: Rect(axes[0][0], axes[1][0], axes[0][1], axes[1][1])
    )


@st.composite
def overlays(draw: st.DrawFn) -> Overlay:
    """Colours and drawings that come and go."""
    edges = draw(st.lists(st.integers(0, FRAMES), min_size=2, max_size=5, unique=True))
    edges.sort()
    drawings = st.one_of(
        COLOURS.map(Fill), st.text("ab", max_size=2).map(lambda text: Text(text, Style()))
    )
    states = [
        OverlayState(first, last, draw(drawings))
        for first, last in zip(edges[::2], edges[1::2], strict=False)
    ]
    opacity = draw(st.sampled_from([0, 30, 100]))
    return Overlay(
        OverlayKind.TEXT, draw(inside(WHOLE)), draw(HEIGHTS), tuple(states), opacity=opacity
    )


@st.composite
def plans(draw: st.DrawFn) -> tuple[Plan, list[dict[int, Picture]]]:
    """A plan of one scene, and for each frame the cells that have a new picture."""
    cells = draw(st.lists(inside(WHOLE), max_size=4))
    placements = sorted(
        (
            Placement(f"RT{number}", draw(st.sampled_from("ab")), number, cell, z, Fraction(0))
            for number, cell in enumerate(cells)
            for z in [draw(HEIGHTS)]
        ),
        key=lambda placement: (placement.z, placement.region),
    )
    bars = {name: draw(st.none() | st.just(BLACK) | COLOURS) for name in "ab"}
    drawn = draw(st.lists(overlays(), max_size=4))
    plan = small_plan(
        Scene(0, FRAMES, tuple(placements)),
        size=CANVAS,
        overlays=sorted(drawn, key=lambda overlay: overlay.z),
        bars=bars,
        radius=draw(st.sampled_from([0, 0, 3, 9])),
    )
    frames = [
        {
            number: noise(draw(inside(placement.rect)), 10 * frame + number)
            for number, placement in enumerate(placements)
            if draw(st.booleans())
        }
        for frame in range(FRAMES)
    ]
    return plan, frames


def noise(rect: Rect, seed: int) -> Picture:
    random = np.random.default_rng(seed)
    half = (rect.height // 2, rect.width // 2)
    y, u, v = (
        random.integers(16, 236, shape, dtype=np.uint8)
        for shape in ((rect.height, rect.width), half, half)
    )
    return Picture(rect, (y, u, v))


class Stand(Drawer):
    """Draws noise in place of texts."""

    def draw(self, drawing: Drawn, overlay: Overlay) -> Patch | None:
        return drawn(drawing, overlay)


STAND_IN = Stand(BT601)


def drawn(drawing: Drawn, overlay: Overlay) -> Patch | None:
    if isinstance(drawing, Fill):
        return fill_patch(drawing.color, overlay.opacity, overlay.rect, BT601)
    seed = len(drawing.text) if isinstance(drawing, Text) else 0
    shape = (overlay.rect.height, overlay.rect.width, 4)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    pixels[: overlay.rect.height // 2 * seed, :, 3] = 0  # smaller than its rectangle, or nothing
    return make_patch(pixels, overlay.opacity, overlay.rect, BT601)


def painted(layers: Layers, contents: dict[int, Content]) -> list[np.ndarray]:
    """All of a frame, layer after layer."""
    whole = planes_of(WHOLE)
    for number in range(len(layers)):
        layer, content = layers[number], contents.get(number)
        below = [plane.copy() for plane in whole]
        if layer.ground is not None:
            fill_patch(layer.ground, 100, layer.rect, BT601).blend(whole)
        if isinstance(content, Picture):
            for plane, step, source in zip(whole, (1, 2, 2), content.planes, strict=True):
                plane[content.rect.rows(step), content.rect.columns(step)] = source
        if isinstance(content, Patch):
            content.blend(whole)
        if isinstance(layer, Cell) and layer.radius:
            area = layer.rect if layer.ground is not None or content is None else content.rect
            for plane, under, step in zip(whole, below, (1, 2, 2), strict=True):
                keep_outside(plane, under, area, layer.radius, step)
    return whole


def planes_of(rect: Rect) -> list[np.ndarray]:
    return [np.zeros((rect.height // step, rect.width // step), np.uint8) for step in (1, 2, 2)]


def keep_outside(plane: np.ndarray, under: np.ndarray, area: Rect, radius: int, step: int) -> None:
    """Put back what is outside of rounded corners, sample by sample."""
    radius = min(radius, area.width // 4 * 2, area.height // 4 * 2)
    for row in range(area.y // step, area.bottom // step):
        for column in range(area.x // step, area.right // step):
            covered = [
                coverage(area, radius, column * step + x, row * step + y)
                for y in range(step)
                for x in range(step)
            ]
            share = (sum(covered) + len(covered) // 2) // len(covered)
            mixed = int(plane[row, column]) * share + int(under[row, column]) * (256 - share)
            plane[row, column] = (mixed + 128) >> 8


def coverage(area: Rect, radius: int, x: int, y: int) -> int:
    """How much of a pixel, of 256, is inside of the corners of a rectangle."""
    across = radius - 0.5 - min(x - area.x, area.right - 1 - x)
    down = radius - 0.5 - min(y - area.y, area.bottom - 1 - y)
    if across <= 0 or down <= 0:
        return 256
    return round(min(max(radius + 0.5 - float(np.hypot(across, down)), 0), 1) * 256)


@given(plans())
def test_a_frame_is_as_if_all_of_it_were_painted(made: tuple[Plan, list[dict[int, Picture]]]):
    painted_as_anew(*made)


def painted_as_anew(plan: Plan, frames: Sequence[Mapping[int, Picture]]) -> None:
    layers, canvas = layers_of(plan.scenes[0], plan), Canvas(CANVAS, BT601)
    canvas.fill(canvas.rect, Colour(200, 10, 10))  # of the scene before
    painter, patches = ScenePainter(canvas, layers), OverlayPatches(plan, STAND_IN)
    pictures: dict[int, Picture] = {}
    for frame, changed in enumerate(frames):
        new = {layers.cells[number]: picture for number, picture in changed.items()}
        pictures |= new
        painter.update({**new, **patches.changes(frame, layers)})
        shown = {**pictures, **OverlayPatches(plan, STAND_IN).contents(frame, layers)}
        found = planes(canvas.snapshot())
        assert all((a == b).all() for a, b in zip(found, painted(layers, shown), strict=True))


@given(plans())
def test_what_is_not_decoded_is_not_seen(made: tuple[Plan, list[dict[int, Picture]]]):
    plan, frames = made
    layers = layers_of(plan.scenes[0], plan)
    pictures: dict[int, Picture] = {}
    for frame, changed in enumerate(frames):
        pictures |= {layers.cells[number]: picture for number, picture in changed.items()}
        overlaid = OverlayPatches(plan, STAND_IN).contents(frame, layers)
        seen = {number: one for number, one in pictures.items() if number in layers.visible}
        whole = painted(layers, {**pictures, **overlaid})
        # A picture that does not fill its cell leaves what is below to be seen.
        assert all(
            (a == b).all()
            for a, b in zip(whole, painted(layers, {**seen, **overlaid}), strict=True)
        )


def test_a_title_over_cells_of_which_one_changes():
    """Three cells and a title over all of them, for ten seconds; the middle one is a camera."""
    cells = [Rect(x, 0, 16, 32) for x in (0, 16, 32)]
    placements = tuple(Placement("RT", "a", n, cell, 0, ZERO) for n, cell in enumerate(cells))
    title = OverlayState(0, 300, Text("b", Style()))
    plan = small_plan(
        Scene(0, 300, placements),
        size=CANVAS,
        overlays=[Overlay(OverlayKind.TEXT, Rect(4, 4, 40, 12), 99, (title,), opacity=70)],
    )
    still = {n: noise(cell, n) for n, cell in enumerate(cells)}
    painted_as_anew(plan, [still, *({1: noise(cells[1], 10 + frame)} for frame in range(299))])


def test_rounded_corners_over_a_moving_picture():
    """A picture in picture, which is still now and then, over one that never is."""
    whole, small = WHOLE, Rect(22, 12, 24, 18)
    placements = (
        Placement("RT0", "a", 0, whole, 0, ZERO),
        Placement("RT1", "b", 0, small, 1, ZERO),
    )
    plan = small_plan(Scene(0, 60, placements), size=CANVAS, radius=7, bars={"a": BLACK, "b": None})
    frames = [
        {0: noise(whole, frame)} | ({1: noise(small, frame)} if frame % 7 == 0 else {})
        for frame in range(60)
    ]
    painted_as_anew(plan, frames)
