"""Compositions that go to a bucket of somebody else's: put there, fetched, and left there."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import ceph as server
import httpx
import pytest
from clip_rooms import Track, room
from clips import Clips
from sqlalchemy import delete
from starlette.testclient import TestClient

import roomreel
from roomreel.batch import threads
from roomreel.batch.report import State
from roomreel.catalog.catalog import open_catalog
from roomreel.compose.stored_settings import reach_buckets
from roomreel.maintenance.check import check
from roomreel.model.table import Row, Table
from roomreel.service.access.account import make_account
from roomreel.service.database.connections import open_database
from roomreel.service.database.tables import CLAIMS
from roomreel.service.lists.compositions import delete_composition
from roomreel.service.projection.projection import refresh
from roomreel.service.service import Service
from roomreel.service.settings.credentials import add_credential
from roomreel.settings import Settings
from roomreel.storage import s3
from roomreel.storage.accounts import use_accounts
from roomreel.storage.s3.client import client
from roomreel.web.app import make_app
from roomreel.web.site import site_of

pytestmark = [pytest.mark.s3, pytest.mark.slow]

ACCOUNT = make_account(None)
URL = "http://127.0.0.1:8765"
PATH = "/v1/CompositionSettings/Default"
SINCE = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True)
class World:
    """An installation on a disk, whose own keys of S3 lead nowhere."""

    service: Service
    client: TestClient
    keys: Path
    bucket: str
    endpoint: str

    @property
    def settings(self) -> Settings:
        settings = self.service.settings
        assert isinstance(settings, Settings)
        return settings

    def register(self, name: str = "customer", **changed: object) -> str:
        document = {
            "schema": "roomreel.buckets/1",
            "aws_access_key_id": server.ACCESS_KEY,
            "aws_secret_access_key": server.SECRET_KEY,
            "endpoint": self.endpoint,
            "buckets": [self.bucket],
        }
        file = self.keys / f"{name}.json"
        file.write_text(json.dumps(document | changed))
        return add_credential(self.settings, name, file).sid

    def tell(self, sid: str, bucket: str = "") -> httpx.Response:
        form = {
            "FriendlyName": "mine",
            "AwsStorageEnabled": "true",
            "AwsCredentialsSid": sid,
            "AwsS3Url": f"{self.endpoint}/{bucket or self.bucket}/video/new",
        }
        return self.client.post(PATH, data=form)

    def compose(self, *, force: bool = False) -> int:
        """Compose what is due, as the night does; return how many were made."""
        report = roomreel.compose_batch(
            since=SINCE, template="grid", force=force, settings=self.settings
        )
        return sum(line.state is State.COMPLETED for line in report.lines)

    def row(self) -> Row:
        (row,) = open_catalog(self.settings).rows(Table.COMPOSITIONS)
        return row

    def objects(self) -> dict[str, tuple[str, datetime]]:
        reach_buckets(self.settings)
        found = s3.below(f"s3://{self.bucket}")
        return {one.location.key: (one.version, one.modified) for one in found}

    def link(self, sid: str, what: str) -> httpx.Response:
        return self.client.get(f"/v1/Compositions/{sid}/{what}")


@pytest.fixture
def world(
    ceph: server.Ceph,
    bucket: str,
    clips: Clips,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of somebody else")
    camera = clips.video("green", (320, 240), "h264", 2)
    room(tmp_path / "rooms", [Track("ann", "camera", camera)], name="call")
    settings = Settings(
        folder=tmp_path,
        store=tmp_path / "store",
        manifests=str(tmp_path / "rooms"),
        media_roots=[str(tmp_path / "rooms")],
    )
    open_catalog(settings)
    with closing(open_database(settings)) as database:
        service = Service(settings, database, lambda: ACCOUNT, URL)
        app = make_app(service, site_of(settings, "127.0.0.1", 8765))
        client = TestClient(app, base_url=URL, follow_redirects=False)
        client.auth = (ACCOUNT.sid, ACCOUNT.auth_token)
        yield World(service, client, tmp_path, bucket, ceph.endpoint)
    use_accounts({})


def test_a_medium_goes_there_is_fetched_and_stays(world: World) -> None:
    answer = world.tell(world.register())
    assert answer.status_code == 200, answer.text
    assert world.objects() == {}  # of the probe nothing is left
    assert world.compose() == 1
    row = world.row()
    key = f"video/new/{row['sid']}.mp4"
    assert row["media_url"] == f"s3://{world.bucket}/{key}"
    assert row["media_external_location"] == f"{world.endpoint}/{world.bucket}/{key}"
    beside = {path.name for path in (world.keys / "store").rglob(f"{row['sid']}.*")}
    assert beside == {f"{row['sid']}.{end}" for end in ("poster.jpg", "sheet.jpg", "plan.json")}
    refresh(world.service.database, world.service.catalog)
    said = world.client.get(f"/v1/Compositions/{row['sid']}").json()
    assert said["media_external_location"] == row["media_external_location"]

    got = httpx.get(world.link(row["sid"], "Media").headers["location"])
    assert hashlib.sha256(got.content).hexdigest() == row["media_sha256"]
    for what in ("Poster", "Sheet", "Plan"):
        ours = world.link(row["sid"], what)
        assert ours.status_code == 302
        assert world.client.get(ours.headers["location"]).status_code == 200

    before = world.objects()
    assert list(before) == [key]
    assert world.compose() == 0
    assert check(open_catalog(world.settings), world.settings, datetime.now(UTC)) == []
    delete_composition(world.service, row["sid"])
    assert world.row()["status"] == "deleted"
    assert world.objects() == before
    assert not list((world.keys / "store").rglob(f"{row['sid']}.*"))
    assert world.link(row["sid"], "Media").status_code == 404


def test_what_was_made_before_stays_where_it_is(world: World) -> None:
    sid = world.register()
    assert world.compose() == 1
    before = world.row()
    assert world.tell(sid).status_code == 200
    assert world.compose() == 0
    assert world.row() == before
    # Made again it goes there, and the medium of before goes.
    assert world.compose(force=True) == 1
    assert world.row()["media_url"].startswith(f"s3://{world.bucket}/video/new/")
    assert not Path(before["media_url"]).exists()
    assert list(world.objects()) == [f"video/new/{before['sid']}.mp4"]


NIGHT_THAT_IS_KILLED = """
import os, sys
from datetime import datetime
import roomreel
from roomreel.catalog.catalog import Catalog

