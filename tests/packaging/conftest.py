"""The wheel, built once."""

import subprocess
import sys
from pathlib import Path

import pytest

# Not a package: tests run with --import-mode=importlib.
sys.path.insert(0, str(Path(__file__).parent))

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # Nothing is fetched: the builder is in the environment of the tests.
    argv = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder]
    subprocess.run(argv, cwd=ROOT, check=True, capture_output=True)
    (file,) = folder.iterdir()
    return file
