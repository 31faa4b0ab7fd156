"""Encrypt what is about to be published, and publish it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from roomreel.encryption import age, envelope
from roomreel.encryption.keys import PublicKey, read_public_key
from roomreel.encryption.private_keys import read_private_keys
from roomreel.errors import SettingsInvalid
from roomreel.model.encryption import EncryptionFormat
from roomreel.model.location import Location
from roomreel.settings import EncryptionSetting
from roomreel.settings.rendering import Encryption
from roomreel.storage import publish, remove, write_bytes
from roomreel.storage.failure import storage_errors

SUFFIXES: Mapping[EncryptionSetting, str] = {
    "none": "",
    "age": age.SUFFIX,
    "rsa-envelope": envelope.SUFFIX,
}
"""What the name of a stored file ends in, after the ending of its plaintext."""


@dataclass(frozen=True, slots=True)
class EncryptedFile:
    """A file as it is to be stored.

    Attributes:
        metadata: what has to be stored with it, by the names of S3's metadata; mostly nothing.
    """

    path: Path
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Encryptor:
    """Encrypts files for a key; where there is none, leaves them as they are."""

    format: EncryptionFormat | None = None
    key: PublicKey | None = None

    @property
    def fingerprint(self) -> str | None:
        """The fingerprint of the public key."""
        return self.key.fingerprint if self.key else None

    def encrypt(self, source: Path) -> EncryptedFile:
        """Encrypt a file into one beside it, and remove it.

        Raises:
            StorageFailed: it cannot be read, or the other not be written.
        """
        if self.format is None or self.key is None:
            return EncryptedFile(source)
        target = source.with_name(source.name + SUFFIXES[self.format.value])
        metadata: Mapping[str, str] = {}
        if self.format is EncryptionFormat.AGE:
            age.encrypt(source, target, self.key.recipient)
        elif self.key.rsa is not None:
            metadata = envelope.metadata_of(envelope.encrypt(source, target, self.key.rsa))
        source.unlink()
        return EncryptedFile(target, metadata)


def encryptor_of(settings: Encryption) -> Encryptor:
    """Return the encryptor that the settings ask for, its key read and checked.

    Raises:
        SettingsInvalid: the public key cannot be used.
    """
    if settings.encryption == "none" or settings.key_source is None:
        return Encryptor()
    key = read_public_key(settings.key_source)
    chosen = EncryptionFormat(settings.encryption)
    if chosen is EncryptionFormat.RSA_ENVELOPE and key.rsa is None:
        raise SettingsInvalid(
            f"public_key: {settings.key_source} is an age recipient, and rsa-envelope needs RSA",
            "name an RSA public key, or choose encryption = 'age'",
        )
    return Encryptor(chosen, key)


def check_keys(settings: Encryption) -> None:
    """Read the keys of the settings, so that a bad one is reported before anything is done.

    Raises:
        SettingsInvalid: one cannot be used.
    """
    encryptor_of(settings)
    if settings.private_key:
        read_private_keys(settings.private_key)


def publish_encrypted(encrypted: EncryptedFile, destination: Location) -> None:
    """Move a file into place; what has to go with it stands beside it before it does.

    In S3 it goes into the metadata of the object.

    Raises:
        StorageFailed: it could not.
    """
    if encrypted.metadata and isinstance(destination, Path):
        put_instruction(destination, encrypted.metadata)
    publish(encrypted.path, destination, encrypted.metadata)


def put_instruction(media: Path, metadata: Mapping[str, str]) -> None:
    """Put beside a file that is about to come what has to go with it, and nothing else.

    Args:
        metadata: what its format cannot hold; mostly nothing.

    Raises:
        StorageFailed: it could not.
    """
    beside = instruction_file(media)
    if not metadata and not beside.exists():
        return
    # A new envelope does not open the old file: better none than one that stays shut.
    with storage_errors("replace", media):
        media.unlink(missing_ok=True)
    if metadata:
        write_bytes(beside, (json.dumps(dict(metadata), indent=1) + "\n").encode())
    else:
        remove(beside)


def instruction_file(media: Path) -> Path:
    """Return where the metadata of a stored file stand that its format cannot hold."""
    return media.with_name(media.name + envelope.INSTRUCTION_SUFFIX)
