"""Sizes of media files, measured for the events that say their recordings have completed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from roomreel.errors import StorageFailed
from roomreel.model.room import Manifest, Recording
from roomreel.service.database.connections import Database
from roomreel.service.database.first_looks import MANIFESTS, was_looked_at
from roomreel.service.rooms.room_events import completed_since, find_seen
from roomreel.settings.places import Places
from roomreel.storage import resolve_media_path, stat

_AT_ONCE = 8


def measure_completed(
    database: Database, settings: Places, manifests: Iterable[Manifest]
) -> Mapping[str, int]:
    """Return sizes in bytes, by sid, of recordings that have completed since they were seen last.

    Of those that somebody wants to be told of, and whose files are there; before the transaction
    that notes them, since a store of objects may take its time.
    """
    told = [one for one in manifests if one.room.status_callback]
    if not told:
        return {}
    wanted = list(_completed(database, told))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        sizes = pool.map(lambda one: _size_of(one[0], one[1], settings), wanted)
        found = zip(wanted, sizes, strict=True)
        return {recording.sid: size for (_, recording), size in found if size is not None}


def _completed(
    database: Database, manifests: Iterable[Manifest]
) -> Iterator[tuple[Manifest, Recording]]:
    with database.read() as connection:
        if was_looked_at(connection, MANIFESTS):
            for manifest in manifests:
                before = find_seen(connection, manifest.room.sid)
                for recording in completed_since(before, manifest.room):
                    yield manifest, recording


def _size_of(manifest: Manifest, recording: Recording, settings: Places) -> int | None:
    if recording.media is None:
        return None
    with suppress(StorageFailed):  # then the manifest says it
        place = resolve_media_path(manifest.url, recording.media, settings.media_folders)
        stored = stat(place)
        return None if stored is None else stored.size_bytes
    return None
