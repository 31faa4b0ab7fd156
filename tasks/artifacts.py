"""What a Prefect server keeps of a composition, by name: to be made, and to be removed with it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import Artifact

from roomreel.errors import StorageFailed
from roomreel.settings import Settings

PICTURES, PROGRESS, VIDEO = KINDS = "composition", "mix", "video"
# Of a server, in one request.
_PAGE = 100
_DIGITS = 6


def artifact_key(kind: str, sid: str, settings: Settings) -> str:
    """The key of an artifact about a composition.

    It ends with a few digits of where compositions are: two stores that share a server may have the
    same one, and each is removed alone.
    """
    store = str(settings.compositions_root.absolute())
    return f"{kind}-{sid.lower()}-{hashlib.sha256(store.encode()).hexdigest()[:_DIGITS]}"


def remove_artifacts(sids: Iterable[str], settings: Settings) -> int:
    """Remove what a server keeps of compositions, all versions of it; returns how many.

    Raises:
        StorageFailed: the server does not answer.
    """
    keys = [artifact_key(kind, sid, settings) for sid in sorted(sids) for kind in KINDS]
    removed = 0
    try:
        with get_client(sync_client=True) as client:
            for start in range(0, len(keys), _PAGE):
                removed += _removed(client, keys[start : start + _PAGE])
    except httpx.HTTPError as error:
        raise StorageFailed(
            f"the pictures of deleted compositions stay in Prefect: {error}",
            "roomreel retention removes them, once the server answers",
        ) from error
    return removed


def _removed(client: SyncPrefectClient, keys: list[str]) -> int:
    removed = 0
    while found := _found(client, keys):
        for artifact in found:
            client.delete_artifact(artifact.id)
        removed += len(found)
    return removed


def _found(client: SyncPrefectClient, keys: list[str]) -> list[Artifact]:
    wanted = ArtifactFilter(key=ArtifactFilterKey(any_=keys))
    return client.read_artifacts(artifact_filter=wanted, limit=_PAGE)
