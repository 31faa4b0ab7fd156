"""Listen to the recordings of a room: sound indexes, and the talk that they show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from roomreel.compose.indexing import Indexing, index_each
from roomreel.media.sound_cache import SoundIndexCache
from roomreel.media.sound_index import index_sound_isolated
from roomreel.model.media import MediaFile, Problem, size_of_files
from roomreel.model.room import MediaType, Recording, RecordingStatus, Room
from roomreel.model.sound_index import SoundIndex
from roomreel.model.talk import RoomTalk, Sensitivity, Spurts
from roomreel.model.template import Template
from roomreel.plan.rules import allowed_recordings
from roomreel.plan.select import speaker_recordings
from roomreel.settings.rendering import Sources
from roomreel.talk import Heard, find_talk


def recordings_of_sound(room: Room) -> tuple[Recording, ...]:
    """Return the recordings of sound that may be listened to: completed, and within the rules."""
    allowed = allowed_recordings(room)
    return tuple(
        one
        for one in room.recordings
        if one.type is MediaType.AUDIO
        and one.status is RecordingStatus.COMPLETED
        and one.sid in allowed
    )


def listen(
    room: Room, chosen: Iterable[Recording], media: Mapping[str, MediaFile], settings: Sources
) -> dict[str, MediaFile]:
    """Return `media` with the sound indexes of some recordings, or why they cannot be heard.

    Args:
        chosen: recordings of sound.
        media: from `stat_media`, or with indexes, which are not made again.
    """
    stored = {
        one.sid: medium.stored
        for one in chosen
        if (medium := media.get(one.sid, MediaFile())).stored is not None
        and medium.problem is None
        and medium.sound is None
        and medium.unheard is None
    }
    kept = SoundIndexCache(settings.indexes_root)
    indexing = Indexing[SoundIndex](
        find=lambda one, source: kept.find(source, one.track_index),
        make=index_sound_isolated,
        keep=lambda one, source, index: kept.keep(source, index, one.track_index),
    )
    found = index_each(room, stored, indexing, settings)
    return {**media, **{sid: _heard(media[sid], result) for sid, result in found.items()}}


def listen_as_set(
    room: Room, media: Mapping[str, MediaFile], settings: Sources
) -> dict[str, MediaFile]:
    """Return `media` with the sound indexes of all of a room, where the setting `talk` says so.

    A room that has more recordings than a composition may have is not listened to.
    """
    chosen = recordings_of_sound(room) if settings.talk else ()
    stored = (medium.stored for medium in media.values())
    size = size_of_files(one for one in stored if one is not None)
    if size > settings.source_limit_bytes:
        return {**media}
    return listen(room, chosen, media, settings)


def talk_in(
    room: Room, media: Mapping[str, MediaFile], sensitivity: Sensitivity = Sensitivity.NORMAL
) -> RoomTalk:
    """Return who talks in a room, by the recordings whose sound is indexed."""
    heard = {
        one.sid: Heard(one.participant_sid, one.offset_ms, medium.sound)
        for one in room.recordings
        if (medium := media.get(one.sid)) is not None and medium.sound is not None
    }
    return find_talk(heard, sensitivity)


def spurts_of(room: Room, template: Template, media: Mapping[str, MediaFile]) -> Spurts:
    """Return who talks in a room, by what a template listens to; nothing where it does not."""
    asked = speaker_recordings(room, template)
    listened = {one.sid: media[one.sid] for one in asked if one.sid in media}
    return talk_in(room, listened, template.speaker.sensitivity).spurts


def _heard(medium: MediaFile, found: SoundIndex | Problem) -> MediaFile:
    if isinstance(found, Problem):
        return replace(medium, unheard=found)
    return replace(medium, sound=found)
