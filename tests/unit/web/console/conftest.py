"""Somebody who is signed in to the console of a test's API."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "servers"))
from api_in_process import Api
from console_visit import Visit, signed_in


@pytest.fixture
def visit(api: Api) -> Iterator[Visit]:
    with signed_in(api) as visit:
        yield visit
