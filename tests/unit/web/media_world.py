"""A service with rows and files that nobody rendered, and a client of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import httpx
from starlette.testclient import TestClient

from roomreel.model.table import Row, Table
from roomreel.service.access.account import make_account
from roomreel.service.access.keys import create_key
from roomreel.service.access.scopes import Scope
from roomreel.service.database.connections import Database
from roomreel.service.projection.projection import project_row
from roomreel.service.service import Service
from roomreel.settings import Settings
from roomreel.web.app import make_app
from roomreel.web.site import site_of

sys.path.insert(0, str(Path(__file__).parents[1] / "service"))
from archive import DAY, composition, composition_sid, recording, room, sid_of

ACCOUNT = make_account(None)
TOKEN = (ACCOUNT.sid, ACCOUNT.auth_token)
BYTES = bytes(range(256)) * 4
SID = composition_sid(1)
RECORDED = sid_of("RT", 1)
URL = "http://127.0.0.1:8765"


class World:
    """A service with some rows and files, and a client of it."""

    def __init__(self, folder: Path, database: Database, settings: Settings) -> None:
        self.folder, self.database, self.settings = folder, database, settings
        self.service = Service(settings, database, lambda: ACCOUNT, URL)
        app = make_app(self.service, site_of(settings, "127.0.0.1", 8765))
        self.client = TestClient(app, base_url=URL, follow_redirects=False)

    def get(self, path: str, auth: tuple[str, str] | None = TOKEN, **asked: Any) -> httpx.Response:
        return self.client.get(path, auth=auth, **asked)

    def add(self, table: Table, row: Row, rev: int = 1) -> None:
        with self.database.write() as connection:
            project_row(connection, table, row | {"rev": rev})

    def compose(self, ending: str = "mp4", data: bytes = BYTES, **said: Any) -> Path:
        place = self.settings.compositions_root / f"date={DAY}" / f"{SID}.{ending}"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        row = composition(media_url=str(place), size_bytes=len(data), media_sha256="ab" * 32)
        self.add(Table.COMPOSITIONS, row | said)
        return place

    def record(self, name: str = "camera.mkv", data: bytes = BYTES, **said: Any) -> Path:
        place = self.folder / "rooms" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        self.add(Table.ROOMS, room(1))
        self.add(Table.RECORDINGS, recording(media_url=str(place), **said))
        return place

    def link(self, path: str = f"/v1/Compositions/{SID}/Media", **asked: Any) -> str:
        answer = self.get(path, params=asked)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    def follow(self, url: str, **headers: str) -> httpx.Response:
        return self.client.get(url, headers=headers)


def key_of(world: World, scope: Scope) -> tuple[str, str]:
    key, secret = create_key(world.database, str(scope), [scope])
    return key.sid, secret
