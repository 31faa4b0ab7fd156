"""Media of recordings that are encrypted as they come: never plain, and opened by their key."""

from __future__ import annotations

import hashlib
import io
import random
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.testclient import TestClient

from roomreel.encryption import instruction_file, read_instruction
from roomreel.encryption.envelope import BLOCK_BYTES, Sealing, decrypt, envelope_of
from roomreel.errors import ArgumentsInvalid, Conflict, SettingsInvalid
from roomreel.model.location import ObjectLocation
from roomreel.service.rooms.uploads import Target, Upload, Wanted, find_target
from roomreel.service.settings.credentials import add_credential, remove_credential
from roomreel.storage import stores
from roomreel.storage.memory import MemoryStore

sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
sys.path.insert(0, str(Path(__file__).parent))
from api_in_process import Api, client_of, empty_api, sid_of

ROOM, SOUND, SEALED, NAMED_AGE = (
    sid_of("RM", "arrives"),
    *(sid_of("RT", name) for name in ("sound", "sealed", "age")),
)
PERSON = sid_of("PA", "p")
AGE = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p\n"
SETTINGS = "/RecordingSettings/Default"
MARK = b"nobody may read this on the disk"
PLAIN = MARK * 20_000


@pytest.fixture(scope="module")
def private() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def manifest(sound: str = "processing") -> dict[str, object]:
    recordings = [
        {"sid": SOUND, "media": "sound.mka", "status": sound},
        {"sid": SEALED, "media": "sealed.mka", "encryption": {"format": "age"}},
        {"sid": NAMED_AGE, "media": "other.mka.age"},
    ]
    about = {"participant_sid": PERSON, "track_name": "x", "type": "audio", "status": "processing"}
    return {
        "schema": "roomreel.room/1",
        "room": {"sid": ROOM, "unique_name": "arriving", "status": "in-progress"},
        "participants": [{"sid": PERSON, "identity": "alice", "avatar": "alice.png"}],
        "recordings": [about | one for one in recordings],
    }


@dataclass
class World:
    api: Api
    client: TestClient
    private: rsa.RSAPrivateKey
    key: Path

    @property
    def folder(self) -> Path:
        folder = self.api.service.settings.rooms_root / ROOM
        assert isinstance(folder, Path)
        return folder

    def switch(self, sid: str | None) -> None:
        form = {"FriendlyName": "mine"}
        if sid is not None:
            form |= {"EncryptionEnabled": "true", "EncryptionKeySid": sid}
        answer = self.client.post(SETTINGS, data=form)
        assert answer.status_code == 200, answer.text
        assert answer.json()["encryption_key_sid"] == sid

    def put(self, sid: str, content: bytes = PLAIN, sha256: str = "") -> int:
        url = f"/Rooms/{ROOM}/Recordings/{sid}/Media"
        headers = {"X-Content-SHA256": sha256} if sha256 else {}
        status: int = self.client.put(url, content=content, headers=headers).status_code
        return status

    def opened(self, name: str = "sound.mka") -> bytes:
        """The file of a recording, as whoever has the private key reads it."""
        file = self.folder / name
        metadata = read_instruction(instruction_file(file))
        return unsealed(file.read_bytes(), metadata, self.private)


def unsealed(data: bytes, metadata: object, private: rsa.RSAPrivateKey) -> bytes:
    assert isinstance(metadata, dict)
    envelope = envelope_of(metadata)
    if envelope is None:
        return data
    out = io.BytesIO()
    decrypt(io.BytesIO(data), out, envelope, [private])
    return out.getvalue()


