"""Deleting and purging between nights, under a clock that is moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey

from roomreel.batch.report import State
from roomreel.catalog.catalog import Catalog, open_catalog
from roomreel.errors import CatalogError, ServiceDatabaseFailed
from roomreel.flows.retention import retention
from roomreel.maintenance.removal import remove_all
from roomreel.maintenance.retention import RetentionReport
from roomreel.model.table import Table
from roomreel.service.database.connections import open_database
from roomreel.service.lists.listing import fetch_composition
from roomreel.service.projection.projection import refresh


class Clock(datetime):
    days = 0

    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        return datetime.now(tz) + timedelta(days=cls.days)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> type[Clock]:
    """What the retention flow takes for the clock."""
    monkeypatch.setattr("roomreel.flows.retention.datetime", Clock)
    monkeypatch.setattr(Clock, "days", 0)
    return Clock


def delete(world: Any, table: Table) -> str:
    """Delete the only row of a table."""
    settings = world.settings
    catalog = Catalog.open(settings.catalog_root, settings.journal_root)
    (row,) = catalog.rows(table)
    remove_all(catalog, table, [row["sid"]], settings, datetime.now(UTC))
    return str(row["sid"])


def run(world: Any, **asked: Any) -> RetentionReport:
    return retention(config=str(world.config), **asked)


def test_before_after_29_days_and_after_31_days(world: Any, clock: type[Clock]) -> None:
    world.room("gone")
    world.template("grid")
    world.night()
    sids = [delete(world, table) for table in (Table.COMPOSITIONS, Table.RECORDINGS)]
    # The result of its mix, and its picture.
    for days, told in ((0, "2 copies of what is deleted removed"), (29, "nothing to remove")):
        clock.days = days
        assert run(world).headline == told
        assert [row["status"] for row in world.rows()] == ["deleted"]
    refused = world.night(force=True)
    assert [line.state for line in refused.lines] == [State.DELETED]
    assert "deleted permanently" in refused.lines[0].message
    clock.days = 31
    assert run(world, dry_run=True).headline == "Dry run: 2 rows purged"
    assert run(world).headline == "2 rows purged"
    store = world.settings.store
    files = [*(store / "catalog").rglob("*"), *(store / "journal").rglob("*")]
    assert files
    told = b"".join(path.read_bytes() for path in files if path.is_file())
    assert not any(sid.encode() in told for sid in sids)
    report = world.night()
    assert [line.state for line in report.lines] == [State.MADE_BEFORE]
    assert (world.rows(), world.rows("recordings")) == ([], [])
    assert world.rendered == [("gone", "grid")]


def test_the_counts_are_left_with_the_run(world: Any) -> None:
    run(world)
    with get_client(sync_client=True) as client:
        key = ArtifactFilterKey(any_=["retention-summary"])
        found = client.read_artifacts(artifact_filter=ArtifactFilter(key=key))
    assert max(found, key=lambda one: one.created).data == "**nothing to remove**"


def test_a_step_that_fails_fails_the_run_and_stops_no_other(world: Any) -> None:
    broken = world.settings.store / "catalog" / "compositions" / "date=2026-11-20"
    broken.mkdir(parents=True)
    (broken / "part.parquet").write_bytes(b"not ours")
    scratch = world.settings.scratch_root / "roomreel-attempt-0123456789abcdef"
    scratch.mkdir(parents=True)
    with pytest.raises(CatalogError, match="date=2026-11-20"):
        run(world)
    assert not scratch.exists()


def test_what_is_purged_goes_from_the_service_database_in_the_same_run(
    world: Any, clock: type[Clock]
) -> None:
    world.room("gone")
    world.template("grid")
    world.night()
    database = open_database(world.settings)
    refresh(database, open_catalog(world.settings))
    sid = delete(world, Table.COMPOSITIONS)
    clock.days = 29
    run(world)
    assert fetch_composition(database, sid) is not None
    clock.days = 31
    assert run(world).headline == "1 rows purged, 1 sids forgotten by the service database"
    assert fetch_composition(database, sid) is None
    database.close()


def test_a_service_database_that_does_not_answer_stops_nothing_else(
    world: Any, clock: type[Clock]
) -> None:
    world.room("gone")
    world.template("grid")
    world.night()
    delete(world, Table.COMPOSITIONS)
    home = world.settings.service_root
    home.mkdir()
    (home / "service.db").write_bytes(b"no database" * 1000)
    clock.days = 31
    with pytest.raises(ServiceDatabaseFailed, match="not a database"):
        run(world)
    assert world.rows() == []
