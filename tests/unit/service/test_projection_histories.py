"""Whatever happened to the catalogs, a refresh leaves what a new database gets."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from roomreel.catalog import deletion
from roomreel.catalog.catalog import Catalog
from roomreel.model.table import Partition, Table
from roomreel.service.projection.projection import refresh

sys.path.insert(0, str(Path(__file__).parent))
from archive import (
    DAY,
    MAKERS,
    NEXT,
    NOON,
    catalog_files,
    commit,
    composition,
    contents,
    purge,
    rebuilt,
)

TABLES_OF_ROWS = (Table.ROOMS, Table.RECORDINGS, Table.COMPOSITIONS)


# Histories.


def history(seed: int) -> Iterator[Callable[[Catalog], None]]:
    """Yield changes of catalogs: commits, deletes, purges, losses and rebuilds."""
    chance = random.Random(seed)
    clock = NOON

    def change(catalog: Catalog) -> None:
        nonlocal clock
        clock += timedelta(hours=1)
        day = chance.choice([DAY, NEXT])
        numbers = chance.sample(range(8), 3)
        match chance.randrange(8):
            case 0 | 1 | 2:
                make, table = chance.choice(MAKERS)
                dated = {} if chance.random() < 0.7 else {"date_created": None}
                rows = [make(number, day, updated_at=clock, **dated) for number in numbers]
                commit(catalog, table, *rows, day=day)
            case 3 | 4:
                table = chance.choice([Table.COMPOSITIONS, Table.RECORDINGS])
                make = dict(zip([t for _, t in MAKERS], [m for m, _ in MAKERS], strict=True))
                sids = [make[table](number, day)["sid"] for number in numbers]
                deletion.delete(catalog, table, sids, clock)
            case 5:
                purge(catalog, clock)
            case 6:  # an operator's restore, or a folder that was moved away
                file = next(catalog_files(catalog), None)
                if file is not None and len(list(catalog_files(catalog))) > 2:
                    file.unlink()
            case 7:  # a rebuild: other rows of the same revision
                partition = Partition(Table.COMPOSITIONS, day)
                catalog.store.rewrite(partition, lambda rows: rows.slice(0, 0))
                made = [composition(n, day, updated_at=clock, size_bytes=1) for n in numbers]
                catalog.commit(partition, made)

    while True:
        yield change


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happened_a_refresh_leaves_what_a_new_database_gets(
    database: Any, catalog: Catalog, seed: int
) -> None:
    chance = random.Random(seed)
    changes = history(seed)
    for _ in range(15):
        for _ in range(chance.randrange(1, 3)):
            next(changes)(catalog)
        assert refresh(database, catalog).problems == ()
        refreshed = contents(database)
    assert refreshed == rebuilt(database, catalog)
    for table in TABLES_OF_ROWS:
        expected = {row["sid"] for row in catalog.read(table, columns=["sid"]).to_pylist()}
        assert {row[0] for row in refreshed[str(table)]} == expected
