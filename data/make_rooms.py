"""Make the sample rooms: `python data/make_rooms.py [--out data/rooms] [--end-time ISO]`."""

from __future__ import annotations

import sys
from pathlib import Path

from roomreel.samples.rooms import main

if __name__ == "__main__":
    sys.exit(main(Path(__file__).parent / "rooms"))
