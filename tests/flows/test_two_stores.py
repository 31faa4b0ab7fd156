"""Two stores and one Prefect: what is made for one is none of the other's."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.settings import get_current_settings
from typer.testing import CliRunner

from roomreel.batch.report import State
from roomreel.catalog.catalog import Catalog
from roomreel.cli import app
from roomreel.flows.compose_room import compose_room
from roomreel.maintenance.check import check
from roomreel.maintenance.removal import remove_all
from roomreel.model.table import Table
from roomreel.tasks.artifacts import artifact_key
from roomreel.tasks.machine import machine_of

pytestmark = pytest.mark.slow


def media(world: Any) -> dict[str, Path]:
    """The media that the rows of a store name, by sid."""
    return {row["sid"]: Path(row["media_url"]) for row in world.rows()}


def findings(world: Any) -> list[Any]:
    settings = world.settings
    catalog = Catalog.open(settings.catalog_root, settings.journal_root)
    return check(catalog, settings, datetime.now(UTC))


@pytest.fixture
def both(world: Any) -> list[dict[str, Any]]:
    """The settings of two stores, in both of which two rooms were composed."""
    for name in ("one", "two"):
        world.room(name)
    world.template("sound")
    stores = [{"store": str(world.root / name)} for name in ("first", "second")]
    for store in stores:
        world.configure(**store)
        assert set(world.states(world.night()).values()) == {State.COMPLETED}
    return stores


def test_each_has_its_own_media(world: Any, both: list[dict[str, Any]]) -> None:
    found = []
    for store in both:
        world.configure(**store)
        found.append(media(world))
        assert all(path.is_relative_to(store["store"]) for path in found[-1].values())
        assert all(path.is_file() for path in found[-1].values())
        assert findings(world) == []
    assert found[0].keys() == found[1].keys()
    assert Counter(room for room, _ in world.rendered) == {"one": 2, "two": 2}


def test_deleting_in_one_leaves_the_other(world: Any, both: list[dict[str, Any]]) -> None:
    world.configure(**both[0])
    kept = media(world)
    world.configure(**both[1])
    settings, sids = world.settings, sorted(media(world))
    catalog = Catalog.open(settings.catalog_root, settings.journal_root)
    removal = remove_all(catalog, Table.COMPOSITIONS, sids, settings, datetime.now(UTC))
    assert (removal.files, removal.problems) == (2, ())
    assert not any(path.exists() for path in media(world).values())
    world.configure(**both[0])
    assert media(world) == kept
    assert all(path.is_file() for path in kept.values())
    assert findings(world) == []


def pictures(world: Any) -> dict[str, str]:
    """The pictures that the server shows of the compositions of a store, by sid."""
    named = {row["sid"]: (row["room_name"], row["template"]) for row in world.rows()}
    keys = {artifact_key(sid, world.settings, *named[sid]): sid for sid in media(world)}
    wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[*keys]))
    with get_client(sync_client=True) as client:
        return {
            keys[one.key]: str(one.data) for one in client.read_artifacts(artifact_filter=wanted)
        }


def results(world: Any, sid: str) -> list[Path]:
    return [*machine_of(world.settings).results.glob(f"mix-{sid}-*")]


def test_what_prefect_has_of_a_deleted_composition_goes(
    world: Any, both: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", str(get_current_settings().api.url))
    monkeypatch.setenv("PREFECT_LOCAL_STORAGE_PATH", str(machine_of(world.settings).results))
    world.configure(**both[0])
    kept = pictures(world)
    assert len(kept) == 2
    world.configure(**both[1])
    assert pictures(world).keys() == kept.keys()
    gone, other = sorted(media(world))
    deletion = CliRunner().invoke(
        app, ["delete", "compositions", gone, "--yes", "--config", str(world.config)]
    )
    assert deletion.exit_code == 0, deletion.output
    assert "3 as copies on this machine" in deletion.output
    assert pictures(world).keys() == {other}
    # Its results of both stores: what is not there any more is made again, if it is wanted.
    assert results(world, gone) == []
    assert len(results(world, other)) == 2
    world.configure(**both[0])
    assert pictures(world) == kept


def test_a_run_removes_what_another_machine_deleted(world: Any, both: list[dict[str, Any]]) -> None:
    settings = world.settings
    catalog = Catalog.open(settings.catalog_root, settings.journal_root)
    gone, other = sorted(media(world))
    remove_all(catalog, Table.COMPOSITIONS, [gone], settings, datetime.now(UTC))
    assert pictures(world).keys() == {gone, other}
    world.night()
    assert pictures(world).keys() == {other}
    assert results(world, gone) == []


def test_a_store_that_is_moved_to_has_everything_made_for_it(
    world: Any, both: list[dict[str, Any]]
) -> None:
    """Also one by one: a result of the store before is never taken."""
    world.configure(store=str(world.root / "third"))
    for name in ("one", "two"):
        compose_room(name, force=False, config=str(world.config))
    assert all(path.is_relative_to(world.root / "third") for path in media(world).values())
    assert len(media(world)) == 2
    assert findings(world) == []
