"""The public key that compositions are encrypted for, read and checked."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from roomreel.errors import SettingsInvalid

LEAST_RSA_BITS = 2048
"""What age asks for, too: shorter keys can be broken for money."""

REMEDY = "docs/encryption.md says how to make one"
_MOST_BYTES = 1 << 16
_SECRET = re.compile(rb"PRIVATE KEY-----|AGE-SECRET-KEY-|AGE ENCRYPTED FILE")


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Whom files are encrypted for.

    Attributes:
        fingerprint: see `age_fingerprint` and `rsa_fingerprint`.
        recipient: what age encrypts for; of either kind of key.
        rsa: None of an age recipient.
    """

    fingerprint: str
    recipient: Any
    rsa: RSAPublicKey | None = None


def read_public_key(path: Path) -> PublicKey:
    """Return the public key in a file: an age recipient (X25519), or RSA as PEM or ssh-rsa.

    Raises:
        SettingsInvalid: no such file, no such key in it, several, a private or a short one.
    """
    data = read_key_file("public_key", path)
    if _SECRET.search(data):
        raise SettingsInvalid(
            f"public_key: {path} holds a private key",
            "name its public half, which age-keygen -y or openssl pkey -pubout prints",
        )
    try:
        return _parsed(data, path)
    except (ValueError, UnsupportedAlgorithm, pyrage.RecipientError) as error:
        raise SettingsInvalid(
            f"public_key: {path} is neither one age recipient (age1...) nor one RSA public key "
            "(PEM or ssh-rsa)",
            REMEDY,
        ) from error


def read_key_file(setting: str, path: Path) -> bytes:
    """Return the bytes of the file that a setting names.

    Raises:
        SettingsInvalid: it cannot be read, or is far too large for a key.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise SettingsInvalid(
            f"{setting}: cannot read {path}: {error.strerror}", f"set {setting} to a key file"
        ) from error
    if len(data) > _MOST_BYTES:
        raise SettingsInvalid(f"{setting}: {path} is too large for a key", REMEDY)
    return data


def age_fingerprint(recipient: str) -> str:
    """Return the SHA-256, in hex, of an age recipient's text (age1...)."""
    return hashlib.sha256(recipient.encode()).hexdigest()


def rsa_fingerprint(key: RSAPublicKey) -> str:
    """Return the SHA-256, in hex, of an RSA key's DER (SubjectPublicKeyInfo)."""
    der = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(der).hexdigest()


def refuse_short(setting: str, path: Path, bits: int) -> None:
    """Let no RSA key pass that is too short to keep a secret.

    Raises:
        SettingsInvalid: it is.
    """
    if bits < LEAST_RSA_BITS:
        raise SettingsInvalid(
            f"{setting}: the RSA key in {path} has {bits} bits, {LEAST_RSA_BITS} are the least",
            "make a longer one: 3072 bits",
        )


def _parsed(data: bytes, path: Path) -> PublicKey:
    lines = [line.strip() for line in data.splitlines()]
    lines = [line for line in lines if line and not line.startswith(b"#")]
    if lines and lines[0].startswith(b"-----BEGIN"):
        return _of_rsa(serialization.load_pem_public_key(data), path)
    if len(lines) != 1:
        raise ValueError("not one key")
    if lines[0].startswith(b"ssh-"):
        return _of_rsa(serialization.load_ssh_public_key(lines[0]), path)
    text = lines[0].decode()
    return PublicKey(age_fingerprint(text), pyrage.x25519.Recipient.from_str(text))


def _of_rsa(key: object, path: Path) -> PublicKey:
    if not isinstance(key, RSAPublicKey):
        raise ValueError("another kind of key")  # noqa: TRY004  read_public_key words it
    refuse_short("public_key", path, key.key_size)
    line = key.public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    ).decode()
    return PublicKey(rsa_fingerprint(key), pyrage.ssh.Recipient.from_str(line), key)
