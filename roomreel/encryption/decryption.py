"""Tell which recordings are encrypted, and decrypt them for as long as they are read.

They are decrypted whole into a scratch folder rather than behind an object that can seek: the age
library decrypts from the beginning only, several readers open each recording again and again, and
a file there is what every one of them, FFmpeg included, reads already.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from io import BufferedIOBase
from pathlib import Path
from typing import Any

from roomreel.documents.text import read
from roomreel.encryption import age, envelope
from roomreel.encryption.private_keys import PrivateKeys, read_private_keys
from roomreel.errors import MediaUnreadable
from roomreel.model.encryption import Encryption, EncryptionFormat
from roomreel.model.media import Problem, Stored
from roomreel.model.plan import WarningCode
from roomreel.settings.rendering import Sources
from roomreel.storage import read_bytes, scratch_folder
from roomreel.storage.failure import storage_errors

INSTRUCTION_LIMIT_BYTES = 1 << 16


def encryption_of(
    media: str, said: Encryption | None, metadata: Mapping[str, Any], settings: Sources
) -> Encryption | None:
    """Return how a file that a manifest names is encrypted; None where nothing says that it is.

    Args:
        media: the path that it is named by.
        said: what the manifest says of it, which is believed first.
        metadata: of the stored object, or of the instruction file beside it. At last, a name that
            ends in .age is a file of that format.

    Raises:
        MediaUnreadable: the metadata name an envelope that is not one.
        SettingsInvalid: it is encrypted, and the private key of the settings cannot be used.
    """
    stated = said or _of_metadata(metadata) or _of_name(media)
    if stated is None:
        return None
    keys = _keys(settings)
    return replace(stated, readers=keys.fingerprints if keys else ())


def read_instruction(path: Path) -> Mapping[str, Any]:
    """Return the metadata in an instruction file; nothing where there is no such file.

    Raises:
        MediaUnreadable: it holds no JSON object.
        StorageFailed: it cannot be read.
    """
    # os.path, because before Python 3.12 Path.exists raises where a name is too long.
    if not os.path.exists(path):  # noqa: PTH110
        return {}
    text = read(read_bytes(str(path), INSTRUCTION_LIMIT_BYTES))
    if not isinstance(text.value, dict):
        raise MediaUnreadable(f"the file {path.name!r} beside it is not a JSON object")
    return text.value


@contextmanager
def decrypt_media(
    stored: Mapping[str, Stored], settings: Sources
) -> Iterator[dict[str, Stored | Problem]]:
    """Yield media that can be read as they are, for as long as the block lasts.

    What is encrypted is decrypted into a scratch folder, which ends with the block; a file of
    several recordings once.

    Returns:
        By recording sid: where to read it (unencrypted ones where they are), or why it cannot be.

    Raises:
        SettingsInvalid: something is encrypted, and the private key cannot be used.
        StorageFailed: the scratch folder cannot be written.
    """
    if not any(one.encryption for one in stored.values()):
        yield dict(stored)
        return
    keys = _keys(settings)
    with scratch_folder(settings.scratch_root) as folder:
        opened: dict[tuple[str, Encryption], Stored | Problem] = {}
        for sid, one in stored.items():
            if one.encryption and (one.location, one.encryption) not in opened:
                found = _opened(one, one.encryption, folder / sid, keys)
                opened[one.location, one.encryption] = found
        yield {
            sid: opened[one.location, one.encryption] if one.encryption else one
            for sid, one in stored.items()
        }


def _opened(
    stored: Stored, encryption: Encryption, target: Path, keys: PrivateKeys | None
) -> Stored | Problem:
    format_ = encryption.format.value
    if keys is None:
        return _problem(f"it is encrypted ({format_}): set private_key to the file of its key")
    try:
        with _opened_source(stored.location) as reader, storage_errors("decrypt into", target):
            with target.open("wb") as writer:
                _decrypt(reader, writer, encryption, keys)
            return Stored(str(target), target.stat().st_size, stored.version)
    except MediaUnreadable as error:
        target.unlink(missing_ok=True)
        return _problem(f"it is encrypted ({format_}): {error.message}; check it and private_key")


def _opened_source(path: str) -> BufferedIOBase:
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise MediaUnreadable(f"it cannot be opened: {error.strerror}") from error


def _decrypt(
    reader: BufferedIOBase, writer: BufferedIOBase, encryption: Encryption, keys: PrivateKeys
) -> None:
    if encryption.envelope is None:
        age.decrypt(reader, writer, keys.identities)
    else:
        envelope.decrypt(reader, writer, encryption.envelope, keys.rsa)


def _problem(message: str) -> Problem:
    return Problem(WarningCode.MEDIA_UNDECODABLE, message)


def _keys(settings: Sources) -> PrivateKeys | None:
    return read_private_keys(settings.private_key) if settings.private_key else None


def _of_metadata(metadata: Mapping[str, Any]) -> Encryption | None:
    found = envelope.envelope_of(metadata)
    return Encryption(EncryptionFormat.RSA_ENVELOPE, found) if found else None


def _of_name(media: str) -> Encryption | None:
    return Encryption(EncryptionFormat.AGE) if media.lower().endswith(age.SUFFIX) else None
