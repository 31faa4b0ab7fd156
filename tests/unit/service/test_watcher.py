"""The watcher: changes are seen soon, at little cost, and a folder that goes away loses nothing."""

from __future__ import annotations

import json
import logging
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from roomreel.service.database.connections import Database
from roomreel.service.database.leases import end_leases
from roomreel.service.lists.listing import fetch_room
from roomreel.service.rooms import notices, watcher
from roomreel.service.rooms.manifests import look
from roomreel.service.rooms.watcher import Watcher
from roomreel.service.service import Service
from roomreel.settings import Settings
from roomreel.storage.places import watched_place

sys.path.insert(0, str(Path(__file__).parent))
from archive import NOON, sid_of
from manifest_folder import ROOM, Folder, document, said

PATIENCE_S = 30.0


def nobody() -> Any:
    raise AssertionError("no account is needed")


def service_of(database: Database, settings: Settings, **changes: Any) -> Service:
    changed = settings.model_copy(update={"manifests_poll_s": 3600.0} | changes)
    return Service(changed, database, nobody, "http://localhost")


def room_sid(number: int) -> str:
    return sid_of("RM", number, NOON.date())


def wait_until(is_so: Callable[[], Any]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < until, "it did not come to be"
        time.sleep(0.02)


@contextmanager
def watching(service: Service) -> Iterator[Watcher]:
    ended = threading.Event()
    made = Watcher(service, "this instance")
    thread = threading.Thread(target=made.work, args=(ended,))
    thread.start()
    try:
        # From here on only notices can tell: the next look at all is an hour away.
        wait_until(lambda: made.is_after_notices and made.next_look > time.monotonic())
        yield made
    finally:
        ended.set()
        thread.join()


def status_of(database: Database, sid: str = ROOM) -> str | None:
    found = fetch_room(database, sid)
    return found and found["status"]


def over(number: int = 1) -> dict[str, Any]:
    return document(number=number, status="completed", end_time=said(NOON))


def test_changes_are_seen_without_a_look_at_all(
    database: Database, settings: Settings, folder: Folder
) -> None:
    root = folder.root
    folder.write("one.json", document(1))
    with watching(service_of(database, settings)):
        assert status_of(database) == "in-progress"
        folder.write("one.json", over())
        wait_until(lambda: status_of(database) == "completed")
        # Written beside, and renamed.
        (root / "half").write_text(json.dumps(document(number=2)))
        (root / "half").rename(root / "two.json")
        wait_until(lambda: status_of(database, room_sid(2)))
        # A folder that comes with what is in it.
        made = root.parent / "made" / "deep"
        made.mkdir(parents=True)
        (made / "three.json").write_text(json.dumps(document(number=3)))
        made.parent.rename(root / "made")
        wait_until(lambda: status_of(database, room_sid(3)))
        # A folder that is filled after it came.
        (root / "new").mkdir()
        (root / "new" / "four.json").write_text(json.dumps(document(number=4)))
        wait_until(lambda: status_of(database, room_sid(4)))
        folder.remove("one.json")
        wait_until(lambda: status_of(database) is None)


def test_media_that_are_recorded_wake_nobody(
    database: Database, settings: Settings, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[set[str]] = []
    seen = watcher.look_at_changed

    def look_at(database: Database, given: Settings, place: Any, changed: set[str]) -> Any:
        asked.append(changed)
        return seen(database, given, place, changed)

    monkeypatch.setattr(watcher, "look_at_changed", look_at)
    with watching(service_of(database, settings)):
        for number in range(50):
            (folder.root / "cam.mkv").write_bytes(bytes(number))
        folder.write("one.json", document(1))
        wait_until(lambda: status_of(database))
    assert {Path(path).name for changed in asked for path in changed} == {"one.json"}


def test_a_folder_that_goes_away_and_comes_back_is_said_and_loses_nothing(
    database: Database,
    settings: Settings,
    folder: Folder,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    folder.write("one.json", document(1))
    away = folder.root.with_name("away")
    service = service_of(database, settings, manifests_poll_s=0.2)
    with watching(service):
        folder.root.rename(away)
        wait_until(lambda: "cannot search" in service.troubles.get("manifests", ""))
        assert status_of(database) == "in-progress"
        # The place of a disk is there before the disk is.
        folder.root.mkdir()
        wait_until(lambda: "no manifest any more" in service.troubles.get("manifests", ""))
        assert status_of(database) == "in-progress"
        folder.root.rmdir()
        away.rename(folder.root)
        wait_until(lambda: not service.troubles)
        folder.write("one.json", over())
        wait_until(lambda: status_of(database) == "completed")
    said_of_it = [one.getMessage() for one in caplog.records if "anifests" in one.getMessage()]
    assert sum("can be looked at again" in one for one in said_of_it) == 1
    assert sum("what was seen of them stays" in one for one in said_of_it) <= 3


def test_an_empty_folder_is_believed_after_a_time(
    database: Database, settings: Settings, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "EMPTY_BELIEVED_S", 0.5)
    folder.write("one.json", document(1))
    service = service_of(database, settings, manifests_poll_s=0.1)
    look(database, settings)
    shutil.rmtree(folder.root)
    folder.root.mkdir()
    ended = threading.Event()
    thread = threading.Thread(target=Watcher(service, "it").work, args=(ended,))
    thread.start()
    try:
        wait_until(lambda: status_of(database) is None)
        wait_until(lambda: not service.troubles)
    finally:
        ended.set()
        thread.join()


def test_without_notices_it_is_looked_now_and_then(
    database: Database,
    settings: Settings,
    folder: Folder,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def none(*_: Any, **__: Any) -> Iterator[Any]:
        raise OSError("OS file watch limit reached")
        yield

    monkeypatch.setattr(notices, "watch", none)
    monkeypatch.setattr(watcher, "WAKE_S", 0.05)
    folder.write("one.json", document(1))
    ended = threading.Event()
    service = service_of(database, settings, manifests_poll_s=0.2)
    thread = threading.Thread(target=Watcher(service, "it").work, args=(ended,))
    thread.start()
    try:
        wait_until(lambda: status_of(database) == "in-progress")
        folder.write("one.json", over())
        wait_until(lambda: status_of(database) == "completed")
    finally:
        ended.set()
        thread.join()
    assert "limit reached" in caplog.text


def test_looks_that_cost_much_are_rarer(
    database: Database, settings: Settings, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("one.json", document(1))
    made = Watcher(service_of(database, settings, manifests_poll_s=10.0), "it")
    clock = iter([0.0, 5.0, 100.0, 102.0, 200.0, 200.001])
    monkeypatch.setattr(watcher.time, "thread_time", lambda: next(clock))
    pauses = []
    for _ in range(3):
        made._look()
        pauses.append(made.next_look - time.monotonic())
    # What was new is looked at again soon; then 2 s of work are 0.008 of 250 s.
    assert [round(pause) for pause in pauses] == [10, 250, 10]


@pytest.mark.parametrize(
    ("location", "path", "is_one"),
    [
        ("{}", "a.json", True),
        ("{}", "deep/a.json", True),
        ("{}", "a.mkv", False),
        ("{}/*.json", "a.json", True),
        ("{}/*.json", "deep/a.json", False),
        ("{}/**/room.json", "deep/room.json", True),
        ("{}/*/manifest", "x/manifest", True),
        ("{}/*/manifest", "manifest", False),
        ("file://{}", "a.json", True),
        ("{}/only.json", "only.json", True),
        ("{}/only.json", "other.json", False),
        ("{}", "a.import.json", False),
        ("{}/*.json", "a.import.json", False),
    ],
)
def test_notices_are_of_what_a_look_would_find(
    tmp_path: Path, location: str, path: str, is_one: bool
) -> None:
    (tmp_path / "only.json").write_text("{}")
    place = watched_place(location.format(tmp_path))
    assert place is not None
    assert place.folder == tmp_path
    assert bool(place.documents([str(tmp_path / path)])) == is_one


def test_of_a_store_nobody_tells() -> None:
    assert watched_place("s3://bucket/rooms") is None


def test_another_instance_takes_over(
    database: Database, settings: Settings, folder: Folder
) -> None:
    first = Watcher(service_of(database, settings), "first")
    second = Watcher(service_of(database, settings), "second")
    first.step()
    folder.write("one.json", document(1))
    second.step()
    assert status_of(database) is None
    first._stop()
    end_leases(database, "first")
    second.step()
    assert status_of(database) == "in-progress"
    second._stop()
