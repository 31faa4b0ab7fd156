"""The cost of what templates say of the look: nine cameras of 720p, in turns.

    python benchmarks/look.py [--seconds 10] [--rounds 3] [--way WAY]...

Prints CPU seconds of each way by median and range, and the median of its ratio to the plain grid of
the same round. Cameras are FFmpeg's test picture with noise, so nothing is downloaded.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from measure import measure, print_ratios
from places import HERE

from roomreel.media.ffmpeg import binary

CAMERAS = 9
FILMS = 3
"""Files that are filmed; each is the medium of several cameras, which decode it apart."""

GAPS = {"gap": 8, "padding": 16}
LABELS = [
    {"type": "text", "text": f"person {number}", "anchor": "top-left", "x": x, "y": y}
    for number in range(CAMERAS)
    for x, y in [(number % 3 * 426 + 8, number // 3 * 240 + 184)]
]
CLOCK = {"type": "clock", "clock": "room", "anchor": "top-right"}
LOGO = {"type": "image", "image": "logo.png", "anchor": "bottom-right", "height": 90}

WAYS: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": ({}, {}),
    "gap, padding": (GAPS, {}),
    "gap, padding, cover": (GAPS | {"fit": "cover"}, {}),
    "cover, mirror": ({"fit": "cover", "mirror": True}, {}),
    "stretch": (GAPS | {"fit": "stretch"}, {}),
    "9 labels, logo, clock": ({}, {"overlays": [*LABELS, LOGO, CLOCK]}),
    "and gaps, cover, corners": (
        GAPS | {"fit": "cover", "corner_radius": 16},
        {"overlays": [*LABELS, LOGO, CLOCK], "background": {"color": "#203040"}},
    ),
}
"""Members of the region, and of the template."""


def film(number: int, seconds: int, path: Path) -> None:
    """Write a camera as WebRTC sends one."""
    picture = f"testsrc2=s=1280x720:r=30:d={seconds},noise=alls=4:allf=t:all_seed={number}"
    encoder = ("-c:v", "libvpx", "-b:v", "1M", "-deadline", "realtime", "-cpu-used", "8")
    argv = [binary(None), "-y", "-loglevel", "error", "-f", "lavfi", "-i", picture, *encoder]
    subprocess.run([*argv, str(path)], check=True)


def write_room(folder: Path, seconds: int) -> Path:
    """Film the cameras, and return the manifest of a room that has them."""
    for number in range(FILMS):
        film(number, seconds, folder / f"{number}.mkv")
    recordings = [
        {
            "sid": f"RT{number:032}",
            "source_sid": f"MT{number:032}",
            "participant_sid": f"PA{number:032}",
            "track_name": "camera",
            "type": "video",
            "status": "completed",
            "offset": 0,
            "media": f"{number % FILMS}.mkv",
        }
        for number in range(CAMERAS)
    ]
    room = {"sid": f"RM{0:032}", "unique_name": "nine", "status": "completed"}
    people = [{"sid": f"PA{n:032}", "identity": f"person {n}"} for n in range(CAMERAS)]
    manifest = folder / "room.json"
    manifest.write_text(
        json.dumps(
            {
                "schema": "roomreel.room/1",
                "room": room | {"end_time": "2026-11-20T10:00:00Z"},
                "participants": people,
                "recordings": recordings,
            }
        )
    )
    return manifest


def write_template(folder: Path, region: Mapping[str, Any], members: Mapping[str, Any]) -> Path:
    """Write a grid with these members, and return its file."""
    template = {
        "schema": "roomreel.template/1",
        "friendly_name": "grid",
        "video_layout": {"grid": {"video_sources": ["*"], **region}},
        "resolution": "1280x720",
        "format": "mp4",
        **members,
    }
    path = folder / "template.json"
    path.write_text(json.dumps(template))
    return path


def main() -> None:
    """Compose in every way, in turns, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--way", action="append", choices=WAYS, help="beside the plain one")
    options = parser.parse_args()
    ways = {way: WAYS[way] for way in ("plain", *(options.way or list(WAYS)[1:]))}
    took: dict[str, list[float]] = {way: [] for way in ways}
    with tempfile.TemporaryDirectory() as scratch:
        # As deep as the rooms of the benchmark lie, whose media are found from there.
        folder = Path(scratch) / "rooms" / "nine"
        folder.mkdir(parents=True)
        manifest = write_room(folder, options.seconds)
        for _ in range(options.rounds):
            for way, members in ways.items():
                template = write_template(folder, *members)
                files = map(str, (manifest, folder / "out.mp4", template))
                argv = [sys.executable, str(HERE / "composing.py"), *files]
                took[way].append(measure(argv, {}, folder / "log").cpu_s)
    print_ratios(took, "plain", "CPU s")


if __name__ == "__main__":
    main()
