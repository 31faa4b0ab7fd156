"""Selections against the sentence that says what they are, on rooms and templates of any kind."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from roomreel.model.room import (
    MediaType,
    Participant,
    Recording,
    RecordingStatus,
    Room,
    RoomStatus,
)
from roomreel.model.selection import OfIdentity, OfRole, Selection
from roomreel.model.template import Region, Template
from roomreel.plan.select import selected_recordings, unknown_sources

NAMES = st.text("ab-", min_size=1, max_size=4)
ROLES = ("host", "guest", "a")
PEOPLE = st.lists(
    st.tuples(NAMES, st.lists(st.sampled_from(ROLES), max_size=2, unique=True)), max_size=4
)
TRACKS = st.lists(
    # Of one who may not be listed; some tracks are called as people are.
    st.tuples(st.integers(1, 5), NAMES | st.sampled_from(["PA1", "RT2"]), st.sampled_from("va")),
    max_size=6,
)
PATTERNS = st.one_of(
    NAMES,
    st.just("*"),
    st.sampled_from("12345").map(lambda number: f"PA{number}"),
    NAMES.map(lambda name: f"{name}*"),
    NAMES.map(lambda name: f"*{name}"),
    st.text("ab-*?P", min_size=1, max_size=5).map(OfIdentity),
    st.sampled_from(ROLES).map(OfRole),
)
SELECTIONS = st.builds(
    Selection, st.lists(PATTERNS, max_size=3).map(tuple), st.lists(PATTERNS, max_size=2).map(tuple)
)


def fits(glob: str, text: str) -> bool:
    """Whether a glob of `*` and `?` fits, letter by letter."""
    if not glob:
        return not text
    if glob[0] == "*":
        return any(fits(glob[1:], text[start:]) for start in range(len(text) + 1))
    return bool(text) and glob[0] in ("?", text[0]) and fits(glob[1:], text[1:])


def names(pattern: object, one: Recording, room: Room) -> bool:
    """Whether a pattern names a recording, by the words of the documentation."""
    of = [person for person in room.participants if person.sid == one.participant_sid]
    identity = of[0].identity if of else one.participant_sid
    if isinstance(pattern, OfIdentity):
        return fits(pattern.glob, identity)
    if isinstance(pattern, OfRole):
        return any(pattern.role in person.roles for person in of)
    assert isinstance(pattern, str)
    if "*" in pattern:
        return fits(pattern, one.track_name)
    return pattern in {one.sid, one.source_sid, one.participant_sid, one.track_name}


def room_of(people: list[tuple[str, list[str]]], tracks: list[tuple[int, str, str]]) -> Room:
    return Room(
        "RM1",
        "room",
        RoomStatus.COMPLETED,
        tuple(
            Participant(f"PA{number}", identity, roles=tuple(roles))
            for number, (identity, roles) in enumerate(people, 1)
        ),
        tuple(
            Recording(
                f"RT{number}",
                f"MT{number}",
                f"PA{who}",
                track,
                MediaType.VIDEO if kind == "v" else MediaType.AUDIO,
                RecordingStatus.COMPLETED,
            )
            for number, (who, track, kind) in enumerate(tracks, 1)
        ),
    )


@given(st.builds(room_of, PEOPLE, TRACKS), SELECTIONS, SELECTIONS)
def test_selected_is_what_is_included_and_not_excluded(
    room: Room, shown: Selection, heard: Selection
) -> None:
    template = Template("t", (Region("main", shown),), heard)
    expected = [
        one.sid
        for one in room.recordings
        for selection in [shown if one.type is MediaType.VIDEO else heard]
        if any(names(pattern, one, room) for pattern in selection.included)
        and not any(names(pattern, one, room) for pattern in selection.excluded)
    ]
    assert [one.sid for one in selected_recordings(room, template)] == expected


@given(st.builds(room_of, PEOPLE, TRACKS), PATTERNS)
def test_what_names_nothing_is_unknown_unless_it_is_wild(room: Room, pattern: object) -> None:
    assert isinstance(pattern, str | OfIdentity | OfRole)
    found = list(unknown_sources(room, Template("t", audio=Selection((pattern,)))))
    text = pattern.glob if isinstance(pattern, OfIdentity) else ""
    wild = "*" in pattern if isinstance(pattern, str) else "*" in text or "?" in text
    there = [one for one in room.recordings if names(pattern, one, room)]
    # Somebody without a recording is no mistake either.
    silent = [
        person
        for person in room.participants
        if (isinstance(pattern, OfRole) and pattern.role in person.roles) or person.identity == text
    ]
    assert bool(found) == (not there and not silent and not wild)
