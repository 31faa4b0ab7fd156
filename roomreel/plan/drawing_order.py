"""The order of drawing: the place of pictures and overlays among all that lie on a canvas."""

from __future__ import annotations

from collections.abc import Iterable

from roomreel.model.look import Overlay, OverlayKind
from roomreel.model.plan import Placement, RegionGrid
from roomreel.plan.scenes import Layer

Place = tuple[int, int, int, int]
"""What is drawn later has a larger one."""

_PICTURES = 1
_RANKS = {
    OverlayKind.REGION: 0,
    OverlayKind.PLACEHOLDER: _PICTURES,
    OverlayKind.BORDER: 2,
    OverlayKind.TALKING: 3,
    OverlayKind.MIC: 4,
    OverlayKind.LABEL: 5,
}
"""Of what belongs to a region, among all of it: its pictures are together in between."""


class DrawingOrder:
    """By z; at one z by region, from its background to its labels; overlays of the template last.

    Args:
        regions: of the plan, in their order; of those that are there twice the first one counts.
    """

    def __init__(self, regions: Iterable[RegionGrid]) -> None:
        self._index: dict[tuple[str, str], int] = {}
        for region in regions:
            self._index.setdefault((region.layout, region.name), len(self._index))

    def of_picture(self, one: Placement | Layer) -> Place:
        """Return the place of a picture."""
        return one.z, self._index.get((one.layout, one.region), 0), _PICTURES, one.cell

    def of_overlay(self, one: Overlay) -> Place:
        """Return the place of an overlay; several that have the same keep their order."""
        index = self._index.get((one.layout, one.region), len(self._index))
        return one.z, index, _RANKS.get(one.kind, 0), one.cell or 0
