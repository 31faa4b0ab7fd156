from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

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
from roomreel.model.media import Medium, Stored
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
from roomreel.model.template import Template
from roomreel.plan.evidence import Evidence

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
        media = {recording.sid: Medium(Stored("/rooms/camera.mkv", 1843, "1"))}
        evidence = {recording.sid: Evidence(start_ms=10, end_ms=31_010, duration_ms=31_000)}
        return RoomRecord(manifest, media, evidence)

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
            room_end_time=room.end_time,
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
