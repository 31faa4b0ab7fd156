"""The hosted service's SDK for Node, which npm fetches once a session."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

NODE_SDK = "twilio@6"


@pytest.fixture(scope="session")
def node_sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which programs find it."""
    if shutil.which("npm") is None and not os.environ.get("CI"):
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("node")
    options = ("--no-audit", "--no-fund", "--ignore-scripts")
    command = [str(shutil.which("npm")), "install", *options, NODE_SDK]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder
