"""`roomreel service reindex`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from roomreel.catalog.catalog import Catalog, open_catalog
from roomreel.cli import app
from roomreel.errors import CatalogError
from roomreel.model.table import Table
from roomreel.service.database.connections import open_database
from roomreel.service.lists.listing import list_compositions, list_rooms
from roomreel.settings import Settings, load

sys.path.insert(0, str(Path(__file__).parents[1] / "service"))
from archive import DAY, commit, composition, room


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("ROOMREEL_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("ROOMREEL_MANIFESTS", str(tmp_path / "rooms"))
    (tmp_path / "rooms").mkdir()
    return load()


@pytest.fixture
def catalog(settings: Settings) -> Catalog:
    catalog = open_catalog(settings)
    commit(catalog, Table.ROOMS, room(1))
    commit(catalog, Table.COMPOSITIONS, composition(1), composition(2))
    return catalog


def test_it_makes_the_database_and_copies_what_there_is(
    settings: Settings, catalog: Catalog, tmp_path: Path
) -> None:
    about = {"sid": "RM" + "0" * 32, "status": "in-progress"}
    (tmp_path / "rooms" / "a.json").write_text(
        json.dumps({"schema": "roomreel.room/1", "room": about})
    )
    (tmp_path / "rooms" / "b.json").write_text("{")
    for _ in range(2):
        done = CliRunner().invoke(app, ["service", "reindex"])
        assert done.exit_code == 0, done.output
        first, problem = done.stdout.splitlines()
        assert first == "3 rows of the catalogs copied, 2 manifests read"
        assert "b.json" in problem
    database = open_database(settings)
    assert len(list_compositions(database).rows) == 2
    assert {row["sid"] for row in list_rooms(database).rows} == {about["sid"], room(1)["sid"]}
    database.close()
    del catalog


def test_a_damaged_file_is_named_and_the_others_are_copied(
    settings: Settings, catalog: Catalog
) -> None:
    damaged = Path(str(settings.catalog_root)) / f"rooms/date={DAY}/part.parquet"
    damaged.write_bytes(b"PAR1")
    done = CliRunner().invoke(app, ["service", "reindex"])
    assert done.exit_code == CatalogError.exit_code
    assert f"rooms/date={DAY}" in done.output
    assert "2 rows of the catalogs copied" in done.stdout
    del catalog
