"""Writes that happen only if the object is as expected, on stores that really keep that promise."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from botocore.exceptions import ClientError

from roomreel.errors import StorageFailed
from roomreel.model.location import ObjectLocation
from roomreel.storage.location import parse
from roomreel.storage.s3.client import client
from roomreel.storage.s3.failure import code_of, s3_errors
from roomreel.storage.s3.objects import put, read
from roomreel.storage.s3.versions import old_versions

RIVALS = 8
"""Writers that race in the probe: a store that lets two win does so in most races of this size."""

_VERSIONED = " which keeps old versions,"
_WITHOUT_VERSIONS = (
    "set catalog and journal to places in a bucket without versioning: some stores (Ceph 16) have"
    " no conditional writes in others"
)
_OTHER_STORE = "use a store that honours If-None-Match and If-Match (AWS, MinIO, Ceph 16 or newer)"

_LOST = "PreconditionFailed"
_FORMS: tuple[Callable[[str], str], ...] = ('"{}"'.format, "{}".format)
"""How a store wants the ETag in If-Match: AWS and MinIO as they gave it, Ceph without quotes."""


@dataclass(frozen=True, slots=True)
class ConditionalWrites:
    """Compare-and-swap on a store that was seen to do it; made by `probe`."""

    _form: Callable[[str], str]

    def write(self, location: ObjectLocation, data: bytes, version: str | None) -> str | None:
        """Write an object if its ETag is that one (None: if there is no object).

        Where an answer got lost and the client asked again, one's own write may count as
        another's: read what is there, then.

        Returns:
            The new ETag, or None where another writer was faster and nothing was written.

        Raises:
            StorageFailed: it cannot be written.
        """
        condition = self._form(version) if version is not None else None
        with s3_errors("write", location):
            return _put_if(location, data, condition)


def probe(folder: str) -> ConditionalWrites:
    """Make sure that conditional writes below a folder have exactly one winner.

    Writes and removes one small object there, so not in a folder that others read.

    Raises:
        StorageFailed: they do not, and several writers would lose each other's rows; or the
            store cannot be reached, or not be written.
    """
    trial = _trial_below(folder)
    with s3_errors("write", trial):
        try:
            first = _race(trial, None)
            form = next((form for form in _FORMS if first and _swaps(trial, form)), None)
        finally:
            client(trial.bucket).delete_object(Bucket=trial.bucket, Key=trial.key)
    if form is None:
        is_versioned = old_versions(folder) is not None
        raise StorageFailed(
            f"conditional writes do not work in s3://{trial.bucket},"
            f"{_VERSIONED if is_versioned else ''} so several writers would overwrite each other",
            _WITHOUT_VERSIONS if is_versioned else _OTHER_STORE,
        )
    return ConditionalWrites(form)


def _trial_below(folder: str) -> ObjectLocation:
    return parse(folder) / f".roomreel-probe-{secrets.token_hex(8)}"


def _swaps(trial: ObjectLocation, form: Callable[[str], str]) -> bool:
    """Return whether one of several replaces the version that is there, and none an older one."""
    old = put(trial, secrets.token_bytes(8))
    now = put(trial, secrets.token_bytes(8))
    return _put_if(trial, b"late", form(old)) is None and _race(trial, form(now)) is not None


def _race(trial: ObjectLocation, condition: str | None) -> str | None:
    """Return the ETag of the one winner among several writers; None where there was not one."""
    with ThreadPoolExecutor(RIVALS) as pool:
        results: Iterable[str | None] = pool.map(
            lambda rival: _put_if(trial, _bytes_of(rival), condition), range(RIVALS)
        )
        winners = [etag for etag in results if etag is not None]
    if not winners:
        return _unheard_winner(trial)
    return winners[0] if len(winners) == 1 else None


def _unheard_winner(trial: ObjectLocation) -> str | None:
    """Return the ETag of what a rival wrote whose answer got lost, so that it seemed to lose."""
    found = read(str(trial))
    return found[1] if found and found[0] in set(map(_bytes_of, range(RIVALS))) else None


def _bytes_of(rival: int) -> bytes:
    return b"%d" % rival


def _put_if(place: ObjectLocation, data: bytes, condition: str | None) -> str | None:
    wanted = {"IfNoneMatch": "*"} if condition is None else {"IfMatch": condition}
    try:
        return put(place, data, **wanted)
    except ClientError as error:
        # A store may also say that there is nothing any more that could match.
        if code_of(error) in {_LOST, "NoSuchKey"}:
            return None
        raise
