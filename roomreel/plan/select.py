"""Selections: the recordings of a room that the patterns of a template name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from operator import attrgetter

from roomreel.model.layout import Condition
from roomreel.model.plan import PlanWarning, WarningCode
from roomreel.model.room import MediaType, Participant, Recording, Room
from roomreel.model.selection import OfIdentity, OfRole, Pattern, Selection
from roomreel.model.template import Region, Template
from roomreel.model.tiles import PlaceholderKind
from roomreel.plan.evidence import listens
from roomreel.text import did_you_mean, listed

WILDCARD = "*"
# Of a glob: any characters, any one, one of some.
_WILD = frozenset("*?[")

People = Mapping[str, Participant]
"""The participants of a room, by sid."""

_Selected = tuple[str, MediaType, Selection]
"""Where it stands, for a person, and the recordings that it selects."""


def matches(pattern: Pattern, recording: Recording, people: People) -> bool:
    """Return whether a pattern names a recording, case-sensitive.

    Of a text, `*` names every one; at the start or the end it stands for any part of a track name.
    Without one it is a recording, track or participant sid, or a track name.
    """
    if not isinstance(pattern, str):
        return is_of(pattern, _publisher(recording, people))
    if pattern == WILDCARD:
        return True
    if pattern.endswith(WILDCARD):
        return recording.track_name.startswith(pattern[:-1])
    if pattern.startswith(WILDCARD):
        return recording.track_name.endswith(pattern[1:])
    return pattern in _identifiers(recording)


def matches_participant(pattern: Pattern, sid: str, people: People) -> bool:
    """Return whether a pattern names a participant, whatever they publish."""
    if isinstance(pattern, str):
        return pattern in (WILDCARD, sid)
    return is_of(pattern, people.get(sid) or Participant(sid, sid))


def is_of(pattern: OfIdentity | OfRole, person: Participant) -> bool:
    """Return whether a pattern names a participant."""
    if isinstance(pattern, OfRole):
        return pattern.role in person.roles
    return fnmatchcase(person.identity, pattern.glob)


def select(
    selection: Selection, kind: MediaType, recordings: Iterable[Recording], people: People
) -> tuple[Recording, ...]:
    """Return the recordings of one type that a selection names, by sid."""
    chosen = (
        recording
        for recording in recordings
        if recording.type is kind
        and any(matches(pattern, recording, people) for pattern in selection.included)
        and not any(matches(pattern, recording, people) for pattern in selection.excluded)
    )
    return tuple(sorted(chosen, key=lambda recording: recording.sid))


def selected_recordings(room: Room, template: Template) -> tuple[Recording, ...]:
    """Return every recording that is to be heard or that a region names, usable or not, by sid."""
    selections = (*_composed(template), *_evidence(template))
    return _chosen(selections, room.recordings, room.people)


def heard_recordings(room: Room, template: Template) -> tuple[Recording, ...]:
    """Return the recordings that are to be heard, usable or not, by sid."""
    return select(template.audio, MediaType.AUDIO, room.recordings, room.people)


def speaker_recordings(room: Room, template: Template) -> tuple[Recording, ...]:
    """Return the recordings whose sound says who talks, usable or not, by sid."""
    if not listens(template):
        return ()
    return select(template.speaker.sources, MediaType.AUDIO, room.recordings, room.people)


def composed_recordings(
    template: Template, recordings: Iterable[Recording], people: People
) -> tuple[Recording, ...]:
    """Return the recordings that are to be heard or seen, by sid."""
    return _chosen(_composed(template), tuple(recordings), people)


def people_with_avatars(room: Room, template: Template) -> tuple[Participant, ...]:
    """Return the participants whose avatars may be shown, by sid."""
    selections = [
        selected
        for region in template.all_regions
        if region.tile.placeholder.kind is PlaceholderKind.IMAGE
        for selected in (_pictures_of(region), _voices_of(region))
    ]
    chosen = _chosen(selections, room.recordings, room.people)
    there = {recording.participant_sid for recording in chosen}
    with_avatars = (one for one in room.participants if one.avatar is not None)
    return tuple(sorted((one for one in with_avatars if one.sid in there), key=attrgetter("sid")))


def _chosen(
    selections: Iterable[_Selected], recordings: Sequence[Recording], people: People
) -> tuple[Recording, ...]:
    chosen = {
        recording.sid: recording
        for _, kind, selection in selections
        for recording in select(selection, kind, recordings, people)
    }
    return tuple(chosen[sid] for sid in sorted(chosen))


def unknown_sources(room: Room, template: Template) -> Iterator[PlanWarning]:
    """Yield a warning for each sid, name, identity or role in the template that the room has not.

    A wildcard that matches nothing is no mistake: templates are written before rooms are.
    """
    known = {name for recording in room.recordings for name in _identifiers(recording)}
    listed_people = room.people
    publishers = {one.participant_sid: _publisher(one, listed_people) for one in room.recordings}
    everybody = [*(listed_people | publishers).values()]
    for where, _, selection in (*_composed(template), *_evidence(template), *_mixed(template)):
        for pattern in (*selection.included, *selection.excluded):
            if isinstance(pattern, str):
                is_known = pattern in known or WILDCARD in pattern
            else:
                is_known = _is_wild(pattern) or any(is_of(pattern, one) for one in everybody)
            if not is_known:
                message = f"{where}: {_not_there(pattern, room, everybody)}"
                yield PlanWarning(WarningCode.UNKNOWN_SOURCE, "", message)


def _is_wild(pattern: OfIdentity | OfRole) -> bool:
    return isinstance(pattern, OfIdentity) and not _WILD.isdisjoint(pattern.glob)


def _not_there(pattern: Pattern, room: Room, everybody: Iterable[Participant]) -> str:
    match pattern:
        case OfIdentity(said):
            there = [one.identity for one in everybody]
            what, has = "participant of the room has the identity", _said("participants", there)
        case OfRole(said):
            there = [role for one in everybody for role in dict.fromkeys(one.roles)]
            what, has = "participant of the room has the role", _said("roles", there)
        case said:
            there = [one.track_name for one in room.recordings]
            what, has = "recording of the room has", tracks_of(room)
    hint = did_you_mean(said, set(there))
    return f"no {what} {said!r}; it has {has}" + (f"; {hint}" if hint else "")


def tracks_of(room: Room) -> str:
    """Return the names of the tracks of a room, with their counts, in words."""
    return _said("tracks", [recording.track_name for recording in room.recordings])


def _said(what: str, names: Iterable[str]) -> str:
    said = listed(names)
    return f"the {what} {said}" if said else f"no {what}"


def _publisher(recording: Recording, people: People) -> Participant:
    sid = recording.participant_sid
    return people.get(sid) or Participant(sid, sid)


def _identifiers(recording: Recording) -> tuple[str, ...]:
    return (
        recording.sid,
        recording.source_sid,
        recording.participant_sid,
        recording.track_name,
    )


def _pictures_of(region: Region) -> _Selected:
    return region.called, MediaType.VIDEO, region.sources


def _voices_of(region: Region) -> _Selected:
    return f"{region.called}, voices", MediaType.AUDIO, region.voices


def _composed(template: Template) -> Iterator[_Selected]:
    yield "audio", MediaType.AUDIO, template.audio
    yield from map(_pictures_of, template.all_regions)


def _mixed(template: Template) -> Iterator[_Selected]:
    for number, gain in enumerate(template.mixing.gains):
        yield f"audio, gain {number + 1}", MediaType.AUDIO, Selection(gain.sources)


def _evidence(template: Template) -> Iterator[_Selected]:
    for region in template.all_regions:
        yield _voices_of(region)
        if (icon := region.tile.mic_icon) is not None:
            yield f"{region.called}, mic_icon", MediaType.AUDIO, Selection(icon.sources)
    if listens(template):
        yield "speaker", MediaType.AUDIO, template.speaker.sources
    for number, rule in enumerate(template.layout_rules, 1):
        for kind, selection in _conditional(rule.when):
            yield f"layout rule {number}", kind, selection


def _conditional(condition: Condition) -> Iterator[tuple[MediaType, Selection]]:
    """Yield the recordings that a condition is about."""
    for patterns in (condition.present, condition.absent):
        if patterns is not None:
            yield MediaType.VIDEO, Selection(patterns)
    if condition.talking is not None:
        yield MediaType.AUDIO, Selection(condition.talking)
    if (count := condition.count) is not None:
        yield count.kind, count.sources
    for one in condition.inner:
        yield from _conditional(one)
