"""Links behind the real server: clients that leave, that are slow, and that say odd things."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from roomreel.model.table import Table
from roomreel.web.server import Listening, serving

sys.path.insert(0, str(Path(__file__).parents[1] / "service"))
from archive import composition
from media_world import BYTES, World

LARGE = 64 * 2**20
MOST_KEPT = 32 * 2**20
"""Bytes more than before: what sockets and Python keep, far from all of the files."""


@pytest.fixture
def port(world: World) -> Iterator[int]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
    with serving(world.client.app, Listening("127.0.0.1", port)):
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 5).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.01)
        yield port


def ask(port: int, url: str, more: bytes = b"", method: bytes = b"GET") -> socket.socket:
    """A connection on which a link is asked for; nothing is read yet."""
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}".encode()
    connection = socket.create_connection(("127.0.0.1", port), 10)
    host = b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    connection.sendall(method + b" " + target + host + more + b"\r\n")
    return connection


def all_of(connection: socket.socket) -> tuple[bytes, bytes]:
    with connection:
        received = b"".join(iter(lambda: connection.recv(2**20), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body


def kept_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096


def open_media() -> int:
    found = 0
    for one in Path("/proc/self/fd").iterdir():
        try:
            found += one.readlink().suffix == ".mp4"
        except FileNotFoundError:
            continue
    return found


def none_is_open() -> bool:
    for _ in range(100):
        if open_media() == 0:
            return True
        time.sleep(0.05)
    return False


def test_the_bytes_arrive(world, port):
    world.compose()
    url = world.link()
    head, body = all_of(ask(port, url))
    assert head.startswith(b"HTTP/1.1 200 ")
    assert body == BYTES
    head, body = all_of(ask(port, url, b"Range: bytes=1000-\r\n"))
    assert head.startswith(b"HTTP/1.1 206 ")
    assert body == BYTES[1000:]
    head, body = all_of(ask(port, url, method=b"HEAD"))
    assert (head.startswith(b"HTTP/1.1 200 "), body) == (True, b"")
    head, body = all_of(ask(port, url, b"Range: bytes=5000-\r\n"))
    assert head.startswith(b"HTTP/1.1 416 ")
    assert b'"code": 20416' in body


def large(world: World) -> str:
    place = world.compose()
    with place.open("wb") as file:
        file.truncate(LARGE)
    world.add(Table.COMPOSITIONS, composition(media_url=str(place), size_bytes=LARGE), 2)
    return world.link()


def test_clients_that_read_slowly_or_leave_cost_little(world, port):
    url = large(world)
    before = kept_bytes()
    waiting = [ask(port, url) for _ in range(20)]
    for connection in waiting:
        assert connection.recv(15).startswith(b"HTTP/1.1 200")
    time.sleep(0.5)
    assert kept_bytes() - before < MOST_KEPT
    # Others are answered meanwhile.
    head, body = all_of(ask(port, url, b"Range: bytes=0-9\r\n"))
    assert (head[:12], body) == (b"HTTP/1.1 206", bytes(10))
    for connection in waiting:
        connection.close()
    assert none_is_open()


def test_what_is_deleted_under_way_is_sent_to_its_end(world, port):
    url = large(world)
    connection = ask(port, url)
    first = connection.recv(100)
    row = composition(status="deleted")
    world.add(Table.COMPOSITIONS, row, 3)
    for place in world.settings.compositions_root.rglob("*.mp4"):
        place.unlink()
    head, body = all_of(connection)
    assert len(first) + len(head) + 4 + len(body) > LARGE
    assert all_of(ask(port, url))[0].startswith(b"HTTP/1.1 404 ")


def test_what_shrinks_under_way_is_seen_to_be_cut_off(world, port):
    url = large(world)
    connection = ask(port, url)
    first = connection.recv(100)
    (place,) = world.settings.compositions_root.rglob("*.mp4")
    with place.open("r+b") as file:
        file.truncate(10)
    _, body = all_of(connection)
    assert len(first) + len(body) < LARGE
    assert none_is_open()