commit = Catalog.commit

def end(catalog, partition, rows):
    if partition.table == "compositions":
        os._exit(99)
    return commit(catalog, partition, rows)

Catalog.commit = end
folder, since = sys.argv[1:]
settings = roomreel.Settings(
    folder=folder,
    store=f"{folder}/store",
    manifests=f"{folder}/rooms",
    media_roots=[f"{folder}/rooms"],
)
roomreel.compose_batch(since=datetime.fromisoformat(since), template="grid", settings=settings)
"""


def test_a_kill_between_upload_and_record_loses_and_doubles_nothing(world: World) -> None:
    assert world.tell(world.register()).status_code == 200
    words = [sys.executable, "-c", NIGHT_THAT_IS_KILLED, str(world.keys), SINCE.isoformat()]
    assert subprocess.run(words, check=False).returncode == 99
    before = world.objects()
    assert len(before) == 1
    with world.service.database.write() as connection:
        connection.execute(delete(CLAIMS))  # as time does: those of the dead end in a minute
    world.compose()
    row = world.row()
    assert (row["status"], world.objects()) == ("completed", before)
    world.compose()
    assert (world.row(), world.objects()) == (row, before)


def test_without_keys_or_bucket_nothing_is_set(world: World) -> None:
    refused = {
        "there is no such bucket": world.tell(
            world.register("one", buckets=["no-such-bucket"]), "no-such-bucket"
        ),
        "the secret key is wrong": world.tell(
            world.register("two", aws_secret_access_key="wrong")  # noqa: S106
        ),
    }
    for words, answer in refused.items():
        assert (answer.status_code, answer.json()["code"]) == (400, 20001)
        assert words in answer.json()["message"]
    assert world.client.get(PATH).json()["friendly_name"] is None


def test_a_composition_fails_in_words_where_the_bucket_went_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "RETRY_DELAYS_S", [0.0])
    other = f"{world.bucket}-other"
    sid = world.register(buckets=[other])
    reach_buckets(world.settings)
    made = client(other)
    made.create_bucket(Bucket=other)
    assert world.tell(sid, other).status_code == 200
    made.delete_bucket(Bucket=other)
    assert world.compose() == 0
    row = world.row()
    assert row["failure_code"] == "storage-failed"
    assert "there is no such bucket" in row["failure_message"]
    assert "s3_endpoint" not in row["failure_message"]
    made.create_bucket(Bucket=other)
    assert world.compose() == 1
