"""The pictures of a room's compositions are drawn in one pass, before its mixes."""

from pathlib import Path
from typing import Any

import pytest

from roomreel.errors import RenderError

pytestmark = pytest.mark.slow


@pytest.fixture
def room(world: Any) -> str:
    world.has_video = True
    for name in ("grid", "row", "solo"):
        world.template(name)
    name: str = world.room("standup")
    return name


def test_a_room_is_drawn_once_for_all_its_templates(world: Any, room: str) -> None:
    report = world.night()
    assert [sorted(names) for names in world.drawn] == [["grid", "row", "solo"]]
    assert len(world.rendered) == len(report.lines) == 3


def test_what_cannot_be_drawn_together_is_made_one_by_one(world: Any, room: str) -> None:
    world.fails["drawing"] = RenderError("a decoder took the process with it")
    report = world.night()
    assert [str(line.state) for line in report.lines] == ["completed"] * 3


def test_what_is_published_is_not_drawn(world: Any, room: str) -> None:
    """Killed after two mixes and before they were recorded: they come from what Prefect kept."""
    first = world.night()
    catalog: Path = world.settings.catalog_root
    for part in catalog.rglob("*.parquet"):
        part.unlink()
    gone = Path(first.lines[0].media)
    gone.unlink()
    world.night()
    assert len(world.drawn) == 1
    assert len(world.rendered) == 4
    assert gone.is_file()


def test_one_template_needs_no_drawing_before_its_mix(world: Any) -> None:
    world.has_video = True
    world.template("grid")
    world.room("standup")
    world.night()
    assert (world.drawn, len(world.rendered)) == ([], 1)
