"""Stored files by the API: who gets a link to which, and what nothing in them can do."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from roomreel.model.table import Table
from roomreel.service.access.scopes import Scope
from roomreel.service.database.connections import Database, open_database
from roomreel.service.database.tables import REQUESTS
from roomreel.service.database.upsert import put
from roomreel.settings import Settings

sys.path.insert(0, str(Path(__file__).parents[1] / "service"))
from archive import DAY, recording, room, sid_of
from media_world import BYTES, RECORDED, SID, TOKEN, URL, World, key_of


def test_a_composition_is_fetched_by_a_link(world):
    world.compose()
    answer = world.get(f"/v1/Compositions/{SID}/Media")
    assert answer.status_code == 302
    url = answer.headers["location"]
    assert answer.json() == {"redirect_to": url}
    assert url.startswith(f"{URL}/-/media/media/{SID}?")
    got = world.follow(url)
    assert (got.status_code, got.content) == (200, BYTES)
    assert got.headers["content-type"] == "video/mp4"
    assert got.headers["content-length"] == str(len(BYTES))
    assert got.headers["content-disposition"] == f'attachment; filename="{SID}.mp4"'
    assert got.headers["accept-ranges"] == "bytes"


def test_files_beside_are_fetched_likewise(world):
    place = world.compose()
    for what, name, content_type in (
        ("Poster", "poster.jpg", "image/jpeg"),
        ("Sheet", "sheet.jpg", "image/jpeg"),
        ("Plan", "plan.json", "application/json"),
    ):
        missing = world.get(f"/v1/Compositions/{SID}/{what}")
        assert (missing.status_code, missing.json()["code"]) == (404, 20404)
        assert f"composition {SID} has no " in missing.json()["message"]
        place.with_name(f"{SID}.{name}").write_bytes(name.encode())
        got = world.follow(world.link(f"/v1/Compositions/{SID}/{what}"))
        assert (got.content, got.headers["content-type"]) == (name.encode(), content_type)
        assert got.headers["content-disposition"] == f'attachment; filename="{SID}.{name}"'


@pytest.mark.parametrize("of", ["", "/Rooms/call 1"])
def test_a_recording_is_fetched_by_a_link(world, of):
    world.record()
    got = world.follow(world.link(f"/v1{of}/Recordings/{RECORDED}/Media"))
    assert got.content == BYTES
    assert got.headers["content-type"] == "video/x-matroska"
    assert got.headers["content-disposition"] == f'attachment; filename="{RECORDED}.mkv"'


def test_a_recording_of_another_room_is_none_of_this(world):
    world.record()
    world.add(Table.ROOMS, room(2))
    other = sid_of("RM", 2, DAY)
    assert world.get(f"/v1/Rooms/{other}/Recordings/{RECORDED}/Media").status_code == 404
    assert world.get(f"/v1/Rooms/nobody/Recordings/{RECORDED}/Media").status_code == 404


def test_a_recording_that_no_run_has_looked_at_is_found_by_its_manifest(world):
    place = world.record("calls/one/camera.mka")
    manifest = str(place.with_name("room.json"))
    world.add(Table.ROOMS, room(1, manifest_url=manifest), 2)
    world.add(Table.RECORDINGS, recording(media_url="camera.mka", type="audio"), 2)
    got = world.follow(world.link(f"/v1/Recordings/{RECORDED}/Media"))
    assert (got.content, got.headers["content-type"]) == (BYTES, "audio/x-matroska")


STATES = {
    "enqueued": {},
    "processing": {},
    "failed": {"failure_code": "render-failed"},
    "deleted": {"date_deleted": datetime(2026, 11, 21, tzinfo=UTC)},
}


@pytest.mark.parametrize("status", STATES)
def test_what_is_not_there_is_said_in_words(world, status):
    place = world.compose(status=status, **STATES[status])
    if status in {"enqueued", "processing"}:
        ask_for(world.database, status)
    for what in ("Media", "Poster", "Sheet", "Plan"):
        answer = world.get(f"/v1/Compositions/{SID}/{what}")
        assert (answer.status_code, answer.json()["code"]) == (404, 20404)
        assert f"composition {SID} is {status} and has no " in answer.json()["message"]
    assert place.exists()


def ask_for(database: Database, status: str) -> None:
    row = {
        "sid": SID,
        "room_sid": sid_of("RM", 1, DAY),
        "room_name": "call 1",
        "status": status,
        "priority": 0,
        "template": {"friendly_name": "api"},
        "template_name": "api",
        "date_created": datetime.now(UTC),
    }
    with database.write() as connection:
        put(connection, REQUESTS, [row])


def test_what_is_gone_or_half_replaced_is_not_there(world):
    place = world.compose()
    place.write_bytes(b"another size")
    assert "being replaced" in world.get(f"/v1/Compositions/{SID}/Media").json()["message"]
    place.unlink()
    assert world.get(f"/v1/Compositions/{SID}/Media").status_code == 404
    world.record().write_bytes(b"")
    assert world.get(f"/v1/Recordings/{RECORDED}/Media").status_code == 404


@pytest.mark.parametrize("status", ["processing", "failed", "deleted"])
def test_recordings_without_media_are_said_in_words(world, status):
    world.record(status=status)
    answer = world.get(f"/v1/Recordings/{RECORDED}/Media")
    assert answer.status_code == 404
    assert f"recording {RECORDED} is {status} and has no media file" in answer.json()["message"]


@pytest.mark.parametrize("scope", [Scope.READ, Scope.WRITE, Scope.ADMIN])
def test_links_are_given_to_those_with_the_scope(world, scope):
    world.compose()
    other, media = (key_of(world, one) for one in (scope, Scope.MEDIA))
    paths = [f"/v1/Compositions/{SID}/{what}" for what in ("Media", "Poster", "Sheet", "Plan")]
    paths += [f"/v1/Recordings/{RECORDED}/Media", f"/v1/Rooms/x/Recordings/{RECORDED}/Media"]
    for path in paths:
        assert world.get(path, None).status_code == 401
        assert world.get(path, other).status_code == 403
    assert world.get(paths[0], media).status_code == 302


def test_head_answers_as_get_without_a_body(world):
    world.compose()
    asked = world.client.head(f"/v1/Compositions/{SID}/Media", auth=TOKEN)
    assert asked.status_code == 302
    got = world.client.head(asked.headers["location"], headers={"Range": "bytes=0-1"})
    assert (got.status_code, got.headers["content-length"]) == (200, str(len(BYTES)))
    assert got.content == b""


@pytest.mark.parametrize("ttl", ["0", "3601", "-1", "1.5", "x", "9" * 5000, "\u0661"])
def test_the_time_of_a_link_has_bounds(world, ttl):
    world.compose()
    answer = world.get(f"/v1/Compositions/{SID}/Media", params={"Ttl": ttl})
    assert (answer.status_code, answer.json()["code"]) == (400, 20001)
    assert "Parameter Ttl" in answer.json()["message"]


PAGES = {
    "page.html": b"<html><script>alert(document.cookie)</script>",
    "page.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "camera.mkv": b"<!DOCTYPE html><script>alert(1)</script>",
    "page.xhtml": b"<html xmlns='http://www.w3.org/1999/xhtml'><script>1</script></html>",
    "room.pdf": b"%PDF-1.4",
    "no ending": b"<script>alert(1)</script>",
    "script.js": b"alert(1)",
    "a.mkv\r\nX: y": b"<script>",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_recording_that_is_a_page_is_never_shown_as_one(world, name):
    world.record(name, PAGES[name], container_format="html")
    url = world.link(
        f"/v1/Recordings/{RECORDED}/Media", ContentDisposition='inline; filename="page.html"'
    )
    got = world.follow(url)
    assert got.content == PAGES[name]
    assert got.headers["content-type"] in {"video/x-matroska", "application/octet-stream"}
    assert got.headers["x-content-type-options"] == "nosniff"
    policy = got.headers["content-security-policy"].split("; ")
    assert {"sandbox allow-same-origin", "default-src 'none'"} <= set(policy)
    assert not any(one.startswith("script-src") for one in policy)
    saved = world.follow(world.link(f"/v1/Recordings/{RECORDED}/Media"))
    assert saved.headers["content-disposition"] == f'attachment; filename="{RECORDED}.mkv"'


DISPOSITIONS = [
    'attachment; filename="x\r\nSet-Cookie: a=b"',
    "inline\r\n\r\n<script>",
    'inline; filename="a\x00b"',
    'attachment; filename="../../etc/passwd"',
    "form-data",
    'inline; filename="x"; filename="y"',
    "inline; filename*=UTF-8''%0d%0aX:%20y",
    'inline; filename="' + "x" * 5000 + '"',
]


@pytest.mark.parametrize("given", DISPOSITIONS)
def test_nothing_gets_into_a_header(world, given):
    world.compose()
    answer = world.get(f"/v1/Compositions/{SID}/Media", params={"ContentDisposition": given})
    assert (answer.status_code, answer.json()["code"]) == (400, 20001)
    assert "set-cookie" not in answer.headers
    assert "location" not in answer.headers


def test_a_name_in_any_script_arrives(world):
    world.compose()
    url = world.link(ContentDisposition='inline; filename="Übung 1.mp4"')
    assert url.isascii()
    header = world.follow(url).headers["content-disposition"]
    assert header == "inline; filename=\"_bung 1.mp4\"; filename*=UTF-8''%C3%9Cbung%201.mp4"


SIDS = ["%2e%2e%2f", "CJ" + "0" * 31, "CJ" + "g" * 32, "x" * 5000, "CJ%00", "RT/../../x", "'"]


@pytest.mark.parametrize("sid", SIDS)
def test_no_sid_leads_anywhere_else(world, sid):
    world.compose()
    world.record()
    for path in (
        f"/v1/Compositions/{sid}/Media",
        f"/v1/Recordings/{sid}/Media",
        f"/v1/Rooms/{sid}/Recordings/{RECORDED}/Media",
        f"/v1/Rooms/call 1/Recordings/{sid}/Media",
        f"/-/media/media/{sid}",
    ):
        answer = world.client.get(path, auth=TOKEN)
        assert answer.status_code in {400, 401, 403, 404, 405}
        assert "code" in answer.json()


def test_a_manifest_leads_nowhere_outside_the_roots(world):
    secret = world.folder / "secret.mkv"
    secret.write_bytes(b"secret")
    place = world.record("calls/camera.mkv")
    place.with_name("link.mkv").symlink_to(secret)
    (place.parent / "folder").symlink_to(world.folder)
    world.add(Table.ROOMS, room(1, manifest_url=str(place.with_name("room.json"))), 2)
    for rev, media in enumerate(
        [
            str(secret),
            "../../secret.mkv",
            "link.mkv",
            "folder/secret.mkv",
            str(place.with_name("link.mkv")),
            f"file://{secret}",
            "/dev/zero",
            "/etc/passwd",
            "s3://elsewhere/secret.mkv",
            "http://169.254.169.254/latest",
            ".",
            "x" * 5000,
            "camera.mkv/",
            "\udcff.mkv".encode("utf-8", "surrogateescape").decode("latin-1"),
        ],
        2,
    ):
        world.add(Table.RECORDINGS, recording(media_url=media), rev)
        answer = world.get(f"/v1/Recordings/{RECORDED}/Media")
        if answer.status_code == 302:  # as the one file beside it is called
            assert world.follow(answer.headers["location"]).content == BYTES
        else:
            assert answer.status_code == 404, media
            assert str(world.folder) not in answer.text


def test_what_roomreel_keeps_is_no_recording(tmp_path):
    settings = Settings(
        folder=tmp_path,
        store=tmp_path / "rooms" / "store",
        manifests=str(tmp_path / "rooms"),
        media_roots=[str(tmp_path / "rooms")],
        private_key=tmp_path / "rooms" / "key.pem",
    )
    database = open_database(settings)
    world = World(tmp_path, database, settings)
    for rev, name in enumerate(
        ["store/service/account.json", "key.pem", f"store/compositions/x/{SID}.mp4"], 1
    ):
        place = tmp_path / "rooms" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"secret")
        world.add(Table.RECORDINGS, recording(media_url=str(place)), rev)
        assert world.get(f"/v1/Recordings/{RECORDED}/Media").status_code == 404
    database.close()


def test_a_link_in_the_store_is_not_followed(world):
    place = world.compose()
    outside = world.folder / "outside.mp4"
    outside.write_bytes(BYTES)
    url = world.link()
    place.unlink()
    place.symlink_to(outside)
    assert world.follow(url).status_code == 404
    assert world.get(f"/v1/Compositions/{SID}/Media").status_code == 404
    world.compose(rev=2, media_url=str(outside))
    answer = world.get(f"/v1/Compositions/{SID}/Media")
    assert "published elsewhere, not in the store" in answer.json()["message"]
