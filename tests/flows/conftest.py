"""A small world of rooms whose render is a stand-in, and one Prefect server for all tests."""

from __future__ import annotations

import atexit
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

# Prefect reads these when it is first imported, and makes its home there and then.
os.environ["PREFECT_HOME"] = tempfile.mkdtemp(prefix="roomreel-prefect-")
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"

from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.flow_engine import run_flow
from prefect.settings import (
    PREFECT_LOCAL_STORAGE_PATH,
    get_current_settings,
    temporary_settings,
)
from prefect.states import AwaitingRetry
from prefect.testing.utilities import prefect_test_harness

from roomreel.batch.report import BatchReport, State
from roomreel.catalog.catalog import Catalog
from roomreel.compose.progress import Progress
from roomreel.compose.publish import files_of
from roomreel.errors import BatchFailed
from roomreel.flows.nightly import nightly
from roomreel.model.composition import CompositionStatus, Job, Outcome
from roomreel.model.geometry import Size
from roomreel.model.media import MediaFile
from roomreel.model.plan import Plan
from roomreel.model.room import Manifest
from roomreel.model.template import Template
from roomreel.plan import check
from roomreel.settings import Settings, load
from roomreel.storage import sha256_of

atexit.register(shutil.rmtree, os.environ["PREFECT_HOME"], ignore_errors=True)


@pytest.fixture(scope="session")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    results = tmp_path_factory.mktemp("results")
    settings = {PREFECT_LOCAL_STORAGE_PATH: results}
    with temporary_settings(settings), prefect_test_harness(server_startup_timeout=600):
        yield


def sid(prefix: str) -> str:
    return prefix + secrets.token_hex(16)


