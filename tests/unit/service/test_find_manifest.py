"""The manifest of a room, found as it is now; and looks that are killed."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from roomreel.service.database.tables import LEASES
from roomreel.service.lists.listing import list_recordings
from roomreel.service.rooms import manifests
from roomreel.service.rooms.manifests import find_manifest, look
from roomreel.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))
from archive import NOON, sid_of
from killing import Killed, killed_at
from manifest_folder import ROOM, Folder, document


def test_a_manifest_is_read_as_it_is_now(database: Any, settings: Settings, folder: Folder) -> None:
    folder.write("one.json", document(1))
    look(database, settings)
    folder.write("one.json", document(1, 2))
    found = find_manifest(database, settings, ROOM)
    assert found is not None
    assert len(found.room.recordings) == 2


def test_an_unknown_room_is_looked_for_at_once_but_not_all_the_time(
    database: Any, settings: Settings, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []

    def count(*given: Any) -> Any:
        looks.append(given)
        return look(*given)

    monkeypatch.setattr(manifests, "look", count)
    folder.write("one.json", document(1))
    found = find_manifest(database, settings, "call 1")
    assert found is not None
    assert len(looks) == 1
    for number in range(20):
        assert find_manifest(database, settings, sid_of("RM", "unknown", number)) is None
    assert len(looks) == 1
    with database.write() as connection:  # a second later
        connection.execute(update(LEASES).values(until=NOON - timedelta(days=9999)))
    folder.write("two.json", document(2, number=2))
    assert find_manifest(database, settings, "call 2") is not None
    assert len(looks) == 2


def test_who_asks_while_another_looks_waits_for_what_that_finds(
    database: Any, settings: Settings, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, go_on = threading.Event(), threading.Event()

    def slow(*given: Any) -> Any:
        looks.set()
        assert go_on.wait(30)
        return look(*given)

    monkeypatch.setattr(manifests, "look", slow)
    folder.write("one.json", document(1))
    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(find_manifest, database, settings, ROOM)
        assert looks.wait(30)
        others = [pool.submit(find_manifest, database, settings, ROOM) for _ in range(4)]
        assert not wait([*others], timeout=0.3).done
        go_on.set()
        found = [one.result() for one in (first, *others)]
    assert [one and one.room.sid for one in found] == [ROOM] * 5


def test_a_room_whose_manifest_went_is_looked_for_elsewhere(
    database: Any, settings: Settings, folder: Folder
) -> None:
    folder.write("one.json", document(1))
    look(database, settings)
    folder.remove("one.json")
    folder.write("moved.json", document(1))
    found = find_manifest(database, settings, ROOM)
    assert found is not None
    assert Path(found.url).name == "moved.json"


def test_a_look_that_is_killed_anywhere_is_made_good_by_the_next(
    database: Any, settings: Settings, folder: Folder
) -> None:
    step = 0
    while True:
        step += 1
        folder.write("one.json", document(step, step + 1))
        folder.write(f"two-{step}.json", document(1000 + step, number=2))
        (folder.root / f"two-{step - 1}.json").unlink(missing_ok=True)
        with killed_at(database, step) as seen:
            try:
                look(database, settings)
            except Killed:
                assert seen == [step]
            else:
                break
        look(database, settings)
        expected = {sid_of("RT", one) for one in (step, step + 1, 1000 + step)}
        assert {row["sid"] for row in list_recordings(database).rows} == expected
    assert step > 15
