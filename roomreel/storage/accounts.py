"""Accounts of S3 beside the one of the environment: each is for the buckets it was registered for.

This process alone knows them: no child that reads media of strangers reaches such a bucket. The
keys stay in their files or blocks, and are read at each use.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache

from roomreel.documents.buckets import S3Account, parse_s3_account
from roomreel.errors import DocumentInvalid, StorageFailed
from roomreel.model.key_source import KeySource
from roomreel.storage.key_sources import read_source

CHECK_CREDENTIAL = "check the credential of the bucket: roomreel credentials list says how it is"


class _Accounts:
    """Sources of keys by bucket, replaced as a whole."""

    sources: Mapping[str, KeySource] = {}


def use_accounts(sources: Mapping[str, KeySource]) -> None:
    """Have these buckets be asked with the keys of these sources from now on, and no others.

    Args:
        sources: by bucket.
    """
    _Accounts.sources = dict(sources)


def account_of(bucket: str) -> S3Account | None:
    """Return the account that a bucket is asked with; None: that of the environment.

    Raises:
        StorageFailed: its keys cannot be read; the message does not say where they are.
    """
    source = _Accounts.sources.get(bucket)
    if source is None:
        return None
    try:
        return read_account(source)
    except (StorageFailed, DocumentInvalid) as error:
        raise StorageFailed(
            f"the keys of bucket {bucket} cannot be read on this machine", CHECK_CREDENTIAL
        ) from error


def list_accounts() -> set[S3Account]:
    """Return the accounts of buckets as far as their keys can be read."""
    found: set[S3Account] = set()
    for bucket in _Accounts.sources:
        with suppress(StorageFailed):
            account = account_of(bucket)
            if account is not None:
                found.add(account)
    return found


def has_account(bucket: str) -> bool:
    """Return whether a bucket is asked with keys of its own."""
    return bucket in _Accounts.sources


def read_account(source: KeySource) -> S3Account:
    """Return the account in a file or a block.

    Raises:
        StorageFailed: it cannot be read.
        DocumentInvalid: it holds none; the message does not repeat what it holds.
    """
    return _parsed(read_source(source), str(source))


@lru_cache(maxsize=16)
def _parsed(data: bytes, file: str) -> S3Account:
    return parse_s3_account(data, file)
