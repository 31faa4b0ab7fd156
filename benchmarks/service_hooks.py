"""The time from a room's last recording to the composition that a hook asks for.

    python benchmarks/service_hooks.py [--s3] [ROOMS]

A service watches a folder on this machine's disk, or a bucket of a Ceph server of its own, where it
looks every ten seconds. Rooms go on in it, and their last manifests
appear one after the other; a client asks for the compositions of each until there is one.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests"
for folder in ("servers", "operate"):
    sys.path.insert(0, str(TESTS / folder))
import ceph  # noqa: E402
from calls import Calls, hexid  # noqa: E402
from service_site import ServiceSite  # noqa: E402

from roomreel.model.location import ObjectLocation  # noqa: E402
from roomreel.storage import write_bytes  # noqa: E402

ROOMS = 30
PAUSE_S = 0.02
LIMIT_S = 5.0
POLL_S = 10.0
BUCKET = "calls"

Put = Callable[[str, str], None]
"""Has a manifest of a name appear, all of it at once."""


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


@contextmanager
def on_disk(folder: Path) -> Iterator[tuple[Calls, Put]]:
    """Yield a service's settings, whose manifests are in a folder."""
    calls = Calls(folder)

    def put(name: str, text: str) -> None:
        half = folder / "half.json"
        half.write_text(text)
        half.replace(calls.rooms / name)

    yield calls, put


@contextmanager
def in_s3(folder: Path) -> Iterator[tuple[Calls, Put]]:
    """Yield a service's settings, whose manifests are in a bucket."""
    (folder / "ceph").mkdir()
    with ceph.running(folder / "ceph") as server:
        os.environ.update(server.environment)
        ceph.s3_client().create_bucket(Bucket=BUCKET)

        def put(name: str, text: str) -> None:
            write_bytes(ObjectLocation("s3", BUCKET, f"rooms/{name}"), text.encode())

        there = {"manifests": f"s3://{BUCKET}/rooms", "media_roots": [f"s3://{BUCKET}/rooms"]}
        yield Calls(folder, manifests_poll_s=POLL_S, **there), put


def measure(rooms: int, *, is_s3: bool) -> list[float]:
    """Return the seconds of each room, from its last manifest to the composition."""
    found = []
    world = in_s3 if is_s3 else on_disk
    with (
        tempfile.TemporaryDirectory() as name,
        world(Path(name)) as (calls, put),
        ServiceSite(calls.folder, calls.config) as site,
        site.client() as client,
    ):
        hook = {"FriendlyName": "sound", "AudioSources": "*"}
        client.post("/CompositionHooks", data=hook).raise_for_status()
        sids = [hexid("RM") for _ in range(rooms)]
        for number, sid in enumerate(sids):
            put(f"{sid}.json", manifest(sid, number, is_over=False))
        while len(client.get("/Rooms", params={"PageSize": 1000}).json()["rooms"]) < rooms:
            time.sleep(PAUSE_S)
        for number, sid in enumerate(sids):
            text = manifest(sid, number, is_over=True)
            began = time.monotonic()
            put(f"{sid}.json", text)
            while not client.get("/Compositions", params={"RoomSid": sid}).json()["compositions"]:
                time.sleep(PAUSE_S)
            found.append(time.monotonic() - began)
    return found


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("rooms", nargs="?", type=int, default=ROOMS)
    parser.add_argument("--s3", action="store_true")
    asked = parser.parse_args()
    found = sorted(measure(asked.rooms, is_s3=asked.s3))
    limit = f"one look, {POLL_S:.0f} s, and {LIMIT_S:.0f} s" if asked.s3 else f"{LIMIT_S:.0f} s"
    print(
        f"{asked.rooms} rooms: median {statistics.median(found):.2f} s, "
        f"p95 {found[int(0.95 * len(found))]:.2f} s, longest {found[-1]:.2f} s (limit {limit})"
    )


if __name__ == "__main__":
    main()
