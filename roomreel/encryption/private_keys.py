"""The operator's private keys, which open encrypted recordings. No word of them is ever shown."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import pyrage
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from roomreel.encryption.keys import (
    REMEDY,
    age_fingerprint,
    read_key_source,
    refuse_short,
    rsa_fingerprint,
)
from roomreel.errors import SettingsInvalid

PASSPHRASE = "ROOMREEL_PRIVATE_KEY_PASSPHRASE"  # noqa: S105  the name, not the value
"""The environment variable that opens a locked key. Not a setting, because settings are shown."""

_PEM = re.compile(rb"-----BEGIN ([A-Z ]*)PRIVATE KEY-----.+?-----END \1PRIVATE KEY-----", re.DOTALL)
_IDENTITY = re.compile(rb"^\s*(AGE-SECRET-KEY-1\w+)\s*$", re.MULTILINE)
# An age identity file that age -p has locked, in either of its spellings.
_LOCKED = (b"age-encryption.org/v1", b"-----BEGIN AGE ENCRYPTED FILE-----")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, repr=False)
class PrivateKeys:
    """All keys of a private key file.

    Attributes:
        fingerprints: of their public halves, sorted.
        identities: what age decrypts with; one for each key of either kind.
        rsa: the RSA keys among them.
    """

    fingerprints: tuple[str, ...]
    identities: tuple[Any, ...]
    rsa: tuple[RSAPrivateKey, ...]


def read_private_keys(path: Path) -> PrivateKeys:
    """Return the private keys in a file: age identities and RSA keys, in any number and order.

    Locked ones are opened with the passphrase in the environment variable `PASSPHRASE`.

    Raises:
        SettingsInvalid: no such file, no such key in it, one that is short or stays locked.
    """
    data = read_key_source("private_key", path)
    return _parsed(data, path, os.environ.get(PASSPHRASE))


# Opening a locked key is slow on purpose, and every room asks.
@lru_cache(maxsize=4)
def _parsed(data: bytes, path: Path, passphrase: str | None) -> PrivateKeys:
    if data.startswith(_LOCKED):
        data = _unlocked(path, passphrase, lambda word: pyrage.passphrase.decrypt(data, word))
    try:
        identities = [
            pyrage.x25519.Identity.from_str(text.decode()) for text in _IDENTITY.findall(data)
        ]
        rsa = [_rsa(match[0], path, passphrase) for match in _PEM.finditer(data)]
    except (ValueError, UnsupportedAlgorithm, pyrage.IdentityError) as error:
        raise SettingsInvalid(
            f"private_key: a key in {path} cannot be read: {error}",
            "of a locked OpenSSH key make a PEM key: ssh-keygen -p -m PEM -f FILE",
        ) from error
    if not identities and not rsa:
        raise SettingsInvalid(
            f"private_key: {path} holds no age identity and no RSA private key", REMEDY
        )
    of_age = [age_fingerprint(str(identity.to_public())) for identity in identities]
    of_rsa = [rsa_fingerprint(key.public_key()) for key in rsa]
    return PrivateKeys(
        fingerprints=tuple(sorted((*of_age, *of_rsa))),
        identities=(*identities, *map(_for_age, rsa)),
        rsa=tuple(rsa),
    )


def _rsa(pem: bytes, path: Path, passphrase: str | None) -> RSAPrivateKey:
    is_ssh = pem.startswith(b"-----BEGIN OPENSSH")
    load: Callable[[bytes, bytes | None], object] = (
        serialization.load_ssh_private_key if is_ssh else serialization.load_pem_private_key
    )
    try:
        key = load(pem, None)
    except TypeError:  # how cryptography says that it is locked
        key = _unlocked(path, passphrase, lambda word: load(pem, word.encode()))
    if not isinstance(key, RSAPrivateKey):
        raise SettingsInvalid(f"private_key: a key in {path} is of another kind than RSA", REMEDY)
    refuse_short("private_key", path, key.key_size)
    return key


def _unlocked(path: Path, passphrase: str | None, unlock: Callable[[str], T]) -> T:
    remedy = f"put the passphrase into the environment variable {PASSPHRASE}"
    if not passphrase:
        raise SettingsInvalid(f"private_key: the key in {path} is locked", remedy)
    try:
        return unlock(passphrase)
    except (ValueError, pyrage.DecryptError) as error:
        raise SettingsInvalid(
            f"private_key: the passphrase in {PASSPHRASE} does not open the key in {path}", remedy
        ) from error


def _for_age(key: RSAPrivateKey) -> Any:
    # The one spelling of an RSA key that pyrage reads whichever way it was written.
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return pyrage.ssh.Identity.from_buffer(pem)
