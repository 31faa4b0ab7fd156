"""Media that a manifest names: where they are stored, and at hand for as long as they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from roomreel.encryption import INSTRUCTION_SUFFIX, decrypt_media, encryption_of, read_instruction
from roomreel.errors import MediaUnreadable, StorageFailed
from roomreel.model.encryption import Encryption
from roomreel.model.location import ObjectLocation
from roomreel.model.media import MediaFile, Problem, Stored
from roomreel.model.plan import WarningCode
from roomreel.model.room import Manifest, Recording, RecordingStatus
from roomreel.settings.rendering import Sources
from roomreel.storage import Cache, at_hand, resolve_media_path, stat
from roomreel.storage.location import is_remote

LOOKS_AT_ONCE = 8
CACHE_FOLDER = "roomreel-sources"


def stat_media(manifest: Manifest, settings: Sources) -> dict[str, MediaFile]:
    """Resolve and stat the media of every recording of a room; reads no media byte.

    Returns:
        By recording sid: `stored` where there is a file inside the roots, else a `problem`.

    Raises:
        SettingsInvalid: a recording is encrypted, and the private key cannot be used.
        StorageFailed: a store cannot be asked.
    """
    recordings = manifest.room.recordings
    # A store takes its time for each, and many at once.
    with ThreadPoolExecutor(LOOKS_AT_ONCE) as pool:
        media = pool.map(lambda one: stat_recording(manifest.url, one, settings), recordings)
        return {recording.sid: medium for recording, medium in zip(recordings, media, strict=True)}


def stat_recording(manifest_url: str, recording: Recording, settings: Sources) -> MediaFile:
    """Resolve and stat the medium of a recording; raises as `stat_media` does."""
    if recording.media is None or recording.status is not RecordingStatus.COMPLETED:
        return MediaFile()
    return stat_file(manifest_url, recording.media, settings, recording.encryption)


def stat_file(
    manifest_url: str, media: str, settings: Sources, encryption: Encryption | None = None
) -> MediaFile:
    """Resolve and stat a file that a manifest names; raises as `stat_media` does.

    Args:
        media: its path, as in the manifest.
        encryption: as the manifest claims it.
    """
    try:
        place = resolve_media_path(manifest_url, media, settings.media_folders)
        # A store that cannot be asked says nothing of one file: the room waits for it.
        stored = stat(place) if isinstance(place, Path) else None
    except StorageFailed as error:
        return MediaFile(problem=Problem(WarningCode.MEDIA_MISSING, error.message))
    if isinstance(place, ObjectLocation):
        stored = stat(place)
    if stored is None:
        return MediaFile(problem=Problem(WarningCode.MEDIA_MISSING, f"there is no file {media!r}"))
    if stored.size_bytes == 0:
        return MediaFile(stored, problem=Problem(WarningCode.MEDIA_EMPTY, "the file has no bytes"))
    try:
        metadata = _metadata(manifest_url, media, stored, settings)
        found = encryption_of(media, encryption, metadata, settings)
    except (MediaUnreadable, StorageFailed) as error:
        return MediaFile(stored, problem=Problem(WarningCode.MEDIA_UNDECODABLE, error.message))
    return MediaFile(replace(stored, encryption=found))


def source_cache(settings: Sources) -> Cache:
    """Return where this machine keeps copies of recordings that are in S3."""
    return Cache(settings.scratch_root / CACHE_FOLDER, settings.cache_bytes)


@contextmanager
def media_at_hand(
    stored: Mapping[str, Stored], settings: Sources, *, copied: bool = False
) -> Iterator[dict[str, Stored | Problem]]:
    """Media that FFmpeg can open, for as long as the block lasts; or why it cannot, by sid.

    Objects in S3 are copied into the cache, or read in place; what is encrypted is decrypted.

    Args:
        copied: whether all of them are to be files of this machine, whatever the settings say.
    """
    cache = source_cache(settings)
    streamed = settings.inputs == "stream" and not copied
    encrypted = {sid: one for sid, one in stored.items() if one.encryption}
    plain = {sid: one for sid, one in stored.items() if not one.encryption}
    with (
        at_hand(plain, cache, streamed=streamed) as paths,
        at_hand(encrypted, cache, streamed=False) as encrypted_paths,
    ):
        found = {
            sid: replace(stored[sid], location=path)
            for sid, path in (paths | encrypted_paths).items()
        }
        with decrypt_media(found, settings) as sources:
            yield sources


def _metadata(
    manifest_url: str, media: str, stored: Stored, settings: Sources
) -> Mapping[str, Any]:
    """Return what is stored with a medium: metadata of an object, or a file beside one."""
    if is_remote(stored.location):
        return stored.metadata
    name = f"{media}{INSTRUCTION_SUFFIX}"
    beside = resolve_media_path(manifest_url, name, settings.media_folders)
    return read_instruction(beside) if isinstance(beside, Path) else {}
