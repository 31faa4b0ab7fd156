"""What a night makes of the rooms and templates there are, with a stand-in for the render."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from roomreel import __version__
from roomreel.batch.report import State
from roomreel.errors import ArgumentsInvalid, EmptyTrackList, NotFound

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"schema": "roomreel.room/1"}', '{"a": NaN}', "[" * 100_000, ""],
    ids=["cut", "list", "empty", "nan", "deep", "no bytes"],
)
def test_a_bad_manifest_stops_no_other_and_is_known_the_next_night(world: Any, text: str) -> None:
    world.room("good")
    world.template("grid")
    bad = world.rooms / "bad.json"
    bad.write_text(text)
    report = world.failed_night()
    assert world.states(report) == {str(bad): State.FAILED, "good": State.COMPLETED}
    assert report.failures[0].code == "document-invalid"

    second = world.night()
    assert world.states(second) == {str(bad): State.KNOWN_FAILURE}
    assert second.headline == "nothing to do: 1 known failure, 1 up to date"


def test_a_room_told_of_twice_is_composed_once(world: Any) -> None:
    room = world.room("good")
    world.template("grid")
    shutil.copy(world.rooms / f"{room}.json", world.rooms / "copy.json")
    report = world.failed_night()
    assert world.rendered == [("good", "grid")]
    assert "remove one of them" in report.failures[0].message


def test_a_bad_template_stops_no_other(world: Any) -> None:
    world.room("good")
    world.template("grid")
    world.template("oversized", resolution="9999x9999", audio_sources=5)
    report = world.failed_night()
    (line,) = report.failures
    assert (line.code, Path(line.room).name) == ("template-invalid", "oversized.json")
    assert world.rendered == [("good", "grid")]
    assert world.states(world.night())[line.room] is State.KNOWN_FAILURE


def test_only_the_templates_of_the_settings(world: Any) -> None:
    world.room("good")
    for name, rate in (("grid", 10), ("row", 20), ("chess", 30)):
        world.template(name, frame_rate=rate)
    (world.layouts / "broken.json").write_text("{")
    world.configure(template_names=["row"])
    world.night()
    assert world.rendered == [("good", "row")]
    world.night(template="chess")
    assert world.rendered[1:] == [("good", "chess")]
    world.configure(template_names=["rwo"])
    (line,) = world.failed_night().failures
    assert (line.code, line.room, line.template) == (NotFound.code, "", "rwo")


def test_after_an_engine_of_other_digests_what_is_made_stays_and_what_failed_is_tried_once(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = [world.room("good"), world.room("bad")]
    world.template("grid")
    world.fails["bad"] = EmptyTrackList("nothing usable")
    world.failed_night()
    for room in rooms:
        world.touch(room)  # for digests that differ
    monkeypatch.setattr("roomreel.batch.catalog_state.OTHER_INPUTS", {__version__})
    assert world.states(world.failed_night()) == {"bad": State.FAILED}


def test_an_equal_template_of_another_name_is_told_of_and_made_by_force(world: Any) -> None:
    world.room("good")
    world.template("grid")
    world.night()
    world.template("same")
    report = world.night()
    assert world.states(report) == {"good": State.MADE_BEFORE}
    assert report.headline == "nothing to do: 1 made before, 1 up to date"
    world.night(force=True, template="same")
    assert world.rendered == [("good", "grid"), ("good", "same")]


def test_disabled_templates_and_those_for_other_rooms_are_left_out(world: Any) -> None:
    for name in ("sales-1", "support-1"):
        world.room(name)
    world.template("off", enabled=False)
    world.template("sales", rooms=["sales-*"])
    world.night()
    assert world.rendered == [("sales-1", "sales")]


def test_two_templates_of_one_name(world: Any) -> None:
    world.room("good")
    world.template("grid")
    document = json.loads((world.layouts / "grid.json").read_text())
    (world.layouts / "other.json").write_text(json.dumps(document | {"trim": False}))
    assert "grid.json already" in world.failed_night().failures[0].message
    assert world.rendered == [("good", "grid")]


def test_a_dry_run_tells_and_changes_nothing(world: Any) -> None:
    world.room("good")
    (world.rooms / "bad.json").write_text("{")
    world.template("grid")
    report = world.night(dry_run=True)
    assert world.states(report)["good"] is State.DUE
    assert report.headline.startswith("Dry run: 1 failed, 1 due")
    assert world.rendered == []
    assert not world.settings.store.exists()


def test_force_makes_everything_again_under_the_same_sid(world: Any) -> None:
    world.room("good")
    world.template("grid")
    first = world.night()
    second = world.night(force=True)
    assert world.rendered == [("good", "grid")] * 2
    assert [line.composition for line in first.lines] == [line.composition for line in second.lines]
    assert [(row["rev"], row["attempts"]) for row in world.rows()] == [(2, 2)]


def test_changed_recordings_are_told_of_and_made_again_only_by_force(world: Any) -> None:
    room = world.room("edited")
    world.template("grid")
    world.night()
    world.touch(room)
    report = world.night()
    assert (world.states(report), report.lines[0].code) == ({"edited": State.STALE}, "stale-inputs")
    assert len(world.rendered) == 1
    assert world.states(world.night(force=True)) == {"edited": State.COMPLETED}


def test_a_room_that_goes_on_is_left_for_the_next_night(world: Any) -> None:
    world.room("open", status="in-progress", end_time=None)
    world.template("grid")
    report = world.night()
    assert (world.states(report), report.lines[0].code) == (
        {"open": State.WAITING},
        "room-not-completed",
    )
    assert world.rendered == []
    assert list(world.settings.catalog_root.rglob("*.parquet")) == []


def test_a_later_end_moves_nothing(world: Any) -> None:
    room = world.room("long")
    world.template("grid")
    world.night()
    file = world.rooms / f"{room}.json"
    document = json.loads(file.read_text())
    document["room"]["end_time"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    file.write_text(json.dumps(document))
    assert world.night().up_to_date == 1
    assert len(world.rows()) == len(world.rows("rooms")) == 1


def test_the_window_and_who_asks_for_more(world: Any) -> None:
    world.room("recent")
    world.room("old", age_days=10)
    sid = world.room("older", age_days=20)
    world.template("grid")
    day = timedelta(days=1)
    now = datetime.now(UTC)
    world.night()
    assert world.rendered == [("recent", "grid")]
    world.night(since=now - 15 * day, until=now - 5 * day)
    assert world.rendered[1:] == [("old", "grid")]
    world.night(since=(now - 30 * day).replace(tzinfo=None), room=sid)
    assert world.rendered[2:] == [("older", "grid")]
    with pytest.raises(NotFound, match='did you mean "recent"'):
        world.night(room="recemt")
    with pytest.raises(NotFound, match="there is no template 'grd'"):
        world.night(template="grd")
    with pytest.raises(ArgumentsInvalid, match="swap the two"):
        world.night(since=now, until=now - day)


def test_who_asks_for_one_room_hears_of_no_other(world: Any) -> None:
    world.room("asked")
    world.room("open", status="in-progress", end_time=None)
    world.template("grid")
    bad = world.rooms / "bad.json"
    bad.write_text("{")
    assert world.states(world.night(room="asked")) == {"asked": State.COMPLETED}
    now = datetime.now(UTC)
    report = world.failed_night(since=now - timedelta(days=9), until=now)
    assert world.states(report) == {str(bad): State.FAILED}
    assert world.night(room="asked").up_to_date == 1
    # What was known before stays known.
    assert world.states(world.night()) == {
        str(bad): State.KNOWN_FAILURE,
        "open": State.WAITING,
    }


def test_what_cannot_be_remembered_ends_no_night(world: Any) -> None:
    (world.root / "store" / "known.json" / "inside").mkdir(parents=True)
    world.template("sound")
    world.room("good")
    (world.rooms / "bad.json").write_text("{")
    for _ in range(2):
        report = world.failed_night()
        assert [line.code for line in report.failures] == ["document-invalid"]
    assert [row["status"] for row in world.rows()] == ["completed"]
