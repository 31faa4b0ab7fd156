"""The layers of a frame, lowest first: decided once for decoder, painter, fingerprint and judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from roomreel.model.geometry import Rect, Size
from roomreel.model.plan import Placement, Scene

Levels = tuple[int, int, int]
"""Y, U, V of 8 bits, limited range."""

BLACK: Levels = (16, 128, 128)


@dataclass(frozen=True, slots=True)
class Fill:
    """A rectangle of one colour.

    Attributes:
        rect: even edges, as of every layer.
        words: what is seen of it, for messages.
    """

    rect: Rect
    levels: Levels
    words: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a region: the picture of a placement, with bars where it leaves some of it free."""

    rect: Rect
    placement: Placement
    bars: Levels

    @property
    def words(self) -> str:
        """The name of the cell, for messages."""
        return f"cell {self.placement.cell} of region {self.placement.region!r}"


Layer = Fill | Cell


class Layers:
    """Layers in drawing order, and how they lie over each other.

    What is shown in a layer is known by its number, the content of frames and fingerprints too.

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
    def visible(self) -> tuple[int, ...]:
        """The numbers of the layers that no later one covers whole."""
        layers = self._layers
        return tuple(
            i
            for i, layer in enumerate(layers)
            if not any(later.rect.contains(layer.rect) for later in layers[i + 1 :])
        )

    @cached_property
    def touching(self) -> tuple[tuple[int, ...], ...]:
        """For each layer the numbers of those that share a pixel with it, itself among them."""
        layers = self._layers
        return tuple(
            tuple(j for j, other in enumerate(layers) if layer.rect.intersects(other.rect))
            for layer in layers
        )

    def above(self, number: int) -> list[Rect]:
        """Return the rectangles of what lies over some of a layer."""
        return [self._layers[other].rect for other in self.touching[number] if other > number]


def layers_of(scene: Scene, canvas: Size) -> Layers:
    """Return the layers of the frames of a scene."""
    even = canvas.padded_even
    whole = Rect(0, 0, even.width, even.height)
    return Layers(
        [
            Fill(whole, BLACK, "black outside the cells"),
            *(Cell(one.rect.even_inside, one, BLACK) for one in scene.placements),
        ]
    )
