"""Media by PUT, compared with copying: python benchmarks/service_uploads.py [--mb 1000]

A process of its own answers, as `roomreel serve` does. Copies a file of random bytes to the disk of
the store, synced, and puts it by the API, in turn; the client sends by `sendfile`. Prints MB/s of
both, their ratio by round, with the digest checked and without, chunked and with its length, and
how much memory the process that answers took at most, for a small file and for this one.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import http.client
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "servers"))
from api_in_process import empty_api  # noqa: E402

from roomreel.web.server import Listening, serving  # noqa: E402

ROOM, SID, PERSON = "RM" + "0a" * 16, "RT" + "0b" * 16, "PA" + "0c" * 16
MB = 10**6
PIECE = 2**20


def serve(folder: str, port: int, pipe: Any) -> None:
    with empty_api(Path(folder), port, upload_free_bytes=0) as api:
        api.look()
        with serving(api.app, Listening("127.0.0.1", port)):
            pipe.send(api.auth)
            pipe.recv()


class Client:
    def __init__(self, port: int, auth: tuple[str, str]) -> None:
        self.port = port
        self.headers = {
            "Authorization": f"Basic {base64.b64encode(':'.join(auth).encode()).decode()}"
        }

    def put(self, path: str, body: Any, **headers: str) -> float:
        begun = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        is_chunked = "Transfer-Encoding" in headers
        connection.request(
            "PUT", path, body, {**self.headers, **headers}, encode_chunked=is_chunked
        )
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == 200, text
        return time.perf_counter() - begun


def pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while piece := opened.read(PIECE):
            yield piece


def put_by_sendfile(client: Client, path: str, file: Path, **headers: str) -> float:
    begun = time.perf_counter()
    size = file.stat().st_size
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=600)
    connection.putrequest("PUT", path)
    for name, value in {**client.headers, **headers, "Content-Length": str(size)}.items():
        connection.putheader(name, value)
    connection.endheaders()
    with file.open("rb") as opened:
        connection.sock.sendfile(opened)
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status == 200, text
    return time.perf_counter() - begun


def copy(file: Path, place: Path) -> float:
    begun = time.perf_counter()
    with file.open("rb") as reader, place.open("wb") as writer:
        while piece := reader.read(PIECE):
            writer.write(piece)
        writer.flush()
        os.fsync(writer.fileno())
    return time.perf_counter() - begun


@contextmanager
def most_memory(pid: int) -> Iterator[list[int]]:
    found, ended = [0], threading.Event()
    process = psutil.Process(pid)

    def watch() -> None:
        while not ended.wait(0.02):
            found[0] = max(found[0], process.memory_info().rss)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--mb", type=int, default=1000)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--port", type=int, default=8799)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="roomreel-uploads-") as name:
        measure(Path(name), given.mb, given.rounds, given.port)


def measure(folder: Path, mb: int, rounds: int, port: int) -> None:
    here, there = multiprocessing.get_context("spawn").Pipe()
    (folder / "site").mkdir()
    process = multiprocessing.get_context("spawn").Process(
        target=serve, args=(str(folder / "site"), port, there)
    )
    process.start()
    client = Client(port, here.recv())
    file = folder / "source.mkv"
    with file.open("wb") as opened:
        for _ in range(mb):
            opened.write(os.urandom(MB))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    recording = {
        "sid": SID,
        "participant_sid": PERSON,
        "track_name": "camera",
        "type": "video",
        "status": "processing",
    }
    room = {"sid": ROOM, "status": "in-progress"}
    document = {"schema": "roomreel.room/1", "room": room, "recordings": [recording]}
    client.put(f"/v1/Rooms/{ROOM}/Manifest", json.dumps(document))
    path = f"/v1/Rooms/{ROOM}/Recordings/{SID}/Media"
    assert process.pid is not None
    with most_memory(process.pid) as small:
        client.put(path, os.urandom(MB))
        time.sleep(0.2)
    ways = {
        "length": lambda: put_by_sendfile(client, path, file),
        "digest": lambda: put_by_sendfile(client, path, file, **{"X-Content-SHA256": digest}),
        "chunked": lambda: client.put(path, pieces(file), **{"Transfer-Encoding": "chunked"}),
    }
    with most_memory(process.pid) as large:
        for way, put in ways.items():
            copies, puts = [], []
            for _ in range(rounds):
                copies.append(copy(file, folder / "copy.mkv"))
                puts.append(put())
            ratios = [one / other for one, other in zip(copies, puts, strict=True)]
            print(
                f"{way:8} copy {mb / statistics.median(copies):6.0f} MB/s, put "
                f"{mb / statistics.median(puts):6.0f} MB/s, ratio {statistics.median(ratios):.2f} "
                f"({min(ratios):.2f} to {max(ratios):.2f})",
                flush=True,
            )
    print(f"memory {small[0] / MB:.0f} MB after 1 MB, {large[0] / MB:.0f} MB after {mb} MB each")
    here.send("end")
    process.join()


if __name__ == "__main__":
    main()
