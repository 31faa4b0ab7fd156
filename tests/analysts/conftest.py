"""A catalog of a month for the tests of what analysts get."""

import sys
from pathlib import Path

import pytest

# Not a package: tests run with --import-mode=importlib.
sys.path.insert(0, str(Path(__file__).parent))

from nights import fill

from roomreel.catalog.catalog import Catalog


@pytest.fixture(scope="session")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with thirty nights in its catalogs; not to be changed."""
    store = tmp_path_factory.mktemp("month")
    fill(Catalog.open(store / "catalog", store / "journal"))
    return store
