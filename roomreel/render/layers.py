"""The layers of a frame, lowest first: decided once for decoder, painter, fingerprint and judge."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from operator import attrgetter, itemgetter

from roomreel.model.geometry import Rect
from roomreel.model.look import BLACK, Colour, Fill, Image, Overlay, OverlayState, Text
from roomreel.model.plan import Placement, Plan, RegionGrid, Scene
from roomreel.plan.drawing_order import DrawingOrder, Place


@dataclass(frozen=True, slots=True)
class Black:
    """The canvas before anything is painted on it."""

    rect: Rect
    ground: Colour = BLACK
    hides: bool = True
    words: str = "black outside the cells"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a region: the picture of a placement, and bars where it leaves some of it free.

    Attributes:
        radius: pixels, of its corners; of those of the picture where it has no ground.
    """

    rect: Rect
    placement: Placement
    ground: Colour | None
    words: str
    radius: int = 0

    @property
    def hides(self) -> bool:
        """True if nothing below it is ever seen through it."""
        return self.ground is not None and self.ground.is_opaque and not self.radius


@dataclass(frozen=True, slots=True)
class Drawn:
    """An overlay of the plan, which shows a patch, or nothing at times.

    Attributes:
        overlay: its number in the plan.
    """

    rect: Rect
    overlay: int
    hides: bool
    words: str
    ground: None = None


Layer = Black | Cell | Drawn
"""A rectangle of even edges, of one colour (`ground`, None for what is below) but for its content;
`hides` says whether nothing below it is seen all through the scene, `words` name it in messages."""


class Layers:
    """Layers in drawing order, and how they lie over each other.

    What is shown in a layer is known by its number, the contents of frames and fingerprints too.

    Attributes:
        cells: the numbers of the cells, in the order of the scene's placements.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._layers = tuple(layers)
        self.cells = tuple(i for i, layer in enumerate(self._layers) if isinstance(layer, Cell))

    def __getitem__(self, number: int) -> Layer:
        return self._layers[number]

    def __len__(self) -> int:
        return len(self._layers)

    @cached_property
    def overlays(self) -> dict[int, int]:
        """The numbers of overlays' layers, by the overlay's number in the plan."""
        return {
            layer.overlay: number
            for number, layer in enumerate(self._layers)
            if isinstance(layer, Drawn)
        }

    @cached_property
    def visible(self) -> tuple[int, ...]:
        """The numbers of the layers that no later one hides whole."""
        layers = self._layers
        return tuple(
            i
            for i, layer in enumerate(layers)
            if not any(one.hides and one.rect.contains(layer.rect) for one in layers[i + 1 :])
        )

    @cached_property
    def touching(self) -> tuple[tuple[int, ...], ...]:
        """For each layer the numbers of those that share a pixel with it, itself among them."""
        layers = self._layers
        return tuple(
            tuple(j for j, other in enumerate(layers) if layer.rect.intersects(other.rect))
            for layer in layers
        )


def layers_of(scene: Scene, plan: Plan) -> Layers:
    """Return the layers of the frames of a scene, lowest first."""
    canvas = plan.resolution.padded_even
    order = DrawingOrder(plan.all_regions)
    regions = {region.name: region for region in plan.regions_at(scene.start_frame)}
    layers: list[tuple[Place, Layer]] = [
        (order.of_overlay(overlay), drawn)
        for number, overlay in enumerate(plan.overlays)
        if (drawn := _drawn(number, overlay, scene)) is not None
    ]
    layers += [(order.of_picture(one), _cell(one, regions[one.region])) for one in scene.placements]
    layers.sort(key=itemgetter(0))
    whole = Rect(0, 0, canvas.width, canvas.height)
    return Layers([Black(whole), *(layer for _, layer in layers)])


def _cell(placement: Placement, region: RegionGrid) -> Cell:
    words = f"cell {placement.cell} of region {placement.region!r}"
    rect = placement.rect.even_inside
    return Cell(rect, placement, region.bars, words, region.corner_radius)


def _drawn(number: int, overlay: Overlay, scene: Scene) -> Drawn | None:
    """Return the layer of an overlay; None where it shows nothing in the scene."""
    states = states_within(overlay.states, range(scene.start_frame, scene.end_frame))
    if not states:
        return None
    return Drawn(overlay.rect, number, _hides(overlay, states, scene), _words(overlay))


def states_within(states: Sequence[OverlayState], frames: range) -> Sequence[OverlayState]:
    """Return the states that show something in some of the frames."""
    first = bisect_right(states, frames.start, key=attrgetter("end_frame"))
    last = bisect_left(states, frames.stop, key=attrgetter("start_frame"))
    return states[first:last]


def _hides(overlay: Overlay, states: Sequence[OverlayState], scene: Scene) -> bool:
    """Return whether it shows one opaque colour all through the scene."""
    first, last = states[0], states[-1]
    if overlay.opacity < 100 or overlay.radius or first.start_frame > scene.start_frame:
        return False
    opaque = all(isinstance(one.drawing, Fill) and one.drawing.color.is_opaque for one in states)
    steady = all(one.end_frame == other.start_frame for one, other in pairwise(states))
    return opaque and steady and last.end_frame >= scene.end_frame


def _words(overlay: Overlay) -> str:
    match overlay.states[0].drawing:
        case Text() as shown:
            what = repr(shown.text)
        case Image() as shown:
            what = repr(shown.path)
        case _:
            what = ""
    of = f"of region {overlay.region!r}" if overlay.region else ""
    of = of if overlay.cell is None else f"of cell {overlay.cell} {of}"
    return " ".join(filter(None, ("the", overlay.kind, what, of)))
