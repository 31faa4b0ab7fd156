"""How a room names its recordings to people."""

import pytest

from roomreel.model.room import (
    MediaType,
    Participant,
    Recording,
    RecordingStatus,
    Room,
    RoomStatus,
)

SCREEN, MIC, OTHER = (f"RT{digit * 32}" for digit in "abc")


@pytest.fixture
def room() -> Room:
    tracks = {SCREEN: ("PA1", "screen"), MIC: ("PA2", "mic")}
    recordings = tuple(
        Recording(sid, "MT1", who, name, MediaType.VIDEO, RecordingStatus.COMPLETED)
        for sid, (who, name) in tracks.items()
    )
    people = (Participant("PA1", "carla"), Participant("PA2", r"\\1 & co"))
    return Room("RM1", "retro", RoomStatus.COMPLETED, participants=people, recordings=recordings)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (f"while reading {SCREEN}", f"while reading carla/screen ({SCREEN})"),
        (f"{SCREEN}, {MIC}: gone", rf"carla/screen ({SCREEN}), \\1 & co/mic ({MIC}): gone"),
        (f"shows {MIC}.", rf"shows \\1 & co/mic ({MIC})."),
        (f"{OTHER} of another room", f"{OTHER} of another room"),
        (f"carla/screen ({SCREEN})", f"carla/screen ({SCREEN})"),
        (f"cannot read /media/{SCREEN}.webm", f"cannot read /media/{SCREEN}.webm"),
        (f"cannot read {SCREEN}.webm", f"cannot read {SCREEN}.webm"),
        (f"s3://b/{SCREEN}/x", f"s3://b/{SCREEN}/x"),
    ],
)
def test_a_text_names_the_recordings_of_the_room(room: Room, text: str, named: str) -> None:
    assert room.naming(text) == named
    assert room.naming(named) == named


@pytest.mark.parametrize("display_name", [None, "", "Alice K."])
def test_people_are_shown_the_display_name_or_else_the_identity(display_name: str | None) -> None:
    person = Participant("PA1", "u-17", display_name=display_name)
    camera = Recording(SCREEN, "MT1", "PA1", "cam", MediaType.VIDEO, RecordingStatus.COMPLETED)
    room = Room("RM1", "retro", RoomStatus.COMPLETED, (person,), (camera,))
    shown = display_name or "u-17"
    assert (room.name_of("PA1"), room.label_of(SCREEN)) == (shown, f"{shown}/cam")
    assert room.identity_of("PA1") == "u-17"
    assert room.name_of("PA2") == room.identity_of("PA2") == "PA2"
