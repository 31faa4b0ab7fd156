"""Answers that end after any of their bytes: asked for again, never believed.

The exhaustive versions are soaks: python -m pytest -m soak tests/s3/test_cut_answers.py
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from faulty import Fault, Faulty

from roomreel.catalog.catalog import Catalog
from roomreel.errors import StorageFailed
from roomreel.model.location import ObjectLocation
from roomreel.model.table import Partition, Table
from roomreel.storage import Cache, publish, s3, sha256_of, stat
from roomreel.storage.location import parse
from roomreel.storage.s3.client import _client

pytestmark = [pytest.mark.s3]

METADATA = {"x-key": "c2VjcmV0" * 8, "x-iv": "aXY="}
# The smallest part that S3 takes.
PART_BYTES = 5 * 2**20
MOST_OF_A_BODY = 700
ROOMS = Partition(Table.ROOMS, date(2026, 11, 20))


@dataclass(frozen=True)
class World:
    bucket: str
    folder: Path

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/recording.mkv"

    def medium(self) -> Path:
        file = self.folder / "medium.mp4"
        file.write_bytes(secrets.token_bytes(100))
        return file

    def catalog(self) -> Catalog:
        root = ObjectLocation("s3", self.bucket, "store")
        return Catalog.open(root / "catalog", root / "journal")


@dataclass(frozen=True)
class Ask:
    """One kind of request.

    Attributes:
        method: of the request; `part` is in its path and query.
        call: what is asked; fails where the result is not the right one.
    """

    method: str
    part: str
    call: Callable[[World], None]


def _look(world: World) -> None:
    found = stat(parse(world.url))
    assert found is not None
    assert found.size_bytes == len(DATA)
    assert found.metadata == METADATA
    assert len(found.version) == 32


def _look_in_vain(world: World) -> None:
    assert stat(parse(f"s3://{world.bucket}/not-there")) is None


def _read(world: World) -> None:
    found = s3.read(world.url)
    assert found is not None
    assert found[0] == DATA
    assert s3.read_range(world.url, 10, 30, found[1]) == DATA[10:40]


def _read_in_vain(world: World) -> None:
    assert s3.read(f"s3://{world.bucket}/not-there") is None


def _list(world: World) -> None:
    assert [str(found.location) for found in s3.below(f"s3://{world.bucket}/listed")] == LISTED(
        world
    )


def _write(world: World) -> None:
    data = secrets.token_bytes(50)
    etag = s3.write(f"s3://{world.bucket}/written", data)
    assert s3.read(f"s3://{world.bucket}/written") == (data, etag)


def _write_if(world: World) -> None:
    """One's own write may count as another's, and then is there all the same."""
    url, data = f"s3://{world.bucket}/journal/{secrets.token_hex(8)}", secrets.token_bytes(50)
    writes = s3.probe(f"s3://{world.bucket}/journal")
    writes.write(parse(url), data, None)
    found = s3.read(url)
    assert found is not None
    assert found[0] == data
    assert writes.write(parse(url), b"again", None) is None


def _remove(world: World) -> None:
    s3.write(f"s3://{world.bucket}/removed", b"x")
    s3.remove(f"s3://{world.bucket}/removed")
    assert s3.look(f"s3://{world.bucket}/removed") is None


def _publish(world: World) -> None:
    medium = world.medium()
    data, target = medium.read_bytes(), ObjectLocation("s3", world.bucket, "CJ.mp4")
    publish(medium, target, METADATA)
    found = s3.look(str(target))
    assert found is not None
    assert dict(found.metadata) == METADATA
    assert s3.read(str(target)) == (data, found.version)


def _publish_in_parts(world: World) -> None:
    medium, target = world.folder / "large.mp4", ObjectLocation("s3", world.bucket, "large.mp4")
    medium.write_bytes(LARGE)
    expected = sha256_of(medium)
    publish(medium, target)
    assert sha256_of(target) == expected


def _copy(world: World) -> None:
    found = stat(parse(world.url))
    assert found is not None
    with Cache(world.folder / "cache", 10**6).hold(found) as path:
        assert path.read_bytes() == DATA
    path.unlink()


def _sweep(world: World) -> None:
    s3.clean_up_uploads(f"s3://{world.bucket}", datetime(2100, 1, 1, tzinfo=UTC))


def _commit(world: World) -> None:
    sid = f"RM{secrets.token_hex(16)}"
    row = {"sid": sid, "status": "completed", "updated_at": datetime(2026, 11, 21, tzinfo=UTC)}
    assert world.catalog().commit(ROOMS, [row]).superseded == {}
    assert world.catalog().lookup(sid) is not None
    assert world.catalog().store.waiting() == 0


def _query(world: World) -> None:
    catalog = world.catalog()
    assert catalog.recover().problems == ()
    assert catalog.upgrade() == (0, ())
    (row,) = [row for row in catalog.rows(Table.ROOMS) if row["sid"] == "RM1"]
    assert row["unique_name"] == "standup"


DATA = secrets.token_bytes(700)
LARGE = secrets.token_bytes(PART_BYTES + 1)


def LISTED(world: World) -> list[str]:  # noqa: N802
    return [f"s3://{world.bucket}/listed/{number}" for number in range(3)]


ASKS = {
    "look": Ask("HEAD", "recording", _look),
    "look in vain": Ask("HEAD", "not-there", _look_in_vain),
    "look at a bucket": Ask("HEAD", "", _look_in_vain),
    "read": Ask("GET", "recording", _read),
    "read in vain": Ask("GET", "not-there", _read_in_vain),
    "list": Ask("GET", "list-type", _list),
    "write": Ask("PUT", "written", _write),
    "write on a condition": Ask("PUT", "journal", _write_if),
    "remove": Ask("DELETE", "removed", _remove),
    "publish": Ask("PUT", "CJ", _publish),
    "verify": Ask("HEAD", "CJ", _publish),
    "copy": Ask("GET", "recording", _copy),
    "commit, entry": Ask("PUT", "journal", _commit),
    "commit, marker": Ask("GET", "catalog.json", _commit),
    "commit, journal": Ask("GET", "list-type", _commit),
    "commit, load": Ask("GET", "part.parquet", _commit),
    "commit, replace": Ask("PUT", "part.parquet", _commit),
    "commit, drop": Ask("DELETE", "journal", _commit),
    "query, list": Ask("GET", "list-type", _query),
    "query, look": Ask("HEAD", "part.parquet", _query),
    "query, read": Ask("GET", "part.parquet", _query),
}
IN_PARTS = {
    "upload, begin": Ask("POST", "uploads", _publish_in_parts),
    "upload, part": Ask("PUT", "partNumber", _publish_in_parts),
    "upload, end": Ask("POST", "uploadId", _publish_in_parts),
    "uploads, list": Ask("GET", "uploads", _sweep),
}


@pytest.fixture
def world(bucket: str, tmp_path: Path) -> World:
    world = World(bucket, tmp_path)
    medium = tmp_path / "recording.mkv"
    medium.write_bytes(DATA)
    publish(medium, parse(world.url), METADATA)
    for url in LISTED(world):
        s3.write(url, b"x")
    row = {"sid": "RM1", "unique_name": "standup", "updated_at": datetime(2026, 11, 21, tzinfo=UTC)}
    world.catalog().commit(ROOMS, [row])
    return world


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client waits between its attempts, seconds in all: not here, hundreds of times."""
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _seconds: None))
    monkeypatch.setattr(sys.modules["roomreel.storage.s3.upload"], "PART_BYTES", PART_BYTES)


