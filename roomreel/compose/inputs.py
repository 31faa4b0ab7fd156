"""Inputs of compositions: media of a room, indexed and planned with, and seen not to change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from roomreel.compose.assets import look_at_assets
from roomreel.compose.avatars import look_at_avatars, stat_avatars
from roomreel.compose.events import stat_events, with_events
from roomreel.compose.glyphs import with_missing_glyphs
from roomreel.compose.indexing import Indexing, index_each
from roomreel.compose.listening import listen, recordings_of_sound, spurts_of
from roomreel.compose.media import source_cache, stat_recording
from roomreel.documents.identity import inputs_with_evidence
from roomreel.errors import MediaUnreadable, RenderError, StorageFailed
from roomreel.media.digest import digest_of
from roomreel.media.packet_cache import PacketIndexCache
from roomreel.media.probe import index_isolated
from roomreel.model.composition import Job
from roomreel.model.media import MediaFile, PacketIndex, Problem, Stored
from roomreel.model.plan import Plan
from roomreel.model.room import Manifest, Recording, Room
from roomreel.model.template import Template
from roomreel.plan import check, make_plan, selected_recordings
from roomreel.plan.evidence import reads_events
from roomreel.plan.select import heard_recordings, speaker_recordings
from roomreel.settings.rendering import Sources
from roomreel.storage import at_hand
from roomreel.storage.location import location_of


def inputs_of(room_inputs: str, manifest: Manifest, template: Template, settings: Sources) -> str:
    """Return the digest of the inputs of a composition: its room's, its images and its events.

    Args:
        room_inputs: digest of the recordings of the room.
        template: where it draws no images and goes by no events the digest is the room's.

    Raises:
        SettingsInvalid: one of their files is encrypted, and the private key cannot be used.
        StorageFailed: a store cannot be asked.
    """
    return inputs_with_evidence(
        room_inputs,
        look_at_assets(template, settings),
        stat_avatars(manifest, template, settings),
        manifest.room.events if reads_events(template) else (),
        stat_events(manifest, template, settings),
    )


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
    """Check the limit, and index the packets of what is selected; its sound where that decides.

    Args:
        media: from `stat_media`, or with packet indexes from an earlier template of the same room,
            which are then not made again.

    Returns:
        `media` with the indexes that were made, and why others could not be.

    Raises:
        CompositionRefused: the room or the limit decides that it cannot be made.
    """
    room = manifest.room
    stored = {sid: medium.stored for sid, medium in media.items() if medium.stored}
    check(room, template, stored, settings.source_limit_bytes)
    indexed = {**media, **_index(room, selected_recordings(room, template), media, settings)}
    indexed |= _digested(room, indexed, settings)
    asked = speaker_recordings(room, template)
    if template.mixing.level is not None:
        asked += heard_recordings(room, template)
    if not asked:
        return indexed
    sids = {one.sid for one in asked}
    sounds = [one for one in recordings_of_sound(room) if one.sid in sids]
    return listen(room, sounds, indexed, settings)


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
    room, unread = with_events(manifest, template, media, settings)
    plan = make_plan(
        room,
        template,
        media,
        Fraction(settings.hold_s),
        sends=sends,
        assets=look_at_assets(template, settings),
        avatars=look_at_avatars(manifest, template, settings),
        spurts=spurts_of(room, template, media),
    )
    plan = replace(plan, warnings=tuple(sorted((*plan.warnings, *unread))))
    return with_missing_glyphs(plan, settings.fonts)


def used_media(job: Job, plan: Plan) -> dict[str, Stored]:
    """Return where the recordings are stored that a plan shows or sounds."""
    used = {placement.recording_sid for scene in plan.scenes for placement in scene.placements}
    used.update(clip.recording_sid for clip in plan.audio)
    return {sid: m.stored for sid, m in job.media.items() if m.stored and sid in used}


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
    indexing = Indexing[PacketIndex](
        find=lambda one, source: kept.find(source, one.type, one.track_index),
        make=index_isolated,
        keep=lambda one, source, index: kept.keep(source, one.type, index, one.track_index),
    )
    return {
        sid: replace(media[sid], problem=result)
        if isinstance(result, Problem)
        else replace(media[sid], packets=result)
        for sid, result in index_each(room, stored, indexing, settings).items()
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
        if stat_recording(job.manifest.url, recording, settings).stored
        != job.media[recording.sid].stored
    ]
    if changed:
        raise MediaUnreadable(
            f"the media of {', '.join(changed)} changed while they were read",
            "compose again when nothing writes to them: the next run takes what is there then",
        ) from cause
