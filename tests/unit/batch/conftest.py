"""Rooms, jobs and outcomes of a batch, without media."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from roomreel.batch.planning import PlannedJob, RoomPlan
from roomreel.compose.outcome import failed
from roomreel.compose.publish import files_of
from roomreel.errors import RenderError, RoomreelError
from roomreel.model.composition import CompositionStatus, Job, Outcome, composition_sid
from roomreel.model.geometry import Size
from roomreel.model.plan import Plan
from roomreel.model.room import Manifest, Room, RoomStatus
from roomreel.model.template import Template
from roomreel.settings import Settings
from roomreel.storage import sha256_of

sys.path.insert(0, str(Path(__file__).parent))
from fake_run import Fake

END = datetime(2026, 11, 20, tzinfo=UTC)


class Rooms:
    """Makes planned rooms, and outcomes of their compositions."""

    def __init__(self, store: Path) -> None:
        self.settings = Settings(store=store, workers=2)

    def room(self, name: str, *templates: str, has_video: bool = False) -> RoomPlan:
        room = Room(f"RM{name}", name, RoomStatus.COMPLETED, end_time=END)
        manifest = Manifest(room, f"{name}.json", "0")
        due = tuple(_planned(manifest, one, has_video) for one in templates or ("grid",))
        return RoomPlan(manifest, due=due)

    def completed(self, planned: PlannedJob, *, is_there: bool = True) -> Outcome:
        """Publish a few bytes, unless they are not to be there."""
        files = replace(files_of(planned.job, self.settings), poster=None, sheet=None)
        media = Path(files.media)
        media.parent.mkdir(parents=True, exist_ok=True)
        media.write_text(planned.job.sid)
        made = replace(
            self.failed(planned, RenderError("")),
            status=CompositionStatus.COMPLETED,
            failure_code=None,
            failure_message=None,
            files=files,
            size_bytes=media.stat().st_size,
            media_sha256=sha256_of(media),
        )
        if not is_there:
            media.unlink()
        return made

    @staticmethod
    def failed(planned: PlannedJob, error: RoomreelError) -> Outcome:
        return failed(planned.job, error, None, datetime.now(UTC))


@pytest.fixture
def rooms(tmp_path: Path) -> Rooms:
    return Rooms(tmp_path / "store")


def _planned(manifest: Manifest, name: str, has_video: bool) -> PlannedJob:
    template, room = Template(name), manifest.room
    sid = composition_sid(room.sid, END, name, name)
    job = Job(sid, manifest, template, "{}", name, "inputs", {}, END)
    return PlannedJob(job, _plan(room, template, has_video))


def _plan(room: Room, template: Template, has_video: bool) -> Plan:
    return Plan(
        room_sid=room.sid,
        room_name=room.unique_name,
        template=template.friendly_name,
        resolution=Size(640, 480),
        format=template.format,
        frame_rate=Fraction(30),
        frame_count=30,
        length=Fraction(1),
        source_bytes=1000,
        has_video=has_video,
        regions=(),
        scenes=(),
        audio=(),
        chapters=(),
        kept=(),
        sources=(),
        warnings=(),
    )


@pytest.fixture
def fake(rooms: Rooms) -> Fake:
    return Fake(rooms)
