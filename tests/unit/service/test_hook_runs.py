"""Hooks that are applied to rooms as they complete, on each kind of database."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from roomreel.batch.catalog_state import CatalogState
from roomreel.batch.planning import Planner
from roomreel.batch.reading import read_templates
from roomreel.batch.selection import RunFilter
from roomreel.batch.template_files import find_template_files
from roomreel.errors import StorageFailed
from roomreel.model.composition import composition_sid
from roomreel.model.room import Manifest
from roomreel.model.selection import Selection
from roomreel.model.table import Partition, Table, composition_day
from roomreel.model.template import Template
from roomreel.service.access.account import make_account
from roomreel.service.database.connections import Database
from roomreel.service.database.tables import COMPLETED_ROOMS, DELIVERIES, EVENTS, REQUESTS
from roomreel.service.hooks import hook_files
from roomreel.service.hooks.hook_runs import apply_due
from roomreel.service.hooks.hooks import create_hook, update_hook
from roomreel.service.requests.requests import HOOK_PRIORITY
from roomreel.service.rooms.manifests import find_manifest, look
from roomreel.service.service import Service
from roomreel.settings import Settings
from roomreel.storage import read_bytes

sys.path.insert(0, str(Path(__file__).parent))
from archive import composition, sid_of
from killing import Killed, killed_at
from manifest_folder import Folder, document, said

NOW = datetime.now(UTC).replace(microsecond=0)
SOON = NOW + timedelta(hours=1)
LONG_AGO = NOW - timedelta(days=400)
MINUTE = timedelta(seconds=60)


class Site:
    """A service beside a folder of manifests."""

    def __init__(self, settings: Settings, database: Database, folder: Folder) -> None:
        account = make_account(None)
        self.settings, self.database, self.folder = settings, database, folder
        self.woken = 0
        self.service = Service(settings, database, lambda: account, "", wake=self._wake)

    def _wake(self) -> None:
        self.woken += 1

    def hook(self, name: str, *heard: str, **about: Any) -> str:
        template = Template(name, audio=Selection(heard or ("*",)), **about)
        return create_hook(self.service, template).sid

    def room(self, number: int, end: datetime = SOON, *statuses: str, **about: Any) -> str:
        """Write the manifest of a room that is over."""
        statuses = statuses or ("completed",)
        ended = {"status": "completed", "end_time": said(end)}
        text = document(*range(len(statuses)), number=number, **(ended | about))
        text["room"]["date_created"] = said(end - timedelta(minutes=5))
        for status, one in zip(statuses, text["recordings"], strict=True):
            one["sid"] = sid_of("RT", number, one["sid"])
            one |= {"status": status, "type": "audio", "date_created": None}
        self.folder.write(f"{number}.json", text)
        return str(text["room"]["sid"])

    def look(self) -> None:
        look(self.database, self.settings)
        self.apply()

    def apply(self, later: timedelta = timedelta(0)) -> None:
        apply_due(self.service, datetime.now(UTC) + later)

    def rows(self, table: Any) -> list[dict[str, Any]]:
        with self.database.read() as connection:
            return [dict(row) for row in connection.execute(select(table)).mappings()]

    def manifest(self, room: str) -> Manifest:
        found = find_manifest(self.database, self.settings, room)
        assert found is not None
        return found

    def asked(self) -> list[tuple[str, str]]:
        """Rooms and hooks of the requests."""
        rows = self.rows(REQUESTS)
        return sorted((row["room_sid"], row["template_name"]) for row in rows)

    def events(self) -> list[tuple[str, str]]:
        return sorted(
            (row["name"], row["data"]["HookFriendlyName"])
            for row in self.rows(EVENTS)
            if "HookSid" in row["data"]
        )


@pytest.fixture
def site(settings: Settings, database: Database, folder: Folder) -> Site:
    made = Site(settings, database, folder)
    made.look()
    return made


def test_a_room_that_completes_is_composed_by_each_hook_that_is_enabled(site: Site) -> None:
    one = site.hook("one", status_callback="https://app.example.org/x", format="mp4")
    site.hook("two")
    site.hook("off", enabled=False)
    site.hook("others", rooms=("lesson*",))
    going_on = document(1, number=1)
    site.folder.write("1.json", going_on)
    site.look()
    assert site.rows(REQUESTS) == []
    room = site.room(1)
    site.look()
    assert site.asked() == [(room, "one"), (room, "two")]
    (row,) = [row for row in site.rows(REQUESTS) if row["template_name"] == "one"]
    assert row["hook_sid"] == one
    assert row["priority"] == HOOK_PRIORITY
    assert row["status"] == "enqueued"
    assert row["template"]["format"] == "mp4"
    assert "sid" not in row["template"]
    assert site.events() == [("composition-enqueued", "one"), ("composition-enqueued", "two")]
    (event,) = [one for one in site.rows(EVENTS) if one["stream"] == row["sid"]]
    assert event["data"] == {
        "HookSid": one,
        "HookUri": f"/v1/CompositionHooks/{one}",
        "HookFriendlyName": "one",
    }
    assert event["room_sid"] == room
    (delivery,) = site.rows(DELIVERIES)
    assert (delivery["url"], delivery["method"]) == ("https://app.example.org/x", "POST")
    assert site.woken == 1
    # Once, whatever is looked at again.
    site.folder.write("1.json", (site.folder.root / "1.json").read_bytes())
    site.look()
    assert len(site.rows(REQUESTS)) == 2


NOT_OVER = [
    ("processing",),
    ("completed", "processing"),
    ("failed",),
    ("deleted", "failed"),
    ("failed", "processing"),
]


@pytest.mark.parametrize("statuses", NOT_OVER, ids=" ".join)
def test_a_room_waits_for_its_recordings(site: Site, statuses: tuple[str, ...]) -> None:
    site.hook("one")
    room = site.room(1, SOON, *statuses)
    site.look()
    assert (site.asked(), site.events()) == ([], [])
    site.room(1, SOON, *("completed" if one == "processing" else one for one in statuses))
    site.look()
    completes = "processing" in statuses
    assert site.asked() == [(room, "one")] * completes


def test_a_room_without_recordings_is_composed_by_none(site: Site) -> None:
    site.hook("one")
    text = document(number=1, status="completed", end_time=said(SOON))
    site.folder.write("1.json", text)
    site.look()
    assert (site.asked(), site.events()) == ([], [])


def test_a_hook_that_matches_nothing_says_so(site: Site) -> None:
    site.hook("none", "nobody-*", status_callback="https://app.example.org/x")
    site.hook("all")
    room = site.room(1)
    site.look()
    assert site.asked() == [(room, "all")]
    assert site.events() == [("composition-enqueued", "all"), ("composition-hook-failed", "none")]
    (event,) = [one for one in site.rows(EVENTS) if one["name"] == "composition-hook-failed"]
    assert event["data"]["FailedOperation"] == "empty-track-list"
    assert "selects no recording" in event["data"]["ErrorMessage"]
    assert len(site.rows(DELIVERIES)) == 1


def test_of_two_hooks_of_one_name_the_other_one_says_so(
    settings: Settings, database: Database, folder: Folder, tmp_path: Path
) -> None:
    templates = tmp_path / "templates"
    templates.mkdir()
    with_folder = settings.model_copy(update={"templates": str(templates)})
    site = Site(with_folder, database, folder)
    site.look()
    site.hook("One")
    text = {"schema": "roomreel.template/1", "friendly_name": "one", "audio_sources": ["*"]}
    (templates / "one.json").write_text(json.dumps(text))
    room = site.room(1)
    site.look()
    assert site.asked() == [(room, "one")]
    assert site.events() == [("composition-enqueued", "one"), ("composition-hook-failed", "One")]
    (event,) = [one for one in site.rows(EVENTS) if one["name"] == "composition-hook-failed"]
    assert event["data"]["FailedOperation"] == "template-invalid"


def test_a_new_service_beside_old_rooms_asks_for_nothing(
    settings: Settings, database: Database, folder: Folder
) -> None:
    site = Site(settings, database, folder)
    templates = {"schema": "roomreel.template/1", "friendly_name": "one", "audio_sources": ["*"]}
    undated = Path(str(settings.hooks_root)) / f"HK{1:032x}.json"
    undated.parent.mkdir(parents=True)
    undated.write_text(json.dumps(templates | {"sid": undated.stem}))
    for number in range(200):
        site.room(number, SOON)
    site.look()
    assert (site.rows(REQUESTS), site.events()) == ([], [])
    assert len(site.rows(COMPLETED_ROOMS)) == 200
    # What comes from then on is new.
    room = site.room(999)
    site.look()
    assert site.asked() == [(room, "one")]


@pytest.mark.parametrize("is_changed", [False, True])
def test_a_hook_that_is_made_or_changed_composes_no_old_room(site: Site, is_changed: bool) -> None:
    old = site.room(1, LONG_AGO)
    site.look()
    sid = site.hook("one")
    if is_changed:
        site.room(2)
        site.look()
        update_hook(site.service, sid, Template("one", audio=Selection(("*",)), trim=False))
    before = site.asked()
    # Seen only now, and over since long; and the night, which has all of the window.
    site.room(3, LONG_AGO)
    site.look()
    assert site.asked() == before
    read = read_templates(find_template_files(site.settings).urls, None)
    planner = Planner(
        [one for one in read.templates if one.name == "one"],
        RunFilter(LONG_AGO - MINUTE),
        site.settings,
        NOW,
    )
    assert planner.of(site.manifest(old).room) == []
    room = site.room(4, SOON)
    site.look()
    assert [ready.name for ready in planner.of(site.manifest(room).room)] == ["one"]
    assert site.asked() == sorted([*before, (room, "one")])


def test_the_composition_is_the_one_that_a_night_makes(site: Site) -> None:
    site.hook("one")
    room = site.room(1)
    site.look()
    (row,) = site.rows(REQUESTS)
    read = read_templates(find_template_files(site.settings).urls, frozenset(["one"]))
    planner = Planner(read.templates, RunFilter(NOW), site.settings, NOW)
    assert [*planner.sids([site.manifest(room)], CatalogState())] == [row["sid"]]


@pytest.mark.parametrize("status", ["completed", "deleted", "failed"])
def test_what_a_night_has_made_already_is_not_asked_for(site: Site, status: str) -> None:
    site.hook("one")
    ready = site.service.hooks.read().hooks[0].ready
    room = site.room(1)
    sid = composition_sid(room, SOON, "one", ready.sha256)
    row = composition(1) | {"sid": sid, "status": status, "room_sid": room}
    site.service.catalog.commit(Partition(Table.COMPOSITIONS, composition_day(sid)), [row])
    site.look()
    assert (site.rows(REQUESTS), site.events()) == ([], [])


def test_a_request_by_the_layout_of_a_hook_keeps_the_hook_from_nothing(site: Site) -> None:
    site.hook("one")
    ready = site.service.hooks.read().hooks[0].ready
    room = site.room(1)
    row = composition(1) | {"room_sid": room, "template": "one", "template_sha256": ready.sha256}
    site.service.catalog.commit(Partition(Table.COMPOSITIONS, composition_day(row["sid"])), [row])
    site.look()
    assert site.asked() == [(room, "one")]


def test_many_instances_at_a_time_ask_once(site: Site) -> None:
    for name in ("one", "two", "three"):
        site.hook(name)
    site.hook("none", "nobody")
    rooms = [site.room(number) for number in range(10)]
    look(site.database, site.settings)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: site.apply(), range(4)))
    asked = [(room, name) for room in rooms for name in ("one", "two", "three")]
    assert site.asked() == sorted(asked)
    assert len(site.events()) == 40


def test_a_kill_at_any_statement_loses_nothing_and_asks_for_nothing_twice(site: Site) -> None:
    site.hook("one")
    site.hook("none", "nobody")
    step = 0
    while True:
        step += 1
        room = site.room(step)
        look(site.database, site.settings)
        with killed_at(site.database, step):
            try:
                site.apply()
            except Killed:
                killed = True
            else:
                killed = False
        site.apply(MINUTE)
        assert site.asked() == [(room, "one")]
        assert [name for name, _ in site.events()] == [
            "composition-enqueued",
            "composition-hook-failed",
        ]
        with site.database.write() as connection:
            connection.execute(delete(REQUESTS))
            connection.execute(delete(EVENTS).where(EVENTS.c.name.startswith("composition-")))
        if not killed:
            break
    assert step > 8


def test_what_cannot_be_asked_for_now_is_asked_for_later(site: Site) -> None:
    site.hook("one")
    full = site.settings.model_copy(update={"waiting_limit": 1})
    site.service = Service(full, site.database, site.service.current_account, "")
    rooms = [site.room(number) for number in (1, 2)]
    site.look()
    assert len(site.asked()) == 1
    site.apply(MINUTE / 2)
    assert len(site.asked()) == 1
    with site.database.write() as connection:
        connection.execute(delete(REQUESTS))
    site.apply(MINUTE)
    assert {room for room, _ in site.asked()} < {*rooms}
    assert len(site.events()) == 2


def test_a_room_whose_manifest_is_gone_waits_for_it_a_day(site: Site) -> None:
    site.hook("one")
    room = site.room(1)
    look(site.database, site.settings)
    text = (site.folder.root / "1.json").read_bytes()
    site.folder.remove("1.json")
    site.look()
    assert site.asked() == []
    site.folder.write("moved.json", text)
    look(site.database, site.settings)
    site.apply(MINUTE)
    assert site.asked() == [(room, "one")]
    site.room(2)
    look(site.database, site.settings)
    site.folder.remove("2.json")
    look(site.database, site.settings)
    site.apply(timedelta(days=2))
    assert [row["due"] for row in site.rows(COMPLETED_ROOMS)] == [None, None]


def test_a_hook_that_cannot_be_read_now_is_applied_once_it_can(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.hook("one")
    two = site.hook("two")
    site.service = Service(site.settings, site.database, site.service.current_account, "")

    def read(url: str, most: int) -> bytes:
        if two in url:
            raise StorageFailed("the disk is away")
        return read_bytes(url, most)

    room = site.room(1)
    with monkeypatch.context() as patched:
        patched.setattr(hook_files, "read_bytes", read)
        site.look()
    assert site.asked() == [(room, "one")]
    site.apply(MINUTE / 2)
    assert site.asked() == [(room, "one")]
    site.apply(MINUTE)
    assert site.asked() == [(room, "one"), (room, "two")]
    assert len(site.events()) == 2
