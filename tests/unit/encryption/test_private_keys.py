from __future__ import annotations

import pyrage
import pytest

from roomreel.encryption.keys import read_public_key
from roomreel.encryption.private_keys import PASSPHRASE, read_private_keys
from roomreel.errors import SettingsInvalid


@pytest.fixture(autouse=True)
def no_passphrase(monkeypatch):
    monkeypatch.delenv(PASSPHRASE, raising=False)


@pytest.mark.parametrize("form", ["PKCS8", "TraditionalOpenSSL", "OpenSSH"])
def test_an_rsa_key_opens_both_formats(private_file, public_file, form):
    public = read_public_key(public_file("rsa"))
    keys = read_private_keys(private_file("rsa", form))
    assert keys.fingerprints == (public.fingerprint,)
    assert keys.rsa[0].public_key().public_numbers() == public.rsa.public_numbers()
    encrypted = pyrage.encrypt(b"word", [public.recipient])
    assert pyrage.decrypt(encrypted, list(keys.identities)) == b"word"


def test_one_file_may_hold_many_keys(tmp_path, key, private_file, public_file):
    parts = [
        private_file("age", "age"),
        private_file("rsa", "PKCS8"),
        private_file("other-age", "age"),
        private_file("other-rsa", "OpenSSH"),
    ]
    path = tmp_path / "keys"
    path.write_bytes(b"\n".join(part.read_bytes() for part in parts))
    keys = read_private_keys(path)
    assert len(keys.rsa) == 2
    for name, form in [("age", "age"), ("other-age", "age"), ("rsa", "pem"), ("other-rsa", "pem")]:
        public = read_public_key(public_file(name, form))
        assert public.fingerprint in keys.fingerprints
        encrypted = pyrage.encrypt(b"word", [public.recipient])
        assert pyrage.decrypt(encrypted, list(keys.identities)) == b"word"


LOCKED = [("rsa", "PKCS8"), ("rsa", "TraditionalOpenSSL"), ("age", "age")]


@pytest.mark.parametrize(("name", "form"), LOCKED)
def test_the_environment_opens_a_locked_key(private_file, monkeypatch, name, form):
    path = private_file(name, form, "correct horse")
    with pytest.raises(SettingsInvalid, match="is locked") as caught:
        read_private_keys(path)
    assert PASSPHRASE in caught.value.remedy
    monkeypatch.setenv(PASSPHRASE, "battery staple")
    with pytest.raises(SettingsInvalid, match="does not open") as caught:
        read_private_keys(path)
    assert "battery" not in str(caught.value)
    monkeypatch.setenv(PASSPHRASE, "correct horse")
    assert (
        read_private_keys(path).fingerprints
        == read_private_keys(private_file(name, form)).fingerprints
    )


@pytest.mark.parametrize(
    ("name", "form", "words"),
    [
        ("short-rsa", "PKCS8", "1024 bits"),
        ("ec", "PKCS8", "another kind than RSA"),
        ("ed25519", "OpenSSH", "another kind than RSA"),
    ],
)
def test_a_key_of_another_kind_or_size_is_refused(private_file, name, form, words):
    with pytest.raises(SettingsInvalid, match=words):
        read_private_keys(private_file(name, form))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"AGE-SECRET-KEY-1QQQ",
        b"age-encryption.org/v1\n",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    ],
)
def test_what_is_no_key_is_refused(tmp_path, monkeypatch, text):
    monkeypatch.setenv(PASSPHRASE, "word")
    path = tmp_path / "some.key"
    path.write_bytes(text)
    with pytest.raises(SettingsInvalid, match=r"some\.key"):
        read_private_keys(path)


def test_keys_are_never_shown(private_file, key):
    keys = read_private_keys(private_file("age", "age"))
    assert str(key("age")) not in f"{keys!r} {keys}"
