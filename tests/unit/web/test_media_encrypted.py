"""Encrypted files by the API: sent as they are stored, with what opens them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from roomreel.model.location import ObjectLocation
from roomreel.model.table import Table
from roomreel.storage import stores
from roomreel.storage.memory import MemoryStore

sys.path.insert(0, str(Path(__file__).parents[1] / "service"))
from archive import composition, recording, room
from media_world import BYTES, RECORDED, SID

INSTRUCTION = {
    "x-amz-key": "a2V5",
    "x-amz-iv": "AAAAAAAAAAAAAAAAAAAAAA==",
    "x-amz-unencrypted-content-length": "1000",
    "x-amz-matdesc": "{}",
}


def test_what_is_encrypted_is_sent_as_it_is_with_its_instruction(world):
    place = world.compose("mp4.enc")
    place.with_name(place.name + ".instruction").write_text(json.dumps(INSTRUCTION))
    got = world.follow(world.link())
    assert (got.content, got.headers["content-type"]) == (BYTES, "application/octet-stream")
    assert got.headers["content-disposition"] == f'attachment; filename="{SID}.mp4.enc"'
    assert {name: got.headers[f"x-amz-meta-{name}"] for name in INSTRUCTION} == INSTRUCTION


def test_age_needs_no_instruction(world):
    world.compose("mp4.age").with_name(f"{SID}.poster.jpg.age").write_bytes(b"sealed")
    for what, name in (("Media", "mp4.age"), ("Poster", "poster.jpg.age")):
        got = world.follow(world.link(f"/v1/Compositions/{SID}/{what}"))
        assert got.headers["content-type"] == "application/octet-stream"
        assert got.headers["content-disposition"] == f'attachment; filename="{SID}.{name}"'


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        json.dumps(INSTRUCTION | {"x-amz-iv": "AAAA\r\nX: y"}),
        json.dumps(INSTRUCTION | {"x-amz-unencrypted-content-length": "1\r\nX: y"}),
        json.dumps(INSTRUCTION | {"x-amz-key": "A" * 40_000}),
    ],
)
def test_the_instruction_of_a_stranger_gets_into_no_header(world, text):
    place = world.record()
    place.with_name(place.name + ".instruction").write_text(text)
    got = world.follow(world.link(f"/v1/Recordings/{RECORDED}/Media"))
    assert (got.status_code, got.content) == (200, BYTES)
    assert not any(
        name.startswith("x") and name != "x-content-type-options" for name in strange(got)
    )


def strange(answer: httpx.Response) -> set[str]:
    """Headers that the guard does not add."""
    usual = {"x-frame-options", "x-permitted-cross-domain-policies"}
    return {name.lower() for name in answer.headers} - usual


def test_an_encrypted_recording_is_no_video(world):
    place = world.record()
    place.with_name(place.name + ".instruction").write_text(json.dumps(INSTRUCTION))
    got = world.follow(world.link(f"/v1/Recordings/{RECORDED}/Media"))
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["x-amz-meta-x-amz-iv"] == INSTRUCTION["x-amz-iv"]


def test_an_object_that_its_metadata_seal_is_no_video(world, monkeypatch, tmp_path):
    store = MemoryStore()
    monkeypatch.setitem(stores._used, "s3", store)
    place = ObjectLocation("s3", "bucket", "rooms/camera.mkv")
    (tmp_path / "sealed").write_bytes(BYTES)
    store.put_file(tmp_path / "sealed", place, INSTRUCTION)
    roots = world.settings.model_copy(update={"media_roots": ["s3://bucket/rooms"]})
    object.__setattr__(world.service, "settings", roots)
    world.add(Table.ROOMS, room(1))
    world.add(Table.RECORDINGS, recording(media_url=str(place)))
    link = world.link(f"/v1/Recordings/{RECORDED}/Media")
    assert dict(parse_qsl(urlsplit(link).query))["content_type"] == "application/octet-stream"


def test_an_object_is_fetched_from_its_store(world, monkeypatch):
    store = MemoryStore()
    monkeypatch.setitem(stores._used, "s3", store)
    place = ObjectLocation("s3", "bucket", f"compositions/{SID}.mp4")
    row = composition(media_url=str(place), size_bytes=len(BYTES))
    world.add(Table.COMPOSITIONS, row)
    assert world.get(f"/v1/Compositions/{SID}/Media").status_code == 404
    store.write(place, BYTES)
    link = world.link(Ttl=77, ContentDisposition="inline")
    assert link.startswith(f"{place}?")
    assert dict(parse_qsl(urlsplit(link).query)) == {
        "seconds": "77",
        "inline": "False",
        "disposition": f'inline; filename="{SID}.mp4"',
        "content_type": "video/mp4",
    }
