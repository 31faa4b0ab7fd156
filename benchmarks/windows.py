"""What a part of a composition costs: python benchmarks/windows.py [--seconds 600]

A meeting of nine in 720p is composed whole, and a tenth of it at the beginning, in the middle and
at the end: CPU of all processes, each as `roomreel compose` from start to published file, and its
ratio to the whole. Sound is the worst case at the end: what is heard in a window is decoded from
the beginning of its file, so that its samples are those of the whole.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import rooms
from measure import measure
from places import OUT

PART = 10
TEMPLATE = {
    "schema": "roomreel.template/1",
    "friendly_name": "windows",
    "video_layout": {"grid": {"video_sources": ["*"]}},
    "audio_sources": ["*"],
    "resolution": "1280x720",
    "format": "mp4",
}


def compose(manifest: Path, template: Path, window: tuple[int, int] | None) -> float:
    """Return the CPU seconds of one composition."""
    ends = ("--start", str(window[0]), "--end", str(window[1])) if window else ()
    output = OUT / "windows.mp4"
    argv = [sys.executable, "-m", "roomreel", "compose", str(manifest), "--template", str(template)]
    argv += ["--out", str(output), "--force", *ends]
    settings = {"ROOMREEL_STORE": str(OUT / "store"), "ROOMREEL_MEDIA_ROOTS": f'["{OUT}"]'}
    return measure(argv, settings, OUT / "windows.log").cpu_s


def main() -> None:
    """Compose and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--sound", action="store_true", help="microphones alone")
    words = parser.parse_args()
    script = rooms.voices if words.sound else rooms.meeting(9)
    room = rooms.build("voices" if words.sound else "meeting-9", script, words.seconds)
    document = TEMPLATE | ({"video_layout": {}} if words.sound else {})
    template = OUT / "windows.json"
    template.write_text(json.dumps(document), encoding="utf-8")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {words.seconds} s", flush=True)
    part = words.seconds * 1000 // PART
    compose(room.manifest, template, (0, 1000))  # packet indexes are kept from here on
    whole = compose(room.manifest, template, None)
    print(f"whole   {whole:8.1f} CPU s", flush=True)
    for name, start in (("first", 0), ("middle", 5 * part), ("last", (PART - 1) * part)):
        cpu_s = compose(room.manifest, template, (start, start + part))
        print(f"{name:7} {cpu_s:8.1f} CPU s, {cpu_s / whole:.3f} of the whole", flush=True)


if __name__ == "__main__":
    main()
