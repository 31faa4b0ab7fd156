from __future__ import annotations

import hashlib

import pyrage
import pytest
from cryptography.hazmat.primitives import serialization

from roomreel.encryption.keys import read_public_key
from roomreel.errors import SettingsInvalid


@pytest.mark.parametrize("form", ["pem", "ssh"])
def test_an_rsa_key_has_one_fingerprint_however_it_is_written(key, public_file, form):
    read = read_public_key(public_file("rsa", form))
    der = (
        key("rsa")
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    assert read.fingerprint == hashlib.sha256(der).hexdigest()
    assert read.rsa is not None
    assert read.rsa.public_numbers() == key("rsa").public_key().public_numbers()


def test_the_fingerprint_of_an_age_recipient_is_of_its_text(key, public_file):
    read = read_public_key(public_file("age", "age"))
    text = str(key("age").to_public())
    assert read.fingerprint == hashlib.sha256(text.encode()).hexdigest()
    assert read.rsa is None
    assert pyrage.decrypt(pyrage.encrypt(b"word", [read.recipient]), [key("age")]) == b"word"


@pytest.mark.parametrize(
    ("name", "form", "words"),
    [
        ("short-rsa", "pem", "1024 bits, 2048 are the least"),
        ("short-rsa", "ssh", "1024 bits, 2048 are the least"),
        ("ec", "pem", "neither one age recipient"),
        ("ed25519", "ssh", "neither one age recipient"),
    ],
)
def test_a_key_of_another_kind_or_size_is_refused(public_file, name, form, words):
    with pytest.raises(SettingsInvalid, match=words) as caught:
        read_public_key(public_file(name, form))
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("name", "form", "passphrase"),
    [
        ("rsa", "PKCS8", None),
        ("rsa", "PKCS8", "word"),
        ("rsa", "TraditionalOpenSSL", None),
        ("rsa", "OpenSSH", None),
        ("age", "age", None),
        ("age", "age", "word"),
    ],
)
def test_a_private_key_is_no_public_one(private_file, name, form, passphrase):
    with pytest.raises(SettingsInvalid, match="holds a private key") as caught:
        read_public_key(private_file(name, form, passphrase))
    assert "-----BEGIN" not in str(caught.value)
    assert "AGE-SECRET-KEY" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n# nothing\n",
        b"age1abc",
        b"age1" + b"q" * 58,
        b"ssh-rsa AAAA",
        b"\xff\xfe",
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ],
)
def test_what_is_no_key_is_refused(tmp_path, text):
    path = tmp_path / "key.pub"
    path.write_bytes(text)
    with pytest.raises(SettingsInvalid, match=r"key\.pub is neither one age recipient"):
        read_public_key(path)


def test_two_keys_are_refused(tmp_path, key):
    path = tmp_path / "key.pub"
    path.write_text(f"{key('age').to_public()}\n{key('other-age').to_public()}\n")
    with pytest.raises(SettingsInvalid, match="neither one age recipient"):
        read_public_key(path)


def test_what_cannot_be_read_is_told(tmp_path):
    with pytest.raises(SettingsInvalid, match="it does not exist"):
        read_public_key(tmp_path / "nowhere")
    with pytest.raises(SettingsInvalid, match="it is a folder"):
        read_public_key(tmp_path)
    large = tmp_path / "large"
    large.write_bytes(bytes(100_000))
    with pytest.raises(SettingsInvalid, match="too large for a key"):
        read_public_key(large)
