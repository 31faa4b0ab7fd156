"""Artifacts of a composition on a Prefect server, by name: made, and removed with it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import Artifact

from roomreel.errors import StorageFailed
from roomreel.settings.places import Places

# Of a server, in one request.
_PAGE = 100
# A card of the UI is as wide as some forty letters.
_MOST_LETTERS = 16
_DIGITS = 8


def artifact_key(sid: str, settings: Places, *names: str) -> str:
    """Return the key of an artifact about a composition, which its card has as its title.

    Args:
        names: what people know it by, such as room and template.
    """
    title = (_slug(name) for name in names)
    return "-".join([*filter(None, title), _digits(sid, settings)])


def _slug(name: str) -> str:
    """Return a name in what a key may have: small letters of ASCII, digits, dashes."""
    return re.sub("[^a-z0-9]+", "-", name.lower())[:_MOST_LETTERS].strip("-")


def _digits(sid: str, settings: Places) -> str:
    """Return how all artifacts about a composition of one store end: another may have the same."""
    known_by = f"{settings.compositions_root.absolute()}\0{sid}"
    return hashlib.sha256(known_by.encode()).hexdigest()[:_DIGITS]


def remove_artifacts(sids: Iterable[str], settings: Places) -> int:
    """Remove what a server keeps of compositions, all versions of it; returns how many.

    Raises:
        StorageFailed: the server does not answer.
    """
    removed = 0
    try:
        with get_client(sync_client=True) as client:
            for sid in sorted(sids):
                removed += _removed(client, f"%{_digits(sid, settings)}")
    except httpx.HTTPError as error:
        raise StorageFailed(
            f"the pictures of deleted compositions stay in Prefect: {error}",
            "roomreel retention removes them, once the server answers",
        ) from error
    return removed


def _removed(client: SyncPrefectClient, keys: str) -> int:
    removed = 0
    while found := _found(client, keys):
        for artifact in found:
            client.delete_artifact(artifact.id)
        removed += len(found)
    return removed


def _found(client: SyncPrefectClient, keys: str) -> list[Artifact]:
    wanted = ArtifactFilter(key=ArtifactFilterKey(like_=keys))
    return client.read_artifacts(artifact_filter=wanted, limit=_PAGE)
