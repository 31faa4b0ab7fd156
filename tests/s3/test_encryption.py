"""Encrypted in S3: recordings that are, told by their objects, and compositions that become so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import pytest
from clip_rooms import Track, room
from clips import Clips
from composing import compose_room
from stock_tools import need_tools, run, told

from roomreel.encryption import encryptor_of
from roomreel.model.location import ObjectLocation
from roomreel.settings import Settings
from roomreel.storage import s3

pytestmark = [pytest.mark.s3, pytest.mark.slow]

GRID = {
    "video_layout": {"grid": {"video_sources": ["*"]}},
    "audio_sources": ["*"],
    "resolution": "160x120",
    "frame_rate": 10,
    "format": "mp4",
}
# How files of each format begin that somebody could look at.
PLAIN = (b"ftyp", b"\xff\xd8\xff", b"\x1aE\xdf\xa3")
COMMANDS = {"age": "age --decrypt -i customer.pem", "rsa-envelope": "file=monday.mp4"}


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A folder with the RSA key pair of docs/encryption.md."""
    need_tools()
    folder = tmp_path / "keys"
    folder.mkdir()
    run(told("openssl genpkey"), folder)
    return folder


def put_encrypted(folder: Path, bucket: str, settings: Settings) -> Path:
    """Put the recordings of a room into S3, encrypted; its manifest names them there."""
    manifest = folder / "room.json"
    document: dict[str, Any] = json.loads(manifest.read_text())
    for recording in document["recordings"]:
        encrypted = encryptor_of(settings).encrypt(folder / recording["media"])
        recording["media"] = f"s3://{bucket}/rooms/{encrypted.path.name}"
        s3.upload(encrypted.path, recording["media"], encrypted.metadata)
    manifest.write_text(json.dumps(document))
    return manifest


@pytest.mark.parametrize("inputs", ["cache", "stream"])
@pytest.mark.parametrize("encryption", COMMANDS)
def test_there_and_back(
    bucket: str, clips: Clips, keys: Path, tmp_path: Path, encryption: Any, inputs: Any
) -> None:
    tracks = [Track("alice", "camera", clips.video("red", seconds=3, size=(160, 120)))]
    tracks.append(Track("alice", "voice", clips.tone(440, seconds=3)))
    encrypting = {"encryption": encryption, "public_key": keys / "customer.pub.pem"}
    manifest = put_encrypted(room(tmp_path, tracks).parent, bucket, Settings(**encrypting))
    store = ObjectLocation("s3", bucket, "store")
    made = compose_room(
        tmp_path,
        manifest,
        GRID,
        **encrypting,
        inputs=inputs,
        private_key=keys / "customer.pem",
        media_roots=[f"s3://{bucket}/rooms"],
        compositions=store,
    )
    assert made.outcome.warnings == ()
    assert made.outcome.files is not None
    objects = list(s3.below(f"s3://{bucket}"))
    # Two recordings; the composition, its poster, contact sheet and plan.
    assert len(objects) == 2 + 4
    for found in objects:
        data, _ = s3.read(str(found.location), 16) or (b"", "")
        assert not any(start in data for start in PLAIN)
    assert decrypted_frames(made.outcome.files.media, encryption, keys) == made.plan.frame_count


def decrypted_frames(url: str, encryption: str, keys: Path) -> int:
    """How many frames there are once the page's commands have decrypted an object."""
    found, data = s3.look(url), s3.read(url)
    assert found is not None
    assert data is not None
    stored = keys / f"monday.mp4.{url.rpartition('.')[2]}"
    stored.write_bytes(data[0])
    assert set(found.metadata) == (ENVELOPE if encryption == "rsa-envelope" else set())
    stored.with_name(f"{stored.name}.instruction").write_text(
        json.dumps(dict(found.metadata), indent=1)
    )
    run(told(COMMANDS[encryption]), keys)
    with av.open(str(keys / "monday.mp4")) as container:
        return sum(1 for _ in container.decode(video=0))


# Which S3 has as x-amz-meta-x-amz-key and so on, as the hosted service writes them.
ENVELOPE = {"x-amz-key", "x-amz-iv", "x-amz-unencrypted-content-length", "x-amz-matdesc"}
