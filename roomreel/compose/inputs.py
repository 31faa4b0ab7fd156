"""Inputs of compositions: media of a room, looked at, indexed, planned and brought near."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from roomreel.compose.assets import look_at_assets
from roomreel.compose.glyphs import with_missing_glyphs
from roomreel.encryption import INSTRUCTION_SUFFIX, decrypt_media, encryption_of, read_instruction
from roomreel.errors import MediaUnreadable, RenderError, StorageFailed
from roomreel.media.digest import digest_of
from roomreel.media.packet_cache import PacketIndexCache
from roomreel.media.probe import Probe, index_isolated
from roomreel.model.composition import Job
from roomreel.model.location import ObjectLocation
from roomreel.model.media import MediaFile, PacketIndex, Problem, Stored, TrackPath
from roomreel.model.plan import Plan, WarningCode
from roomreel.model.room import Manifest, Recording, RecordingStatus, Room
from roomreel.model.template import Template
from roomreel.plan import check, make_plan, selected_recordings
from roomreel.settings.rendering import Sources
from roomreel.storage import Cache, at_hand, resolve_media_path, stat
from roomreel.storage.location import is_remote, location_of

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
        media = pool.map(lambda recording: _stat(manifest.url, recording, settings), recordings)
        return {recording.sid: medium for recording, medium in zip(recordings, media, strict=True)}


def source_cache(settings: Sources) -> Cache:
    """Return where this machine keeps copies of recordings that are in S3."""
    return Cache(settings.scratch_root / CACHE_FOLDER, settings.cache_bytes)


def index_and_plan(
    manifest: Manifest, template: Template, media: Mapping[str, MediaFile], settings: Sources
) -> tuple[Plan, dict[str, MediaFile]]:
    """Index the packets of what is selected, and plan.

    Returns:
        The plan, and `media` with the packet indexes that were made.

    Raises:
        CompositionRefused: the inputs decide that it cannot be made.
    """
    indexed = index_room(manifest, template, media, settings)
    return plan_indexed(manifest, template, indexed, settings), indexed


def index_room(
    manifest: Manifest, template: Template, media: Mapping[str, MediaFile], settings: Sources
) -> dict[str, MediaFile]:
    """Check the limit, and index the packets of what is selected.

    Args:
        media: from `stat_media`, or with packet indexes from an earlier template of the same room,
            which are then not made again.

    Returns:
        `media` with the packet indexes that were made, and why others could not be.

    Raises:
        CompositionRefused: the room or the limit decides that it cannot be made.
    """
    room = manifest.room
    stored = {sid: medium.stored for sid, medium in media.items() if medium.stored}
    check(room, template, stored, settings.source_limit_bytes)
    indexed = {**media, **_index(room, selected_recordings(room, template), media, settings)}
    return indexed | _digested(room, indexed, settings)


def plan_indexed(
    manifest: Manifest,
    template: Template,
    media: Mapping[str, MediaFile],
    settings: Sources,
    *,
    sends: bool = False,
) -> Plan:
    """Plan a room whose media were indexed for this template.

    Args:
        sends: whether somebody sends to the status_callback of the template.

    Raises:
        CompositionRefused: the inputs decide that it cannot be made.
    """
    plan = make_plan(
        manifest.room,
        template,
        media,
        Fraction(settings.hold_s),
        sends=sends,
        assets=look_at_assets(template, settings),
    )
    return with_missing_glyphs(plan, settings.fonts)


def used_media(job: Job, plan: Plan) -> dict[str, Stored]:
    """Return where the recordings are stored that a plan shows or sounds."""
    used = {placement.recording_sid for scene in plan.scenes for placement in scene.placements}
    used.update(clip.recording_sid for clip in plan.audio)
    return {sid: m.stored for sid, m in job.media.items() if m.stored and sid in used}


@contextmanager
def media_at_hand(
    stored: Mapping[str, Stored], settings: Sources
) -> Iterator[dict[str, Stored | Problem]]:
    """Media that FFmpeg can open, for as long as the block lasts; or why it cannot, by sid.

    Objects in S3 are copied into the cache, or read in place; what is encrypted is decrypted.
    """
    cache = source_cache(settings)
    encrypted = {sid: one for sid, one in stored.items() if one.encryption}
    plain = {sid: one for sid, one in stored.items() if not one.encryption}
    with (
        at_hand(plain, cache, streamed=settings.inputs == "stream") as paths,
        at_hand(encrypted, cache, streamed=False) as encrypted_paths,
    ):
        found = {
            sid: replace(stored[sid], location=path)
            for sid, path in (paths | encrypted_paths).items()
        }
        with decrypt_media(found, settings) as sources:
            yield sources


@contextmanager
def require_unchanged(job: Job, sids: Iterable[str], settings: Sources) -> Iterator[None]:
    """Hold that recordings have the same files after the block as when the job was planned.

    Raises:
        MediaUnreadable: some have not, so that what came of the block is of neither the old nor
            the new ones; also in place of a `RenderError` that this may well have led to.
    """
    try:
        yield
    except RenderError as error:
        _refuse_changed(job, sids, settings, error)
        raise
    _refuse_changed(job, sids, settings, None)


def _stat(manifest_url: str, recording: Recording, settings: Sources) -> MediaFile:
    if recording.media is None or recording.status is not RecordingStatus.COMPLETED:
        return MediaFile()
    try:
        place = resolve_media_path(manifest_url, recording.media, settings.media_folders)
        # A store that cannot be asked says nothing of one file: the room waits for it.
        stored = stat(place) if isinstance(place, Path) else None
    except StorageFailed as error:
        return MediaFile(problem=Problem(WarningCode.MEDIA_MISSING, error.message))
    if isinstance(place, ObjectLocation):
        stored = stat(place)
    if stored is None:
        return MediaFile(
            problem=Problem(WarningCode.MEDIA_MISSING, f"there is no file {recording.media!r}")
        )
    if stored.size_bytes == 0:
        return MediaFile(stored, problem=Problem(WarningCode.MEDIA_EMPTY, "the file has no bytes"))
    try:
        encryption = encryption_of(
            recording, _metadata(manifest_url, recording, stored, settings), settings
        )
    except (MediaUnreadable, StorageFailed) as error:
        return MediaFile(stored, problem=Problem(WarningCode.MEDIA_UNDECODABLE, error.message))
    return MediaFile(replace(stored, encryption=encryption))


def _metadata(
    manifest_url: str, recording: Recording, stored: Stored, settings: Sources
) -> Mapping[str, Any]:
    """Return what is stored with a medium: metadata of an object, or a file beside one."""
    if is_remote(stored.location):
        return stored.metadata
    name = f"{recording.media}{INSTRUCTION_SUFFIX}"
    beside = resolve_media_path(manifest_url, name, settings.media_folders)
    return read_instruction(beside) if isinstance(beside, Path) else {}


def _index(
    room: Room, chosen: Iterable[Recording], media: Mapping[str, MediaFile], settings: Sources
) -> dict[str, MediaFile]:
    """Return the media of chosen recordings that were not indexed yet, indexed."""
    kept = PacketIndexCache(settings.indexes_root)
    stored = {
        recording.sid: medium.stored
        for recording in chosen
        if (medium := media.get(recording.sid, MediaFile())).stored is not None
        and medium.packets is None
        and medium.problem is None
    }
    found: dict[str, PacketIndex | Problem] = {}
    for sid, source in stored.items():
        recording = room.recording(sid)
        packets = kept.find(source, recording.type, recording.track_index)
        if packets is not None:
            found[sid] = packets
    unknown = {sid: source for sid, source in stored.items() if sid not in found}
    with media_at_hand(unknown, settings) as sources:
        found |= {sid: source for sid, source in sources.items() if isinstance(source, Problem)}
        probes = [
            Probe(sid, TrackPath(source.location, one.track_index), source.size_bytes, one.type)
            for sid, source in sources.items()
            for one in [room.recording(sid)]
            if isinstance(source, Stored)
        ]
        for sid, result in index_isolated(probes, settings.memory_limit_bytes).items():
            found[sid] = result
            if isinstance(result, PacketIndex):
                kept.keep(stored[sid], result.type, result, room.recording(sid).track_index)
    return {
        sid: MediaFile(stored[sid], packets=result)
        if isinstance(result, PacketIndex)
        else MediaFile(stored[sid], problem=result)
        for sid, result in found.items()
    }


def _digested(
    room: Room, media: Mapping[str, MediaFile], settings: Sources
) -> dict[str, MediaFile]:
    """Return the media whose recording claims a digest, with the digest that they have."""
    claimed = {
        sid: medium.stored
        for sid, medium in media.items()
        if medium.stored and medium.packets and room.recording(sid).sha256 and not medium.sha256
    }
    found: dict[str, MediaFile] = {}
    streamed = settings.inputs == "stream"
    with at_hand(claimed, source_cache(settings), streamed=streamed) as paths:
        for sid, stored in claimed.items():
            place = location_of(stored.location) if streamed else Path(paths[sid])
            with suppress(StorageFailed):  # it is gone or cannot be read: rendering says so
                digest = digest_of(stored, place, settings.indexes_root)
                found[sid] = replace(media[sid], sha256=digest)
    return found


def _refuse_changed(
    job: Job, sids: Iterable[str], settings: Sources, cause: RenderError | None
) -> None:
    recordings = [job.manifest.room.recording(sid) for sid in sorted(sids)]
    changed = [
        recording.sid
        for recording in recordings
        if _stat(job.manifest.url, recording, settings).stored != job.media[recording.sid].stored
    ]
    if changed:
        raise MediaUnreadable(
            f"the media of {', '.join(changed)} changed while they were read",
            "compose again when nothing writes to them: the next run takes what is there then",
        ) from cause
