"""Hooks in both of their places: the folder of templates, and what came by the API."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomreel.batch.catalog_state import CatalogState
from roomreel.batch.planning import Planner
from roomreel.batch.reading import TemplatesRead, parse_ready, read_templates
from roomreel.batch.selection import RunFilter
from roomreel.batch.template_files import find_template_files, hook_file
from roomreel.model.composition import composition_sid
from roomreel.model.room import Manifest, Room, RoomStatus
from roomreel.settings import Settings
from roomreel.settings.places import LAYOUTS

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECONDS = st.integers(-3, 3)


def sid(number: int) -> str:
    return f"HK{number:032x}"


def document(name: str, **about: Any) -> dict[str, Any]:
    return {
        "schema": "roomreel.template/1",
        "friendly_name": name,
        "audio_sources": ["*"],
        **about,
    }


class Places:
    """A folder of templates, and the hooks of a store."""

    def __init__(self, root: Path) -> None:
        self.templates = root / "templates"
        self.templates.mkdir()
        self.settings = Settings(folder=root, store=root / "store", templates=str(self.templates))

    def template(self, name: str, **about: Any) -> None:
        file = self.templates / f"{len(list(self.templates.iterdir()))}.json"
        file.write_text(json.dumps(document(name, **about)))

    def hook(self, number: int, name: str, **about: Any) -> Path:
        file = Path(str(hook_file(self.settings, sid(number))))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(document(name, **{"sid": sid(number), **about})))
        return file

    def read(self, *names: str) -> TemplatesRead:
        files = find_template_files(self.settings)
        return read_templates(files.urls, frozenset(names) or None, files.hooks)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


def names(read: TemplatesRead) -> list[str]:
    return [ready.name for ready in read.templates]


def test_both_places_count(places: Places) -> None:
    assert names(places.read()) == []
    places.template("mine")
    places.hook(1, "theirs")
    read = places.read()
    assert names(read) == ["mine", "theirs"]
    assert not read.problems


def test_of_two_of_one_name_the_first_is_used_and_the_other_reported(places: Places) -> None:
    places.template("Lesson")
    places.hook(1, "LESSON")
    places.hook(2, "lesson", enabled=False)
    read = places.read()
    assert names(read) == ["Lesson"]
    assert [(line.code, line.room) for line in read.problems] == [
        ("template-invalid", str(hook_file(places.settings, sid(number)))) for number in (1, 2)
    ]
    assert all("'LESSON'" in line.message or "'lesson'" in line.message for line in read.problems)
    # Nothing is lost: without the first the next one is used.
    next(places.templates.iterdir()).unlink()
    assert names(places.read()) == ["LESSON"]


def test_of_two_of_one_sid_the_first_is_used(places: Places) -> None:
    places.template("one", sid=sid(1))
    places.hook(1, "two")
    (line,) = places.read().problems
    assert f"the sid {sid(1)} is that of" in line.message


def test_a_hook_that_was_copied_is_reported(places: Places) -> None:
    text = places.hook(1, "one").read_text()
    hook_file(places.settings, sid(2)).write_text(text)  # type: ignore[union-attr]
    read = places.read()
    assert names(read) == ["one"]
    assert "is not the name of the file" in read.problems[0].message


def test_what_comes_with_roomreel_gives_way_to_hooks(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.settings = places.settings.model_copy(update={"templates": None})
    places.hook(1, "Grid")
    read = places.read()
    assert not read.problems
    assert "Grid" in names(read)
    assert "grid" not in names(read)
    shipped = {
        json.loads(file.read_text())["friendly_name"] for file in Path(LAYOUTS).glob("*.json")
    }
    assert {*names(read)} == (shipped - {"grid"}) | {"Grid"}


def test_names_of_the_settings_do_not_keep_hooks_out(places: Places) -> None:
    places.template("one")
    places.template("two")
    places.hook(1, "theirs")
    assert names(places.read("two")) == ["two", "theirs"]


def test_only_hooks_are_read_in_their_folder(places: Places) -> None:
    folder = places.hook(1, "one").parent
    (folder / "notes.json").write_text("{")
    (folder / f"{sid(2)}.json.part").write_text("{")
    read = places.read()
    assert names(read) == ["one"]
    assert not read.problems


@pytest.mark.parametrize("name", ["HK", "../x", "HK" + "A" * 32, f"{sid(1)}/x", f"CJ{1:032x}"])
def test_no_other_name_is_that_of_a_hook(places: Places, name: str) -> None:
    with pytest.raises(ValueError, match="no sid of a hook"):
        hook_file(places.settings, name)


@given(created=st.none() | SECONDS, updated=st.none() | SECONDS, end=SECONDS)
def test_a_night_leaves_rooms_alone_that_were_over_when_a_hook_was_changed(
    created: int | None, updated: int | None, end: int
) -> None:
    said = {"date_created": created, "date_updated": updated}
    dates = {
        name: None if at is None else (NOON + timedelta(seconds=at)).isoformat()
        for name, at in said.items()
    }
    ready = parse_ready(json.dumps(document("one", **dates)).encode(), "one.json")
    room = Room("RM1", "call", RoomStatus.COMPLETED, end_time=NOON + timedelta(seconds=end))
    planner = Planner([ready], RunFilter(NOON - timedelta(days=1)), Settings(), NOON)
    expected = all(at is None or end > at for at in (created, updated))
    assert (planner.of(room) == [ready]) is expected
    assert [*planner.sids([Manifest(room, "x", "")], CatalogState())] == (
        [composition_sid(room.sid, room.end_time or NOON, "one", ready.sha256)] * expected
    )
    # Who asks for the room gets it.
    asked = Planner([ready], RunFilter(NOON, room="call"), Settings(), NOON)
    assert asked.of(room) == [ready]
