"""Rooms as their manifests say, beside what the catalogs have of them."""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from roomreel.batch import reading
from roomreel.catalog import deletion
from roomreel.catalog.catalog import Catalog
from roomreel.errors import DocumentInvalid, StorageFailed
from roomreel.model.table import Table
from roomreel.service.database.connections import Database
from roomreel.service.database.tables import MANIFESTS, ROOMS
from roomreel.service.lists.listing import fetch_recording, fetch_room, list_recordings, list_rooms
from roomreel.service.projection.projection import begin_again, refresh
from roomreel.service.rooms.manifests import find_manifest, look
from roomreel.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))
from archive import NOON, commit, composition, contents, recording, room, sid_of
from manifest_folder import ROOM, Folder, document, said

LATER = NOON + timedelta(hours=2)


def problems(database: Database) -> list[tuple[str, str]]:
    """The manifests that cannot be used, by URL, each with why."""
    with database.read() as connection:
        rows = connection.execute(select(MANIFESTS.c.url, MANIFESTS.c.problem))
        return [
            (url.decode("utf-8", "replace"), problem)
            for url, problem in rows
            if problem is not None
        ]


def test_a_room_that_goes_on_is_answered_with_its_recordings(
    database: Any, settings: Settings, folder: Folder
) -> None:
    folder.write("one.json", document(1, 2))
    assert look(database, settings).read == 1
    found = fetch_room(database, "call 1")
    assert found is not None
    assert found | {"manifest_sha256": "", "manifest_url": ""} == dict.fromkeys(found) | {
        "sid": ROOM,
        "status": "in-progress",
        "updated_at": found["updated_at"],
        "unique_name": "call 1",
        "type": "group",
        "date_created": NOON,
        "participant_count": 1,
        "recording_count": 2,
        "participants": [{"sid": sid_of("PA", 1), "identity": "alice"}],
        "manifest_sha256": "",
        "manifest_url": "",
    }
    assert found["manifest_url"] == str(folder.root / "one.json")
    newest, oldest = list_recordings(database).rows
    assert (newest["sid"], oldest["sid"]) == (sid_of("RT", 2), sid_of("RT", 1))
    assert (newest["room_sid"], newest["participant_identity"]) == (ROOM, "alice")
    assert (newest["status"], newest["size_bytes"]) == ("processing", None)


