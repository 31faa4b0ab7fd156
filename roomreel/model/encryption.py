"""The encryption of a stored file, as its manifest states it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EncryptionFormat(StrEnum):
    """The ways in which media are stored encrypted with a public key."""

    AGE = "age"
    RSA_ENVELOPE = "rsa-envelope"


@dataclass(frozen=True, slots=True)
class Envelope:
    """The means to open one file of the format rsa-envelope, beside the private key.

    Attributes:
        key: the 32-byte AES key of this file, wrapped by RSA with PKCS#1 v1.5 padding.
        iv: the 16-byte initialisation vector.
        plain_bytes: size of the decrypted file; None where it is unknown.
    """

    key: bytes
    iv: bytes
    plain_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Encryption:
    """The encryption of one file.

    Attributes:
        envelope: of the format rsa-envelope; None of age, whose files say all themselves.
        readers: fingerprints of the private keys that were configured when it was looked at. Other
            keys may be able to read what these could not, so they count as a change of the input.
    """

    format: EncryptionFormat
    envelope: Envelope | None = None
    readers: tuple[str, ...] = ()