class World:
    """Rooms, templates and settings in a folder; what is rendered is counted, not rendered."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.rooms = root / "rooms"
        self.layouts = root / "layouts"
        self.config = root / "night.toml"
        self.rendered: list[tuple[str, str]] = []
        self.drawn: list[list[str]] = []
        self.drawn_only: list[Any] = []
        self.has_video = False
        self.fails: dict[str, Exception] = {}
        self.rooms.mkdir()
        self.layouts.mkdir()
        self.configure()

    def configure(self, **values: Any) -> None:
        values = {
            "manifests": str(self.rooms),
            "templates": str(self.layouts),
            "media_roots": [str(self.rooms)],
            "store": str(self.root / "store"),
        } | values
        lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
        self.config.write_text("\n".join(lines))

    @property
    def settings(self) -> Settings:
        return load(self.config)

    def room(self, name: str, *, age_days: float = 1, size: int = 1000, **changes: Any) -> str:
        """Write the manifest of a room with one sound track; returns its sid."""
        room_sid, track = sid("RM"), sid("RT")
        end_time = datetime.now(UTC) - timedelta(days=age_days)
        room = {
            "sid": room_sid,
            "unique_name": name,
            "status": "completed",
            "end_time": end_time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        } | changes
        recording = {
            "sid": track,
            "source_sid": sid("MT"),
            "participant_sid": sid("PA"),
            "track_name": "mic",
            "type": "audio",
            "status": "completed",
            "media": f"{track}.webm",
        }
        (self.rooms / f"{track}.webm").write_bytes(bytes(size))
        document = {"schema": "roomreel.room/1", "room": room, "recordings": [recording]}
        (self.rooms / f"{room_sid}.json").write_text(json.dumps(document))
        return room_sid

    def touch(self, room_sid: str) -> None:
        """Change the media of a room."""
        document = json.loads((self.rooms / f"{room_sid}.json").read_text())
        media = self.rooms / document["recordings"][0]["media"]
        media.write_bytes(media.read_bytes() + b"more")

    def template(self, name: str, **changes: Any) -> None:
        document = {"schema": "roomreel.template/1", "friendly_name": name, "audio_sources": ["*"]}
        file = f"{abs(hash(name))}.json" if len(name) > 20 else f"{name}.json"
        (self.layouts / file).write_text(json.dumps(document | changes))

    def night(self, **asked: Any) -> BatchReport:
        return nightly(config=str(self.config), **asked)

    def failed_night(self, **asked: Any) -> BatchReport:
        """What a night tells that ends as failed."""
        with pytest.raises(BatchFailed) as caught:
            self.night(**asked)
        return caught.value.report

    @staticmethod
    def states(report: BatchReport) -> dict[str, State]:
        """How each room fared."""
        return {line.room: line.state for line in report.lines}

    def retried(self, flow: Flow[..., Any]) -> FlowRun:
        """Click Retry: the last run that no other one started, once more. Returns how it ended."""
        with get_client(sync_client=True) as client:
            runs = [run for run in client.read_flow_runs() if not run.parent_task_run_id]
            last = max(runs, key=lambda run: run.created).id
            client.set_flow_run_state(last, AwaitingRetry())
            run = client.read_flow_run(last)
            run_flow(flow, flow_run=run, parameters=run.parameters, return_type="state")
            return client.read_flow_run(last)

    def rows(self, table: str = "compositions") -> list[dict[str, Any]]:
        settings = self.settings
        catalog = Catalog.open(settings.catalog_root, settings.journal_root)
        rows: list[dict[str, Any]] = catalog.sql(f"select * from {table}").to_pylist()  # noqa: S608
        return rows

    def kept_results(self) -> list[Path]:
        """The files of the results of this world that Prefect keeps."""
        folder = get_current_settings().results.local_storage_path
        sids = {path.stem for path in self.settings.compositions_root.rglob("CJ*")}
        return [file for file in folder.glob("mix-*") if file.name.split("-")[1] in sids]

    @staticmethod
    def index_room(
        manifest: Manifest, template: Template, media: dict[str, MediaFile], settings: Settings
    ) -> dict[str, MediaFile]:
        stored = {key: m.stored for key, m in media.items() if m.stored}
        check(manifest.room, template, stored, settings.source_limit_bytes)
        return media

    def plan_indexed(self, manifest: Manifest, template: Template, *_: Any, **__: Any) -> Plan:
        return replace(smallest_plan(manifest, template), has_video=self.has_video)

    def draw_together(
        self, works: Sequence[tuple[Job, Plan]], _settings: Settings, only: Any, progress: Any
    ) -> None:
        progress(Progress(0, 1, 0))
        self.drawn_only.append(only)
        self.drawn.append([job.template.friendly_name for job, _ in works])
        if "drawing" in self.fails:
            raise self.fails["drawing"]

    def compose(self, job: Job, _plan: Plan, settings: Settings, _on_progress: Any) -> Outcome:
        name = job.manifest.room.unique_name
        self.rendered.append((name, job.template.friendly_name))
        if name in self.fails:
            raise self.fails[name]
        files = files_of(job, settings)
        media = Path(files.media)
        media.parent.mkdir(parents=True, exist_ok=True)
        media.write_text(job.sid)
        made = _completed(job, datetime.now(UTC))
        return replace(
            made, files=files, size_bytes=media.stat().st_size, media_sha256=sha256_of(media)
        )


def _completed(job: Job, now: datetime) -> Outcome:
    room = job.manifest.room
    assert room.end_time
    return Outcome(
        sid=job.sid,
        room_sid=room.sid,
        room_name=room.unique_name,
        template=job.template,
        template_json=job.template_json,
        template_sha256=job.template_sha256,
        inputs_sha256=job.inputs_sha256,
        status=CompositionStatus.COMPLETED,
        date_created=job.date_created,
        date_started=now,
        date_completed=now,
        attempts=job.attempts + 1,
    )


def smallest_plan(manifest: Manifest, template: Template) -> Plan:
    return Plan(
        room_sid=manifest.room.sid,
        room_name=manifest.room.unique_name,
        template=template.friendly_name,
        resolution=Size(640, 480),
        format=template.format,
        frame_rate=Fraction(30),
        frame_count=30,
        length=Fraction(1),
        source_bytes=1000,
        has_video=False,
        regions=(),
        scenes=(),
        audio=(),
        chapters=(),
        kept=(),
        sources=(),
        warnings=(),
    )


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefect: None) -> World:
    world = World(tmp_path)
    monkeypatch.setattr("roomreel.batch.planning.index_room", world.index_room)
    monkeypatch.setattr("roomreel.batch.planning.plan_indexed", world.plan_indexed)
    monkeypatch.setattr("roomreel.batch.render.compose", world.compose)
    monkeypatch.setattr("roomreel.batch.render.draw_together", world.draw_together)
    return world


@pytest.fixture
def a_plan() -> Callable[[Manifest, Template], Plan]:
    return smallest_plan
