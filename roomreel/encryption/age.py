"""The format age (age-encryption.org/v1): encrypt and decrypt whole files as streams."""

from __future__ import annotations

from collections.abc import Sequence
from io import BufferedIOBase
from pathlib import Path
from typing import Any

import pyrage

from roomreel.errors import MediaUnreadable, StorageFailed

SUFFIX = ".age"

_MOST_HEADER_BYTES = 1 << 16
"""Room for some hundred recipients. The parser holds 25 times the header in memory, so that one of
a gigabyte would end the process."""

_HEADER_END = b"\n--- "


def encrypt(source: Path, target: Path, recipient: Any) -> None:
    """Encrypt a file into a new one.

    Raises:
        StorageFailed: one cannot be read, or the other not be written.
    """
    try:
        pyrage.encrypt_file(str(source), str(target), [recipient])
    except (OSError, pyrage.EncryptError) as error:  # the recipient is good: it is the disk
        raise StorageFailed(
            f"cannot encrypt into {str(target)!r}: {error}", "is the disk of scratch full?"
        ) from error


def decrypt(reader: BufferedIOBase, writer: BufferedIOBase, identities: Sequence[Any]) -> None:
    """Decrypt a file, which need not be trusted, from its beginning.

    Args:
        reader: seekable.
        writer: may have got a part of the file when this raises.
        identities: private keys, of which one has to fit.

    Raises:
        MediaUnreadable: no key fits, or the file is no age file, cut off, or changed.
        OSError: reading or writing failed.
    """
    if _HEADER_END not in reader.read(_MOST_HEADER_BYTES):
        raise MediaUnreadable("it is encrypted by age, it is said, but has no header of age")
    reader.seek(0)
    try:
        pyrage.decrypt_io(reader, writer, list(identities))
    except pyrage.DecryptError as error:
        words = str(error).partition("\n")[0]  # a second line advises to upgrade
        raise MediaUnreadable(f"age cannot decrypt it: {words}") from error
    except OSError as error:
        if error.errno is not None:
            raise
        # This is how pyrage reports that a part is not what was encrypted.
        raise MediaUnreadable(f"age finds it cut off or changed: {error}") from error
