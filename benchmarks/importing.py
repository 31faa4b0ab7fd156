"""The time that importing an hour of ten voices takes, of packets in JSON.

    python benchmarks/importing.py [--minutes 6] [--tracks 10]

Writes events of Jitsi's recorder, packets of 20 ms of a size that speech has, and imports them by
the command in a process of its own. Prints CPU seconds (user and system) of it and of the processes
that it starts, and the most memory of one of them; and CPU seconds for an hour: those of a delivery
of a second are taken off first, and added again. The first import makes media, the second finds
them.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

STEP = 960
FORM = {"encoding": "opus", "sampleRate": 48_000, "channels": 2}


def fill(place: Path, tracks: int, minutes: float) -> int:
    """Write a file of events, and return how many lines it has."""
    chance = random.Random(1)
    count = round(minutes * 60 * 50)
    with place.open("w") as file:
        for track in range(tracks):
            about = {"tag": f"{track:08x}-1", "mediaFormat": FORM}
            print(json.dumps({"event": "start", "start": about}), file=file)
        for number in range(count):
            for track in range(tracks):
                data = bytes([0xF8]) + chance.randbytes(chance.randrange(60, 100))
                media = {
                    "tag": f"{track:08x}-1",
                    "chunk": str(number),
                    "timestamp": str(number * STEP + 7 * track),
                    "payload": base64.b64encode(data).decode(),
                }
                line = {"event": "media", "media": media}
                print(json.dumps(line, separators=(",", ":")), file=file)
    return tracks * (count + 1)


def spend(folder: Path) -> tuple[float, int]:
    """Import a folder, and return the CPU seconds and the MiB that it took."""
    command = [sys.executable, "-m", "roomreel", "import", str(folder)]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"importing ended with {child.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss >> 10


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=6)
    parser.add_argument("--tracks", type=int, default=10)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        lines, spent = dict[float, int](), dict[float, list[tuple[float, int]]]()
        for minutes in (1 / 60, asked.minutes):
            folder = Path(place, f"{minutes:.0f}")
            folder.mkdir()
            lines[minutes] = fill(folder / "recording.json", asked.tracks, minutes)
            spent[minutes] = [spend(folder), spend(folder)]
        brief, long = spent.values()
        for title, (start, _), (seconds, mib) in zip(
            ("making", "finding"), brief, long, strict=True
        ):
            hour = start + (seconds - start) * 60 / asked.minutes
            about = f"{start:.1f} s to start, {hour:.0f} s an hour, {mib} MiB"
            print(f"{title}: {seconds:.1f} s of {lines[asked.minutes]} lines, {about}")


if __name__ == "__main__":
    main()
