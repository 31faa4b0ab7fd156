"""The format rsa-envelope: AES-256-CBC with a key of its own for each file, wrapped by RSA.

As the hosted service writes it, and the clients of S3 that encrypt before: the file itself has no
header; key, vector and length are metadata of the object, or stand in a file beside it. Nothing
protects the bytes against change (there is no MAC): a change in the middle shows only as media
that cannot be decoded.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from io import BufferedIOBase
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from roomreel.errors import MediaUnreadable
from roomreel.model.encryption import Envelope
from roomreel.storage.failure import storage_errors

SUFFIX = ".enc"
INSTRUCTION_SUFFIX = ".instruction"
"""What the clients of S3 call a file that holds the metadata of the object beside it."""

KEY = "x-amz-key"
IV = "x-amz-iv"
LENGTH = "x-amz-unencrypted-content-length"
MATERIAL = "x-amz-matdesc"
_HEADER = "x-amz-meta-"

KEY_BYTES = 32
BLOCK_BYTES = 16

_CHUNK_BYTES = 1 << 16
"""What the nearest caches of a processor hold, twice."""


def metadata_of(envelope: Envelope) -> dict[str, str]:
    """Return the metadata that go with an encrypted file, by the names they have in S3."""
    length = {} if envelope.plain_bytes is None else {LENGTH: str(envelope.plain_bytes)}
    return {
        KEY: base64.b64encode(envelope.key).decode(),
        IV: base64.b64encode(envelope.iv).decode(),
        **length,
        MATERIAL: "{}",
    }


def envelope_of(metadata: Mapping[str, Any]) -> Envelope | None:
    """Return the envelope that metadata of strangers describe; None where they describe none.

    Args:
        metadata: by name, of which the case, and the x-amz-meta- of HTTP, do not matter.

    Raises:
        MediaUnreadable: they do, and it is none.
    """
    stated = {str(name).lower().removeprefix(_HEADER): value for name, value in metadata.items()}
    if KEY not in stated and IV not in stated:
        return None
    try:
        length = stated.get(LENGTH)
        return Envelope(
            key=base64.b64decode(stated[KEY], validate=True),
            iv=_block(base64.b64decode(stated[IV], validate=True)),
            plain_bytes=None if length is None else int(length),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise MediaUnreadable(
            f"its metadata {KEY}, {IV} and {LENGTH} are no envelope: {error!r:.200}"
        ) from error


def encrypt(source: Path, target: Path, key: RSAPublicKey) -> Envelope:
    """Encrypt a file into a new one, with a key and a vector of its own.

    Raises:
        StorageFailed: one cannot be read, or the other not be written.
    """
    file_key, iv = os.urandom(KEY_BYTES), os.urandom(BLOCK_BYTES)
    with (
        storage_errors("encrypt into", target),
        source.open("rb") as reader,
        target.open("wb") as writer,
    ):
        cipher = _cipher(file_key, iv).encryptor()
        size = _put_through(cipher, reader, writer)
        writer.write(cipher.update(_padding(size)) + cipher.finalize())
        return Envelope(key.encrypt(file_key, PKCS1v15()), iv, size)


class Sealing:
    """Encrypts bytes while they come, with a key and a vector of its own.

    Args:
        key: whom they are encrypted for.
    """

    def __init__(self, key: RSAPublicKey) -> None:
        file_key, iv = os.urandom(KEY_BYTES), os.urandom(BLOCK_BYTES)
        self.envelope = Envelope(key.encrypt(file_key, PKCS1v15()), iv)
        self._cipher = _cipher(file_key, iv).encryptor()
        self._size = 0

    def update(self, data: bytes) -> bytes:
        """Return what follows in the file, for what has come."""
        self._size += len(data)
        return self._cipher.update(data)

    def finish(self) -> bytes:
        """Return the end of the file, whose size the envelope has from now on."""
        self.envelope = replace(self.envelope, plain_bytes=self._size)
        return self._cipher.update(_padding(self._size)) + self._cipher.finalize()


def decrypt(
    reader: BufferedIOBase,
    writer: BufferedIOBase,
    envelope: Envelope,
    keys: Sequence[RSAPrivateKey],
) -> None:
    """Decrypt a file, which need not be trusted, from its beginning.

    Args:
        reader: seekable.
        writer: empty, and seekable; gets nothing unless a key fits and the end of the file is as it
            was written.
        keys: private keys, of which one has to fit.

    Raises:
        MediaUnreadable: no key fits, or the file is cut off or changed at its end.
        OSError: reading or writing failed.
    """
    file_key, plain_bytes = _opened(reader, envelope, keys)
    reader.seek(0)
    _put_through(_cipher(file_key, envelope.iv).decryptor(), reader, writer)
    writer.truncate(plain_bytes)


def _opened(
    reader: BufferedIOBase, envelope: Envelope, keys: Sequence[RSAPrivateKey]
) -> tuple[bytes, int]:
    """Return the AES key of a file, by the private key that fits, and the size of its contents.

    PKCS#1 v1.5 cannot detect a wrong key: OpenSSL then answers with random bytes. The padding at
    the end of the file, and the length that is stated, can.
    """
    size = reader.seek(0, os.SEEK_END)
    if size == 0 or size % BLOCK_BYTES:
        raise MediaUnreadable(f"{size} bytes are no whole number of AES blocks: it is cut off")
    # A block is decrypted with the one before it, and the first with the vector.
    reader.seek(max(size - 2 * BLOCK_BYTES, 0))
    tail = (envelope.iv + reader.read(2 * BLOCK_BYTES))[-2 * BLOCK_BYTES :]
    before, last = tail[:BLOCK_BYTES], tail[BLOCK_BYTES:]
    for file_key in _unwrapped(envelope.key, keys):
        rest = _unpadded(_cipher(file_key, before).decryptor().update(last))
        plain_bytes = None if rest is None else size - BLOCK_BYTES + len(rest)
        if plain_bytes is not None and envelope.plain_bytes in {None, plain_bytes}:
            return file_key, plain_bytes
    raise MediaUnreadable("it was encrypted for another key than private_key, or is cut off")


def _unwrapped(wrapped: bytes, keys: Sequence[RSAPrivateKey]) -> Iterator[bytes]:
    """Yield what each private key makes of a wrapped key, where that could be one."""
    for key in keys:
        with suppress(ValueError):
            file_key = key.decrypt(wrapped, PKCS1v15())
            if len(file_key) == KEY_BYTES:
                yield file_key


def _padding(size: int) -> bytes:
    """Return what PKCS#7 puts after n bytes."""
    padder = PKCS7(BLOCK_BYTES * 8).padder()
    return (padder.update(bytes(size % BLOCK_BYTES)) + padder.finalize())[size % BLOCK_BYTES :]


def _unpadded(block: bytes) -> bytes | None:
    """Return the bytes in a last block; None where its padding is wrong."""
    unpadder = PKCS7(BLOCK_BYTES * 8).unpadder()
    try:
        return unpadder.update(block) + unpadder.finalize()
    except ValueError:
        return None


def _cipher(file_key: bytes, iv: bytes) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES256(file_key), modes.CBC(iv))


def _put_through(cipher: CipherContext, reader: BufferedIOBase, writer: BufferedIOBase) -> int:
    """Encrypt or decrypt what is left of a file; return how many bytes were read."""
    size, taken, given = 0, bytearray(_CHUNK_BYTES), bytearray(_CHUNK_BYTES + BLOCK_BYTES)
    while count := reader.readinto(taken):
        done = cipher.update_into(memoryview(taken)[:count], given)
        writer.write(memoryview(given)[:done])
        size += count
    return size


def _block(data: bytes) -> bytes:
    if len(data) != BLOCK_BYTES:
        raise ValueError(f"{len(data)} bytes for a vector of {BLOCK_BYTES}")
    return data
