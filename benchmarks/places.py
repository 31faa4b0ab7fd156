"""Where the benchmark keeps what it makes."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
OUT = HERE / "out"
"""Not in git: masters, rooms, outputs, and the results of every run."""

PACKAGES = OUT / "packages"
"""What requirements.txt names, installed there by `make bench`."""
