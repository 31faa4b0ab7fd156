"""A real file system of 128 kB, for tests that fill it; they run as root in CI."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Make a folder and mount it."""
    folder.mkdir()
    mount = ["/bin/mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, check=False)
    if done.returncode and not os.environ.get("CI"):
        pytest.skip("mounting a file system wants root")
    assert done.returncode == 0, done.stderr
    try:
        yield folder
    finally:
        subprocess.run(["/bin/umount", str(folder)], check=True)
