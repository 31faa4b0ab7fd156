"""Where the modules are that make what is hostile."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
# Not a package: tests run with --import-mode=importlib.
sys.path[:0] = [str(HERE), str(HERE.parent / "media")]
