"""The time that it takes to find out whose a folder is.

    python benchmarks/detecting.py [--files 10000] [--rounds 5]

Folders of so many files are listed and shown to every importer: nameless media, documents of JSON
that no service writes, raw tracks of one service, and all of these together. Prints medians and
ranges; what is recognised is said beside them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from roomreel.errors import DeliveryInvalid
from roomreel.importers.delivery.listing import open_delivery
from roomreel.importers.detect import Detection
from roomreel.importers.registry import candidates

MEDIA = b"\x1a\x45\xdf\xa3" + bytes(1000)
DOCUMENT = json.dumps({"id": 1, "files": [{"name": "x" * 60, "size": 7}] * 40}).encode()
PERSON = "11111111-2222-3333-4444-555555555555"

Name = Callable[[int], tuple[str, bytes]]
FOLDERS: dict[str, Name] = {
    "media": lambda number: (f"{number}.webm", MEDIA),
    "documents": lambda number: (f"{number}.json", DOCUMENT),
    "raw tracks": lambda number: (
        f"1703174279145-{PERSON}-cam-audio-{1703174279145 + number}",
        MEDIA,
    ),
    "mixed": lambda number: (
        f"{number % 100}/{number}.{'json' if number % 2 else 'webm'}",
        DOCUMENT,
    ),
}


def fill(folder: Path, name: Name, count: int) -> None:
    """Write the files of a folder."""
    for number in range(count):
        path, data = name(number)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def detect(folder: Path, scratch: Path) -> str:
    """Return what a folder is recognised as."""
    with open_delivery(folder, scratch) as files:
        try:
            found = Detection(candidates()).find(files)
        except DeliveryInvalid as error:
            return error.code
        return f"{found[0].importer.name}, {len(found)} times"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        for title, name in FOLDERS.items():
            folder = Path(place, title)
            fill(folder, name, asked.files)
            taken, what = [], ""
            for _ in range(asked.rounds):
                begun = time.perf_counter()
                what = detect(folder, Path(place, "scratch"))
                taken.append(time.perf_counter() - begun)
            middle = statistics.median(taken)
            print(f"{title:12} {middle:6.2f} s ({min(taken):.2f} to {max(taken):.2f})  {what}")


if __name__ == "__main__":
    main()
