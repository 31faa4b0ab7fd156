"""The time from a room's last recording to the composition that a hook asks for.

    python benchmarks/service_hooks.py [ROOMS]

A service watches a folder on this machine's disk. Rooms go on in it, and their last manifests
appear one after the other; a client asks for the compositions of each until there is one.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests"
for folder in ("servers", "operate"):
    sys.path.insert(0, str(TESTS / folder))
from calls import Calls, hexid  # noqa: E402
from service_site import ServiceSite  # noqa: E402

ROOMS = 30
PAUSE_S = 0.02
LIMIT_S = 5.0


def manifest(sid: str, number: int, *, is_over: bool) -> str:
    """Return the document of a room with one recording."""
    end = datetime.now(UTC) + timedelta(seconds=1)
    room = {"sid": sid, "unique_name": f"call {number}", "status": "in-progress"}
    over = {"status": "completed", "end_time": f"{end:%FT%T}Z"} if is_over else {}
    recording = {
        "sid": f"RT{sid[2:]}",
        "source_sid": f"MT{sid[2:]}",
        "participant_sid": f"PA{sid[2:]}",
        "track_name": "audio",
        "type": "audio",
        "status": "completed" if is_over else "processing",
        "media": "good.webm",
    }
    document = {"schema": "roomreel.room/1", "room": room | over, "recordings": [recording]}
    return json.dumps(document)


def measure(rooms: int) -> list[float]:
    """Return the seconds of each room, from the rename of its manifest to the composition."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        calls = Calls(Path(name))
        with ServiceSite(calls.folder, calls.config) as site, site.client() as client:
            hook = {"FriendlyName": "sound", "AudioSources": "*"}
            client.post("/CompositionHooks", data=hook).raise_for_status()
            sids = [hexid("RM") for _ in range(rooms)]
            for number, sid in enumerate(sids):
                file = calls.rooms / f"{sid}.json"
                file.write_text(manifest(sid, number, is_over=False))
            while len(client.get("/Rooms", params={"PageSize": 1000}).json()["rooms"]) < rooms:
                time.sleep(PAUSE_S)
            for number, sid in enumerate(sids):
                half = calls.folder / "half.json"
                half.write_text(manifest(sid, number, is_over=True))
                began = time.monotonic()
                half.replace(calls.rooms / f"{sid}.json")
                while not client.get("/Compositions", params={"RoomSid": sid}).json()[
                    "compositions"
                ]:
                    time.sleep(PAUSE_S)
                found.append(time.monotonic() - began)
    return found


def main() -> None:
    """Measure, and print."""
    rooms = int(sys.argv[1]) if len(sys.argv) > 1 else ROOMS
    found = sorted(measure(rooms))
    print(
        f"{rooms} rooms: median {statistics.median(found):.2f} s, "
        f"p95 {found[int(0.95 * len(found))]:.2f} s, longest {found[-1]:.2f} s (limit {LIMIT_S} s)"
    )


if __name__ == "__main__":
    main()
