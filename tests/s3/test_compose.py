"""A room whose manifest, template and recordings are in S3, composed into S3, as a person does."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import av
import pytest
from ceph import SECRET_KEY
from clip_rooms import Track, room, sid
from clips import Clips
from faulty import Fault, Faulty

from roomreel import cli
from roomreel.errors import StorageFailed
from roomreel.storage import s3

pytestmark = [pytest.mark.s3, pytest.mark.slow]

TEMPLATE = {
    "schema": "roomreel.template/1",
    "friendly_name": "small",
    "video_layout": {"grid": {"video_sources": ["*"]}},
    "audio_sources": ["*"],
    "resolution": "160x120",
    "frame_rate": 10,
    "format": "mp4",
}
# Three seconds; what the last packet of Opus has beyond them is to be discarded.
FRAMES = 30
CAMERA, VOICE = sid("RT", "call", 0), sid("RT", "call", 1)


@dataclass(frozen=True)
class World:
    """A bucket with a room in it, and the verbs with their settings."""

    bucket: str
    run: Callable[..., tuple[int, str, str]]

    def url(self, name: str) -> str:
        return f"s3://{self.bucket}/{name}"

    def compose(self, *more: str) -> tuple[int, Any, str]:
        words = (self.url("rooms/call/room.json"), "-t", self.url("templates/small.json"))
        code, out, err = self.run("compose", *words, "--json", *more)
        return code, json.loads(out) if out else None, err


@pytest.fixture
def world(
    bucket: str,
    clips: Clips,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> World:
    tracks = [Track("alice", "camera", clips.video("red", seconds=3, size=(160, 120)))]
    tracks.append(Track("alice", "voice", clips.tone(440, seconds=3)))
    folder = room(tmp_path, tracks, name="call").parent
    for file in folder.iterdir():
        s3.upload(file, f"s3://{bucket}/rooms/call/{file.name}")
    s3.write(f"s3://{bucket}/templates/small.json", json.dumps(TEMPLATE).encode())
    for name, value in {
        "MANIFESTS": f"s3://{bucket}/rooms",
        "MEDIA_ROOTS": json.dumps([f"s3://{bucket}/rooms"]),
        "STORE": f"s3://{bucket}/store",
        "CATALOG": str(tmp_path / "catalog"),
        "JOURNAL": str(tmp_path / "journal"),
        "SCRATCH": str(tmp_path / "scratch"),
        "THREADS": "2",
    }.items():
        monkeypatch.setenv(f"ROOMREEL_{name}", value)
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        capfd.readouterr()
        with patch.object(sys, "argv", ["roomreel", *words]), pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = capfd.readouterr()
        assert SECRET_KEY not in out + err
        assert "Traceback" not in err
        return int(stop.value.code or 0), out, err

    return World(bucket, run)


@pytest.mark.parametrize("inputs", ["cache", "stream"])
def test_a_room_in_s3_is_composed_into_s3(
    world: World, inputs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROOMREEL_INPUTS", inputs)
    code, made, err = world.compose()
    assert code == 0, err
    assert made["media"] == world.url(f"store/compositions/date=2026-11-20/{made['sid']}.mp4")
    data = s3.read(made["media"])[0]
    assert hashlib.sha256(data).hexdigest() == made["media_sha256"]
    assert len(data) == made["size_bytes"]
    with av.open(io.BytesIO(data)) as container:
        assert sum(1 for _ in container.decode(video=0)) == made["frame_count"] == FRAMES
    assert all(s3.look(made[name]) for name in ("poster", "sheet", "plan"))
    assert not made["warnings"]
    kept = list((tmp_path / "scratch").rglob("*.media"))
    assert len(kept) == (2 if inputs == "cache" else 0)
    assert not list((tmp_path / "scratch").glob("roomreel-attempt-*"))

    code, link, _ = world.run("media", made["sid"], "--ttl", "60", "--inline")
    assert code == 0
    with av.open(link.strip()) as container:
        assert container.streams.video[0].width == 160
    code, shown, _ = world.run("show", made["sid"])
    assert f"media_url: {made['media']}" in shown


def test_a_lost_catalog_comes_back_from_objects(world: World, tmp_path: Path) -> None:
    _, made, _ = world.compose()
    shutil.rmtree(tmp_path / "catalog")
    assert world.run("catalog", "rebuild")[0] == 0
    _, shown, _ = world.run("show", made["sid"], "--json")
    row = json.loads(shown)
    kept = ("sid", "room_sid", "template", "size_bytes", "status")
    assert {name: row[name] for name in kept} == {name: made[name] for name in kept}
    assert (row["media_url"], row["width"], row["room_name"]) == (made["media"], 160, "call")


def test_out_may_be_in_s3(world: World) -> None:
    for _ in range(2):  # an earlier one is replaced
        code, made, err = world.compose("--out", world.url("mine/call.mp4"))
        assert code == 0, err
        assert made["media"] == world.url("mine/call.mp4")
    assert {str(found.location) for found in s3.below(world.url("mine"))} == {
        world.url(f"mine/call.{ending}") for ending in ("mp4", "mp4.poster.jpg", "mp4.sheet.jpg")
    }


def test_what_is_deleted_is_on_no_disk_and_in_no_bucket(world: World, tmp_path: Path) -> None:
    """Looked for by its bytes, in all that was made on the way."""
    (tmp_path / "data" / "store").mkdir(parents=True)  # where packet indexes are kept
    _, made, _ = world.compose()
    (url,) = [
        str(one.location) for one in s3.below(world.url("rooms")) if CAMERA in str(one.location)
    ]
    camera = s3.read(url)[0]
    medium = s3.read(made["media"])[0]

    def found(data: bytes) -> list[str]:
        folders = (tmp_path / "scratch", tmp_path / "data")
        files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
        there = [str(file) for file in files if data in file.read_bytes()]
        return there + [
            str(one.location)
            for one in s3.below(world.url(""))
            if data in s3.read(str(one.location))[0]
        ]

    indexes = tmp_path / "data" / "store" / "indexes"
    assert len(list(indexes.rglob("*.npz"))) == 2
    assert len(found(camera)) == 2  # the recording, and its copy
    code, _, err = world.run("delete", "recordings", CAMERA, "--yes")
    assert code == 0, err
    assert "removed 1 file, and 2 as copies on this machine" in err
    assert found(camera) == []
    assert len(list(indexes.rglob("*.npz"))) == 1
    assert found(medium) == [made["media"]]
    code, _, err = world.run("delete", "compositions", made["sid"], "--yes")
    assert (code, found(medium)) == (0, []), err


def test_out_in_s3_replaces_nothing_of_others(world: World) -> None:
    manifest = world.url("rooms/call/room.json")
    document = json.loads(s3.read(manifest)[0])
    source, other = world.url("rooms/call/alice.mp4"), world.url("mine/photo.mp4")
    camera = s3.read(world.url(f"rooms/call/{document['recordings'][0]['media']}"))[0]
    for url in (source, other):
        s3.write(url, camera)
    document["recordings"][0]["media"] = "alice.mp4"
    s3.write(manifest, json.dumps(document).encode())
    before = {str(found.location): found.version for found in s3.below(world.url(""))}
    for out in (source, world.url("rooms/x/../call/alice.mp4"), other):
        code, _, err = world.compose("--out", out)
        assert code == 2
        assert "output-refused" in err
    assert {str(found.location): found.version for found in s3.below(world.url(""))} == before
    assert world.compose("--out", source, "--force")[0] == 2
    assert world.compose("--out", other, "--force")[0] == 0


def test_deleting_takes_nothing_of_others(world: World) -> None:
    code, made, err = world.compose()
    assert code == 0, err
    evil = json.loads(s3.read(world.url("rooms/call/room.json"))[0])
    evil["room"] |= {"sid": sid("RM", "evil"), "unique_name": "evil"}
    voice = evil["recordings"][1] | {"sid": sid("RT", "evil", 0)}
    document = evil["recordings"][1] | {"sid": sid("RT", "evil", 1), "media": "../call/room.json"}
    own = evil["recordings"][1] | {"sid": sid("RT", "evil", 2), "media": "own.mka"}
    voice["media"] = f"../call/{voice['media']}"
    evil["recordings"] = [voice, document, own]
    s3.write(world.url("rooms/evil/room.json"), json.dumps(evil).encode())
    s3.write(world.url("rooms/evil/own.mka"), b"broken")
    words = ("-t", world.url("templates/small.json"))
    assert world.run("compose", world.url("rooms/evil/room.json"), *words)[0] == 0
    before = {str(found.location) for found in s3.below(world.url(""))}
    code, _, err = world.run("delete", "recordings", "--room", "evil", "--yes")
    assert code == 0
    assert "deleted 3 recordings, removed 1 file" in err
    assert err.count(" stays: ") == 2
    gone = {world.url("rooms/evil/own.mka")}
    assert {str(found.location) for found in s3.below(world.url(""))} == before - gone
    assert world.run("delete", "compositions", made["sid"], "--yes")[0] == 0
    assert [one for one in s3.below(world.url("store")) if made["sid"] in str(one.location)] == []


def test_a_missing_recording_costs_itself_alone(world: World) -> None:
    s3.remove(world.url(f"rooms/call/{VOICE}.mka"))
    code, made, _ = world.compose()
    assert code == 0
    assert [(one["code"], one["recording_sid"]) for one in made["warnings"]] == [
        ("media-missing", VOICE)
    ]


def test_a_recording_outside_the_roots_is_not_looked_at(world: World, proxy: Faulty) -> None:
    manifest = world.url("rooms/call/room.json")
    document = json.loads(s3.read(manifest)[0])
    document["recordings"][1]["media"] = world.url("secret/other.mka")
    s3.write(manifest, json.dumps(document).encode())
    proxy.faults.append(Fault("answer", "HEAD", "secret"))
    _, made, _ = world.compose()
    assert [one["code"] for one in made["warnings"]] == ["media-missing"]
    assert "leads outside" in made["warnings"][0]["message"]
    assert not proxy.met


@pytest.mark.parametrize("inputs", ["cache", "stream"])
@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault("answer", "HEAD", CAMERA, None, 403, "AccessDenied"), "permission denied"),
        (Fault("answer", "GET", CAMERA, None, 400, "ExpiredToken"), "credentials have expired"),
        (Fault("answer", "PUT", "store", None, 403, "AccessDenied"), "permission denied"),
    ],
    ids=["look", "read", "write"],
)
def test_a_store_that_refuses_fails_the_composition_in_words(
    world: World,
    proxy: Faulty,
    fault: Fault,
    message: str,
    inputs: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ROOMREEL_INPUTS", inputs)
    proxy.faults.append(fault)
    if fault.method == "HEAD":  # which the client asks again by GET, to hear why
        proxy.faults.append(Fault("answer", "GET", CAMERA, None, fault.status, fault.code))
    code, _, err = world.compose()
    assert code == StorageFailed.exit_code
    assert message in err
    assert list(s3.below(world.url("store"))) == []


def test_a_broken_network_changes_nothing(world: World, proxy: Faulty) -> None:
    proxy.faults += [
        Fault("cut-answer", "GET", CAMERA, times=2),
        Fault("answer", "GET", VOICE, times=1),
        Fault("spoil-answer", "GET", VOICE, times=1),
        Fault("cut-request", "PUT", "compositions", times=2),
    ]
    code, made, err = world.compose()
    assert code == 0, err
    assert len(proxy.met) == 6
    assert hashlib.sha256(s3.read(made["media"])[0]).hexdigest() == made["media_sha256"]
    assert not made["warnings"]
