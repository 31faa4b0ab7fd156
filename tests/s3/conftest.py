"""Clips for the rooms that are put into S3."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# Not a package: tests run with --import-mode=importlib.
sys.path.insert(0, str(HERE.parent / "media"))

from clips import Clips  # noqa: E402


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    """A clip factory; a clip asked for twice in a session is made once."""
    return Clips(tmp_path_factory.mktemp("clips"))
