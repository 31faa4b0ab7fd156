"""Compositions that are stored encrypted, and rooms of encrypted recordings, with stock tools."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from clip_rooms import Track, room, sid
from clips import Clips
from composing import Composed, colour, compose_room, level_at
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from stock_tools import need_tools, run, told

from roomreel.batch.render import is_in_place
from roomreel.compose.media import stat_media
from roomreel.documents.identity import inputs_sha256
from roomreel.documents.manifest import parse_manifest
from roomreel.encryption import Encryptor, encryptor_of, instruction_file
from roomreel.encryption.keys import read_public_key
from roomreel.errors import EmptyTrackList
from roomreel.service.rooms.uploads import Target, Upload, Wanted
from roomreel.settings import Settings

GRID = {
    "video_layout": {"grid": {"video_sources": ["*"]}},
    "audio_sources": ["*"],
    "resolution": "320x240",
    "format": "mp4",
}


def camera(clips: Clips, colour: str) -> Path:
    """Longer than what is warned of as short."""
    return clips.video(colour, seconds=3)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the key pairs of docs/encryption.md, and the fingerprints it says they have."""
    need_tools()
    folder = tmp_path_factory.mktemp("keys")
    for words, file in [("age-keygen -o", "customer.pub"), ("openssl genpkey", "customer.pub.pem")]:
        fingerprint = run(told(words), folder).split()[0]
        (folder / f"{file}.sha256").write_text(fingerprint)
    return folder


@dataclass(frozen=True)
class Way:
    """One way to encrypt, and that of docs/encryption.md to decrypt."""

    encryption: str
    public_key: str
    ending: str
    commands: str


WAYS = {
    "age": Way("age", "customer.pub", ".age", "age --decrypt -i customer.key"),
    "age for RSA": Way("age", "customer.pub.pem", ".age", "age --decrypt -i customer.pem"),
    "rsa-envelope": Way("rsa-envelope", "customer.pub.pem", ".enc", "file=monday.mp4"),
}


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Digests of the plaintext files that were encrypted, by the part of a composition they are."""
    digests: dict[str, str] = {}
    encrypt = Encryptor.encrypt

    def watched(self: Encryptor, source: Path) -> Any:
        digests[source.stem] = hashlib.sha256(source.read_bytes()).hexdigest()
        return encrypt(self, source)

    monkeypatch.setattr(Encryptor, "encrypt", watched)
    return digests


@pytest.mark.parametrize("name", WAYS)
def test_stock_tools_give_the_render_back(
    tmp_path: Path, clips: Clips, keys: Path, rendered: dict[str, str], name: str
):
    way = WAYS[name]
    manifest = room(tmp_path, [Track("alice", "camera", camera(clips, "red"))])
    public_key = keys / way.public_key
    made = compose_room(tmp_path, manifest, GRID, encryption=way.encryption, public_key=public_key)
    outcome, files = made.outcome, made.outcome.files
    assert files is not None
    assert is_in_place(outcome, files)
    assert outcome.encryption == way.encryption
    assert outcome.key_fingerprint == (keys / f"{way.public_key}.sha256").read_text()
    beside = {"poster": files.poster, "sheet": files.sheet, "plan": files.plan}
    stored = {"composition": files.media, **beside}
    assert outcome.media_sha256 == hashlib.sha256(made.media.read_bytes()).hexdigest()
    assert set(rendered) == set(stored)
    for part, path in stored.items():
        assert path is not None
        assert path.endswith(way.ending)
        assert decrypted(tmp_path / part, keys, Path(path), way) == rendered[part]
    store = tmp_path / "store"
    assert all(way.ending in path.name for path in (store / "compositions").rglob("CJ*"))
    assert not list((store / "scratch").glob("roomreel-*"))


def decrypted(folder: Path, keys: Path, stored: Path, way: Way) -> str:
    """The digest of what the page's commands make of a file, in a folder with keys and file."""
    folder.mkdir()
    for file in keys.glob("customer.*"):
        (folder / file.name).write_bytes(file.read_bytes())
    for file in (stored, instruction_file(stored)):
        if file.exists():
            ending = file.name.partition(way.ending)
            (folder / f"monday.mp4{ending[1]}{ending[2]}").write_bytes(file.read_bytes())
    run(told(way.commands), folder)
    return hashlib.sha256((folder / "monday.mp4").read_bytes()).hexdigest()


@pytest.fixture
def encrypt(keys: Path) -> Callable[[Path, str], tuple[Path, dict[str, str]]]:
    """Encrypts a copy of a clip, and tells the metadata that belong to it."""

    def make(clip: Path, encryption: str) -> tuple[Path, dict[str, str]]:
        settings = Settings(encryption=encryption, public_key=keys / "customer.pub.pem")
        copy = clip.with_name(f"copy-{clip.name}")
        copy.write_bytes(clip.read_bytes())
        encrypted = encryptor_of(settings).encrypt(copy)
        return encrypted.path, dict(encrypted.metadata)

    return make


@pytest.fixture
def mixed_room(tmp_path: Path, clips: Clips, keys: Path, encrypt: Any) -> Path:
    """Recordings in each format, told of in each way, beside one that is not encrypted.

    All begin at once, so that they are placed by the names of their tracks.
    """
    aged = tmp_path / "by-hand"
    aged.mkdir()
    (aged / "alice.mkv").write_bytes(camera(clips, "red").read_bytes())
    (aged / "customer.pub.pem").write_bytes((keys / "customer.pub.pem").read_bytes())
    run(told("ssh-keygen -i"), aged)
    beside, metadata = encrypt(camera(clips, "green"), "rsa-envelope")
    in_manifest, envelope = encrypt(clips.tone(440, seconds=3), "rsa-envelope")
    aged_sound, _ = encrypt(clips.tone(880, seconds=3), "age")
    claims = {
        "format": "rsa-envelope",
        "key": envelope["x-amz-key"],
        "iv": envelope["x-amz-iv"],
        "unencrypted_content_length": int(envelope["x-amz-unencrypted-content-length"]),
    }
    tracks = [
        Track("alice", "1", aged / "alice.mkv.age", "video"),
        Track("bob", "2", beside, "video"),
        Track("carol", "3", camera(clips, "blue")),
        Track("alice", "mic", in_manifest, "audio", claims={"encryption": claims}),
        Track(
            "bob",
            "mic",
            aged_sound.rename(aged_sound.with_suffix(".mka")),
            claims={"encryption": {"format": "age"}},
        ),
    ]
    manifest = room(tmp_path, tracks)
    (manifest.parent / f"{sid('RT', 'test-room', 1)}.enc.instruction").write_text(
        json.dumps(metadata)
    )
    return manifest


def cells(made: Composed) -> list[str]:
    picture = made.picture(30)
    return [colour(picture[y + 30 : y + 90, x + 40 : x + 120]) for y in (0, 120) for x in (0, 160)]


def test_a_room_of_encrypted_recordings(tmp_path: Path, keys: Path, mixed_room: Path):
    made = compose_room(tmp_path, mixed_room, GRID, private_key=keys / "customer.pem")
    assert made.codes == set()
    assert cells(made) == ["red", "green", "blue", "black"]
    sound = made.sound()
    assert level_at(sound, 440, 0.5, 1.5) > 0.1
    assert level_at(sound, 880, 0.5, 1.5) > 0.1
    assert made.outcome.source_bytes == sum(
        path.stat().st_size for path in mixed_room.parent.glob("RT*") if "instr" not in path.name
    )
    assert not list((tmp_path / "store" / "scratch").glob("roomreel-*"))


def test_what_was_encrypted_as_it_was_put_is_composed_with_its_key(
    tmp_path: Path, clips: Clips, keys: Path
):
    manifest = room(tmp_path, [Track("ann", "camera", camera(clips, "green"))])
    (medium,) = (path for path in manifest.parent.iterdir() if path != manifest)
    data, settings = medium.read_bytes(), Settings(folder=tmp_path, upload_free_bytes=0)
    target = Target(medium, read_public_key(keys / "customer.pub.pem").rsa)
    with Upload(target, Wanted(), settings) as upload:
        upload.write([data[:1000], data[1000:]])
    made = compose_room(tmp_path, manifest, GRID, private_key=keys / "customer.pem")
    assert (made.codes, middle(made)) == (set(), "green")
    without = compose_room(tmp_path, manifest, GRID)
    assert without.codes == {("media-undecodable", sid("RT", "test-room", 0))}


def test_without_the_key_the_others_are_composed(tmp_path: Path, mixed_room: Path):
    made = compose_room(tmp_path, mixed_room, GRID)
    assert made.codes == {
        ("media-undecodable", sid("RT", "test-room", number)) for number in (0, 1, 3, 4)
    }
    assert all("set private_key" in warning.message for warning in made.outcome.warnings)
    assert middle(made) == "blue"


def middle(made: Composed) -> str:
    return colour(made.picture(30)[60:180, 80:240])


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2 // 16 * 16]


