"""Environments with the wheel: by each installer, and on each Python that is supported."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).parent / "uv"
# What Python 3.11 brings.
OLDEST_PIP = "pip==23.2.1"


@dataclass(frozen=True, slots=True)
class Install:
    """A way to an environment.

    Attributes:
        python: minor version, such as 3.12.
        by: `uv`, `old pip`, `new pip`; or `lowest`: the oldest dependencies that are allowed.
    """

    python: str
    by: str

    def __str__(self) -> str:
        return f"{self.python} by {self.by}"


# Each Python and each installer once.
WHOLE = [Install("3.13", "uv"), Install("3.11", "old pip"), Install("3.12", "new pip")]
OTHERS = [
    Install(python, by)
    for python in ("3.11", "3.12", "3.13")
    for by in ("uv", "old pip", "new pip")
    if Install(python, by) not in WHOLE
]
LOWEST = Install("3.11", "lowest")


class Failed(Exception):
    """There is no such Python, or an installer said no."""


@contextmanager
def environments(wheel: Path, wanted: list[Install]) -> Iterator[dict[Install, Future[Path]]]:
    """Make environments one after the other, in the order in which they are wanted.

    They are a gigabyte each: whoever has used one removes it.
    """
    with (
        tempfile.TemporaryDirectory(prefix="roomreel-installs-") as folder,
        ThreadPoolExecutor(1) as pool,
    ):
        yield {
            each: pool.submit(_installed, each, wheel, Path(folder) / str(number))
            for number, each in enumerate(wanted)
        }
        pool.shutdown(cancel_futures=True)


def clean() -> dict[str, str]:
    """Return the environment without what leads a command somewhere else."""
    ours = ("PYTHON", "PREFECT_", "ROOMREEL_", "VIRTUAL_ENV")
    return {key: value for key, value in os.environ.items() if not key.startswith(ours)}


def python_of(version: str) -> Path:
    """Return a Python of a minor version: the one on the path, else one of pyenv.

    Raises:
        Failed: there is none.
    """
    on_path = shutil.which(f"python{version}")
    pyenv = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"), reverse=True)
    for python in [*([Path(on_path)] if on_path else []), *pyenv]:
        # One of pyenv's stand-ins may lead to nothing.
        tried = subprocess.run([python, "-c", ""], capture_output=True, check=False)
        if tried.returncode == 0:
            return python
    raise Failed(f"there is no Python {version} on this machine: pyenv install {version}")


def _installed(install: Install, wheel: Path, folder: Path) -> Path:
    python, inside = python_of(install.python), folder / "bin" / "python"
    if install.by in ("uv", "lowest"):
        _run(UV, "venv", "--quiet", "--python", python, folder)
        uv = (UV, "pip", "install", "--quiet", "--python", inside)
        if install.by == "lowest":
            _run(*uv, "--resolution", "lowest-direct", "-r", ROOT / "pyproject.toml")
        _run(*uv, wheel)
        return folder
    _run(python, "-m", "venv", folder)
    # Bytecode is written where it is needed.
    pip = (inside, "-m", "pip", "--quiet", "--no-input", "install", "--no-compile")
    _run(*pip, "--upgrade", OLDEST_PIP if install.by == "old pip" else "pip")
    _run(*pip, wheel)
    return folder


def _run(*argv: object) -> None:
    words = [str(word) for word in argv]
    ran = subprocess.run(words, env=clean(), capture_output=True, text=True, check=False)
    if ran.returncode:
        raise Failed(f"{' '.join(words)}\n{ran.stdout}{ran.stderr}")
