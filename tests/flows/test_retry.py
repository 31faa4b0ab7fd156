"""Retry on the page of a run: what failed is made, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from roomreel.errors import RenderError
from roomreel.flows.nightly import nightly
from roomreel.flows.shard import compose_shard
from roomreel.night.report import NightFailed


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


def test_a_shard(half: Any) -> None:
    manifests = sorted(map(str, half.rooms.glob("*.json")))
    with pytest.raises(NightFailed):
        compose_shard(manifests, config=str(half.config))
    half.fails.clear()
    half.rendered.clear()
    assert half.retried(compose_shard).state.is_completed()
    assert half.rendered == [("broken", "grid")]
