"""Accounts of S3 beside the one of the environment: each is for the buckets it was registered for.

This process alone knows them: no child that reads media of strangers reaches such a bucket. The
keys stay in their files, and are read at each use.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from roomreel.documents.buckets import S3Account, parse_s3_account
from roomreel.errors import DocumentInvalid, StorageFailed
from roomreel.storage.failure import storage_errors

CHECK_CREDENTIAL = "check the credential of the bucket: roomreel credentials list says how it is"

_MOST_BYTES = 1 << 16


class _Accounts:
    """Files of keys by bucket, replaced as a whole."""

    files: Mapping[str, Path] = {}


def use_accounts(files: Mapping[str, Path]) -> None:
    """Have these buckets be asked with the keys of files from now on, and no others.

    Args:
        files: by bucket.
    """
    _Accounts.files = dict(files)


def account_of(bucket: str) -> S3Account | None:
    """Return the account that a bucket is asked with; None: that of the environment.

    Raises:
        StorageFailed: its keys cannot be read; the message does not say where they are.
    """
    file = _Accounts.files.get(bucket)
    if file is None:
        return None
    try:
        return read_account(file)
    except (StorageFailed, DocumentInvalid) as error:
        raise StorageFailed(
            f"the keys of bucket {bucket} cannot be read on this machine", CHECK_CREDENTIAL
        ) from error


def list_accounts() -> set[S3Account]:
    """Return the accounts of buckets as far as their keys can be read."""
    found: set[S3Account] = set()
    for bucket in _Accounts.files:
        with suppress(StorageFailed):
            account = account_of(bucket)
            if account is not None:
                found.add(account)
    return found


def has_account(bucket: str) -> bool:
    """Return whether a bucket is asked with keys of its own."""
    return bucket in _Accounts.files


def read_account(file: Path) -> S3Account:
    """Return the account in a file.

    Raises:
        StorageFailed: it cannot be read.
        DocumentInvalid: it holds none; the message does not repeat what it holds.
    """
    with storage_errors("read", file), file.open("rb") as opened:
        data = opened.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise StorageFailed(f"cannot read {file}: it is too large for keys")
    return _parsed(data, str(file))


@lru_cache(maxsize=16)
def _parsed(data: bytes, file: str) -> S3Account:
    return parse_s3_account(data, file)
