"""Rooms that come by the API where the store is in S3: sent on in parts, whole or not there."""

from __future__ import annotations

import io
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ceph import s3_client
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.testclient import TestClient

from roomreel.encryption.envelope import decrypt, envelope_of
from roomreel.service.settings.credentials import add_credential
from roomreel.service.settings.storage_settings import WantedSettings, set_recording_settings
from roomreel.storage.s3.upload import PART_BYTES

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "web"))
from api_in_process import Api, client_of, empty_api
from arriving import BOTH, OVER, ROOM, VIDEO, manifest, recording

pytestmark = pytest.mark.s3
MEDIA = f"/Rooms/{ROOM}/Recordings/{VIDEO}/Media"


@pytest.fixture
def api(bucket: str, tmp_path: Path) -> Iterator[Api]:
    with empty_api(tmp_path, store=f"s3://{bucket}/store") as api:
        api.look()
        yield api


@pytest.fixture
def client(api: Api) -> Iterator[TestClient]:
    with client_of(api) as client:
        yield client


def keys(bucket: str) -> list[str]:
    found: list[dict[str, Any]] = s3_client().list_objects_v2(Bucket=bucket).get("Contents", [])
    return [one["Key"] for one in found if one["Key"].startswith("store/rooms/")]


def test_a_room_and_its_media_come_into_the_store(
    client: TestClient, api: Api, bucket: str
) -> None:
    data = random.Random(1).randbytes(2 * PART_BYTES + 12345)
    assert client.put(f"/Rooms/{ROOM}/Manifest", json=BOTH).status_code == 200
    assert client.put(MEDIA, content=data).status_code == 200
    folder = f"store/rooms/{ROOM}"
    assert keys(bucket) == [f"{folder}/cam.mkv", f"{folder}/room.json"]
    body = s3_client().get_object(Bucket=bucket, Key=f"{folder}/cam.mkv")["Body"]
    assert body.read() == data
    failed = BOTH["recordings"][0] | {"status": "failed"}
    done = manifest(failed, recording(VIDEO, "video", "completed", media="cam.mkv"), **OVER)
    assert client.put(f"/Rooms/{ROOM}/Manifest", json=done).status_code == 200
    assert client.get(f"/Rooms/{ROOM}").json()["status"] == "completed"
    rules = {"Rules": '[{"type":"include","all":true}]'}
    assert client.post(f"/Rooms/{ROOM}/RecordingRules", data=rules).status_code == 200
    api.look()
    assert client.get("/Rooms/arriving").json()["status"] == "completed"


@pytest.mark.parametrize("size", [1000, 2 * PART_BYTES + 12345])
def test_what_is_encrypted_as_it_comes_has_its_envelope_as_metadata(
    client: TestClient, api: Api, bucket: str, tmp_path: Path, size: int
) -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    key, kind = tmp_path / "key.pem", serialization.PublicFormat.SubjectPublicKeyInfo
    key.write_bytes(private.public_key().public_bytes(serialization.Encoding.PEM, kind))
    sid = add_credential(api.service.settings, "customer", key).sid
    wanted = WantedSettings("mine", encryption_key_sid=sid, encryption_enabled=True)
    set_recording_settings(api.service, wanted)
    data = random.Random(size).randbytes(size)
    assert client.put(f"/Rooms/{ROOM}/Manifest", json=BOTH).status_code == 200
    assert client.put(MEDIA, content=data).status_code == 200
    stored = s3_client().get_object(Bucket=bucket, Key=f"store/rooms/{ROOM}/cam.mkv")
    envelope, opened = envelope_of(stored["Metadata"]), io.BytesIO()
    assert envelope is not None
    decrypt(io.BytesIO(stored["Body"].read()), opened, envelope, [private])
    assert opened.getvalue() == data


def test_what_breaks_off_leaves_neither_an_object_nor_an_upload(
    client: TestClient, bucket: str
) -> None:
    def half() -> Iterator[bytes]:
        yield bytes(PART_BYTES + 5)
        raise ZeroDivisionError

    client.put(f"/Rooms/{ROOM}/Manifest", json=BOTH)
    assert client.put(MEDIA, content=half()).status_code == 500
    wrong = client.put(MEDIA, content=b"x" * 100, headers={"X-Content-SHA256": "0" * 64})
    assert wrong.status_code == 400
    assert keys(bucket) == [f"store/rooms/{ROOM}/room.json"]
    assert s3_client().list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []
