"""Avatars, looked at: they lie where media do, and are opened as media are."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import pyvips
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from roomreel.compose.avatars import bring_avatars, look_at_avatars
from roomreel.encryption import encryptor_of, instruction_file, put_instruction
from roomreel.model.geometry import Rect
from roomreel.model.images import LARGEST_BYTES
from roomreel.model.look import Avatar, Overlay, OverlayKind, OverlayState
from roomreel.model.media import Problem
from roomreel.model.room import (
    Manifest,
    MediaType,
    Participant,
    Recording,
    RecordingStatus,
    Room,
    RoomStatus,
)
from roomreel.model.selection import Selection
from roomreel.model.template import Region, Template
from roomreel.model.tiles import Placeholder, PlaceholderKind, TileLook
from roomreel.process import isolate
from roomreel.settings import Settings

PNG = pyvips.Image.new_from_array(np.zeros((4, 6, 3), np.uint8)).pngsave_buffer()
AVATAR = Avatar("PA1", hashlib.sha256(PNG).hexdigest())
CAMERA = Recording(
    *("RT1", "MT1", "PA1", "camera"), type=MediaType.VIDEO, status=RecordingStatus.COMPLETED
)
IMAGES = Template(
    "images",
    (Region("main", Selection(("*",)), tile=TileLook(Placeholder(PlaceholderKind.IMAGE))),),
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "call").mkdir()
    return Settings(store=tmp_path / "store", media_roots=[str(tmp_path / "call")])


def manifest(tmp_path: Path, avatar: str, *more: Participant) -> Manifest:
    people = (Participant("PA1", "ann", avatar=avatar), *more)
    recordings = [replace(CAMERA, sid=f"RT{one.sid}", participant_sid=one.sid) for one in people]
    room = Room("RM1", "call", RoomStatus.COMPLETED, people, tuple(recordings))
    return Manifest(room, str(tmp_path / "call" / "room.json"), "0")


def look(of: Manifest, settings: Settings) -> Avatar | Problem:
    return look_at_avatars(of, IMAGES, settings)["PA1"]


def bring(of: Manifest, folder: Path, settings: Settings) -> bytes:
    folder.mkdir()
    state = OverlayState(0, 1, AVATAR)
    overlay = Overlay(OverlayKind.PLACEHOLDER, Rect(0, 0, 2, 2), 0, (state,))
    return Path(bring_avatars([overlay], of, folder, settings)[AVATAR.sha256]).read_bytes()


@pytest.mark.parametrize("named", ["ann.png", "./ann.png", "../call/ann.png", "{}/ann.png"])
def test_its_path_is_one_of_media(tmp_path: Path, settings: Settings, named: str) -> None:
    (tmp_path / "call" / "ann.png").write_bytes(PNG)
    of = manifest(tmp_path, named.format(tmp_path / "call"))
    assert look(of, settings) == AVATAR
    assert bring(of, tmp_path / "scratch", settings) == PNG


@pytest.mark.parametrize("form", ["age", "rsa-envelope"])
def test_one_that_is_encrypted_is_opened_by_the_key_that_opens_media(
    tmp_path: Path, settings: Settings, form: str
) -> None:
    private = rsa.generate_private_key(65537, 2048)
    pem = serialization.Encoding.PEM
    key, lock = tmp_path / "key.pem", tmp_path / "key.pub"
    key.write_bytes(
        private.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    lock.write_bytes(private.public_key().public_bytes(pem, spki))
    plain = tmp_path / "ann.png"
    plain.write_bytes(PNG)
    encryptor = encryptor_of(Settings(encryption=form, public_key=lock))
    encrypted = encryptor.encrypt(plain)
    place = tmp_path / "call" / ("ann.png.age" if form == "age" else "ann.png")
    put_instruction(place, encrypted.metadata)
    place.write_bytes(encrypted.path.read_bytes())
    assert instruction_file(place).exists() == (form == "rsa-envelope")
    of = manifest(tmp_path, place.name)
    shut = look(of, settings)
    assert isinstance(shut, Problem)
    assert "set private_key" in shut.message
    opening = settings.model_copy(update={"private_key": key})
    assert look(of, opening) == AVATAR
    assert bring(of, tmp_path / "scratch", opening) == PNG


def test_one_that_is_too_large_is_not_read(tmp_path: Path, settings: Settings) -> None:
    with (tmp_path / "call" / "ann.png").open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)
    found = look(manifest(tmp_path, "ann.png"), settings)
    assert isinstance(found, Problem)
    assert found.message.endswith(f"it has more than {LARGEST_BYTES} bytes")


def test_all_of_a_room_are_decoded_by_one_child_and_once(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, begun = isolate.run, []

    def counted(*args: object, **rest: object) -> object:
        begun.append(args[0])
        return run(*args, **rest)

    monkeypatch.setattr(isolate, "run", counted)
    people = [Participant(f"PA{number}", "x", avatar=f"{number}.png") for number in range(2, 6)]
    pixels = np.random.default_rng().integers(0, 256, (5, 4, 6, 3), np.uint8)
    for number, picture in enumerate(pixels, start=1):
        data = pyvips.Image.new_from_array(picture).pngsave_buffer()
        (tmp_path / "call" / f"{number}.png").write_bytes(data)
    (tmp_path / "call" / "3.png").write_bytes(b"no picture")
    for _ in range(2):
        found = look_at_avatars(manifest(tmp_path, "1.png", *people), IMAGES, settings)
        odd = {sid for sid, one in found.items() if isinstance(one, Problem)}
        assert (found.keys(), odd) == ({f"PA{number}" for number in range(1, 6)}, {"PA3"})
    assert len(begun) == 1
