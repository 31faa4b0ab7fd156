"""The one place that knows which store a location belongs to."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from roomreel.errors import StoreUnreachable
from roomreel.model.location import Location, ObjectLocation
from roomreel.storage.local import LocalStore
from roomreel.storage.location import is_remote, scheme_of
from roomreel.storage.port import OldVersions, RemoteStore, Store

_LOCAL = LocalStore()


def _s3() -> RemoteStore:
    # Its client takes a fifth of a second, which a run without S3 need not spend.
    from roomreel.storage.s3.store import S3Store

    return S3Store()


MAKERS: Mapping[str, Callable[[], RemoteStore]] = {"s3": _s3}
"""By scheme; `roomreel.storage.location` has what the URLs of each are like."""

_used: dict[str, RemoteStore] = {}


def store_of(location: Location) -> Store[Any]:
    """Return the store that a location belongs to."""
    return _LOCAL if isinstance(location, Path) else remote_store_of(location)


def remote_store_of(location: ObjectLocation) -> RemoteStore:
    """Return the store of objects that a location belongs to."""
    return _opened(location.scheme)


def outage(location: Location | None = None) -> StoreUnreachable | None:
    """Return what every request to a store would end with; None where it answers.

    Args:
        location: of the store; unset: any store that this process has used.
    """
    if isinstance(location, Path):
        return None
    stores = list(_used.values()) if location is None else [remote_store_of(location)]
    return next((error for store in stores if (error := store.outage(location))), None)


def environment_for(paths: Iterable[str]) -> dict[str, str]:
    """Return the variables by which a process reads what is in stores among these paths.

    They hold credentials: they are for a process that reads there, and for no other.
    """
    schemes = {scheme_of(path) for path in paths if is_remote(path)}
    return {
        name: value for scheme in schemes for name, value in _opened(scheme).environment().items()
    }


def link(location: Location, seconds: int, *, inline: bool = False) -> str:
    """Return the path of a file of this machine, or a link to an object that ends after a time.

    Args:
        seconds: 1 to 3600; of an object.
        inline: whether a browser shows it instead of saving it; of an object.

    Raises:
        StorageFailed: there are no credentials, or `seconds` is out of range.
    """
    if isinstance(location, Path):
        return str(location)
    return remote_store_of(location).link(location, seconds, inline=inline)


def old_versions(folder: Location) -> OldVersions | None:
    """Return how long what is deleted below a folder stays; None: it does not, or that is unknown.

    Raises:
        StorageFailed: the store cannot be asked.
    """
    return None if isinstance(folder, Path) else remote_store_of(folder).old_versions(folder)


def check_writable(folder: Location) -> None:
    """Write one small file below a folder, look at it and remove it.

    Raises:
        StorageFailed: it cannot be written, looked at or removed.
    """
    trial, store = folder / f".roomreel-probe-{secrets.token_hex(8)}", store_of(folder)
    store.write(trial, b"")
    try:
        store.stat(trial)
    finally:
        store.remove(trial)


def check_readable(folder: Location) -> None:
    """List what lies below a folder, as far as its first file.

    Raises:
        StorageFailed: it cannot.
    """
    next(store_of(folder).list(folder), None)


def _opened(scheme: str) -> RemoteStore:
    if scheme not in _used:
        _used[scheme] = MAKERS[scheme]()
    return _used[scheme]
