"""Callbacks and rooms that arrive by the API, with a database of PostgreSQL.

The tests are those of the usual one: what they ask the database for is not the same there.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
import test_arrivals
import test_arrivals_manifests
import test_callbacks
from api_in_process import Api, client_of, empty_api, usual_api
from arriving import MB

pytestmark = pytest.mark.slow

MODULES = (test_arrivals, test_arrivals_manifests, test_callbacks)
FIXTURES = {"api", "client"}
TESTS = [
    (module, test)
    for module in MODULES
    for name, test in vars(module).items()
    # Those with a table ask for the same again and again.
    if name.startswith("test_") and "client" in inspect.signature(test).parameters
    if {*inspect.signature(test).parameters} <= FIXTURES
]


@pytest.fixture
def api(
    request: pytest.FixtureRequest, new_postgres: Callable[[], SecretStr], tmp_path: Path
) -> Iterator[Api]:
    settings: dict[str, Any] = {"service_database": new_postgres(), "upload_free_bytes": 0}
    is_empty = request.param is not test_callbacks
    if is_empty:
        settings["upload_limit_bytes"] = 8 * MB
    with (empty_api if is_empty else usual_api)(tmp_path, **settings) as api:
        api.look()
        yield api


@pytest.fixture
def client(api: Api) -> Iterator[TestClient]:
    with client_of(api) as client:
        yield client


@pytest.mark.parametrize(
    ("api", "test"), TESTS, indirect=["api"], ids=[test.__name__ for _, test in TESTS]
)
def test_it_is_the_same_there(api: Api, client: TestClient, test: Callable[..., None]) -> None:
    assert api.service.database.engine.dialect.name == "postgresql"
    given = {"api": api, "client": client}
    test(**{name: given[name] for name in inspect.signature(test).parameters})


def test_there_are_some_of_each() -> None:
    counts = {module: sum(of is module for of, _ in TESTS) for module in MODULES}
    assert min(counts.values()) >= 4, counts