def answer_to(ask: Ask, world: World, proxy: Faulty) -> bytes:
    """The first answer to a kind of request, header and body."""
    noticed = Fault("note", ask.method, ask.part)
    proxy.faults[:] = [noticed]
    ask.call(world)
    assert proxy.met, "nothing like it was asked"
    return proxy.noted


def cut(ask: Ask, world: World, proxy: Faulty, places: Iterable[int]) -> int:
    tried = 0
    for at in places:
        # A client gives up asking again after a hundred times that came to a refusal; a new one
        # costs more than all else here.
        if tried % 20 == 0:
            _client.cache_clear()
        proxy.met.clear()
        proxy.faults[:] = [Fault("cut-at", ask.method, ask.part, at=at)]
        try:
            ask.call(world)
        except BaseException as error:
            error.add_note(f"cut after {at} bytes")
            raise
        assert proxy.met, f"nothing was cut after {at} bytes"
        tried += 1
    return tried


@pytest.mark.slow
@pytest.mark.parametrize("name", ASKS)
def test_an_answer_that_is_cut_somewhere_is_asked_for_again(
    world: World, proxy: Faulty, impatient: None, name: str
) -> None:
    answer = answer_to(ASKS[name], world, proxy)
    header = answer.index(b"\r\n\r\n") + 4
    # Within the first line, at the end of another and in it, and in the body.
    ends = [at for at in range(header) if answer[at : at + 2] == b"\r\n"]
    half = ends[len(ends) // 2]
    places = {0, 5, half, half + 9, header - 1, (header + len(answer)) // 2, len(answer) - 1}
    cut(ASKS[name], world, proxy, sorted(at for at in places if at < len(answer)))


@pytest.mark.slow
@pytest.mark.parametrize("name", IN_PARTS)
def test_an_upload_in_parts_whose_answer_is_cut(
    world: World, proxy: Faulty, impatient: None, name: str
) -> None:
    answer = answer_to(IN_PARTS[name], world, proxy)
    cut(IN_PARTS[name], world, proxy, [0, 17, len(answer) // 3, len(answer) // 2, len(answer) - 1])


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("name", ASKS | IN_PARTS)
def test_an_answer_that_is_cut_after_any_byte(
    world: World, proxy: Faulty, impatient: None, name: str
) -> None:
    ask = (ASKS | IN_PARTS)[name]
    answer = answer_to(ask, world, proxy)
    header = answer.index(b"\r\n\r\n") + 4
    # Of a file of the catalogs, with thousands of bytes of names and units, some.
    step = max(1, (len(answer) - header) // MOST_OF_A_BODY)
    tried = cut(ask, world, proxy, [*range(header), *range(header, len(answer), step)])
    print(f"{name}: cut after {tried} of {len(answer)} bytes")


def test_an_answer_that_lacks_what_it_must_have_ends_in_words() -> None:
    from roomreel.storage.s3.objects import required

    with pytest.raises(StorageFailed, match="has no ETag"):
        required({"ContentLength": 1}, "ETag")
