"""Fixtures of the tests of media."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from roomreel.service.database import open_database
from roomreel.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))
from media_world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    settings = Settings(
        folder=tmp_path,
        store=tmp_path / "store",
        manifests=str(tmp_path / "rooms"),
        media_roots=[str(tmp_path / "rooms")],
    )
    database = open_database(settings)
    yield World(tmp_path, database, settings)
    database.close()
