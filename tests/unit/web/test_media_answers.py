"""Answers of links: ranges, validators, and files that are sent a piece at a time."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from roomreel.model.table import Table

sys.path.insert(0, str(Path(__file__).parents[1] / "service"))
from archive import composition
from media_world import BYTES, World


def ranges(world: World, header: str, **headers: str) -> httpx.Response:
    return world.follow(world.link(), Range=header, **headers)


def test_a_part_of_a_file(world):
    world.compose()
    for header, start, end in (
        ("bytes=0-0", 0, 1),
        ("bytes=10-99", 10, 100),
        ("bytes=1000-", 1000, 1024),
        ("bytes=-24", 1000, 1024),
        ("bytes=1000-99999", 1000, 1024),
        ("bytes=5000-,0-9", 0, 10),
    ):
        got = ranges(world, header)
        assert (got.status_code, got.content) == (206, BYTES[start:end])
        assert got.headers["content-range"] == f"bytes {start}-{end - 1}/1024"
        assert got.headers["content-length"] == str(end - start)
        assert got.headers["content-type"] == "video/mp4"


def test_several_parts_of_a_file(world):
    world.compose()
    got = ranges(world, "bytes=0-1,100-101,-1")
    assert got.status_code == 206
    assert len(got.content) == int(got.headers["content-length"])
    boundary = re.fullmatch(r"multipart/byteranges; boundary=(\w+)", got.headers["content-type"])
    assert boundary
    parts = got.content.split(b"--" + boundary[1].encode())[1:-1]
    assert [part.split(b"\r\n\r\n", 1)[1][:-2] for part in parts] == [
        BYTES[:2],
        BYTES[100:102],
        BYTES[-1:],
    ]
    assert all(b"Content-Type: video/mp4\r\n" in part for part in parts)


@pytest.mark.parametrize("header", ["bytes=1024-", "bytes=5000-6000", "bytes=-0"])
def test_parts_beyond_the_end(world, header):
    world.compose()
    got = ranges(world, header)
    assert (got.status_code, got.json()["code"]) == (416, 20416)
    assert got.headers["content-range"] == "bytes */1024"


@pytest.mark.parametrize(
    "header",
    ["bytes=0-," * 1000, "bytes=9-1", "lines=1-2", "bytes=" + ",".join("0-1" for _ in range(9999))],
    ids=lambda header: header[:9],
)
def test_ranges_of_no_use_give_the_whole(world, header):
    world.compose()
    got = ranges(world, header[:20_000])
    assert (got.status_code, got.content) == (200, BYTES)


def test_what_overlaps_is_sent_once(world):
    world.compose()
    got = ranges(world, "bytes=" + ",".join(["0-1023"] * 16))
    assert (got.status_code, got.content) == (206, BYTES)


def test_who_has_it_does_not_get_it_again(world):
    world.compose()
    etag = world.follow(world.link()).headers["etag"]
    for given in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        got = world.follow(world.link(), **{"If-None-Match": given})
        assert (got.status_code, got.content, got.headers["etag"]) == (304, b"", etag)
    assert world.follow(world.link(), **{"If-None-Match": '"x"'}).status_code == 200


def test_the_rest_is_sent_of_the_same_file_alone(world):
    world.compose()
    etag = world.follow(world.link()).headers["etag"]
    assert ranges(world, "bytes=0-9", **{"If-Range": etag}).status_code == 206
    for other in ('"x"', f"W/{etag}", "Sun, 29 Nov 2026 12:00:00 GMT", ""):
        got = ranges(world, "bytes=0-9", **{"If-Range": other})
        assert (got.status_code, got.content) == (200, BYTES)
    assert ranges(world, "bytes=5000-", **{"If-Range": '"x"'}).status_code == 200


def test_a_large_file_is_never_held_in_memory(world):
    size = 64 * 2**20
    place = world.compose()
    with place.open("wb") as file:
        file.truncate(size)
    world.add(Table.COMPOSITIONS, composition(media_url=str(place), size_bytes=size), 2)
    sent: list[int] = []

    async def receive() -> Any:
        await asyncio.sleep(60)

    async def send(message: Any) -> None:
        sent.append(len(message.get("body", b"")))

    url = urlsplit(world.link())
    scope = {
        "type": "http",
        "asgi": {"spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": url.path,
        "raw_path": url.path.encode(),
        "root_path": "",
        "query_string": url.query.encode(),
        "headers": [(b"host", b"127.0.0.1:8765")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8765),
    }
    asyncio.run(world.client.app(scope, receive, send))
    assert sum(sent) == size
    assert max(sent) <= 2**20


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_files_are_closed_again(world):
    world.compose()
    url = world.link()
    before = open_files()
    for header in ({}, {"Range": "bytes=0-1"}, {"Range": "bytes=9999-"}, {"If-None-Match": "*"}):
        for _ in range(5):
            world.client.get(url, headers=header)
    assert open_files() <= before + 2
