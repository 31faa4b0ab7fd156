"""Stored files sent through the service: from a disk and from a store of objects alike."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from starlette.testclient import TestClient

from roomreel.model.location import Location, ObjectLocation
from roomreel.model.media import Stored
from roomreel.service.media.served import ServedFile
from roomreel.storage import stat, stores
from roomreel.storage.memory import MemoryStore
from roomreel.storage.port import Replaced
from roomreel.web.envelope import add_error_handlers, in_envelope
from roomreel.web.stored_answer import send_stored

BYTES = random.Random(3).randbytes(3 * 2**20 + 17)


@pytest.fixture(params=["disk", "objects"])
def place(request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Location:
    if request.param == "disk":
        file = tmp_path / "one.mp4"
        file.write_bytes(BYTES)
        return file
    store = MemoryStore()
    monkeypatch.setitem(stores._used, "s3", store)
    found = ObjectLocation("s3", "bucket", "one.mp4")
    store.write(found, BYTES)
    return found


def served(place: Location) -> ServedFile:
    found = stat(place)
    assert isinstance(found, Stored)
    return ServedFile(place, found, "v1", "one.mp4", "video/mp4", {}, is_encrypted=False)


@pytest.fixture
def client(place: Location) -> TestClient:
    app = FastAPI()
    add_error_handlers(app, in_envelope("http://test"))
    file = served(place)

    @app.api_route("/", methods=["GET", "HEAD"])
    def send(request: Request):
        return send_stored(request, file, 'inline; filename="one.mp4"')

    return TestClient(app)


def test_all_of_it_is_sent_as_what_it_is(client):
    got = client.get("/")
    assert (got.status_code, got.content) == (200, BYTES)
    assert got.headers["content-type"] == "video/mp4"
    assert got.headers["content-length"] == str(len(BYTES))
    assert got.headers["accept-ranges"] == "bytes"
    assert got.headers["cross-origin-resource-policy"] == "same-origin"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in got.headers["content-security-policy"]


def test_each_range_has_its_bytes(client):
    chance = random.Random(5)
    for _ in range(40):
        start = chance.randrange(len(BYTES))
        end = min(len(BYTES), start + chance.randrange(1, 2**21))
        got = client.get("/", headers={"Range": f"bytes={start}-{end - 1}"})
        assert (got.status_code, got.content) == (206, BYTES[start:end])
        assert got.headers["content-range"] == f"bytes {start}-{end - 1}/{len(BYTES)}"


@pytest.mark.parametrize(
    ("asked", "status", "size"),
    [
        ("bytes=0-", 206, len(BYTES)),
        ("bytes=-5", 206, 5),
        ("bytes=5-4", 200, len(BYTES)),
        ("words=1-2", 200, len(BYTES)),
        (f"bytes={len(BYTES)}-", 416, None),
    ],
)
def test_odd_ranges_are_answered_as_the_standard_says(client, asked, status, size):
    got = client.get("/", headers={"Range": asked})
    assert got.status_code == status
    assert size is None or len(got.content) == size


def test_of_several_ranges_a_client_gets_all_that_it_asked_for(client):
    got = client.get("/", headers={"Range": "bytes=0-3,8-11"})
    assert got.status_code in {200, 206}
    assert BYTES[:4] in got.content
    assert BYTES[8:12] in got.content


def test_a_head_has_the_headers_alone(client):
    got = client.head("/")
    assert (got.status_code, got.content) == (200, b"")
    assert got.headers["content-length"] == str(len(BYTES))


def test_who_has_it_gets_nothing(client):
    got = client.get("/", headers={"If-None-Match": '"v1"'})
    assert (got.status_code, got.content) == (304, b"")


def test_a_range_of_another_version_is_all_of_this_one(client):
    got = client.get("/", headers={"Range": "bytes=0-3", "If-Range": '"v0"'})
    assert (got.status_code, len(got.content)) == (200, len(BYTES))


def replaced_at_once(place: Location) -> Callable[[], None]:
    def replace() -> None:
        if isinstance(place, Path):
            place.unlink()
            place.write_bytes(b"other")
        else:
            stores._used["s3"].write(place, b"other")

    return replace


def test_nothing_of_another_file_is_sent(client, place):
    replaced_at_once(place)()
    if isinstance(place, Path):
        got = client.get("/")
        assert got.status_code == 404
        assert b"other" not in got.content
    else:
        with pytest.raises(RuntimeError) as cut:  # by which the server cuts the connection
            client.get("/")
        assert isinstance(cut.value.__cause__, Replaced)
