"""What the truth tables of the planner are written with; times in whole milliseconds."""

from array import array
from dataclasses import replace
from fractions import Fraction
from itertools import count

import pytest

from roomreel.model.media import Medium, PacketIndex, Stored
from roomreel.model.room import (
    MediaType,
    Participant,
    Recording,
    RecordingStatus,
    Room,
    RoomStatus,
)
from roomreel.model.template import Region, Selection, Template
from roomreel.model.time import Span
from roomreel.plan.usable import Usable

MS = Fraction(1, 1000)


class Make:
    """Short ways to nouns. Sids are short: the planner does not care what they look like."""

    numbers = count()

    @staticmethod
    def span(start_ms, end_ms):
        return Span(start_ms * MS, end_ms * MS)

    @staticmethod
    def recording(sid, kind="video", **changes):
        plain = Recording(
            sid=sid,
            source_sid=f"MT{sid}",
            participant_sid="PA1",
            track_name=f"track-{sid}",
            type=MediaType(kind),
            status=RecordingStatus.COMPLETED,
        )
        return replace(plain, **changes)

    @classmethod
    def usable(cls, sid, start_ms, end_ms, kind="video", **changes):
        return Usable(cls.recording(sid, kind, **changes), cls.span(start_ms, end_ms))

    @staticmethod
    def packets(pts_ms, duration_ms=0, kind="video", keys=None, **changes):
        length = len(pts_ms)
        plain = PacketIndex(
            type=MediaType(kind),
            codec="vp8" if kind == "video" else "opus",
            time_base=MS,
            pts=array("q", pts_ms),
            durations=array("q", [duration_ms] * length),
            keys=array("b", [1] * length if keys is None else [at in keys for at in range(length)]),
            payload_bytes=100 * length,
        )
        return replace(plain, **changes)

    @classmethod
    def medium(cls, *args, size_bytes=1000, path=None, **kwargs):
        # Each a file of its own, unless told otherwise.
        path = path or f"/m{next(cls.numbers)}"
        return Medium(Stored(path, size_bytes, "1"), cls.packets(*args, **kwargs))

    @classmethod
    def video(cls, start_ms, end_ms, step_ms=100):
        """Pictures from start on, the last one ending at the end."""
        return cls.medium(range(start_ms, end_ms, step_ms), step_ms, keys={0})

    @classmethod
    def audio(cls, start_ms, end_ms):
        return cls.medium(range(start_ms, end_ms, 20), 20, kind="audio")

    @staticmethod
    def room(*recordings, identities=("alice",), **changes):
        people = tuple(Participant(f"PA{n}", name) for n, name in enumerate(identities, 1))
        plain = Room("RM1", "stand-up", RoomStatus.COMPLETED, people, recordings)
        return replace(plain, **changes)

    @staticmethod
    def template(*regions, audio=(), **changes):
        return replace(Template("t", regions, Selection(tuple(audio))), **changes)

    @staticmethod
    def region(name="main", sources=("*",), excluded=(), **changes):
        return replace(Region(name, Selection(tuple(sources), tuple(excluded))), **changes)


@pytest.fixture(scope="session")
def make():
    return Make
