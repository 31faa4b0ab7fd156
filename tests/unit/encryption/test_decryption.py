from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from roomreel.encryption import (
    Encryptor,
    decrypt_media,
    encryption_of,
    encryptor_of,
    read_instruction,
)
from roomreel.errors import MediaUnreadable, SettingsInvalid, StorageFailed
from roomreel.model.encryption import Encryption, EncryptionFormat, Envelope
from roomreel.model.media import Problem, Stored
from roomreel.settings import Settings

PLAIN = os.urandom(100_000)
AGE = Encryption(EncryptionFormat.AGE)
METADATA = {"x-amz-key": "AAAA", "x-amz-iv": "AAAAAAAAAAAAAAAAAAAAAA=="}
OF_METADATA = Encryption(EncryptionFormat.RSA_ENVELOPE, Envelope(bytes(3), bytes(16)))


@pytest.fixture
def settings(tmp_path, private_file):
    return Settings(store=tmp_path / "store", private_key=private_file("rsa"))


@pytest.fixture
def stored(tmp_path, public_file):
    """A recording that is stored encrypted for the key "rsa"."""

    def make(form):
        encryptor = encryptor_of(Settings(encryption=form, public_key=public_file("rsa")))
        plain = tmp_path / f"{form}.mkv"
        plain.write_bytes(PLAIN)
        encrypted = encryptor.encrypt(plain)
        name = "one.mkv.age" if form == "age" else "one.mkv"
        encryption = encryption_of(name, None, encrypted.metadata, Settings())
        return Stored(str(encrypted.path), encrypted.path.stat().st_size, "1", encryption)

    return make


def test_the_manifest_tells_first_then_storage_then_the_name():
    def told(media, metadata, encryption=None):
        return encryption_of(media, encryption, metadata, Settings())

    assert told("one.mkv", {}) is None
    assert told("one.mkv", {"author": "me"}) is None
    assert told("one.mkv.AGE", {}) == AGE
    assert told("one.mkv.age", METADATA) == OF_METADATA
    assert told("one.mkv", METADATA, AGE) == AGE


def test_which_keys_there_are_counts_as_a_change_of_the_input(settings, private_file):
    def told(**changes):
        return encryption_of("one.age", None, {}, settings.model_copy(update=changes))

    keys = (None, private_file("rsa"), private_file("other-rsa"))
    assert len({told(private_key=key) for key in keys}) == 3


def test_a_bad_private_key_is_told_where_it_is_needed(settings, tmp_path):
    bad = settings.model_copy(update={"private_key": tmp_path / "nowhere"})
    assert encryption_of("one.mkv", None, {}, bad) is None
    with pytest.raises(SettingsInvalid, match="private_key: cannot read"):
        encryption_of("one.age", None, {}, bad)


def test_an_instruction_file(tmp_path):
    path = tmp_path / "one.mkv.instruction"
    assert read_instruction(path) == {}
    assert read_instruction(tmp_path / ("n" * 250 + ".mkv.instruction")) == {}
    path.write_text(json.dumps(METADATA))
    assert read_instruction(path) == METADATA
    for text in ("[]", "{", "[" * 60_000, "\xff"):
        path.write_text(text, encoding="latin-1")
        with pytest.raises(MediaUnreadable, match="not a JSON object"):
            read_instruction(path)
    path.write_bytes(bytes(100_000))
    with pytest.raises(StorageFailed, match="larger than"):
        read_instruction(path)


@pytest.mark.parametrize("form", ["age", "rsa-envelope"])
def test_plaintext_is_there_as_long_as_it_is_read(stored, settings, form):
    one = stored(form)
    with decrypt_media({"RT1": one}, settings) as sources:
        found = sources["RT1"]
        assert (found.size_bytes, found.encryption) == (len(PLAIN), None)
        plain = Path(found.location)
        assert plain.read_bytes() == PLAIN
        assert plain.parent.stat().st_mode & 0o077 == 0
    assert not plain.exists()
    assert Path(one.location).exists()


def test_a_file_of_several_recordings_is_decrypted_once(stored, settings):
    one, other = stored("age"), stored("rsa-envelope")
    with decrypt_media({"RT1": one, "RT2": other, "RT3": one}, settings) as sources:
        assert sources["RT1"] == sources["RT3"] != sources["RT2"]
        assert len(list(settings.scratch_root.rglob("RT*"))) == 2


def test_what_is_not_encrypted_is_read_where_it_is(settings):
    one = Stored("one.mkv", 7, "1")
    with decrypt_media({"RT1": one}, settings) as sources:
        assert sources == {"RT1": one}
    assert not settings.scratch_root.exists()


@pytest.mark.parametrize("form", ["age", "rsa-envelope"])
def test_one_that_cannot_be_opened_spoils_no_other(stored, settings, private_file, form):
    good = Stored("one.mkv", 7, "1")
    for name, words in [(None, "set private_key"), ("other-rsa", "check it and private_key")]:
        path = private_file(name) if name else None
        other = settings.model_copy(update={"private_key": path})
        with decrypt_media({"RT1": stored(form), "RT2": good}, other) as sources:
            problem = sources["RT1"]
            assert isinstance(problem, Problem)
            assert problem.code == "media-undecodable"
            assert form in problem.message
            assert words in problem.message
            assert sources["RT2"] == good
            assert list(settings.scratch_root.rglob("RT*")) == []


def test_an_age_key_opens_no_envelope(stored, settings, private_file):
    other = settings.model_copy(update={"private_key": private_file("age", "age")})
    with decrypt_media({"RT1": stored("rsa-envelope")}, other) as sources:
        assert "another key than private_key" in sources["RT1"].message


@pytest.mark.parametrize("form", ["age", "rsa-envelope"])
def test_a_file_that_is_gone_is_a_problem_of_its_own(stored, settings, form):
    one = stored(form)
    Path(one.location).unlink()
    with decrypt_media({"RT1": one}, settings) as sources:
        assert "No such file" in sources["RT1"].message


def test_a_full_disk_is_no_problem_of_the_recording(stored, settings, monkeypatch):
    one = stored("rsa-envelope")
    monkeypatch.setattr("roomreel.encryption.decryption.envelope.decrypt", _disk_full)
    with (
        pytest.raises(StorageFailed, match="the disk is full"),
        decrypt_media({"RT1": one}, settings),
    ):
        pass


def _disk_full(*_arguments):
    raise OSError(28, "No space left on device")


def test_a_seal_without_a_key_is_none():
    assert encryptor_of(Settings()) == Encryptor()
