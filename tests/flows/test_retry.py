"""Retry on the page of a run: what failed is made, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from roomreel.batch.report import State
from roomreel.catalog.catalog import Catalog
from roomreel.errors import BatchFailed, RenderError
from roomreel.flows.compose_shard import compose_shard
from roomreel.flows.nightly import nightly
from roomreel.maintenance.check import check

pytestmark = pytest.mark.slow


@pytest.fixture
def half(world: Any) -> Any:
    """A world in which one of two rooms fails."""
    for name in ("good", "broken"):
        world.room(name)
    world.template("grid")
    world.fails["broken"] = RenderError("this time")
    return world


@pytest.mark.parametrize("force", [False, True])
def test_only_what_failed_is_made_again(half: Any, force: bool) -> None:
    half.failed_night(force=force)
    half.fails.clear()
    half.rendered.clear()
    assert half.retried(nightly).state.is_completed()
    assert half.rendered == [("broken", "grid")]
    assert {row["room_name"]: row["attempts"] for row in half.rows()} == {"good": 1, "broken": 2}


def test_what_inputs_decide_is_tried_again_as_somebody_wishes_it(world: Any) -> None:
    world.configure(source_limit_bytes=5000)
    world.room("huge", size=5001)
    world.template("grid")
    world.failed_night()
    assert world.retried(nightly).state.is_failed()
    assert [row["attempts"] for row in world.rows()] == [2]
    world.configure(source_limit_bytes=6000)
    assert world.retried(nightly).state.is_completed()
    assert world.rendered == [("huge", "grid")]


def test_what_failed_in_another_night_stays_known(half: Any) -> None:
    half.configure(max_attempts=1)
    half.failed_night()
    half.night()
    assert half.retried(nightly).state.is_completed()
    assert sorted(half.rendered) == [("broken", "grid"), ("good", "grid")]


def test_a_replaced_recording_is_picked_up(half: Any) -> None:
    room = half.room("replaced")
    half.fails["replaced"] = RenderError("broken file")
    half.failed_night()
    before = {row["room_name"]: row["inputs_sha256"] for row in half.rows()}
    half.fails.clear()
    half.touch(room)
    half.retried(nightly)
    after = {row["room_name"]: row["inputs_sha256"] for row in half.rows()}
    assert {name for name in after if after[name] != before[name]} == {"replaced"}
    assert {row["status"] for row in half.rows()} == {"completed"}


@pytest.mark.parametrize("harm", ["gone", "other bytes"])
def test_what_is_not_as_it_was_recorded_is_made_again(half: Any, harm: str) -> None:
    half.failed_night()
    (made,) = [row["media_url"] for row in half.rows() if row["status"] == "completed"]
    media = Path(made)
    content = media.read_text()
    media.unlink()
    if harm == "other bytes":
        media.write_text("x" * len(content))
    half.fails.clear()
    half.rendered.clear()
    half.retried(nightly)
    assert sorted(half.rendered) == [("broken", "grid"), ("good", "grid")]
    assert media.read_text() == content


def composition(world: Any) -> dict[str, Any]:
    (row,) = world.rows()
    return dict(row)


def test_what_is_made_again_in_vain_leaves_what_was_made(world: Any) -> None:
    world.room("good")
    world.template("grid")
    world.night()
    before = composition(world)
    world.fails["good"] = RenderError("gave up")
    for attempt in (2, 3):
        report = world.failed_night(force=True)
        assert [(line.state, line.code) for line in report.lines] == [
            (State.FAILED, "render-failed")
        ]
        row = composition(world)
        (warning,) = row["warnings"]
        assert (row["status"], row["attempts"]) == ("completed", attempt)
        assert (warning["code"], warning["message"]) == ("remake-failed", "render-failed: gave up")
        for column in ("media_url", "media_sha256", "inputs_sha256", "date_completed"):
            assert row[column] == before[column]
        assert Path(row["media_url"]).exists()
    settings = world.settings
    catalog = Catalog.open(settings.catalog_root, settings.journal_root)
    assert check(catalog, settings, datetime.now(UTC)) == []
    assert world.night().up_to_date == 1


@pytest.mark.parametrize("force", [False, True])
def test_a_retry_makes_what_was_made_again_in_vain(world: Any, force: bool) -> None:
    world.room("good")
    world.template("grid")
    world.night()
    world.fails["good"] = RenderError("this time")
    world.failed_night(force=True)
    assert world.retried(nightly).state.is_failed()
    world.fails.clear()
    assert world.retried(nightly).state.is_completed()
    row = composition(world)
    assert (row["status"], row["attempts"], row["warnings"]) == ("completed", 4, [])


def test_what_is_made_again_in_vain_is_failed_where_its_medium_is_gone(world: Any) -> None:
    world.room("good")
    world.template("grid")
    world.night()
    Path(composition(world)["media_url"]).unlink()
    world.fails["good"] = RenderError("gave up")
    world.failed_night(force=True)
    row = composition(world)
    assert (row["status"], row["failure_code"], row["media_url"]) == (
        "failed",
        "render-failed",
        None,
    )


def test_a_shard(half: Any) -> None:
    manifests = sorted(map(str, half.rooms.glob("*.json")))
    with pytest.raises(BatchFailed):
        compose_shard(manifests, config=str(half.config))
    half.fails.clear()
    half.rendered.clear()
    assert half.retried(compose_shard).state.is_completed()
    assert half.rendered == [("broken", "grid")]
