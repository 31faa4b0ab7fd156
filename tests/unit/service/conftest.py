"""A service database of each kind: SQLite, and PostgreSQL where it is installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from roomreel.catalog.catalog import Catalog, open_catalog
from roomreel.service.database.connections import Database, open_database
from roomreel.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))
from manifest_folder import Folder


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings with a new, empty database."""
    plain = Settings(
        folder=tmp_path,
        store=tmp_path / "store",
        manifests=str(tmp_path / "rooms"),
        media_roots=[str(tmp_path / "rooms")],
    )
    if request.param == "sqlite":
        return plain
    database = request.getfixturevalue("new_postgres")()
    return plain.model_copy(update={"service_database": database})


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = open_database(settings)
    yield opened
    opened.close()


@pytest.fixture
def catalog(settings: Settings) -> Catalog:
    return open_catalog(settings)


@pytest.fixture
def folder(settings: Settings) -> Folder:
    return Folder(settings)
