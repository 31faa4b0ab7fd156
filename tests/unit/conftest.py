from __future__ import annotations

import os
import sys
from array import array
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import SecretStr
from sqlalchemy import create_engine, text

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.record import RoomRecord
from roomreel.model.composition import (
    CompositionStatus,
    Decoded,
    Files,
    Outcome,
    Use,
    composition_sid,
)
from roomreel.model.media import MediaFile, PacketIndex, Stored
from roomreel.model.plan import PlanWarning, WarningCode
from roomreel.model.room import (
    Manifest,
    MediaType,
    Participant,
    Recording,
    RecordingStatus,
    Room,
    RoomStatus,
)
from roomreel.model.selection import Selection
from roomreel.model.talk import NO_TALK, RecordingTalk, RoomTalk, Spurt
from roomreel.model.template import Region, Template
from roomreel.model.time import Span
from roomreel.plan.arrange import arrange
from roomreel.plan.probe_results import ProbeResult
from roomreel.plan.usable import Usable

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
import postgres as servers

END = datetime(2026, 11, 20, 9, 31, 12, 250_000, tzinfo=UTC)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog.open(tmp_path / "catalog", tmp_path / "journal")


@pytest.fixture
def room_record() -> Callable[..., RoomRecord]:
    """A room of one camera; `number` tells rooms apart."""

    def build(
        number: int = 1,
        end: datetime | None = END,
        status: RecordingStatus = RecordingStatus.COMPLETED,
        **room: object,
    ) -> RoomRecord:
        recording = Recording(
            sid=f"RT{number:032x}",
            source_sid=f"MT{number:032x}",
            participant_sid=f"PA{number:032x}",
            track_name="camera",
            type=MediaType.VIDEO,
            status=status,
            offset_ms=-250,
            container_format="mkv",
            codec="VP8",
            claimed_duration_s=31,
            claimed_size_bytes=1000,
            media="camera.mkv",
        )
        fields = {
            "sid": f"RM{number:032x}",
            "unique_name": f"room-{number}",
            "status": RoomStatus.COMPLETED,
            "participants": (Participant(recording.participant_sid, "alice"),),
            "recordings": (recording,),
            "date_created": datetime(2026, 11, 20, 9, tzinfo=UTC),
            "end_time": end,
        }
        manifest = Manifest(Room(**(fields | room)), f"rooms/{number}.json", "ab" * 32)
        media = {recording.sid: MediaFile(Stored("/rooms/camera.mkv", 1843, "1"))}
        probe_result = {recording.sid: ProbeResult(start_ms=10, end_ms=31_010, duration_ms=31_000)}
        spurt = Spurt(Span(Fraction(1), Fraction(4)), -360)
        heard = RecordingTalk(recording.participant_sid, (spurt,), floor=-800, loudness=-2300)
        talk = RoomTalk({recording.participant_sid: (spurt.span,)}, {recording.sid: heard})
        is_heard = status is RecordingStatus.COMPLETED
        return RoomRecord(manifest, media, probe_result, talk=talk if is_heard else NO_TALK)

    return build


@pytest.fixture
def outcome_of() -> Callable[..., Outcome]:
    """A completed composition of a room by the template `name`."""

    def build(item: RoomRecord, name: str = "grid", **changes: object) -> Outcome:
        room = item.manifest.room
        assert room.end_time is not None
        recording = room.recordings[0]
        digest = (name.encode().hex() + "0" * 64)[:64]
        sid = composition_sid(room.sid, room.end_time, name, digest)
        done = Outcome(
            sid=sid,
            room_sid=room.sid,
            room_name=room.unique_name,
            template=Template(friendly_name=name),
            template_json="{}",
            template_sha256=digest,
            inputs_sha256="cd" * 32,
            status=CompositionStatus.COMPLETED,
            date_created=datetime(2026, 11, 21, 1, tzinfo=UTC),
            date_started=datetime(2026, 11, 21, 1, 0, 1, tzinfo=UTC),
            date_completed=datetime(2026, 11, 21, 1, 0, 8, tzinfo=UTC),
            frame_count=930,
            duration_ms=31_000,
            size_bytes=62_000,
            source_bytes=1843,
            source_duration_ms=31_000,
            files=Files(f"store/{sid}.mp4", None, None),
            media_sha256="ef" * 32,
            uses=(Use(recording.sid, MediaType.VIDEO, 10, 31_010, 31_000),),
            warnings=(
                PlanWarning(WarningCode.TIMESTAMP_GAP, recording.sid, "3 s without a picture"),
                PlanWarning(WarningCode.UNKNOWN_SOURCE, "", "no recording is called 'x'"),
            ),
            decoded={recording.sid: Decoded(frames=900, width=640, height=360, size_changes=2)},
            render_s=6.2,
        )
        return replace(done, **changes)

    return build


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
        return MediaFile(Stored(path, size_bytes, "1"), cls.packets(*args, **kwargs))

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

    @classmethod
    def laid_out(cls, region, canvas, usable):
        """The layout of a region that is on all the time, and all warnings."""
        arranged = arrange(cls.template(region, resolution=canvas), usable, {})
        (layout,) = arranged.layouts
        return SimpleNamespace(region=layout.region, tiles=layout.tiles, warnings=arranged.warnings)

    @staticmethod
    def region(name="main", sources=("*",), excluded=(), **changes):
        return replace(Region(name, Selection(tuple(sources), tuple(excluded))), **changes)


@pytest.fixture(scope="session")
def make():
    return Make


@pytest.fixture(scope="session")
def new_postgres() -> Iterator[Callable[[], SecretStr]]:
    """What makes a new, empty database of PostgreSQL, and returns its URL."""
    if not servers.is_installed() and not os.environ.get("CI"):
        pytest.skip("PostgreSQL is not installed")
    with servers.postgres() as asynchronous:
        url = asynchronous.replace("+asyncpg", "")
        engine = create_engine(
            url.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
        )
        names = (f"test{number}" for number in count())

        def make() -> SecretStr:
            name = next(names)
            with engine.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {name}"))
            return SecretStr(url.replace("/postgres", f"/{name}"))

        yield make
        engine.dispose()
