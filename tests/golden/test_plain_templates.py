"""A template that draws nothing is planned and painted as before anything could be drawn.

`plain_templates.json` has for each case of `plain_cases` the digests of the template, of the plan
document and of the painted frames. It was written by the last version without names, gaps and
overlays, so it is not to be written again: what differs from it makes every composition of before
another one.
"""

import hashlib
import json
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
# Not a package: tests run with --import-mode=importlib.
sys.path.insert(0, str(HERE))

from plain_cases import plain_case  # noqa: E402

from roomreel.documents.plan import plan_json  # noqa: E402
from roomreel.documents.template import (  # noqa: E402
    canonical_template,
    parse_template,
    template_sha256,
)
from roomreel.errors import RoomreelError  # noqa: E402
from roomreel.media.colour import BT601  # noqa: E402
from roomreel.media.fit import Picture  # noqa: E402
from roomreel.media.frames import planes  # noqa: E402
from roomreel.model.geometry import Rect  # noqa: E402
from roomreel.plan import make_plan  # noqa: E402
from roomreel.render.canvas import Canvas, ScenePainter  # noqa: E402
from roomreel.render.layers import layers_of  # noqa: E402

RECORDED = json.loads((HERE / "plain_templates.json").read_text())
LAYOUTS = {
    "audio-only": "ef130517e09d0297a228",
    "chess": "f38d6e09d73953b6e1e9",
    "grid": "f3f5371be35af75a7d30",
    "main-column-pip": "71ec3027b0015b7c5b2d",
    "mosaic": "0f2847af76e908f1d8d4",
    "participant": "94af54b8789b0e50a031",
    "picture-in-picture": "b5713c9944a21eb340d0",
    "presenter": "fca0897f89d5632f61d2",
    "row": "2688c79d4aa211dc2ba2",
    "sequence": "48dbcd220535f3faa184",
    "single-recording": "487547fffe588f5256e0",
}
"""Digests of the layouts of that version, of which every composition of them has its sid."""

HOLD = Fraction(5)
MOST_FRAMES = 6
"""Of a scene: what is painted later was painted before."""


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def picture(cell, seed):
    """What a camera may have sent: of the whole cell, or with bars beside it; of some pattern."""
    inside = cell.even_inside
    narrow = inside.width // 4 * 2 if seed % 3 == 0 else inside.width
    low = inside.height // 4 * 2 if seed % 3 == 1 else inside.height
    rect = Rect(inside.x, inside.y, narrow, low)

    def plane(step):
        rows, columns = np.indices((rect.height // step, rect.width // step))
        return ((rows * 7 + columns * 13 + seed * 31 + step) % 220 + 16).astype(np.uint8)

    return Picture(rect, (plane(1), plane(2), plane(2) // 2))


def new_pictures(scene, frame):
    """By index, pictures of placements that are seen: of all at first, then of one or two."""
    cells = [one.rect.even_inside for one in scene.placements]
    return {
        index: picture(cell, 10 * frame + index)
        for index, cell in enumerate(cells)
        if cell.width and cell.height and not any(one.contains(cell) for one in cells[index + 1 :])
        if (frame + index) % 3 != 1 or frame == 2
    }


def painted(plan):
    """The digest of the first frames of every scene."""
    canvas = Canvas(plan.resolution, BT601)
    found = hashlib.sha256()
    for scene in plan.scenes:
        layers = layers_of(scene, plan)
        painter = ScenePainter(canvas, layers)
        for frame in range(min(scene.end_frame - scene.start_frame, MOST_FRAMES)):
            new = new_pictures(scene, frame)
            painter.update({layers.cells[index]: one for index, one in new.items()})
            for plane in planes(canvas.snapshot()):
                found.update(np.ascontiguousarray(plane).tobytes())
    return found.hexdigest()[:20]


def found(number):
    document, room, media = plain_case(number)
    template = parse_template(json.dumps(document).encode(), "")
    named = digest(template_sha256(template) + canonical_template(template))
    try:
        plan = make_plan(room, template, media, HOLD)
    except RoomreelError as error:
        return [named, type(error).__name__, ""]
    return [named, digest(plan_json(plan)), painted(plan) if plan.has_video else ""]


@pytest.mark.parametrize("first", range(0, len(RECORDED), 50))
def test_a_plain_template_is_planned_and_painted_as_ever(first):
    cases = range(first, first + 50)
    assert {number: found(number) for number in cases} == {
        number: RECORDED[number] for number in cases
    }


@pytest.mark.parametrize(("layout", "sha256"), LAYOUTS.items())
def test_a_layout_keeps_its_digest(layout, sha256):
    document = (HERE.parents[1] / "layouts" / f"{layout}.json").read_bytes()
    assert template_sha256(parse_template(document, "")).startswith(sha256)


def test_the_cases_are_of_many_kinds():
    names, plans, frames = zip(*RECORDED, strict=True)
    assert len({*names}) == len(names) == 300
    assert len({*plans}) > 230
    assert len({*frames}) > 180
