"""Refusals that the inputs decide before a media byte is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NoReturn

from roomreel.errors import (
    EmptyTrackList,
    RecordingsDeleted,
    RoomNotCompleted,
    SourceLimitExceeded,
)
from roomreel.model.media import Stored, size_of_files
from roomreel.model.plan import PlanWarning, WarningCode
from roomreel.model.room import Recording, RecordingStatus, Room, RoomStatus
from roomreel.model.template import Template
from roomreel.plan.select import composed_recordings, selected_recordings, tracks_of
from roomreel.plan.usable import SKIPPED, Usable
from roomreel.text import counted, size_text

LARGEST_NAMED = 3
# So many recordings are named for each reason why none can be used.
NAMED_A_REASON = 3


def check(room: Room, template: Template, stored: Mapping[str, Stored], limit_bytes: int) -> None:
    """Refuse what cannot be composed, by the first reason that applies.

    Args:
        room: what the manifest says.
        template: what is to be made of it.
        stored: files by recording sid; a missing one counts 0, one of several recordings once.
        limit_bytes: the most that the files of all selected recordings together may have.

    Raises:
        RoomNotCompleted: the call, or the processing of a recording, still goes on.
        RecordingsDeleted: every selected recording has been deleted.
        SourceLimitExceeded: the selected recordings are larger than the limit.
        EmptyTrackList: the template selects no recording of the room.
    """
    chosen = selected_recordings(room, template)
    refuse_unready(room, chosen)
    _refuse_oversized(room, chosen, stored, limit_bytes)
    refuse_empty(room, template, chosen)


def refuse_unready(room: Room, chosen: Sequence[Recording]) -> None:
    """Refuse a room that is not over, or of which only deleted recordings are selected."""
    if room.status is not RoomStatus.COMPLETED:
        raise RoomNotCompleted(
            f"room {room.sid} is {room.status.value}", "compose it once it is completed"
        )
    processing = [r.sid for r in room.recordings if r.status is RecordingStatus.PROCESSING]
    if processing:
        raise RoomNotCompleted(
            f"room {room.sid} has {counted(len(processing), 'recording')} still processing,"
            f" first {min(processing)}",
            "compose it once they are completed",
        )
    if chosen and all(r.status is RecordingStatus.DELETED for r in chosen):
        raise RecordingsDeleted(
            f"all {len(chosen)} selected recordings of room {room.sid} are deleted",
            "nothing can bring them back; select others",
        )


def refuse_empty(room: Room, template: Template, chosen: Sequence[Recording]) -> None:
    """Refuse a template that selects nothing."""
    if not chosen:
        raise EmptyTrackList(
            f"template {template.friendly_name!r} selects no recording of room {room.sid},"
            f" which has {tracks_of(room)}",
            "change its sources, or the names of the tracks",
        )


def refuse_unheard(room: Room, template: Template, usable: Mapping[str, Usable]) -> None:
    """Refuse voices that have cells where nothing is heard or seen: no time shows these."""
    recordings = [source.recording for source in usable.values()]
    if recordings and not composed_recordings(template, recordings, room.people):
        raise EmptyTrackList(
            f"voice_sources or mic_icon name {counted(len(recordings), 'recording')}, but nothing"
            " is heard or seen: a cell for a voice lasts no longer than what is heard or seen",
            "name sound in audio_sources, or pictures in video_sources",
        )


def refuse_unusable(
    room: Room, chosen: Sequence[Recording], found: Sequence[PlanWarning]
) -> NoReturn:
    """Refuse a room of which no selected recording can be used, by each reason and its count.

    Args:
        room: what the manifest says.
        chosen: the selected recordings.
        found: why each of them cannot be used.
    """
    by_code: dict[WarningCode, list[PlanWarning]] = defaultdict(list)
    for warning in found:
        by_code[warning.code].append(warning)
    most_first = sorted(by_code.items(), key=lambda item: (-len(item[1]), item[0]))
    reasons = "; ".join(_reason(room, code, warnings) for code, warnings in most_first)
    raise EmptyTrackList(
        f"none of the {len(chosen)} selected recordings can be used: {reasons}",
        "check their media files, media_roots, and the recording rules of the room",
    )


def _reason(room: Room, code: WarningCode, warnings: Sequence[PlanWarning]) -> str:
    names: dict[str, list[str]] = defaultdict(list)
    for warning in warnings[:NAMED_A_REASON]:
        names[warning.message.removeprefix(SKIPPED)].append(room.label_of(warning.recording_sid))
    named = [f"{', '.join(of_one)}: {message}" for message, of_one in names.items()]
    more = [f"{len(warnings) - NAMED_A_REASON} more"] if warnings[NAMED_A_REASON:] else []
    return f"{len(warnings)} {code} ({', '.join([*named, *more])})"


def _refuse_oversized(
    room: Room, chosen: Sequence[Recording], stored: Mapping[str, Stored], limit_bytes: int
) -> None:
    total = size_of_files(stored[one.sid] for one in chosen if one.sid in stored)
    if total > limit_bytes:
        first = {stored[one.sid].location: one.sid for one in reversed(chosen) if one.sid in stored}
        sizes = {sid: stored[sid].size_bytes for sid in first.values()}
        largest = sorted(sizes, key=lambda sid: (-sizes[sid], sid))[:LARGEST_NAMED]
        named = ", ".join(f"{room.named(sid)} with {size_text(sizes[sid])}" for sid in largest)
        raise SourceLimitExceeded(
            f"the selected recordings total {size_text(total)}; the limit is"
            f" {size_text(limit_bytes)}; the largest: {named}",
            "select fewer recordings, or raise source_limit_bytes",
        )
