"""Another user of this machine, for tests that run as root, as they do in CI."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# Debian's nobody and games: there on every machine, and in no group of the tests.
NOBODY, GAMES = 65534, 5


def run_as(uid: int, call: Callable[[], object]) -> None:
    """Call a function in a fork of this process that has become another user.

    What it needs must be imported by then: that user may not read the checkout.
    """
    if os.getuid() != 0:
        assert os.environ.get("CI") != "true", "the tests of users run as root in CI"
        pytest.skip("only root can become another user")
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            call()
        except BaseException:  # noqa: BLE001  told by the exit code
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0, "see the traceback above"


@contextmanager
def open_folder(mode: int = 0o1777) -> Iterator[Path]:
    """A folder that every user may enter, as /tmp is; those of pytest are for its user alone."""
    folder = Path(tempfile.mkdtemp(prefix="roomreel-users-"))
    folder.chmod(mode)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
