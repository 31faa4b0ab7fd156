"""Catalogs and manifests in S3, copied into the service database."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from roomreel.catalog.catalog import open_catalog
from roomreel.errors import StorageFailed
from roomreel.model.location import ObjectLocation
from roomreel.model.table import Row, Table
from roomreel.service.database.connections import open_database
from roomreel.service.lists.listing import fetch_composition, fetch_room, list_compositions
from roomreel.service.projection import copying
from roomreel.service.projection.projection import refresh
from roomreel.service.rooms.manifests import find_manifest, look
from roomreel.settings import Settings
from roomreel.storage import remove, write_bytes

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "service"))
from archive import NOON, commit, composition, composition_sid, room

pytestmark = pytest.mark.s3
ROOM = "RM" + "0" * 32


@pytest.fixture
def settings(bucket: str, tmp_path: Path) -> Settings:
    return Settings(
        folder=tmp_path,
        store=ObjectLocation("s3", bucket, "store"),
        manifests=f"s3://{bucket}/rooms",
        service_home=tmp_path / "service",
    )


def test_a_row_that_was_committed_is_copied_and_nothing_else_read(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, catalog = open_database(settings), open_catalog(settings)
    commit(catalog, Table.ROOMS, room(1))
    commit(catalog, Table.COMPOSITIONS, composition(1), composition(2))
    assert refresh(database, catalog).written == 3
    with monkeypatch.context() as patch:
        patch.setattr(copying, "PartRows", None)
        assert refresh(database, catalog).written == 0
    commit(catalog, Table.COMPOSITIONS, composition(3))
    assert refresh(database, catalog).written == 1
    assert len(list_compositions(database).rows) == 3
    database.close()


def test_a_file_that_is_replaced_while_it_is_read_is_read_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As a file that is too large to be read at once.
    monkeypatch.setattr("roomreel.catalog.backends.filesystem._WHOLE_BYTES", 0)
    database, catalog = open_database(settings), open_catalog(settings)
    commit(catalog, Table.COMPOSITIONS, composition(1))
    rows, replaced = copying.PartRows.rows, []

    def replace(self: Any, sids: Any, columns: Any) -> Iterator[list[Row]]:
        if not replaced:
            replaced.append(True)
            commit(catalog, Table.COMPOSITIONS, composition(2))
        return rows(self, sids, columns)

    monkeypatch.setattr(copying.PartRows, "rows", replace)
    done = refresh(database, catalog)
    assert done.problems == ()
    for number in (1, 2):
        assert fetch_composition(database, composition_sid(number)) is not None
    database.close()


def test_manifests_are_seen_and_their_bucket_may_be_away(settings: Settings) -> None:
    database = open_database(settings)
    place = ObjectLocation("s3", settings.store.bucket, "rooms/a room/room.json")  # type: ignore[union-attr]
    about = {"sid": ROOM, "unique_name": "call", "status": "in-progress"}
    dated = about | {"date_created": NOON.isoformat()}
    write_bytes(place, json.dumps({"schema": "roomreel.room/1", "room": dated}).encode())
    assert look(database, settings).read == 1
    assert look(database, settings).read == 0
    found = find_manifest(database, settings, "call")
    assert found is not None
    assert found.url == str(place)
    away = settings.model_copy(update={"manifests": "s3://there-is-no-such-bucket/rooms"})
    with pytest.raises(StorageFailed):
        look(database, away)
    assert fetch_room(database, ROOM) is not None
    remove(place)
    assert look(database, settings).gone == 1
    assert fetch_room(database, ROOM) is None
    database.close()
