"""Events of compositions that nobody requested: the night's, found in the catalogs or told."""

from __future__ import annotations

import json
import sys
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from roomreel.compose.progress import Progress
from roomreel.errors import ServiceDatabaseFailed
from roomreel.model.table import Table
from roomreel.service.access.account_file import open_account
from roomreel.service.database.connections import open_database
from roomreel.service.database.leases import take_lease
from roomreel.service.database.tables import DELIVERIES, EVENTS
from roomreel.service.duty import LASTS
from roomreel.service.projection.projection import begin_again, refresh
from roomreel.service.requests import watch as watching
from roomreel.service.requests.claims import DatabaseClaims
from roomreel.service.requests.pending import deliver_pending, tell
from roomreel.service.requests.settle import settle, settle_found
from roomreel.service.requests.watch import watch

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
from archive import commit, composition, composition_sid, sid_of
from receiver import receiver

URL = "https://app.example.org/events"
TOLD = json.dumps({"friendly_name": "grid", "status_callback": URL})


def ended_now(number=1, **said):
    now = datetime.now(UTC)
    common = {"template_json": TOLD, "date_completed": now, "updated_at": now}
    return composition(number, **common | said)


def events(database, number=1):
    wanted = select(EVENTS).where(EVENTS.c.stream == composition_sid(number)).order_by(EVENTS.c.id)
    with database.read() as connection:
        return list(connection.execute(wanted).mappings())


def names(database, number=1):
    return [row["name"] for row in events(database, number)]


def look(database, catalog):
    refresh(database, catalog, settle=settle_found)


def a_job(number=1, url=URL, attempts=0):
    """A job, as far as anybody looks at it here."""
    template = SimpleNamespace(status_callback=url, status_callback_method="GET")
    manifest = SimpleNamespace(room=SimpleNamespace(sid=sid_of("RM", number)))
    return SimpleNamespace(
        sid=composition_sid(number), template=template, manifest=manifest, attempts=attempts
    )


def test_a_new_database_takes_what_it_finds_as_it_is(database, catalog):
    commit(catalog, Table.COMPOSITIONS, *(composition(n, template_json=TOLD) for n in range(50)))
    for _ in range(2):
        look(database, catalog)
        begin_again(database)
    look(database, catalog)
    with database.read() as connection:
        assert connection.execute(select(EVENTS)).all() == []


def test_what_ends_later_is_told_once_whoever_finds_it(database, catalog):
    look(database, catalog)
    row = ended_now()
    commit(catalog, Table.COMPOSITIONS, row)
    look(database, catalog)
    assert names(database) == ["composition-available"]
    begin_again(database)
    look(database, catalog)
    with database.write() as connection:
        settle(connection, [row | {"rev": 1}])
    assert names(database) == ["composition-available"]
    (event,) = events(database)
    assert event["data"] == {
        "MediaUri": f"/v1/Compositions/{composition_sid(1)}/Media",
        "Duration": 1,
        "Size": 100,
    }
    with database.read() as connection:
        delivery = connection.execute(select(DELIVERIES)).mappings().one()
    assert (delivery["url"], delivery["method"]) == (URL, "POST")


def test_what_ends_during_the_first_look_is_told_by_the_next(database, catalog, monkeypatch):
    commit(catalog, Table.COMPOSITIONS, composition(0, template_json=TOLD))
    begun = []

    def settle_and_compose(connection, rows):
        settle_found(connection, rows)
        if not begun:
            begun.append(True)
            commit(catalog, Table.COMPOSITIONS, ended_now(1))

    refresh(database, catalog, settle=settle_and_compose)
    look(database, catalog)
    assert names(database, 0) == []
    assert names(database, 1) == ["composition-available"]


def test_each_outcome_is_an_event_of_its_own(database, catalog):
    look(database, catalog)
    failed = {"status": "failed", "failure_code": "render-failed", "failure_message": "no luck"}
    commit(catalog, Table.COMPOSITIONS, ended_now(**failed))
    look(database, catalog)
    commit(catalog, Table.COMPOSITIONS, ended_now(attempts=2))
    look(database, catalog)
    assert names(database) == ["composition-failed", "composition-available"]
    assert events(database)[0]["data"] == {
        "FailedOperation": "render-failed",
        "ErrorMessage": "no luck",
    }


@pytest.mark.parametrize("status", ["cancelled", "deleted"])
def test_what_is_no_outcome_is_no_event(database, catalog, status):
    look(database, catalog)
    commit(catalog, Table.COMPOSITIONS, ended_now(status=status))
    look(database, catalog)
    assert names(database) == []


def test_nobody_is_told_of_what_nobody_asked_about(database, catalog):
    look(database, catalog)
    commit(catalog, Table.COMPOSITIONS, ended_now(template_json='{"friendly_name":"grid"}'))
    look(database, catalog)
    assert names(database) == []


