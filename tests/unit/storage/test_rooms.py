"""Rooms that came by the API are found beside those of the setting, on a disk and in a store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from roomreel.errors import StorageFailed
from roomreel.model.location import Location, ObjectLocation
from roomreel.storage import (
    discover_came,
    discover_rooms,
    discover_rooms_stamped,
    stores,
    write_bytes,
)
from roomreel.storage.memory import MemoryStore
from roomreel.storage.rooms import came_by_the_api

SID = "RM" + "0a" * 16
OTHER = "RM" + "0b" * 16


@pytest.fixture(params=["disk", "store"])
def rooms(request: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Location:
    if request.param == "disk":
        return tmp_path / "store" / "rooms"
    kept = MemoryStore()
    monkeypatch.setitem(stores.MAKERS, "s3", lambda: kept)
    monkeypatch.setattr(stores, "_used", {})
    return ObjectLocation("s3", "bucket", "store/rooms")


@pytest.fixture
def manifests(tmp_path: Path) -> str:
    folder = tmp_path / "manifests"
    folder.mkdir()
    (folder / "one.json").write_text("{}")
    return str(folder)


def test_rooms_of_both_places_are_found(manifests: str, rooms: Location) -> None:
    assert discover_rooms(manifests, rooms) == [f"{manifests}/one.json"]
    write_bytes(rooms / SID / "room.json", b"{}")
    write_bytes(rooms / OTHER / "room.json", b"{}")
    found = discover_rooms(manifests, rooms)
    came = [f"{rooms}/{SID}/room.json", f"{rooms}/{OTHER}/room.json"]
    assert sorted(came) == discover_came(rooms)
    assert found == sorted([f"{manifests}/one.json", *came])
    assert sorted(discover_rooms_stamped(manifests, rooms)) == found


@pytest.mark.parametrize(
    "place",
    [
        (SID, "rules.json"),
        (SID, "other.json"),
        ("RM12", "room.json"),
        ("lost", "room.json"),
        (SID, "deeper", "room.json"),
    ],
)
def test_nothing_else_of_their_folder_is_a_manifest(
    manifests: str, rooms: Location, place: tuple[str, ...]
) -> None:
    at = rooms
    for name in place:
        at = at / name
    write_bytes(at, b"{}")
    assert discover_came(rooms) == []
    assert not came_by_the_api(str(at), rooms)


def test_a_stamp_is_another_one_when_the_bytes_are(manifests: str, rooms: Location) -> None:
    place = rooms / SID / "room.json"
    write_bytes(place, b"{}")
    before = discover_rooms_stamped(manifests, rooms)[str(place)]
    write_bytes(place, b'{"a": 1}')
    assert discover_rooms_stamped(manifests, rooms)[str(place)] != before


def test_a_folder_of_manifests_that_is_missing_is_an_error(rooms: Location) -> None:
    with pytest.raises(StorageFailed):
        discover_rooms("/nowhere/at/all", rooms)
