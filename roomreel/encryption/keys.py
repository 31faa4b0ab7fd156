"""The public key that compositions are encrypted for, read and checked."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

import pyrage
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from roomreel.errors import SettingsInvalid, StorageFailed
from roomreel.model.key_source import KeySource
from roomreel.storage.key_sources import read_source

LEAST_RSA_BITS = 2048
"""What age asks for, too: shorter keys can be broken for money."""

REMEDY = "docs/encryption.md says how to make one"
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


def read_public_key(source: KeySource) -> PublicKey:
    """Return the public key that is kept somewhere: age (X25519), or RSA as PEM or ssh-rsa.

    Raises:
        SettingsInvalid: it cannot be read; no such key, several, a private or a short one.
    """
    data = read_key_source("public_key", source)
    if _SECRET.search(data):
        raise SettingsInvalid(
            f"public_key: {source} holds a private key",
            "name its public half, which age-keygen -y or openssl pkey -pubout prints",
        )
    try:
        return _parsed(data, source)
    except (ValueError, UnsupportedAlgorithm, pyrage.RecipientError) as error:
        raise SettingsInvalid(
            f"public_key: {source} is neither one age recipient (age1...) nor one RSA public key "
            "(PEM or ssh-rsa)",
            REMEDY,
        ) from error


def read_key_source(setting: str, source: KeySource) -> bytes:
    """Return the bytes of the key that a setting names.

    Raises:
        SettingsInvalid: it cannot be read, or is far too large for a key.
    """
    try:
        return read_source(source)
    except StorageFailed as error:
        raise SettingsInvalid(f"{setting}: {error.message}", error.remedy) from error


def age_fingerprint(recipient: str) -> str:
    """Return the SHA-256, in hex, of an age recipient's text (age1...)."""
    return hashlib.sha256(recipient.encode()).hexdigest()


def rsa_fingerprint(key: RSAPublicKey) -> str:
    """Return the SHA-256, in hex, of an RSA key's DER (SubjectPublicKeyInfo)."""
    der = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(der).hexdigest()


def refuse_short(setting: str, source: KeySource, bits: int) -> None:
    """Let no RSA key pass that is too short to keep a secret.

    Raises:
        SettingsInvalid: it is.
    """
    if bits < LEAST_RSA_BITS:
        raise SettingsInvalid(
            f"{setting}: the RSA key in {source} has {bits} bits, {LEAST_RSA_BITS} are the least",
            "make a longer one: 3072 bits",
        )


def _parsed(data: bytes, source: KeySource) -> PublicKey:
    lines = [line.strip() for line in data.splitlines()]
    lines = [line for line in lines if line and not line.startswith(b"#")]
    if lines and lines[0].startswith(b"-----BEGIN"):
        return _of_rsa(serialization.load_pem_public_key(data), source)
    if len(lines) != 1:
        raise ValueError("not one key")
    if lines[0].startswith(b"ssh-"):
        return _of_rsa(serialization.load_ssh_public_key(lines[0]), source)
    text = lines[0].decode()
    return PublicKey(age_fingerprint(text), pyrage.x25519.Recipient.from_str(text))


def _of_rsa(key: object, source: KeySource) -> PublicKey:
    if not isinstance(key, RSAPublicKey):
        raise ValueError("another kind of key")  # noqa: TRY004  read_public_key words it
    refuse_short("public_key", source, key.key_size)
    line = key.public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    ).decode()
    return PublicKey(rsa_fingerprint(key), pyrage.ssh.Recipient.from_str(line), key)
