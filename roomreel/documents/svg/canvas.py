"""The canvas of a plan, drawn in small: its regions, and what each cell shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from operator import itemgetter

from roomreel.documents.svg.elements import drawing, shape, words
from roomreel.documents.svg.overlays import overlay_shapes, shown_in
from roomreel.model.geometry import Rect
from roomreel.model.plan import Placement, Plan, RegionGrid, Scene
from roomreel.plan.drawing_order import DrawingOrder, Place

# So many side by side fill the width of the picture. More scenes than that are seen on the time
# line; those that last longest say how the template looks.
MOST_DRAWN = 4
WIDTH, GAP, CAPTION = 320, 20, 20

LABEL_HEIGHT, LABEL_CHAR = 13, 6
NAME_HEIGHT = 11
PAINTED, OUTLINE, GROUND = "#2f6db3", "#f0b429", "#1f2933"


@dataclass(frozen=True, slots=True)
class Canvas:
    """The place of one drawn scene, and its scale."""

    x: int
    y: int
    scale: Fraction

    def place(self, rect: Rect) -> dict[str, Fraction]:
        """Return the place of a rectangle of the composition in the picture."""
        return {
            "x": self.x + rect.x * self.scale,
            "y": self.y + rect.y * self.scale,
            "width": rect.width * self.scale,
            "height": rect.height * self.scale,
        }


def longest_scenes(plan: Plan) -> list[tuple[int, Scene]]:
    """Return the scenes that are drawn, with their numbers, by time; one of each arrangement."""
    if not plan.has_video or plan.copied:
        return []
    longest = sorted(
        enumerate(plan.scenes, 1),
        key=lambda each: (each[1].start_frame - each[1].end_frame, each[0]),
    )
    arrangements: dict[object, tuple[int, Scene]] = {}
    for number, scene in longest:
        shown = tuple((one.recording_sid, one.rect, one.z) for one in scene.placements)
        arrangements.setdefault(shown, (number, scene))
    if len(arrangements) > 1:
        arrangements.pop((), None)
    return sorted([*arrangements.values()][:MOST_DRAWN], key=lambda each: each[0])


def moment(plan: Plan, scene: Scene, names: Mapping[str, str], label: str) -> str:
    """Draw one scene alone, as an element inside a page, which has the styles.

    Args:
        names: of the recordings, by sid.
        label: what it is, for those who do not see it.
    """
    canvas = Canvas(0, 0, _scale(plan))
    whole = canvas.place(Rect(0, 0, plan.resolution.width, plan.resolution.height))
    inside = (
        shape("rect", "", fill=GROUND, **whole),
        *_layers(canvas, plan, scene, names),
        *_regions(canvas, plan.regions_at(scene.start_frame)),
    )
    return drawing(whole["width"], whole["height"], label, inside)


def height(plan: Plan) -> int:
    """Return the pixels that the drawn scenes take below one another; 0 without pictures."""
    return round(plan.resolution.height * _scale(plan)) + 2 * CAPTION if longest_scenes(plan) else 0


def canvases(plan: Plan, names: Mapping[str, str], left: int, top: int) -> Iterator[str]:
    """Draw the scenes that last longest: cells full, regions outlined; cells count from 1.

    Args:
        names: of the recordings, by sid.
        left: of the first one.
        top: of all of them.
    """
    for place, (number, scene) in enumerate(longest_scenes(plan)):
        canvas = Canvas(left + place * (WIDTH + GAP), top + CAPTION, _scale(plan))
        layout = plan.layout_at(scene.start_frame)
        caption = f"scene {number}{layout and f', layout {layout}'}"
        yield words((canvas.x, top + CAPTION - 6), caption, class_="quiet")
        whole = Rect(0, 0, plan.resolution.width, plan.resolution.height)
        yield shape("rect", "", fill=GROUND, **canvas.place(whole))
        yield from _layers(canvas, plan, scene, names)
        yield from _regions(canvas, plan.regions_at(scene.start_frame))


def _scale(plan: Plan) -> Fraction:
    # As wide as it is high, at most: a tall canvas would push the rest off the page.
    return Fraction(WIDTH, max(plan.resolution.width, plan.resolution.height))


def _layers(canvas: Canvas, plan: Plan, scene: Scene, names: Mapping[str, str]) -> Iterator[str]:
    """Yield the cells and overlays of a scene, lowest first."""
    order = DrawingOrder(plan.all_regions)
    layers: list[tuple[Place, Iterator[str]]] = [
        (order.of_picture(one), _cell(canvas, one, names)) for one in scene.placements
    ]
    for one in plan.overlays:
        if states := shown_in(one, scene):
            shapes = overlay_shapes(one, states, canvas.place(one.rect))
            layers.append((order.of_overlay(one), shapes))
    for _, shapes in sorted(layers, key=itemgetter(0)):
        yield from shapes


def _cell(canvas: Canvas, placement: Placement, names: Mapping[str, str]) -> Iterator[str]:
    name = names.get(placement.recording_sid, placement.recording_sid)
    at = canvas.place(placement.rect)
    framed = placement.framing.words
    tip = f"{placement.region}, cell {placement.cell + 1}: {name}{framed and f' ({framed})'}"
    yield shape("rect", tip, fill=PAINTED, stroke="#ffffff", stroke_width="0.5", **at)
    label = f"{placement.cell + 1} {name}"
    if at["height"] >= LABEL_HEIGHT:
        fits = max(int(at["width"]) // LABEL_CHAR, 1)
        short = label if len(label) <= fits else label[: fits - 1] + "…"
        middle = (at["x"] + 3, at["y"] + at["height"] / 2 + 4)
        yield words(middle, short, class_="inside")


def _regions(canvas: Canvas, regions: Iterable[RegionGrid]) -> Iterator[str]:
    # Names of regions with one corner stand below one another.
    named: Counter[tuple[int, int]] = Counter()
    for region in sorted(regions, key=lambda one: one.z):
        at, rect = canvas.place(region.rect), region.rect
        cells = f"{region.columns} x {region.rows} cells" if region.columns else "no source"
        tip = (
            f"region {region.name}: {rect.width}x{rect.height} at {rect.x}, {rect.y},"
            f" z {region.z}, {cells}"
        )
        yield shape("rect", tip, fill="none", stroke=OUTLINE, stroke_width="1.5", **at)
        line = named[rect.x, rect.y]
        named[rect.x, rect.y] += 1
        beside = (at["x"] + 3, at["y"] + 11 + NAME_HEIGHT * line)
        yield words(beside, region.name, tip, class_="region")
