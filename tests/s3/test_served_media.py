"""Media by the API where they are in S3: presigned links, as a server of S3 takes them."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import av
import httpx
import pytest
from clip_rooms import Track, room, sid
from clips import Clips
from starlette.testclient import TestClient

import roomreel
from roomreel.model.composition import Outcome
from roomreel.service.access.account import make_account
from roomreel.service.database.connections import Database, open_database
from roomreel.service.lists.compositions import delete_composition
from roomreel.service.projection.projection import refresh
from roomreel.service.service import Service
from roomreel.storage import publish, s3
from roomreel.storage.location import parse
from roomreel.web.app import make_app
from roomreel.web.site import site_of

pytestmark = [pytest.mark.s3, pytest.mark.slow]

ACCOUNT = make_account(None)
URL = "http://127.0.0.1:8765"
PAGE = b"<html><script>alert(1)</script>"
CAMERA, HOSTILE = sid("RT", "call", 0), sid("RT", "call", 1)


@dataclass(frozen=True)
class World:
    """A service whose store and recordings are in a bucket."""

    service: Service
    client: TestClient
    made: Outcome
    camera: Path

    def link(self, path: str, **asked: str) -> str:
        answer = self.ask(path, **asked)
        assert answer.status_code == 302, answer.text
        assert answer.json() == {"redirect_to": answer.headers["location"]}
        link: str = answer.headers["location"]
        return link

    def ask(self, path: str, **asked: str) -> httpx.Response:
        basic = (ACCOUNT.sid, ACCOUNT.auth_token)
        return self.client.get(f"/v1/{path}", params=asked, auth=basic)


@pytest.fixture
def world(bucket: str, clips: Clips, tmp_path: Path) -> Iterator[World]:
    camera = clips.video("green", (320, 240), "h264", 2)
    page = tmp_path / "page.mkv"
    page.write_bytes(PAGE)
    manifest = room(
        tmp_path, [Track("ann", "camera", camera), Track("eve", "page", page)], name="call"
    )
    for file in manifest.parent.iterdir():
        copied = tmp_path / "copied"
        shutil.copy(file, copied)
        publish(copied, parse(f"s3://{bucket}/rooms/{file.name}"))
    settings = roomreel.Settings(
        folder=tmp_path,
        store=parse(f"s3://{bucket}/store"),
        manifests=f"s3://{bucket}/rooms",
        media_roots=[f"s3://{bucket}/rooms"],
    )
    made = roomreel.compose_room(f"s3://{bucket}/rooms/room.json", "grid", settings=settings)
    database = open_database(settings)
    yield world_of(settings, database, made, camera)
    database.close()


def world_of(settings: roomreel.Settings, database: Database, made: Outcome, camera: Path) -> World:
    service = Service(settings, database, lambda: ACCOUNT, URL)
    refresh(database, service.catalog)
    app = make_app(service, site_of(settings, "127.0.0.1", 8765))
    return World(service, TestClient(app, base_url=URL, follow_redirects=False), made, camera)


def test_a_composition_is_fetched_from_the_store_and_plays(world):
    path = f"Compositions/{world.made.sid}/Media"
    got = httpx.get(world.link(path))
    assert hashlib.sha256(got.content).hexdigest() == world.made.media_sha256
    assert got.headers["content-type"] == "video/mp4"
    assert got.headers["content-disposition"] == f'attachment; filename="{world.made.sid}.mp4"'
    with av.open(BytesIO(got.content)) as container:
        assert sum(1 for _ in container.decode(video=0)) == world.made.frame_count
    part = httpx.get(world.link(path), headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")


def test_what_the_client_wants_it_to_be_called(world):
    path = f"Compositions/{world.made.sid}/Media"
    wanted = 'inline; filename="Übung 1.mp4"'
    got = httpx.get(world.link(path, ContentDisposition=wanted))
    header = "inline; filename=\"_bung 1.mp4\"; filename*=UTF-8''%C3%9Cbung%201.mp4"
    assert (got.status_code, got.headers["content-disposition"]) == (200, header)


def test_files_beside_come_from_there_too(world):
    for what, content_type in (
        ("Poster", "image/jpeg"),
        ("Sheet", "image/jpeg"),
        ("Plan", "application/json"),
    ):
        got = httpx.get(world.link(f"Compositions/{world.made.sid}/{what}"))
        assert (got.status_code, got.headers["content-type"]) == (200, content_type)


@pytest.mark.parametrize("of", ["", "Rooms/call/"])
def test_recordings_are_fetched_and_are_what_their_names_say(world, of):
    got = httpx.get(world.link(f"{of}Recordings/{CAMERA}/Media"))
    assert got.content == world.camera.read_bytes()
    assert got.headers["content-type"] == "video/x-matroska"
    page = httpx.get(world.link(f"{of}Recordings/{HOSTILE}/Media", ContentDisposition="inline"))
    assert page.content == PAGE
    assert page.headers["content-type"] == "video/x-matroska"


def test_a_link_that_was_changed_opens_nothing(world):
    link = world.link(f"Recordings/{CAMERA}/Media", Ttl="60")
    assert "X-Amz-Expires=60" in link
    for old, new in (
        ("Expires=60", "Expires=3600"),
        ("attachment", "inline"),
        ("video%2Fx-matroska", "text%2Fhtml"),
    ):
        assert old in link
        assert httpx.get(link.replace(old, new)).status_code == 403


def test_what_is_deleted_is_there_for_no_link(world):
    path = f"Compositions/{world.made.sid}/Media"
    link = world.link(path)
    delete_composition(world.service, world.made.sid)
    assert httpx.get(link).status_code == 404
    assert world.ask(path).status_code == 404


def test_an_object_that_is_gone_has_no_link(world):
    assert world.made.files is not None
    s3.remove(world.made.files.media)
    answer = world.ask(f"Compositions/{world.made.sid}/Media")
    assert (answer.status_code, answer.json()["code"]) == (404, 20404)
