"""Commands of docs/encryption.md, run as they are written."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "encryption.md"
TOOLS = ("age", "age-keygen", "openssl", "ssh-keygen")


def need_tools() -> None:
    """Skip where a tool is not installed; in CI all of them are, or the test fails."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing and os.environ.get("CI") != "true":
        pytest.skip(f"not installed: {', '.join(missing)}")
    assert not missing


def told(words: str) -> str:
    """The one block of commands that begins with these words."""
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.+?)^```$", text, re.MULTILINE | re.DOTALL)
    (block,) = (block for block in blocks if block.startswith(words))
    return block


def run(commands: str, folder: Path) -> str:
    """What commands print that somebody types in a folder; the first that fails fails."""
    script = f"set -eu\n{commands}"
    done = subprocess.run(["/bin/sh", "-c", script], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()
