"""Participants of the sample rooms, what is recorded of them, and what goes wrong: tables only."""

from __future__ import annotations

from dataclasses import dataclass

Size = tuple[int, int]

VGA: Size = (640, 480)
SMALL: Size = (320, 240)
WIDE: Size = (480, 270)
HD: Size = (1280, 720)


@dataclass(frozen=True, slots=True)
class Person:
    """A participant, distinguished by eye and by ear.

    Attributes:
        colour: of the backdrop, red, green and blue.
        hz: pitch of the voice.
        name: what people read; "" for the identity.
        has_avatar: whether the manifest names a picture of them.
    """

    identity: str
    colour: tuple[int, int, int]
    hz: int
    kind: str = "webrtc"
    name: str = ""
    roles: tuple[str, ...] = ()
    has_avatar: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch without interruption, in seconds since the room was created."""

    start: float
    end: float
    size: Size = VGA


@dataclass(frozen=True, slots=True)
class Shot:
    """One recording.

    Attributes:
        codec: vp8, h264, opus or pcmu.
        parts: stretches that have packets; each begins with a key frame.
        fps: most pictures a second.
        gop_s: seconds from one key frame to the next.
        fault: a key of `filming.TAKE_FAULTS` or `filming.FILE_FAULTS`.
        status: what the manifest says; only a completed recording has a file.
        again: 1 for the second recording of a participant who came back, and so on.
        epoch_s: what the file's time 0 is, in seconds since the room was created.
    """

    person: str
    track: str
    codec: str
    parts: tuple[Segment, ...]
    fps: int = 25
    gop_s: int = 20
    fault: str | None = None
    status: str = "completed"
    again: int = 0
    epoch_s: float = 0

    @property
    def is_audio(self) -> bool:
        """True if it is sound."""
        return self.codec in ("opus", "pcmu")


@dataclass(frozen=True, slots=True)
class Room:
    """A call.

    Attributes:
        ended_h: hours before the base time that it ended.
        marks: seconds since the room was created, and words.
    """

    name: str
    ended_h: int
    length_s: int
    people: tuple[Person, ...]
    shots: tuple[Shot, ...]
    status: str = "completed"
    marks: tuple[tuple[float, str], ...] = ()


def _pair(person: str, *parts: Segment, again: int = 0, fps: int = 25) -> tuple[Shot, Shot]:
    """Return a camera, and a microphone that starts 20 ms before it."""
    first = parts[0]
    heard = (Segment(round(first.start - 0.02, 3), first.end), *parts[1:])
    return (
        Shot(person, "camera", "vp8", parts, fps=fps, again=again),
        Shot(person, "microphone", "opus", heard, again=again),
    )


WEEKLY_STANDUP = Room(
    "weekly-standup",
    ended_h=15,
    length_s=40,
    people=(
        Person("alice", (38, 110, 170), 220, name="Alice Moreau", roles=("host",), has_avatar=True),
        Person("bob", (176, 74, 48), 294, name="Борис Иванов"),
        Person("carol", (52, 132, 84), 392, name="كارول حداد"),
        Person("dave", (122, 82, 156), 523, name="Dave O'Neill 🎧"),
    ),
    shots=(
        *_pair("alice", Segment(1.584, 40), fps=30),
        *_pair("bob", Segment(6.213, 39.2), fps=24),
        *_pair("carol", Segment(3.07, 17.5)),
        *_pair("dave", Segment(12.4, 31), fps=28),
        *_pair("carol", Segment(24.31, 38.6), again=1),
    ),
    marks=((9.5, "Yesterday"), (20, "Today"), (33, "What is in the way")),
)

MATH_LESSON = Room(
    "math-lesson",
    ended_h=12,
    length_s=40,
    people=(
        Person("teacher", (60, 92, 66), 196, name="Prof. Ada Byron", roles=("host",)),
        Person("ann", (196, 128, 32), 262),
        Person("ben", (44, 116, 150), 330),
        Person("cleo", (164, 60, 98), 440),
        Person("caller", (84, 112, 122), 587, kind="pstn", has_avatar=True),
    ),
    shots=(
        Shot("teacher", "teacher-screen", "h264", (Segment(5.12, 36, HD),), fps=12, gop_s=10),
        Shot("teacher", "teacher-camera", "vp8", (Segment(0.94, 40),), fps=30),
        Shot("teacher", "teacher-microphone", "opus", (Segment(0.92, 40),)),
        Shot("ann", "student-camera-1", "vp8", (Segment(2.66, 39.5, SMALL),)),
        Shot("ann", "student-microphone-1", "opus", (Segment(2.64, 39.5),)),
        Shot("ben", "student-camera-2", "vp8", (Segment(4.43, 30, (480, 360)),), fps=24),
        Shot("ben", "student-microphone-2", "opus", (Segment(4.41, 30),)),
        Shot("cleo", "student-camera-3", "vp8", (Segment(8.05, 40, SMALL),), fps=27),
        Shot("cleo", "student-microphone-3", "opus", (Segment(8.03, 40),)),
        # A telephone gateway keeps a clock of its own; the offset says when it began.
        Shot("caller", "phone", "pcmu", (Segment(11.16, 35),), epoch_s=10.5),
    ),
    marks=((14, "Triangles"), (27.5, "Questions")),
)

ROOM_OF_TROUBLE = Room(
    "room-of-trouble",
    ended_h=9,
    length_s=30,
    people=(
        Person("healthy-1", (46, 120, 110), 220),
        Person("healthy-2", (150, 96, 40), 277),
        Person("resized", (70, 84, 160), 349),
        Person("muted", (150, 60, 60), 415),
        Person("late-key", (110, 130, 50), 494),
        Person("no-media", (100, 100, 100), 587),
        Person("cut-off", (140, 70, 140), 659),
        Person("failed", (80, 80, 80), 740),
    ),
    shots=(
        *_pair("healthy-1", Segment(0.72, 30)),
        *_pair("healthy-2", Segment(1.38, 29.4)),
        Shot(
            "resized",
            "camera",
            "vp8",
            (Segment(2.02, 10), Segment(10, 19, SMALL), Segment(19, 28.5, WIDE)),
        ),
        Shot("resized", "microphone", "opus", (Segment(2, 28.5),)),
        *_pair("muted", Segment(1.1, 10), Segment(17, 29)),
        Shot("late-key", "camera", "vp8", (Segment(3.4, 30, SMALL),), gop_s=4, fault="late-key"),
        Shot("late-key", "microphone", "opus", (Segment(3.38, 30),)),
        Shot("no-media", "camera", "vp8", (Segment(4, 9, SMALL),), fault="empty"),
        Shot("no-media", "microphone", "opus", (Segment(4, 9),), fault="missing"),
        Shot("cut-off", "camera", "vp8", (Segment(2.5, 27, SMALL),), fault="truncated"),
        Shot("cut-off", "microphone", "opus", (Segment(13.5, 14.5),)),
        Shot("failed", "camera", "vp8", (Segment(5, 20),), status="failed"),
    ),
)

OVER_THE_LIMIT = Room(
    "over-the-limit",
    ended_h=7,
    length_s=5,
    people=(Person("huge", (60, 60, 130), 262),),
    shots=(
        Shot("huge", "camera", "vp8", (Segment(0.5, 5, SMALL),), fault="sparse"),
        Shot("huge", "microphone", "opus", (Segment(0.48, 5),), fault="sparse"),
    ),
)

STILL_GOING = Room(
    "still-going",
    ended_h=1,
    length_s=5,
    people=(Person("early", (40, 120, 60), 262), Person("busy", (120, 60, 40), 330)),
    shots=(
        *_pair("early", Segment(0.4, 5, SMALL)),
        Shot("busy", "camera", "vp8", (Segment(1, 5),), status="processing"),
    ),
    status="in-progress",
)

ROOMS = {
    room.name: room
    for room in (WEEKLY_STANDUP, MATH_LESSON, ROOM_OF_TROUBLE, OVER_THE_LIMIT, STILL_GOING)
}
