"""Selections: the recordings of a room that the patterns of a template name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from roomreel.model.plan import PlanWarning, WarningCode
from roomreel.model.room import MediaType, Recording, Room
from roomreel.model.template import Selection, Template
from roomreel.text import did_you_mean, listed

WILDCARD = "*"


def matches(pattern: str, recording: Recording) -> bool:
    """Return whether a pattern names a recording, case-sensitive.

    `*` names every one; at the start or the end of a pattern it stands for any part of a track
    name. Without one the pattern is a recording, track or participant sid, or a track name.
    """
    if pattern == WILDCARD:
        return True
    if pattern.endswith(WILDCARD):
        return recording.track_name.startswith(pattern[:-1])
    if pattern.startswith(WILDCARD):
        return recording.track_name.endswith(pattern[1:])
    return pattern in _identifiers(recording)


def select(
    selection: Selection, kind: MediaType, recordings: Iterable[Recording]
) -> tuple[Recording, ...]:
    """Return the recordings of one type that a selection names, by sid."""
    chosen = (
        recording
        for recording in recordings
        if recording.type is kind
        and any(matches(pattern, recording) for pattern in selection.included)
        and not any(matches(pattern, recording) for pattern in selection.excluded)
    )
    return tuple(sorted(chosen, key=lambda recording: recording.sid))


def selected_recordings(room: Room, template: Template) -> tuple[Recording, ...]:
    """Return every recording that is to be heard or that a region names, usable or not, by sid."""
    chosen = {
        recording.sid: recording
        for _, kind, selection in _selections(template)
        for recording in select(selection, kind, room.recordings)
    }
    return tuple(chosen[sid] for sid in sorted(chosen))


def unknown_sources(room: Room, template: Template) -> Iterator[PlanWarning]:
    """Yield a warning for each sid or name in the template that no recording of the room has.

    A wildcard that matches nothing is no mistake: templates are written before rooms are.
    """
    known = {name for recording in room.recordings for name in _identifiers(recording)}
    tracks, there = {one.track_name for one in room.recordings}, tracks_of(room)
    for where, _, selection in _selections(template):
        for pattern in (*selection.included, *selection.excluded):
            if pattern not in known and WILDCARD not in pattern:
                hint = did_you_mean(pattern, tracks)
                message = f"{where}: no recording of the room has {pattern!r}; it has {there}"
                message += f"; {hint}" if hint else ""
                yield PlanWarning(WarningCode.UNKNOWN_SOURCE, "", message)


def tracks_of(room: Room) -> str:
    """Return the names of the tracks of a room, with their counts, in words."""
    names = listed(recording.track_name for recording in room.recordings)
    return f"the tracks {names}" if names else "no track"


def _identifiers(recording: Recording) -> tuple[str, ...]:
    return (
        recording.sid,
        recording.source_sid,
        recording.participant_sid,
        recording.track_name,
    )


def _selections(template: Template) -> Iterator[tuple[str, MediaType, Selection]]:
    yield "audio", MediaType.AUDIO, template.audio
    for region in template.regions:
        yield f"region {region.name!r}", MediaType.VIDEO, region.sources
