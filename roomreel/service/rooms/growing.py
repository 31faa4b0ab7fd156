"""Changes of a room that comes by the API: it grows, and nothing that was said is unsaid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from roomreel.errors import Conflict
from roomreel.model.room import Recording, RecordingStatus, Room, RoomStatus
from roomreel.text import counted

_NEXT: Mapping[RecordingStatus, frozenset[RecordingStatus]] = {
    RecordingStatus.PROCESSING: frozenset(RecordingStatus),
    RecordingStatus.COMPLETED: frozenset({RecordingStatus.COMPLETED, RecordingStatus.DELETED}),
    RecordingStatus.FAILED: frozenset({RecordingStatus.FAILED, RecordingStatus.DELETED}),
    RecordingStatus.DELETED: frozenset({RecordingStatus.DELETED}),
}
"""What a recording may be after it was this."""

_FIXED = ("source_sid", "participant_sid", "track_name", "type", "offset_ms", "track_index")
"""What a recording is for good."""

_MOST_NAMED = 20


def refuse_unsaying(before: Room, after: Room) -> None:
    """Refuse a room that takes back what was said of it.

    Raises:
        Conflict: it does; the message names all of it.
    """
    problems = list(_problems(before, after))
    if problems:
        shown = "; ".join(problems[:_MOST_NAMED])
        more = len(problems) - _MOST_NAMED
        raise Conflict(shown + (f"; and {counted(more, 'more problem')}" if more > 0 else ""))


def _problems(before: Room, after: Room) -> Iterator[str]:
    is_over = before.status is not RoomStatus.IN_PROGRESS
    if is_over and after.status is not before.status:
        yield f"the room is {before.status}, and cannot be {after.status} again"
    if is_over and after.end_time != before.end_time:
        yield "the room has an end_time, which cannot be another one"
    known = {recording.sid: recording for recording in before.recordings}
    there = {recording.sid for recording in after.recordings}
    yield from (f"recording {sid} is missing" for sid in known if sid not in there)
    for recording in after.recordings:
        if recording.sid in known:
            yield from _problems_of(known[recording.sid], recording)
        elif is_over:
            yield f"the room is over, and recording {recording.sid} is new"


def _problems_of(before: Recording, after: Recording) -> Iterator[str]:
    for name in _FIXED:
        if getattr(before, name) != getattr(after, name):
            yield f"recording {before.sid} has another {name.removesuffix('_ms')} already"
    if before.media is not None and after.media != before.media:
        yield f"recording {before.sid} has its media {before.media!r} already"
    if after.status not in _NEXT[before.status]:
        yield f"recording {before.sid} is {before.status}, and cannot be {after.status} again"
