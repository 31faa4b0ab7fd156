"""Instances of the service that tests ask."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from roomreel.service.database.connections import open_database
from roomreel.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
from api_in_process import Api, client_of, usual_api
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


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with usual_api(tmp_path_factory.mktemp("api")) as api:
        yield api


@pytest.fixture(scope="module")
def client(api: Api) -> Iterator[TestClient]:
    with client_of(api) as client:
        yield client