def swapped(data: bytes) -> bytes:
    """A byte changed in the middle, and the one that the length of the padding hangs on."""
    changed = bytearray(data)
    for place in (len(data) // 2, len(data) - 17):
        changed[place] ^= 0x55
    return bytes(changed)


@pytest.mark.parametrize("spoil", [cut, swapped])
@pytest.mark.parametrize("format_", ["age", "rsa-envelope"])
def test_what_was_changed_is_left_out(
    tmp_path: Path, clips: Clips, keys: Path, encrypt: Any, format_: str, spoil: Any
):
    encrypted, metadata = encrypt(camera(clips, "red"), format_)
    encrypted.write_bytes(spoil(encrypted.read_bytes()))
    tracks = [
        Track("a", "1", encrypted, "video"),
        Track("b", "2", camera(clips, "blue")),
    ]
    manifest = room(tmp_path, tracks)
    if metadata:
        name = f"{sid('RT', 'test-room', 0)}.enc.instruction"
        (manifest.parent / name).write_text(json.dumps(metadata))
    made = compose_room(tmp_path, manifest, GRID, private_key=keys / "customer.pem")
    assert made.codes == {("media-undecodable", sid("RT", "test-room", 0))}
    (warning,) = made.outcome.warnings
    assert format_ in warning.message
    assert "cut off" in warning.message
    assert middle(made) == "blue"


def test_a_change_in_the_middle_of_an_envelope_spoils_no_neighbour(
    tmp_path: Path, clips: Clips, keys: Path, encrypt: Any
):
    """The format has no MAC: nothing tells it but the pictures, and the run goes on."""
    encrypted, metadata = encrypt(camera(clips, "red"), "rsa-envelope")
    data = bytearray(encrypted.read_bytes())
    for place in range(1000, len(data) - 1000, 300):
        data[place] ^= 0xFF
    encrypted.write_bytes(data)
    tracks = [
        Track("a", "1", encrypted, "video"),
        Track("b", "2", camera(clips, "blue")),
    ]
    manifest = room(tmp_path, tracks)
    name = f"{sid('RT', 'test-room', 0)}.enc.instruction"
    (manifest.parent / name).write_text(json.dumps(metadata))
    made = compose_room(tmp_path, manifest, GRID, private_key=keys / "customer.pem")
    # Right of the middle is blue, whether there are two cells or one.
    assert colour(made.picture(30)[80:160, 180:300]) == "blue"


def test_a_key_that_comes_later_is_another_input(tmp_path: Path, clips: Clips, keys: Path, encrypt):
    encrypted, _ = encrypt(camera(clips, "red"), "age")
    path = room(tmp_path, [Track("a", "1", encrypted, "video")])
    with pytest.raises(EmptyTrackList, match=r"is encrypted .*: set private_key"):
        compose_room(tmp_path, path, GRID)
    other = tmp_path / "other.pem"
    other.write_bytes(
        rsa.generate_private_key(65537, 2048).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    with pytest.raises(EmptyTrackList, match=r"is encrypted .*; check it and private_key"):
        compose_room(tmp_path, path, GRID, private_key=other)
    manifest = parse_manifest(path.read_bytes(), str(path))
    digests = {
        inputs_sha256(manifest, stat_media(manifest, Settings(media_roots=[str(tmp_path)], **more)))
        for more in ({}, {"private_key": other}, {"private_key": keys / "customer.pem"})
    }
    assert len(digests) == 3


INSTRUCTIONS = {
    "no JSON": "{",
    "no envelope": json.dumps({"x-amz-key": "AAAA"}),
    "a key of nothing": json.dumps(
        {"x-amz-key": "", "x-amz-iv": base64.b64encode(bytes(16)).decode()}
    ),
}


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_a_broken_instruction_file_costs_its_own_recording(
    tmp_path: Path, clips: Clips, keys: Path, name: str
):
    tracks = [
        Track("a", "1", camera(clips, "red")),
        Track("b", "2", camera(clips, "blue")),
    ]
    manifest = room(tmp_path, tracks)
    beside = manifest.parent / f"{sid('RT', 'test-room', 0)}.webm.instruction"
    beside.write_text(INSTRUCTIONS[name])
    made = compose_room(tmp_path, manifest, GRID, private_key=keys / "customer.pem")
    assert made.codes == {("media-undecodable", sid("RT", "test-room", 0))}


def test_an_instruction_file_may_not_lead_out_of_the_roots(tmp_path: Path, clips: Clips):
    manifest = room(tmp_path, [Track("a", "1", camera(clips, "red"))])
    secret = tmp_path / "outside.json"
    secret.write_text(INSTRUCTIONS["no envelope"])
    (manifest.parent / f"{sid('RT', 'test-room', 0)}.webm.instruction").symlink_to(secret)
    ready = parse_manifest(manifest.read_bytes(), str(manifest))
    (medium,) = stat_media(ready, Settings(media_roots=[str(manifest.parent)])).values()
    assert medium.problem is not None
    assert "outside the media roots" in medium.problem.message
