from __future__ import annotations

import json

import pyrage
import pytest

from roomreel.encryption import (
    check_keys,
    encryptor_of,
    instruction_file,
    publish_encrypted,
    read_private_keys,
)
from roomreel.encryption.envelope import decrypt, envelope_of
from roomreel.encryption.private_keys import PASSPHRASE
from roomreel.errors import SettingsInvalid, StorageFailed
from roomreel.settings import Settings

PLAIN = b"moving pictures" * 1000


@pytest.fixture
def medium(tmp_path):
    path = tmp_path / "scratch" / "CJ.mp4"
    path.parent.mkdir()
    path.write_bytes(PLAIN)
    return path


def files(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_without_encryption_a_file_is_stored_as_it_is(medium):
    encryptor = encryptor_of(Settings())
    assert (encryptor.format, encryptor.fingerprint) == (None, None)
    encrypted = encryptor.encrypt(medium)
    assert (encrypted.path, encrypted.metadata) == (medium, {})
    assert medium.read_bytes() == PLAIN


@pytest.mark.parametrize(("name", "form"), [("age", "age"), ("rsa", "pem"), ("rsa", "ssh")])
def test_age_is_for_either_kind_of_key(medium, tmp_path, public_file, private_file, name, form):
    encryptor = encryptor_of(Settings(encryption="age", public_key=public_file(name, form)))
    target = tmp_path / "store" / "CJ.mp4.age"
    publish_encrypted(encryptor.encrypt(medium), target)
    assert files(target.parent) == ["CJ.mp4.age"]
    assert files(medium.parent) == []
    keys = read_private_keys(private_file(name, "age" if name == "age" else "PKCS8"))
    assert pyrage.decrypt(target.read_bytes(), list(keys.identities)) == PLAIN
    assert keys.fingerprints == (encryptor.fingerprint,)


def test_an_envelope_stands_beside_its_file(medium, tmp_path, public_file, key):
    encryptor = encryptor_of(Settings(encryption="rsa-envelope", public_key=public_file("rsa")))
    target = tmp_path / "store" / "CJ.mp4.enc"
    publish_encrypted(encryptor.encrypt(medium), target)
    assert files(target.parent) == ["CJ.mp4.enc", "CJ.mp4.enc.instruction"]
    assert files(medium.parent) == []
    told = envelope_of(json.loads(instruction_file(target).read_text()))
    with target.open("rb") as reader, medium.open("wb") as writer:
        decrypt(reader, writer, told, [key("rsa")])
    assert medium.read_bytes() == PLAIN


def test_no_envelope_is_ever_beside_the_file_of_another(medium, tmp_path, public_file, monkeypatch):
    """Killed at the worst instant: the new envelope is there, the new file is not."""
    encryptor = encryptor_of(Settings(encryption="rsa-envelope", public_key=public_file("rsa")))
    target = tmp_path / "store" / "CJ.mp4.enc"
    publish_encrypted(encryptor.encrypt(medium), target)
    medium.write_bytes(PLAIN)
    encrypted = encryptor.encrypt(medium)
    encrypted.path.unlink()
    with pytest.raises(StorageFailed):
        publish_encrypted(encrypted, target)
    assert files(target.parent) == ["CJ.mp4.enc.instruction"]


def test_an_envelope_wants_rsa(public_file):
    with pytest.raises(SettingsInvalid, match="rsa-envelope needs RSA"):
        encryptor_of(Settings(encryption="rsa-envelope", public_key=public_file("age", "age")))


@pytest.mark.parametrize("setting", ["public_key", "private_key"])
def test_both_keys_are_checked_at_the_start(tmp_path, public_file, setting):
    settings = Settings(encryption="age", public_key=public_file("rsa"))
    check_keys(settings)
    with pytest.raises(SettingsInvalid, match=f"{setting}: cannot read"):
        check_keys(settings.model_copy(update={setting: tmp_path / "nowhere"}))


def test_a_full_disk_leaves_the_plaintext_where_it_was(medium, public_file):
    (medium.parent / "CJ.mp4.age").symlink_to("/dev/full")
    encryptor = encryptor_of(Settings(encryption="age", public_key=public_file("age", "age")))
    with pytest.raises(StorageFailed, match="No space left"):
        encryptor.encrypt(medium)
    assert medium.read_bytes() == PLAIN


def test_the_passphrase_is_no_setting():
    names = {f"ROOMREEL_{name.upper()}" for name in Settings.model_fields}
    assert PASSPHRASE not in names