def test_only_what_changed_is_read(
    database: Any, settings: Settings, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        folder.write(f"{number}.json", document(number, number=number))
    folder.write("template.json", {"schema": "roomreel.template/1"})
    folder.write("broken.json", b"{")
    assert look(database, settings).read == 7
    read: list[str] = []
    read_bytes = reading.read_bytes

    def note(url: str, limit: int) -> bytes:
        read.append(Path(url).name)
        return read_bytes(url, limit)

    monkeypatch.setattr(reading, "read_bytes", note)
    assert look(database, settings).read == 0
    folder.write("3.json", document(3, 30, number=3))
    folder.remove("4.json")
    done = look(database, settings)
    assert (done.read, done.gone, read) == (1, 1, ["3.json"])
    assert fetch_recording(database, sid_of("RT", 30)) is not None
    assert fetch_recording(database, sid_of("RT", 4)) is None
    assert fetch_room(database, "call 4") is None


def test_what_is_not_in_a_manifest_any_more_goes(
    database: Any, settings: Settings, folder: Folder
) -> None:
    folder.write("one.json", document(1, 2))
    look(database, settings)
    folder.write("one.json", document(2, unique_name="renamed"))
    look(database, settings)
    assert [row["sid"] for row in list_recordings(database).rows] == [sid_of("RT", 2)]
    assert fetch_room(database, "call 1") is None
    assert fetch_room(database, "renamed") is not None
    folder.write("one.json", document(5, number=2))  # of another room
    look(database, settings)
    assert [row["sid"] for row in list_recordings(database).rows] == [sid_of("RT", 5)]
    assert [row["unique_name"] for row in list_rooms(database).rows] == ["call 2"]


def test_a_manifest_that_is_broken_keeps_what_was_seen_and_says_why(
    database: Any, settings: Settings, folder: Folder
) -> None:
    folder.write("one.json", document(1))
    look(database, settings)
    folder.write("one.json", document(1, status="half-way"))
    done = look(database, settings)
    assert [type(problem) for problem in done.problems.values()] == [DocumentInvalid]
    ((url, why),) = problems(database)
    assert url == str(folder.root / "one.json")
    assert "/room/status" in why
    assert fetch_room(database, ROOM) is not None
    with pytest.raises(DocumentInvalid, match="status"):
        find_manifest(database, settings, ROOM)
    folder.write("one.json", document(1))
    look(database, settings)
    assert problems(database) == []


def test_a_folder_that_is_away_takes_nothing_along(
    database: Any, settings: Settings, folder: Folder
) -> None:
    folder.write("one.json", document(1))
    look(database, settings)
    folder.root.rename(folder.root.with_name("away"))
    with pytest.raises(StorageFailed):
        look(database, settings)
    assert fetch_room(database, ROOM) is not None


def test_a_catalog_row_wins_whichever_comes_first(
    database: Any, settings: Settings, folder: Folder, catalog: Catalog
) -> None:
    folder.write("one.json", document(1, 2))
    look(database, settings)
    recorded = recording(1, size_bytes=7)
    commit(catalog, Table.ROOMS, room(1))
    commit(catalog, Table.RECORDINGS, recorded)
    refresh(database, catalog)
    for again in range(2):
        found = fetch_room(database, ROOM)
        assert found is not None
        assert (found["status"], found["rev"]) == ("completed", 1)
        found = fetch_recording(database, recorded["sid"])
        assert found is not None
        assert (found["status"], found["size_bytes"]) == ("completed", 7)
        # The other one is known by the manifest alone, still.
        found = fetch_recording(database, sid_of("RT", 2))
        assert found is not None
        assert (found["status"], found["rev"]) == ("processing", None)
        folder.write("one.json", document(1, 2, type=f"group {again}"))
        look(database, settings)
    folder.remove("one.json")
    look(database, settings)
    assert fetch_room(database, ROOM) is not None
    assert [row["sid"] for row in list_recordings(database).rows] == [recorded["sid"]]


def test_a_catalog_row_that_is_lost_leaves_what_the_manifest_says(
    database: Any, settings: Settings, folder: Folder, catalog: Catalog
) -> None:
    folder.write("one.json", document(1))
    commit(catalog, Table.ROOMS, room(1), room(2))
    commit(catalog, Table.RECORDINGS, recording(1))
    refresh(database, catalog)
    look(database, settings)
    for table in ("rooms", "recordings"):
        (file,) = (Path(settings.catalog_root) / table).glob("*/part.parquet")
        file.unlink()
    commit(catalog, Table.COMPOSITIONS, composition(1))
    refresh(database, catalog)
    look(database, settings)
    found = fetch_room(database, ROOM)
    assert found is not None
    assert found["status"] == "in-progress"
    assert fetch_recording(database, sid_of("RT", 1)) is not None


def test_a_recording_that_was_purged_does_not_come_back_by_its_manifest(
    database: Any, settings: Settings, folder: Folder, catalog: Catalog
) -> None:
    gone = recording(1)
    folder.write("one.json", document(1, 2))
    commit(catalog, Table.ROOMS, room(1))
    commit(catalog, Table.RECORDINGS, gone)
    refresh(database, catalog)
    look(database, settings)
    deletion.delete(catalog, Table.RECORDINGS, [gone["sid"]], NOON)
    for partition, rows in deletion.due_for_purge(catalog, NOON).items():
        deletion.purge(catalog, partition, rows, NOON, NOON)
    for step in (lambda: refresh(database, catalog), lambda: look(database, settings)):
        step()
        assert fetch_recording(database, gone["sid"]) is None
    begin_again(database)
    refresh(database, catalog)
    look(database, settings)
    assert gone["sid"] not in str(contents(database))
    assert fetch_recording(database, sid_of("RT", 2)) is not None


def test_purged_while_only_the_manifest_was_known_here(
    database: Any, settings: Settings, folder: Folder, catalog: Catalog
) -> None:
    """The look comes first, in a new database."""
    gone = recording(1)
    folder.write("one.json", document(1))
    commit(catalog, Table.ROOMS, room(1))
    commit(catalog, Table.RECORDINGS, gone)
    deletion.delete(catalog, Table.RECORDINGS, [gone["sid"]], NOON)
    for partition, rows in deletion.due_for_purge(catalog, NOON).items():
        deletion.purge(catalog, partition, rows, NOON, NOON)
    look(database, settings)
    refresh(database, catalog)
    assert fetch_recording(database, gone["sid"]) is None


def test_of_two_manifests_of_a_room_the_first_counts(
    database: Any, settings: Settings, folder: Folder
) -> None:
    for name, number in (("b.json", 2), ("a.json", 1), ("c.json", 3)):
        folder.write(name, document(number))
        look(database, settings)
    assert [row["sid"] for row in list_recordings(database).rows] == [sid_of("RT", 1)]
    found = find_manifest(database, settings, ROOM)
    assert found is not None
    assert Path(found.url).name == "a.json"
    folder.remove("a.json")
    look(database, settings)
    assert [row["sid"] for row in list_recordings(database).rows] == [sid_of("RT", 2)]


def test_what_has_no_date_counts_as_created_with_its_room(
    database: Any, settings: Settings, folder: Folder
) -> None:
    folder.write("one.json", document(1, dates=False))
    look(database, settings)
    (first,) = dates(database)
    folder.write("one.json", document(1, 2, dates=False))
    look(database, settings)
    assert dates(database) == [first]  # when it was seen first
    assert [row["sid"] for row in in_order(database)] == sorted(
        [sid_of("RT", 1), sid_of("RT", 2)], reverse=True
    )
    ended = {"status": "completed", "end_time": said(LATER)}
    folder.write("one.json", document(1, 2, dates=False, **ended))
    look(database, settings)
    assert dates(database) == [LATER]
    found = contents(database)
    begin_again(database)
    look(database, settings)
    assert contents(database) == found


def dates(database: Any) -> list[datetime]:
    with database.read() as connection:
        return list(connection.execute(select(ROOMS.c.date_created)).scalars())


def in_order(database: Any) -> list[Any]:
    return list(list_recordings(database).rows)


def test_a_name_on_a_disk_need_not_be_text(
    database: Any, settings: Settings, folder: Folder
) -> None:
    name = os.fsdecode(b"caf\xe9 %41.json")
    folder.write(name, document(1))
    broken = os.fsdecode(b"\xff.json")
    folder.write(broken, b"[")
    assert look(database, settings).read == 2
    found = find_manifest(database, settings, "call 1")
    assert found is not None
    assert found.url == str(folder.root / name)
    assert look(database, settings).read == 0
    assert len(problems(database)) == 1