@pytest.fixture
def world(tmp_path: Path, private: rsa.RSAPrivateKey) -> Iterator[World]:
    key = tmp_path / "key.pem"
    key.write_bytes(
        private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    with empty_api(tmp_path, upload_free_bytes=0) as api, client_of(api) as client:
        api.look()
        assert client.put(f"/Rooms/{ROOM}/Manifest", json=manifest()).status_code == 200
        yield World(api, client, private, key)


def test_what_comes_is_encrypted_for_the_key_and_given_out_so(world: World) -> None:
    sid = add_credential(world.api.service.settings, "customer", world.key).sid
    world.switch(sid)
    with pytest.raises(Conflict, match="RecordingSettings"):
        remove_credential(world.api.service.settings, "customer")
    digest = hashlib.sha256(PLAIN).hexdigest()
    assert world.put(SOUND, sha256=digest) == 200
    assert MARK not in (world.folder / "sound.mka").read_bytes()
    assert world.opened() == PLAIN
    # Whoever fetches it gets what is needed to open it.
    assert (
        world.client.put(f"/Rooms/{ROOM}/Manifest", json=manifest("completed")).status_code == 200
    )
    link = world.client.get(f"/Recordings/{SOUND}/Media", follow_redirects=False)
    got = world.client.get(link.headers["location"])
    assert got.headers["content-type"] == "application/octet-stream"
    assert unsealed(got.content, dict(got.headers), world.private) == PLAIN


def test_no_byte_is_plain_on_the_disk_while_it_comes(world: World) -> None:
    world.switch(add_credential(world.api.service.settings, "customer", world.key).sid)
    service = world.api.service
    target = find_target(service, ROOM, SOUND)
    with Upload(target, Wanted(), service.settings) as upload:
        for at in range(0, len(PLAIN), 100_000):
            upload.write([PLAIN[at : at + 100_000]])
            for file in world.api.folder.rglob("*"):
                assert not file.is_file() or MARK not in file.read_bytes(), file
    assert world.opened() == PLAIN


def test_avatars_are_encrypted_as_recordings_are(world: World) -> None:
    sid = add_credential(world.api.service.settings, "customer", world.key).sid
    path = f"/Rooms/{ROOM}/Participants/{PERSON}/Avatar"
    world.switch(sid)
    assert world.client.put(path, content=PLAIN).status_code == 200
    assert MARK not in (world.folder / "alice.png").read_bytes()
    assert world.opened("alice.png") == PLAIN
    world.switch(None)
    assert world.client.put(path, content=b"in the clear").status_code == 200
    assert world.opened("alice.png") == b"in the clear"


def test_what_is_encrypted_already_stays_as_it_is_put(world: World) -> None:
    world.switch(add_credential(world.api.service.settings, "customer", world.key).sid)
    for sid, name in ((SEALED, "sealed.mka"), (NAMED_AGE, "other.mka.age")):
        assert world.put(sid) == 200
        assert (world.folder / name).read_bytes() == PLAIN
        assert not instruction_file(world.folder / name).exists()


def test_put_again_otherwise_it_is_what_came_last(world: World) -> None:
    """Generated: the setting is switched between puts, some of which are refused."""
    sid = add_credential(world.api.service.settings, "customer", world.key).sid
    chosen, content = random.Random(5), b""
    for number in range(25):
        is_sealed = chosen.random() < 0.5
        world.switch(sid if is_sealed else None)
        data = b"%d " % number * chosen.randrange(1, 40)
        if chosen.random() < 0.3:
            assert world.put(SOUND, data, sha256="0" * 64) == 400
        else:
            assert world.put(SOUND, data) == 200
            content = data
        if content:
            assert world.opened() == content
    left = {path.name for path in world.folder.iterdir()} - {"sound.mka.instruction"}
    assert left == {"room.json", "sound.mka", ".media.lock"}


def test_of_those_that_come_at_once_one_is_there_and_opens(world: World) -> None:
    world.switch(add_credential(world.api.service.settings, "customer", world.key).sid)
    service = world.api.service
    target = find_target(service, ROOM, SOUND)
    contents = [b"%d" % number * 50_000 for number in range(8)]

    def put(data: bytes) -> None:
        with Upload(target, Wanted(), service.settings) as upload:
            upload.write([data])

    for _ in range(5):
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(put, contents))
        assert world.opened() in contents


def test_without_its_key_nothing_is_taken_in(world: World, tmp_path: Path) -> None:
    settings = world.api.service.settings
    world.switch(add_credential(settings, "customer", world.key).sid)
    text = world.key.read_bytes()
    for broken in (None, b"", AGE.encode()):
        world.key.unlink(missing_ok=True)
        if broken is not None:
            world.key.write_bytes(broken)
        with pytest.raises(SettingsInvalid):
            find_target(world.api.service, ROOM, SOUND)
        assert world.put(SOUND) == 500
        assert not (world.folder / "sound.mka").exists()
    world.key.write_bytes(text)
    assert world.put(SOUND) == 200
    age = tmp_path / "age.pub"
    age.write_text(AGE)
    sid = add_credential(settings, "age", age).sid
    form = {"FriendlyName": "mine", "EncryptionEnabled": "true", "EncryptionKeySid": sid}
    answer = world.client.post(SETTINGS, data=form)
    assert (answer.status_code, "keys of RSA" in answer.json()["message"]) == (400, True)


def test_in_a_store_of_objects_the_envelope_is_metadata(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = MemoryStore()
    monkeypatch.setattr(stores, "_used", {"s3": objects})
    place = ObjectLocation("s3", "bucket", "rooms/sound.mka")
    target = Target(place, world.private.public_key())
    with Upload(target, Wanted(), world.api.service.settings) as upload:
        upload.write([PLAIN[:10], PLAIN[10:]])
    content, found = objects.read(place), objects.stat(place)
    assert content is not None
    assert found is not None
    assert unsealed(content.data, dict(found.metadata), world.private) == PLAIN
    with (
        pytest.raises(ArgumentsInvalid),
        Upload(target, Wanted(sha256="0" * 64), world.api.service.settings) as upload,
    ):
        upload.write([b"other"])
    assert objects.read(place) == content


def test_bytes_in_whatever_pieces_are_opened_again(private: rsa.RSAPrivateKey) -> None:
    chosen = random.Random(3)
    for size in (1, 15, 16, 17, 31, 32, 65_535, 65_536, 65_537, *(chosen.randrange(9999),) * 9):
        data, sealing, sealed = chosen.randbytes(size), Sealing(private.public_key()), b""
        at = 0
        while at < size:
            end = at + chosen.choice([1, 16, 100, 70_000])
            sealed += sealing.update(data[at:end])
            at = end
        sealed += sealing.finish()
        assert len(sealed) % BLOCK_BYTES == 0
        assert sealing.envelope.plain_bytes == size
        out = io.BytesIO()
        decrypt(io.BytesIO(sealed), out, sealing.envelope, [private])
        assert out.getvalue() == data
