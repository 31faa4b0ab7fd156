"""Clips for tests that need real media, named for what they show."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# Not a package: tests run with --import-mode=importlib.
sys.path.insert(0, str(HERE))

from clips import Clips  # noqa: E402

from roomreel.process import environment  # noqa: E402


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    """A clip factory; a clip asked for twice in a session is made once."""
    return Clips(tmp_path_factory.mktemp("clips"))


@pytest.fixture
def break_decoders(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Arranges what decoders do in child processes, by a word in the path of their media."""

    def arrange(**faults: str) -> None:
        monkeypatch.setenv("PYTHONPATH", str(HERE / "broken_decoders"), prepend=os.pathsep)
        monkeypatch.setenv("BROKEN_DECODERS", ",".join(f"{k}={v}" for k, v in faults.items()))
        monkeypatch.setattr(environment, "KEPT", environment.KEPT | {"BROKEN_DECODERS"})

    return arrange
