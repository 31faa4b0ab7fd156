"""Events of a room that lie in files: that of its manifest, and those of its data recordings.

They are media of the manifest, and lie where recordings do. Whatever is wrong with one of them
fails nothing: what can be read of it counts, and a warning says what cannot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from roomreel.compose.media import media_at_hand, stat_file
from roomreel.documents.event_lines import MOST_LINES, Skipped, count_lines, read_event_lines
from roomreel.encryption.age import SUFFIX as AGE_SUFFIX
from roomreel.errors import StorageFailed
from roomreel.model.event import Event
from roomreel.model.location import without_secrets
from roomreel.model.media import MediaFile, Problem, Stored
from roomreel.model.plan import PlanWarning, WarningCode
from roomreel.model.room import Manifest, MediaType, RecordingStatus, Room
from roomreel.model.template import Template
from roomreel.plan.evidence import reads_events
from roomreel.plan.rules import allowed_recordings
from roomreel.settings.rendering import Sources
from roomreel.storage import read_bytes
from roomreel.text import shortened

MOST_BYTES = 32 * 2**20
"""Of all files of a room together, as `MOST_LINES`."""
SUFFIX = ".jsonl"

_NOT_READ = "a file of events is not read"
_LINES_NAMED = 3


@dataclass(frozen=True, slots=True)
class _File:
    """A file with events; `sid` is that of its recording, or "" for the manifest's own."""

    sid: str
    media: str
    offset_ms: int
    medium: MediaFile

    @property
    def named(self) -> str:
        """The name for people."""
        return repr(shortened(without_secrets(self.media)))


def stat_events(manifest: Manifest, template: Template, settings: Sources) -> MediaFile | None:
    """Resolve and stat the file of events that a manifest names, where the template goes by events.

    Returns:
        `stored` where there is one, and a `problem` where it cannot be read; None of no file.

    Raises:
        SettingsInvalid: it is encrypted, and the private key cannot be used.
        StorageFailed: a store cannot be asked.
    """
    named = manifest.room.events_media
    if named is None or not reads_events(template):
        return None
    return stat_file(manifest.url, named, settings)


def with_events(
    manifest: Manifest, template: Template, media: Mapping[str, MediaFile], settings: Sources
) -> tuple[Room, tuple[PlanWarning, ...]]:
    """Return a room with the events of its files, and what cannot be read of them.

    Args:
        template: where it goes by no events no file is read.
        media: by recording sid, from `stat_media`.

    Raises:
        SettingsInvalid: a file is encrypted, and the private key cannot be used.
        StorageFailed: a store cannot be asked.
    """
    room = manifest.room
    if not reads_events(template):
        return room, ()
    files = [*_own_file(manifest, template, settings), *_recorded(room, media)]
    events: list[Event] = []
    warnings: list[PlanWarning] = []
    for file, found in _read(files, settings):
        if isinstance(found, Problem):
            message = f"{_NOT_READ}: {found.message}"
            warnings.append(PlanWarning(WarningCode(found.code), file.sid, message))
            continue
        events += (one for one in found if isinstance(one, Event))
        if skipped := [one for one in found if isinstance(one, Skipped)]:
            message = f"{file.named}: {_in_words(skipped)}"
            warnings.append(PlanWarning(WarningCode.TEXT_INVALID, file.sid, message))
    return replace(room, events=(*room.events, *events)), tuple(warnings)


def _own_file(manifest: Manifest, template: Template, settings: Sources) -> Iterator[_File]:
    medium = stat_events(manifest, template, settings)
    if medium is not None:
        yield _File("", manifest.room.events_media or "", 0, medium)


def _recorded(room: Room, media: Mapping[str, MediaFile]) -> Iterator[_File]:
    """Yield the files of data recordings that are used and hold events, by their names."""
    allowed = allowed_recordings(room)
    for one in sorted(room.recordings, key=attrgetter("sid")):
        is_used = one.status is RecordingStatus.COMPLETED and one.sid in allowed
        if is_used and one.type is MediaType.DATA and one.media and _has_events(one.media):
            yield _File(one.sid, one.media, one.offset_ms, media.get(one.sid, MediaFile()))


def _has_events(media: str) -> bool:
    return media.lower().removesuffix(AGE_SUFFIX).endswith(SUFFIX)


def _read(
    files: Sequence[_File], settings: Sources
) -> Iterator[tuple[_File, Sequence[Event | Skipped] | Problem]]:
    """Yield what the lines of each file are, or why it is not read."""
    stored = {
        file.sid: file.medium.stored
        for file in files
        if file.medium.stored
        and not file.medium.problem
        and file.medium.stored.size_bytes <= MOST_BYTES
    }
    lines_left, bytes_left = MOST_LINES, MOST_BYTES
    with media_at_hand(stored, settings, copied=True) as at_hand:
        for file in files:
            data = _bytes(file, at_hand.get(file.sid), bytes_left)
            if isinstance(data, Problem):
                yield file, data
                continue
            lines = count_lines(data)
            if lines > lines_left:
                yield file, _too_much(f"{MOST_LINES} lines")
                continue
            bytes_left -= len(data)
            lines_left -= lines
            yield file, [*read_event_lines(data, file.offset_ms)]


def _bytes(file: _File, at_hand: Stored | Problem | None, most: int) -> bytes | Problem:
    if file.medium.stored and not file.medium.stored.size_bytes:
        return b""  # nothing happened
    problem = file.medium.problem or (at_hand if isinstance(at_hand, Problem) else None)
    if problem is not None:
        return problem
    if file.medium.stored is None:
        return Problem(WarningCode.MEDIA_MISSING, f"there is no file {file.named}")
    if not isinstance(at_hand, Stored) or at_hand.size_bytes > most:
        return _too_much(f"{MOST_BYTES} bytes")
    try:
        return read_bytes(str(at_hand.location), most)
    except StorageFailed as error:
        return Problem(WarningCode.MEDIA_MISSING, error.message)


def _too_much(what: str) -> Problem:
    message = f"it makes more than {what} of all files of events of the room"
    return Problem(WarningCode.TEXT_INVALID, message)


def _in_words(skipped: Sequence[Skipped]) -> str:
    named = "; ".join(f"line {one.number}: {one.reason}" for one in skipped[:_LINES_NAMED])
    more = len(skipped) - _LINES_NAMED
    lines = "line is no event and is" if len(skipped) == 1 else "lines are no events and are"
    return f"{len(skipped)} {lines} skipped: {named}" + (f"; and {more} more" if more > 0 else "")
