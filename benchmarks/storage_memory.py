"""How much memory large objects take: uploaded, and composed from by the cache and in place.

    python benchmarks/storage_memory.py [--source-gb 5] [--upload-gb 2] [--folder /tmp]

Starts a Ceph gateway of its own (tests/servers/ceph.py says what it needs), and wants three times
the source and twice the upload as free disk. Memory is the resident set of the whole tree of
processes that does the work, all of them added up, looked at 20 times a second.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "servers"))

import ceph

BUCKET = "s3://memory"
SIZE, RATE = (1280, 720), 30
FRAME_BYTES = SIZE[0] * SIZE[1] * 3 // 2
EVERY_S = 0.05
LIMITS_MB = {"upload": 250, "compose, inputs = cache": 500, "compose, inputs = stream": 500}
RECORDING, ROOM = "RT" + "1" * 32, "RM" + "2" * 32
TEMPLATE = {
    "schema": "roomreel.template/1",
    "friendly_name": "memory",
    "video_layout": {"main": {"video_sources": ["*"]}},
    "resolution": "320x180",
    "frame_rate": 5,
    "format": "mp4",
}


@dataclass(frozen=True)
class Measured:
    """What a piece of work took: peak of resident memory, and seconds."""

    name: str
    peak_mb: float
    wall_s: float


def main() -> None:
    """Measure all three, and print a line each."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--source-gb", type=float, default=5)
    arguments.add_argument("--upload-gb", type=float, default=2)
    arguments.add_argument("--folder", default=tempfile.gettempdir())
    wanted = arguments.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="roomreel-memory-", dir=wanted.folder) as folder,
        ceph.running(Path(folder, "ceph")) as server,
    ):
        os.environ.update(server.environment)
        ceph.s3_client().create_bucket(Bucket=BUCKET.removeprefix("s3://"))
        results = measure(Path(folder), int(wanted.source_gb * 1e9), int(wanted.upload_gb * 1e9))
        print("| work | peak MB | at most MB | seconds |\n| --- | --- | --- | --- |")
        for one in results:
            limit = LIMITS_MB[one.name]
            verdict = "" if one.peak_mb <= limit else " (missed)"
            line = f"| {one.name} | {one.peak_mb:.0f} | {limit}{verdict} | {one.wall_s:.0f} |"
            print(line, flush=True)


def measure(folder: Path, source_bytes: int, upload_bytes: int) -> Iterator[Measured]:
    """Upload, then put a large recording there and compose it in both ways."""
    plain = folder / "plain.mp4"
    write_noise(plain, upload_bytes)
    yield watched("upload", upload, plain, f"{BUCKET}/plain.mp4")
    plain.unlink()
    source = folder / f"{RECORDING}.mkv"
    write_pictures(source, source_bytes)
    upload(source, f"{BUCKET}/rooms/{source.name}")
    source.unlink()
    for inputs in ("stream", "cache"):
        store = f"{BUCKET}/{inputs}"
        yield watched(f"compose, inputs = {inputs}", compose, str(folder / inputs), store, inputs)


def upload(file: Path, url: str) -> None:
    from roomreel.storage import s3

    s3.upload(file, url)


def compose(scratch: str, store: str, inputs: str) -> None:
    """Compose a room of the one recording that was put there."""
    from roomreel.compose.inputs import index_and_plan
    from roomreel.compose.media import stat_media
    from roomreel.compose.one import compose as compose_one
    from roomreel.documents.manifest import parse_manifest
    from roomreel.documents.template import canonical_template, parse_template, template_sha256
    from roomreel.model.composition import Job
    from roomreel.settings import Settings

    settings = Settings(
        media_roots=[BUCKET], store=store, scratch=scratch, inputs=inputs, threads=2
    )
    manifest = parse_manifest(room(), f"{BUCKET}/rooms/room.json")
    template = parse_template(json.dumps(TEMPLATE).encode(), "memory.json")
    plan, media = index_and_plan(manifest, template, stat_media(manifest, settings), settings)
    job = Job(
        sid="CJ" + "3" * 32,
        manifest=manifest,
        template=template,
        template_json=canonical_template(template),
        template_sha256=template_sha256(template),
        inputs_sha256="",
        media=media,
        date_created=datetime.now(UTC),
    )
    compose_one(job, plan, settings)


def room() -> bytes:
    """The manifest."""
    people = [{"sid": "PA" + "4" * 32, "identity": "alice"}]
    recording = {
        "sid": RECORDING,
        "source_sid": "MT" + "5" * 32,
        "participant_sid": people[0]["sid"],
        "track_name": "camera",
        "type": "video",
        "status": "completed",
        "media": f"{RECORDING}.mkv",
    }
    about = {"sid": ROOM, "unique_name": "memory", "status": "completed"}
    about["end_time"] = "2026-11-20T10:00:00Z"
    document = {"schema": "roomreel.room/1", "room": about, "participants": people}
    return json.dumps(document | {"recordings": [recording]}).encode()


def write_noise(file: Path, size: int) -> None:
    with file.open("wb") as opened:
        for start in range(0, size, 2**20):
            opened.write(os.urandom(min(2**20, size - start)))


def write_pictures(file: Path, size: int) -> None:
    """Pictures without compression: as many bytes a second as there can be."""
    with av.open(str(file), "w") as container:
        stream = container.add_stream("rawvideo", RATE)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.codec_context.time_base = Fraction(1, RATE)
        for number in range(size // FRAME_BYTES):
            shades = np.full((SIZE[1] * 3 // 2, SIZE[0]), number % 200 + 20, np.uint8)
            frame = av.VideoFrame.from_ndarray(shades, format="yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def watched(name: str, work: Callable[..., None], *arguments: object) -> Measured:
    """Do some work in a process of its own, and watch it and its children."""
    child = multiprocessing.get_context("spawn").Process(target=work, args=arguments)
    started = time.monotonic()
    child.start()
    with _watching(psutil.Process(child.pid)) as seen:
        child.join()
    if child.exitcode:
        raise SystemExit(f"{name} failed")
    return Measured(name, max(seen) / 1e6, time.monotonic() - started)


@contextmanager
def _watching(process: psutil.Process) -> Iterator[list[int]]:
    seen = [0]
    done = threading.Event()

    def look() -> None:
        while not done.wait(EVERY_S):
            seen.append(_resident(process))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


def _resident(process: psutil.Process) -> int:
    try:
        tree = [process, *process.children(recursive=True)]
    except psutil.Error:
        return 0
    total = 0
    for one in tree:
        try:
            total += one.memory_info().rss
        except psutil.Error:
            continue
    return total


if __name__ == "__main__":
    main()
