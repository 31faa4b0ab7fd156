"""Make the pictures of README.md and of templates: `python docs/pictures/make_pictures.py`.

The contact sheet and the pictures of layouts are those that compositions have beside them, and the
plan is drawn by `roomreel plan`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from roomreel.media.ffmpeg import binary

HERE = Path(__file__).parent
TOP = HERE.parents[1]
ROOM = "math-lesson"
TEMPLATE = "webinar"
LAYOUTS = {
    "gallery": "weekly-standup",
    "interview": "weekly-standup",
    "presentation-auto": "math-lesson",
    "speaker": "math-lesson",
    "speaker-with-strip": "math-lesson",
    "town-hall": "math-lesson",
    "voice-only": "weekly-standup",
    "webinar": "math-lesson",
}
"""Layouts that have a picture of their own, and the room that it is of."""

WIDTH = 800
# The same time gives the same manifest.
END_TIME = "2026-11-20T12:00:00Z"


def main() -> None:
    """Write the pictures beside this file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_rooms(folder)
        room = folder / ROOM / "room.json"
        out = folder / "out.mp4"
        roomreel(folder, "plan", room, "--template", TEMPLATE, "--picture", folder / "plan.svg")
        roomreel(folder, "compose", room, "--template", TEMPLATE, "--out", out)
        shutil.copyfile(folder / "plan.svg", HERE / "plan.svg")
        shutil.copyfile(f"{out}.sheet.jpg", HERE / "contact-sheet.jpg")
        for layout, call in LAYOUTS.items():
            out, room = folder / f"{layout}.mp4", folder / call / "room.json"
            roomreel(folder, "compose", room, "--template", layout, "--out", out)
            shrink(Path(f"{out}.poster.jpg"), HERE / f"{layout}.jpg")


def shrink(picture: Path, target: Path) -> None:
    """Write a smaller copy of a picture."""
    scale = ["-vf", f"scale={WIDTH}:-2:flags=lanczos", "-q:v", "4"]
    argv = [binary(None), "-y", "-loglevel", "error", "-i", str(picture), *scale, str(target)]
    subprocess.run(argv, check=True)


def make_rooms(folder: Path) -> None:
    """Make the sample rooms in a folder."""
    script = TOP / "data" / "make_rooms.py"
    rooms = [word for name in sorted({ROOM, *LAYOUTS.values()}) for word in ("--room", name)]
    options = ["--out", folder, *rooms, "--end-time", END_TIME]
    subprocess.run([sys.executable, script, *options], check=True)


def roomreel(folder: Path, *words: object) -> None:
    """Run a command in a folder, where no settings are."""
    argv = [sys.executable, "-m", "roomreel", *map(str, words)]
    subprocess.run(argv, cwd=folder, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
