"""Plans of a few scenes and overlays: nothing else of them is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from roomreel.model.geometry import Rect, Size
from roomreel.model.look import BLACK, Colour, Overlay
from roomreel.model.plan import Plan, RegionGrid, Scene

CANVAS = Size(320, 240)


def small_plan(
    *scenes: Scene,
    size: Size = CANVAS,
    overlays: Sequence[Overlay] = (),
    bars: Mapping[str, Colour | None] | None = None,
    radius: int = 0,
) -> Plan:
    """Return a plan whose regions are those of its placements, a row of `bars` for each."""
    placements = [placement for scene in scenes for placement in scene.placements]
    names = dict.fromkeys(placement.region for placement in placements) | dict(bars or {})
    whole = Rect(0, 0, size.width, size.height)
    regions = (
        RegionGrid(name, whole, 0, 1, 1, (bars or {}).get(name, BLACK), radius)
        for name in sorted(names)
    )
    nothing = dict.fromkeys(Plan.__dataclass_fields__, ())
    told = {
        "resolution": size,
        "frame_rate": Fraction(30),
        "frame_count": scenes[-1].end_frame,
        "scenes": scenes,
        "regions": tuple(regions),
        "overlays": tuple(overlays),
    }
    return Plan(**{**nothing, **told})  # type: ignore[arg-type]  only what layers look at is told
