"""What hooks ask for is composed, and a night and the service find each other's work."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import select, update

from roomreel.batch.in_process import InProcess, compose_in_process
from roomreel.batch.report import BatchReport
from roomreel.batch.selection import RunFilter
from roomreel.batch.steps import ANY_DAY, Batch, compose_batch
from roomreel.maintenance.places import Machine
from roomreel.model.selection import Selection
from roomreel.model.table import Table
from roomreel.model.template import Template
from roomreel.service.access.account import make_account
from roomreel.service.composing import compose_requests
from roomreel.service.database.connections import open_database
from roomreel.service.database.tables import EVENTS, REQUESTS
from roomreel.service.hooks.hook_runs import apply_due
from roomreel.service.hooks.hooks import create_hook, update_hook
from roomreel.service.lists.compositions import Order, create_composition
from roomreel.service.projection.projection import refresh
from roomreel.service.requests.settle import settle_requests
from roomreel.service.rooms.manifests import look
from roomreel.service.service import Service
from roomreel.service.settings.credentials import add_credential
from roomreel.service.settings.storage_settings import WantedSettings, set_composition_settings
from roomreel.settings import load

sys.path.insert(0, str(Path(__file__).parent))
from calls import Calls

HEARD = Selection(("*",))


class Site:
    """A service, and nights, in this process, beside a folder of calls that ended yesterday."""

    def __init__(self, folder: Path) -> None:
        self.calls = Calls(folder)
        self.settings = load(self.calls.config)
        self.database = open_database(self.settings)
        account = make_account(None)
        self.service = Service(self.settings, self.database, lambda: account, "")
        look(self.database, self.settings)

    def room(self, name: str) -> str:
        """Write a call that ends after every hook of today was made."""
        sid = self.calls.room(name)
        file = self.calls.rooms / f"{sid}.json"
        yesterday = f"{datetime.now(UTC) - timedelta(days=1):%FT}"
        text = file.read_text()
        assert yesterday in text
        file.write_text(text.replace(yesterday, f"{datetime.now(UTC) + timedelta(days=1):%FT}"))
        return sid

    def see(self) -> None:
        look(self.database, self.settings)
        apply_due(self.service, datetime.now(UTC))

    def compose(self) -> BatchReport:
        """Compose what is requested, as a run of requests does."""
        ticket = str(uuid.uuid4())
        open_ = REQUESTS.c.status == "enqueued"
        with self.database.write() as connection:
            sids = list(connection.execute(select(REQUESTS.c.sid).where(open_)).scalars())
            connection.execute(update(REQUESTS).where(open_).values(run_id=ticket))
        batch = Batch(RunFilter(ANY_DAY), self.settings, InProcess(Machine.of(self.settings)))
        report = compose_requests(sids, ticket, self.database, batch)
        refresh(self.database, self.service.catalog, settle=settle_requests)
        return report

    def night(self) -> BatchReport:
        """Compose as a night of the day after tomorrow does."""
        wanted = RunFilter(datetime.now(UTC) - timedelta(days=7))
        batch = Batch(wanted, self.settings, InProcess(Machine.of(self.settings)))
        return compose_batch(batch)

    def made(self) -> list[tuple[str, str]]:
        rows = self.service.catalog.read(Table.COMPOSITIONS).to_pylist()
        return sorted((row["template"], row["status"]) for row in rows)

    def column(self, column: Any) -> list[Any]:
        with self.database.read() as connection:
            return sorted(connection.execute(select(column)).scalars())


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.database.close()


def test_a_night_finds_done_what_a_hook_has_asked_for(site: Site) -> None:
    sid = create_hook(site.service, Template("one", audio=HEARD)).sid
    room = site.room("call")
    site.see()
    report = site.compose()
    assert [line.state for line in report.lines] == ["completed"]
    assert site.made() == [("one", "completed")]
    assert site.column(REQUESTS.c.status) == ["completed"]
    events = [name for name in site.column(EVENTS.c.name) if name.startswith("composition-")]
    assert events == [
        "composition-available",
        "composition-enqueued",
        "composition-started",
    ]
    night = site.night()
    assert (night.lines, night.up_to_date) == ((), 1)
    (row,) = site.service.catalog.read(Table.ROOMS).to_pylist()
    ready = site.service.hooks.read().hooks[0].ready
    assert (row["sid"], row["templates_done"]) == (room, [ready.sha256])
    # A hook that is changed composes none of it again.
    update_hook(site.service, sid, Template("one", audio=HEARD, trim=False))
    site.see()
    assert site.column(REQUESTS.c.status) == ["completed"]


def test_what_a_night_makes_between_is_not_made_again(site: Site) -> None:
    create_hook(site.service, Template("one", audio=HEARD))
    site.room("call")
    site.see()
    assert [line.state for line in site.night().lines] == ["completed"]
    (before,) = site.service.catalog.read(Table.COMPOSITIONS).to_pylist()
    assert site.compose().lines == ()
    (after,) = site.service.catalog.read(Table.COMPOSITIONS).to_pylist()
    assert after == before
    assert site.column(REQUESTS.c.status) == ["completed"]
    assert "composition-available" in site.column(EVENTS.c.name)


def test_a_request_by_the_layout_of_a_hook_keeps_neither_from_its_work(site: Site) -> None:
    template = Template("one", audio=HEARD)
    create_hook(site.service, template)
    room = site.room("call")
    look(site.database, site.settings)
    create_composition(site.service, Order(room, "call", template))
    site.compose()
    assert site.made() == [("one", "completed")]
    apply_due(site.service, datetime.now(UTC))
    site.compose()
    assert site.made() == [("one", "completed")] * 2
    assert site.night().up_to_date == 1


def test_a_hook_that_selects_nothing_makes_nothing_at_night_either(site: Site) -> None:
    site.calls.template("file", audio_sources=["nobody-*"])
    create_hook(site.service, Template("none", audio=Selection(("nobody-*",))))
    create_hook(site.service, Template("all", audio=HEARD))
    site.room("call")
    compose_in_process(RunFilter(datetime.now(UTC) - timedelta(days=7)), site.settings)
    # The operator's own is a mistake.
    assert site.made() == [("all", "completed"), ("file", "failed")]


def test_compositions_are_encrypted_as_the_service_is_told(site: Site, tmp_path: Path) -> None:
    """By a night within its process, and by a command; what comes before stays as it is."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    file = tmp_path / "key.pem"
    file.write_bytes(private.public_key().public_bytes(serialization.Encoding.PEM, form))
    create_hook(site.service, Template("one", audio=HEARD))
    site.room("before")
    window = RunFilter(datetime.now(UTC) - timedelta(days=7))
    compose_in_process(window, site.settings)
    sid = add_credential(site.settings, "customer", file).sid
    wanted = WantedSettings("mine", encryption_key_sid=sid, encryption_enabled=True)
    set_composition_settings(site.service, wanted)
    site.room("after")
    compose_in_process(window, site.settings)
    rows = site.service.catalog.read(Table.COMPOSITIONS).to_pylist()
    found = {row["room_name"]: row for row in rows}
    assert found["before"]["encryption"] is None
    with av.open(found["before"]["media_url"]) as plain:
        assert plain.streams[0].type == "audio"
    after = found["after"]
    assert after["encryption"] == "rsa-envelope"
    assert after["media_url"].endswith(".webm.enc")
    sealed = Path(after["media_url"]).read_bytes()
    assert len(sealed) % 16 == 0
    with pytest.raises(av.error.FFmpegError):
        av.open(after["media_url"], format="webm")
