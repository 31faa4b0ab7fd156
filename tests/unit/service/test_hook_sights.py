"""Hooks of files without dates: each composes by day what ends after it was seen first."""

from __future__ import annotations

import json
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from roomreel.batch.planning import Planner
from roomreel.batch.reading import read_templates
from roomreel.batch.selection import RunFilter
from roomreel.batch.template_files import find_template_files
from roomreel.service.database.connections import Database
from roomreel.service.database.tables import COMPLETED_ROOMS
from roomreel.service.hooks.hook_runs import see_hooks
from roomreel.service.hooks.sights import note_sights
from roomreel.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))
from manifest_folder import Folder
from test_hook_runs import LONG_AGO, MINUTE, Site

A_WHILE = timedelta(seconds=10)


class Files:
    """A site whose hook is a file in the folder `templates`."""

    def __init__(self, settings: Settings, database: Database, folder: Folder) -> None:
        self.templates = folder.root.parent / "templates"
        self.templates.mkdir()
        given = settings.model_copy(update={"templates": str(self.templates)})
        self.site = Site(given, database, folder)
        self.site.look()

    def write(self, **about: Any) -> None:
        text = {"schema": "roomreel.template/1", "friendly_name": "one", "audio_sources": ["*"]}
        (self.templates / "one.json").write_text(json.dumps(text | about))

    def first_seen(self) -> datetime:
        see_hooks(self.site.service)
        (hook,) = self.site.service.hooks.read().hooks
        return note_sights(self.site.database, [hook])[hook.sid]


@pytest.fixture
def files(settings: Settings, database: Database, folder: Folder) -> Files:
    return Files(settings, database, folder)


def test_old_rooms_that_arrive_are_composed_by_night_alone(files: Files) -> None:
    site = files.site
    files.write()
    files.first_seen()
    old = [site.room(number, LONG_AGO + number * MINUTE) for number in range(100)]
    site.look()
    site.apply()
    assert (site.asked(), site.events()) == ([], [])
    assert [row["due"] for row in site.rows(COMPLETED_ROOMS)] == [None] * len(old)
    new = site.room(1000)
    site.look()
    assert site.asked() == [(new, "one")]
    read = read_templates(find_template_files(site.settings).urls, None)
    planner = Planner(
        read.templates, RunFilter(LONG_AGO - MINUTE), site.settings, datetime.now(UTC)
    )
    for room in (*old[:3], new):
        assert [one.name for one in planner.of(site.manifest(room).room)] == ["one"]


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_to_the_file_no_room_that_was_over_before_is_composed(
    files: Files, seed: int
) -> None:
    chance, site = random.Random(seed), files.site
    trim, url, expected = True, 0, []
    files.write(trim=trim)
    since = {trim: files.first_seen()}
    for number in range(25):
        match chance.choice(["change", "tell another", "touch", "old", "older", "new"]):
            case "change":
                trim = not trim
            case "tell another":
                url += 1
            case "touch":
                (files.templates / "one.json").touch()
            case "old":
                site.room(number, since[trim] - A_WHILE)
            case "older":
                site.room(number, LONG_AGO)
            case "new":
                expected.append((site.room(number, since[trim] + A_WHILE), "one"))
        files.write(trim=trim, status_callback=f"https://app.example.org/{url}")
        seen = files.first_seen()
        # Nothing but another composition makes it another hook, and one that comes back is known.
        assert since.setdefault(trim, seen) == seen
        site.look()
        assert site.asked() == sorted(expected)


def test_a_date_of_its_own_wins(files: Files) -> None:
    said = datetime.now(UTC) - timedelta(days=30)
    files.write(date_created=f"{said:%FT%TZ}")
    see_hooks(files.site.service)
    room = files.site.room(1, said + timedelta(days=1))
    files.site.room(2, said - timedelta(days=1))
    files.site.look()
    assert files.site.asked() == [(room, "one")]


def test_what_is_away_for_a_while_is_not_new_when_it_is_back(files: Files) -> None:
    files.write()
    first = files.first_seen()
    file = files.templates / "one.json"
    kept = file.read_bytes()
    file.unlink()
    see_hooks(files.site.service)
    file.write_bytes(kept)
    assert files.first_seen() == first
