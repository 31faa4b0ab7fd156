"""What operators start by hand: one room or composition again, and a range of days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from roomreel.batch.report import BatchReport
from roomreel.errors import ArgumentsInvalid, NotFound
from roomreel.flows.backfill import backfill
from roomreel.flows.compose_room import compose_room

pytestmark = pytest.mark.slow


def room_again(world: Any, what: str, **asked: Any) -> BatchReport:
    return compose_room(what, config=str(world.config), **asked)


@pytest.fixture
def made(world: Any) -> Any:
    """Two rooms by two templates, all made."""
    for name in ("grid", "row"):
        world.template(name, frame_rate=10 if name == "grid" else 20)
    for name in ("standup", "lesson"):
        world.room(name)
    world.night()
    world.rendered.clear()
    return world


def test_one_composition_by_its_sid(made: Any) -> None:
    (row,) = [r for r in made.rows() if (r["room_name"], r["template"]) == ("lesson", "row")]
    report = room_again(made, row["sid"])
    assert made.rendered == [("lesson", "row")]
    assert [line.composition for line in report.lines] == [row["sid"]]
    assert {r["sid"]: r["attempts"] for r in made.rows()}[row["sid"]] == 2


@pytest.mark.parametrize("by", ["sid", "unique_name"])
def test_one_room_by_sid_or_name(made: Any, by: str) -> None:
    (row,) = [row for row in made.rows("rooms") if row["unique_name"] == "lesson"]
    room_again(made, row[by])
    assert sorted(made.rendered) == [("lesson", "grid"), ("lesson", "row")]
    made.rendered.clear()
    room_again(made, row[by], template="grid")
    assert made.rendered == [("lesson", "grid")]
    assert room_again(made, row[by], force=False).up_to_date == 2


def test_what_is_not_there_is_said_so(made: Any) -> None:
    for unknown in ("nobody", "RM" + "0" * 32, "CJ" + "0" * 32, "../../etc/passwd"):
        with pytest.raises(NotFound):
            room_again(made, unknown)
    assert made.rendered == []


def test_names_come_with_those_there_are(made: Any) -> None:
    with pytest.raises(NotFound, match='did you mean "lesson"'):
        room_again(made, "lessno")
    with pytest.raises(NotFound, match="there are: grid, row"):
        room_again(made, "lesson", template="nothing like it")
    (made.rooms / "bad.json").write_text("{")
    with pytest.raises(NotFound, match=r"it may be in what cannot be read: .*bad\.json"):
        room_again(made, "lessno")


def test_a_name_of_several_rooms_is_none(made: Any) -> None:
    made.room("lesson")
    with pytest.raises(NotFound, match="2 rooms have the name"):
        room_again(made, "lesson")


def test_a_composition_whose_template_changed_is_not_made_by_another(made: Any) -> None:
    (row,) = [r for r in made.rows() if (r["room_name"], r["template"]) == ("lesson", "row")]
    made.template("row", frame_rate=30)
    with pytest.raises(NotFound, match="is not what made"):
        room_again(made, row["sid"])
    assert made.rendered == []


def test_a_range_of_days(world: Any) -> None:
    world.template("grid")
    for days in (9, 10, 11, 12):
        world.room(f"{days} days ago", age_days=days)
    today = datetime.now(UTC).date()
    first, last = today - timedelta(days=11), today - timedelta(days=10)
    asked = {"first_day": first, "last_day": last, "config": str(world.config)}
    assert backfill(**asked, dry_run=True).headline == "Dry run: 2 due"
    backfill(**asked)
    assert sorted(world.rendered) == [("10 days ago", "grid"), ("11 days ago", "grid")]
    with pytest.raises(ArgumentsInvalid, match="swap"):
        backfill(first_day=last, last_day=first, config=str(world.config))
