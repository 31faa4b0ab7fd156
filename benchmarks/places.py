"""Where the benchmark keeps what it makes, and the modules of the sample rooms that it borrows."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
OUT = HERE / "out"
"""Not in git: masters, rooms, outputs, and the results of every run."""

PACKAGES = OUT / "packages"
"""What requirements.txt names, installed there by `make bench`."""

# The sample rooms have a writer of Matroska that leaves files as a live recorder does.
sys.path.insert(0, str(ROOT / "data"))
