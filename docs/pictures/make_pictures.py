"""Make the pictures of README.md from a sample room: `python docs/pictures/make_pictures.py`.

The contact sheet is one that a composition has beside it, and the plan is drawn by `roomreel plan`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
TOP = HERE.parents[1]
ROOM = "math-lesson"
TEMPLATE = "presenter"
# The same time gives the same manifest.
END_TIME = "2026-11-20T12:00:00Z"


def main() -> None:
    """Write the pictures beside this file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_room(folder)
        room = folder / ROOM / "room.json"
        out = folder / "out.mp4"
        roomreel(folder, "plan", room, "--template", TEMPLATE, "--picture", folder / "plan.svg")
        roomreel(folder, "compose", room, "--template", TEMPLATE, "--out", out)
        shutil.copyfile(folder / "plan.svg", HERE / "plan.svg")
        shutil.copyfile(f"{out}.sheet.jpg", HERE / "contact-sheet.jpg")


def make_room(folder: Path) -> None:
    """Make the sample room in a folder."""
    script = TOP / "data" / "make_rooms.py"
    options = ["--out", folder, "--room", ROOM, "--end-time", END_TIME]
    subprocess.run([sys.executable, script, *options], check=True)


def roomreel(folder: Path, *words: object) -> None:
    """Run a command in a folder, where no settings are."""
    argv = [sys.executable, "-m", "roomreel", *map(str, words)]
    subprocess.run(argv, cwd=folder, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
