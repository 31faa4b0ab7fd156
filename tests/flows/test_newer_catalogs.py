"""Catalogs that a newer roomreel wrote end every flow that composes, before it renders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest

from roomreel.catalog.schema.marker import MARKER, Marker, encode
from roomreel.catalog.schema.tables import VERSION
from roomreel.errors import CatalogError
from roomreel.flows.compose_room import compose_room
from roomreel.flows.compose_shard import compose_shard
from roomreel.model.table import Table
from roomreel.settings import Settings

pytestmark = pytest.mark.slow

LATER = int(VERSION) + 1


def mark(settings: Settings) -> None:
    (settings.catalog_root / MARKER).write_bytes(encode(Marker(LATER)))


def rewrite(table: Table) -> Callable[[Settings], None]:
    """What an upgrade does first, of a table; one that was killed left it so."""

    def write(settings: Settings) -> None:
        for file in (settings.catalog_root / table).rglob("part.parquet"):
            rows = pq.read_table(file)
            said = rows.schema.metadata | {b"roomreel.catalog": str(LATER).encode()}
            pq.write_table(rows.replace_schema_metadata(said), file)

    return write


FLOWS: dict[str, Callable[[Any, str], object]] = {
    "nightly": lambda world, _room: world.night(),
    "compose-room": lambda world, room: compose_room(room, config=str(world.config)),
    "compose-shard": lambda world, room: compose_shard(
        [str(world.rooms / f"{room}.json")], config=str(world.config)
    ),
}


# Without the setting `talk` a night neither reads nor writes that table.
WRITTEN = [table for table in Table if table is not Table.TALK]


@pytest.mark.parametrize("newer", [mark, *map(rewrite, WRITTEN)], ids=["all of them", *WRITTEN])
def test_nothing_is_rendered(newer: Callable[[Settings], None], world: Any) -> None:
    world.template("grid")
    world.room("first")
    world.night()
    # Of the same day, so that it would be recorded in the same files.
    room = world.room("second")
    newer(world.settings)
    before, rendered = world.rows(), list(world.rendered)
    for flow in FLOWS.values():
        with pytest.raises(CatalogError, match="written by a newer roomreel") as caught:
            flow(world, room)
        assert caught.value.remedy == "update roomreel on this machine"
    assert (world.rows(), world.rendered) == (before, rendered)
