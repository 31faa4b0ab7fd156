"""The API of an installation that has rooms, recordings and compositions, in this process."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from roomreel.catalog.catalog import open_catalog
from roomreel.model.callback import Callback
from roomreel.model.table import Partition, Row, Table
from roomreel.service.access.account import Account, make_account
from roomreel.service.callbacks.events import Event, add_event
from roomreel.service.database.connections import open_database
from roomreel.service.projection.projection import refresh
from roomreel.service.requests.settle import settle_requests
from roomreel.service.rooms.manifests import look
from roomreel.service.service import Service
from roomreel.settings import Settings
from roomreel.web.app import make_app
from roomreel.web.site import site_of

HOST, PORT = "127.0.0.1", 8765
URL = f"http://{HOST}:{PORT}"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = NOON.date()
STATUSES = ("completed", "failed", "deleted")


def sid_of(prefix: str, *about: object) -> str:
    return f"{prefix}{hashlib.sha256(repr(about).encode()).hexdigest()[:32]}"


def composition_sid(number: int) -> str:
    return f"CJ{int(NOON.timestamp() * 1000):012x}{number:020x}"


@dataclass(frozen=True, slots=True)
class Api:
    """The API, and where its things are.

    Attributes:
        folder: of its settings; `rooms` in it has the manifests.
    """

    app: FastAPI
    service: Service
    account: Account
    folder: Path

    @property
    def auth(self) -> tuple[str, str]:
        """Account sid and auth token."""
        return self.account.sid, self.account.auth_token

    def look(self) -> None:
        """See what is in manifests and catalogs, as `serve` does now and then."""
        look(self.service.database, self.service.settings)
        refresh(self.service.database, self.service.catalog, settle=settle_requests)
        self.service.seen.update({"refresh", "manifests"})

    def room(self, number: int, status: str = "completed", **said: Any) -> str:
        """Write a manifest of two recordings and their people; return the sid of the room."""
        sid = sid_of("RM", number)
        kinds = ("audio", "video")
        recordings = [
            {
                "sid": sid_of("RT", number, kind),
                "source_sid": sid_of("MT", number, kind),
                "participant_sid": sid_of("PA", number, kind),
                "track_name": f"{kind} of {number}",
                "type": kind,
                "status": status if status == "completed" else "processing",
                "container_format": "mka" if kind == "audio" else "mkv",
                "codec": "opus" if kind == "audio" else "vp8",
                "date_created": f"{NOON + timedelta(seconds=number):%FT%TZ}",
            }
            for kind in kinds
        ]
        people = [{"sid": sid_of("PA", number, kind), "identity": kind} for kind in kinds]
        end = {"end_time": f"{NOON + timedelta(hours=1):%FT%TZ}"} if status == "completed" else {}
        room = {
            "sid": sid,
            "unique_name": f"call {number}",
            "status": status,
            "date_created": f"{NOON + timedelta(minutes=number):%FT%TZ}",
        }
        document = {
            "schema": "roomreel.room/1",
            "room": room | end | said,
            "participants": people,
            "recordings": recordings,
        }
        (self.folder / "rooms" / f"{sid}.json").write_text(json.dumps(document))
        return sid

    def hook(self, number: int, **about: Any) -> str:
        """Write a hook, as if it had come by the API; return its sid."""
        sid = sid_of("HK", number)
        document = {
            "schema": "roomreel.template/1",
            "sid": sid,
            "friendly_name": f"hook {number}",
            "audio_sources": ["*"],
        }
        file = Path(str(self.service.settings.hooks_root / f"{sid}.json"))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(document | about))
        return sid

    def tell(self, number: int, *names: str) -> None:
        """Write events of a composition, to be sent to an application."""
        url = "https://user:hush@app.example.org/events?token=hush#rc=1"
        with self.service.database.write() as connection:
            for name in names:
                event = Event(
                    composition_sid(number),
                    sid_of("RM", number % 4),
                    name,
                    NOON + timedelta(seconds=number),
                    {"Size": 2} if name == "composition-available" else {},
                    Callback(url),
                )
                assert add_event(connection, event, 1)

    def record(self, table: Table, *rows: Row, day: date = DAY) -> None:
        """Write rows of the catalogs, as a flow does."""
        self.service.catalog.commit(Partition(table, day), list(rows))

    def publish(self, number: int) -> Row:
        """Write the files of a composition, of some bytes; return its row."""
        sid = composition_sid(number)
        folder = self.service.settings.compositions_root / f"date={DAY}"
        folder.mkdir(parents=True, exist_ok=True)
        for name in (f"{sid}.mp4", f"{sid}.poster.jpg", f"{sid}.sheet.jpg", f"{sid}.plan.json"):
            (folder / name).write_bytes(b"{}")
        media = {"media_url": str(folder / f"{sid}.mp4"), "media_sha256": "ab" * 32}
        return composition(number, **media, size_bytes=2)


def composition(number: int, **said: Any) -> Row:
    """A composition that nobody rendered."""
    layout = {"grid": {"video_sources": ["*"], "width": None, "x_pos": 0, "cells_excluded": []}}
    template = {"video_layout": layout, "resolution": "640x480", "trim": True, "format": "mp4"}
    return {
        "sid": composition_sid(number),
        "status": STATUSES[number % 3],
        "updated_at": NOON,
        "room_sid": sid_of("RM", number % 4),
        "room_name": f"call {number % 4}",
        "template": "grid",
        "template_json": json.dumps(template),
        "date_created": NOON + timedelta(seconds=number),
        "date_completed": NOON + timedelta(seconds=number + 38),
        "date_deleted": NOON + timedelta(days=1) if number % 3 == 2 else None,
        "duration_ms": 37_710,
        "size_bytes": 3_964_300,
        "bitrate_bps": 841_000,
        "warnings": [{"code": "media-missing", "recording_sid": None, "message": "gone"}],
        "attempts": 1,
    } | said


def recording(room: int, kind: str, **said: Any) -> Row:
    """A recording of a room as the catalogs have it."""
    return {
        "sid": sid_of("RT", room, kind),
        "status": "completed",
        "updated_at": NOON,
        "room_sid": sid_of("RM", room),
        "room_name": f"call {room}",
        "participant_sid": sid_of("PA", room, kind),
        "participant_identity": kind,
        "source_sid": sid_of("MT", room, kind),
        "type": kind,
        "track_name": f"{kind} of {room}",
        "container_format": "mka" if kind == "audio" else "mkv",
        "codec": "opus" if kind == "audio" else "vp8",
        "duration_ms": 700,
        "size_bytes": 5000,
        "offset_ms": 250,
        "date_created": NOON + timedelta(seconds=room),
    } | said


@contextmanager
def empty_api(folder: Path, port: int = PORT, **settings: Any) -> Iterator[Api]:
    """Make an API that has nothing, for a server at a port, or for none."""
    (folder / "rooms").mkdir()
    given = {
        "folder": folder,
        "store": str(folder / "store"),
        "manifests": str(folder / "rooms"),
        "media_roots": [str(folder / "rooms")],
        "service_home": folder / "home",
    }
    made = Settings(**(given | settings))
    open_catalog(made)
    site = site_of(made, HOST, port)
    account = make_account(None)
    with closing(open_database(made)) as database:
        service = Service(made, database, lambda: account, site.url)
        yield Api(make_app(service, site), service, account, folder)


@contextmanager
def usual_api(folder: Path, port: int = PORT, **settings: Any) -> Iterator[Api]:
    """Make an API that has some of everything: five rooms, of which the last one goes on."""
    with empty_api(folder, port, **settings) as api:
        for number in range(4):
            api.room(number)
        api.room(4, "in-progress")
        kinds = ("audio", "video")
        api.record(Table.RECORDINGS, *(recording(n, kind) for n in range(2) for kind in kinds))
        made = [api.publish(n) if n % 3 == 0 else composition(n) for n in range(60)]
        api.record(Table.COMPOSITIONS, *made)
        for number in range(3):
            api.hook(number, date_created=f"{NOON + timedelta(seconds=number):%FT%TZ}")
            api.tell(number, "composition-started", "composition-available")
        api.look()
        yield api


@contextmanager
def client_of(api: Api) -> Iterator[TestClient]:
    """Yield a client that signs in with the account, and follows no redirects."""
    with TestClient(api.app, base_url=f"{URL}/v1", follow_redirects=False) as client:
        client.auth = api.auth
        yield client
