"""Keys of every kind, made once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pyrage
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

PEM = serialization.Encoding.PEM
SSH = serialization.Encoding.OpenSSH
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo

Key = Callable[[str], Any]
Write = Callable[..., Path]


@pytest.fixture(scope="session")
def key() -> Key:
    """A private key by its name: rsa, other-rsa, short-rsa, ec, ed25519, age, other-age."""

    @cache
    def make(name: str) -> Any:
        kind = name.removeprefix("other-")
        if kind == "age":
            return pyrage.x25519.Identity.generate()
        if kind == "ec":
            return ec.generate_private_key(ec.SECP256R1())
        if kind == "ed25519":
            return ed25519.Ed25519PrivateKey.generate()
        return rsa.generate_private_key(65537, 1024 if kind == "short-rsa" else 2048)

    return make


@pytest.fixture
def public_file(tmp_path: Path, key: Key) -> Write:
    """Writes the public half of a key into a file, as PEM, as a line of ssh, or as age writes."""

    def write(name: str, form: str = "pem") -> Path:
        path = tmp_path / f"{name}.{form}.pub"
        if form == "age":
            path.write_text(f"# created by hand\n\n{key(name).to_public()}\n")
        elif form == "pem":
            path.write_bytes(key(name).public_key().public_bytes(PEM, SPKI))
        else:
            line = key(name).public_key().public_bytes(SSH, serialization.PublicFormat.OpenSSH)
            path.write_bytes(line + b" someone@somewhere\n")
        return path

    return write


@pytest.fixture
def private_file(tmp_path: Path, key: Key) -> Write:
    """Writes a private key into a file, locked where a passphrase is given."""

    def write(name: str, form: str = "PKCS8", passphrase: str | None = None) -> Path:
        path = tmp_path / f"{name}.{form}.key"
        if form == "age":
            text = f"# created by hand\n{key(name)}\n".encode()
            path.write_bytes(
                pyrage.passphrase.encrypt(text, passphrase, True) if passphrase else text
            )
        else:
            lock = (
                serialization.BestAvailableEncryption(passphrase.encode())
                if passphrase
                else serialization.NoEncryption()
            )
            kind = getattr(serialization.PrivateFormat, form)
            path.write_bytes(key(name).private_bytes(PEM, kind, lock))
        return path

    return write
