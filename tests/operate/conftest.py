"""Rooms of a second of sound, and a site to compose them on."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# Prefect makes its home where it is first imported.
os.environ.setdefault("PREFECT_HOME", tempfile.mkdtemp(prefix="roomreel-prefect-"))
# Not packages: tests run with --import-mode=importlib.
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))

from calls import Calls
from prefect_site import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path, path=(Path(__file__).parent,)) as site:
        yield site


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Calls:
    calls = Calls(tmp_path, shards="compose-shard/compose-shard", workers=2)
    monkeypatch.setenv("STANDIN_LOG", str(calls.log))
    return calls