def test_media_elsewhere_are_named(database, catalog):
    row = ended_now(media_external_location="https://b.s3.amazonaws.com/x.mp4", rev=1)
    with database.write() as connection:
        settle(connection, [row])
    (event,) = events(database)
    assert event["data"]["MediaExternalLocation"] == "https://b.s3.amazonaws.com/x.mp4"


def test_the_night_says_that_it_begins_once_for_each_attempt(database):
    claims = DatabaseClaims(database, "the night")
    for _ in range(2):
        claims.begin([a_job(1), a_job(2, url=None)])
    assert names(database, 1) == ["composition-started"]
    assert names(database, 2) == []
    claims.begin([a_job(1, attempts=1)])
    assert [row["attempts"] for row in events(database)] == [1, 2]
    with database.read() as connection:
        assert connection.execute(select(DELIVERIES.c.method)).scalars().all() == ["GET"] * 2


@contextmanager
def watch_by_claims(jobs, settings):
    """As a run without Prefect does."""
    with closing(open_database(settings)) as database:
        yield DatabaseClaims(database, "this run").watch(jobs)


@pytest.mark.parametrize("watch", [watch, watch_by_claims], ids=["a task", "no Prefect"])
def test_progress_is_told_at_each_tenth(database, settings, monkeypatch, watch):
    monkeypatch.setattr(watching, "LOOK_S", 0.0)
    with watch([a_job(1), a_job(2), a_job(3, url=None)], settings) as on_progress:
        for frames in range(0, 1001, 7):
            on_progress(Progress(frames, 1000, frames / 10))
        on_progress(Progress(1000, 1000, 100.0))
    for number in (1, 2):
        found = events(database, number)
        assert {row["name"] for row in found} == {"composition-progress"}
        done = [row["data"]["PercentageDone"] for row in found]
        assert [percent // 10 for percent in done] == list(range(1, 10))
        left = [row["data"]["SecondsRemaining"] for row in found]
        assert left == sorted(left, reverse=True)
        assert abs(left[4] - 50) <= 1
    assert names(database, 3) == []


def test_progress_of_a_run_that_was_lost_is_not_told_again(database, settings, monkeypatch):
    monkeypatch.setattr(watching, "LOOK_S", 0.0)
    for _ in range(2):
        with watch([a_job(1)], settings) as on_progress:
            on_progress(Progress(30, 100, 1.0))
    assert len(events(database)) == 1


def test_a_database_that_does_not_answer_keeps_no_render_from_its_work(database, monkeypatch):
    def fail(*_about):
        raise ServiceDatabaseFailed("it is away")

    monkeypatch.setattr(watching, "find_requests", fail)
    on_progress = DatabaseClaims(database, "this run").watch([a_job(1)])
    on_progress(Progress(30, 100, 1.0))
    assert names(database) == []


def test_progress_after_the_end_is_not_told(database, settings, monkeypatch):
    monkeypatch.setattr(watching, "LOOK_S", 0.0)
    with database.write() as connection:
        settle(connection, [ended_now(rev=1)])
    with watch([a_job(1)], settings) as on_progress:
        on_progress(Progress(30, 100, 1.0))
    assert names(database) == ["composition-available"]
    with watch([a_job(1, attempts=1)], settings) as on_progress:
        on_progress(Progress(30, 100, 1.0))
    assert names(database) == ["composition-available", "composition-progress"]


@pytest.fixture
def app(tmp_path):
    with receiver(tmp_path / "received") as one:
        yield one


def night(database, settings, app):
    """Have a composition be made and recorded, without a server."""
    settings = settings.model_copy(update={"callback_allow": ["127.0.0.1/32"]})
    DatabaseClaims(database, "the night").begin([a_job(1, url=app.url())])
    return settings


def test_without_a_server_a_run_tells_what_it_made(database, settings, catalog, app):
    settings = night(database, settings, app)
    account = open_account(settings)
    told = json.dumps({"friendly_name": "grid", "status_callback": app.url()})
    commit(catalog, Table.COMPOSITIONS, ended_now(template_json=told))
    tell([composition_sid(1)], settings)
    assert app.events(composition_sid(1)) == ["composition-started", "composition-available"]
    assert {one["parameters"]["AccountSid"] for one in app.requests()} == {account.sid}
    deliver_pending(settings)
    assert len(app.requests()) == 2


def test_beside_a_server_a_run_leaves_it_to_that(database, settings, app):
    settings = night(database, settings, app)
    open_account(settings)
    take_lease(database, "refresh", "a server", LASTS)
    deliver_pending(settings)
    assert app.requests() == []
    take_lease(database, "refresh", "a server", timedelta(seconds=-1))
    deliver_pending(settings)
    assert len(app.requests()) == 1


def test_a_run_without_an_account_says_so_and_ends(database, settings, app, caplog):
    deliver_pending(night(database, settings, app))
    assert "Callbacks wait" in caplog.text
    assert app.requests() == []


def test_a_run_without_a_database_makes_none(settings, tmp_path):
    alone = settings.model_copy(
        update={"service_home": tmp_path / "elsewhere", "service_database": None}
    )
    tell([composition_sid(1)], alone)
    assert not alone.service_root.exists()
