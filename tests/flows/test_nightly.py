"""Whole nights on a Prefect server, with a stand-in for the render."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterTags,
    TaskRunFilter,
    TaskRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, TaskRun

from roomreel.batch.report import State
from roomreel.errors import RenderError, RenderTimeout, SettingsInvalid, StorageFailed
from roomreel.flows.nightly import nightly
from roomreel.tasks.artifacts import artifact_key
from roomreel.tasks.render import render

MIX = "mix audio and publish"
# In a bidirectional text the second half would show first, and {room} would be filled in.
HOSTILE = "{room} %s 'a\" | <b>*x*</b> \u202eevil 🎥 ../../etc"


def last_run() -> tuple[FlowRun, list[TaskRun]]:
    with get_client(sync_client=True) as client:
        run = max(client.read_flow_runs(), key=lambda run: run.created)
        only = FlowRunFilter(id=FlowRunFilterId(any_=[run.id]))
        return run, client.read_task_runs(flow_run_filter=only)


def test_every_room_by_every_template_once(world: Any) -> None:
    for name in ("standup", "lesson"):
        world.room(name)
    world.template("grid")
    world.template("row", format="mp4")

    report = world.night()
    assert len(world.rendered) == len(set(world.rendered)) == 4
    assert [line.state for line in report.lines] == [State.COMPLETED] * 4
    assert all(Path(line.media).is_file() for line in report.lines)
    assert {row["sid"] for row in world.rows()} == {line.composition for line in report.lines}
    assert [len(row["templates_done"]) for row in world.rows("rooms")] == [2, 2]
    assert len(world.rows("recordings")) == 2

    second = world.night()
    assert len(world.rendered) == 4
    assert (second.lines, second.up_to_date) == ((), 4)
    assert second.headline == "nothing to do: 4 up to date"
    assert [row["rev"] for row in world.rows()] == [1] * 4


def test_one_that_fails_fails_alone(world: Any) -> None:
    for name in ("first", "broken", "last"):
        world.room(name)
    world.template("grid")
    world.fails["broken"] = RenderError("the decoder gave up", "look at camera 2")

    report = world.failed_night()
    assert world.states(report) == {
        "first": State.COMPLETED,
        "broken": State.FAILED,
        "last": State.COMPLETED,
    }
    rows = {row["room_name"]: row for row in world.rows()}
    assert rows["first"]["status"] == rows["last"]["status"] == "completed"
    assert rows["broken"]["failure_code"] == "render-failed"
    assert "the decoder gave up" in rows["broken"]["failure_message"]

    run, tasks = last_run()
    assert run.name == f"nightly {run.expected_start_time.date()}"
    others = {task.name for task in tasks} - {
        f"{MIX} {name} / grid" for name in world.states(report)
    }
    assert others == {"read 1 template", "read 3 manifests", "plan 3 rooms", "write catalogs"}
    assert run.state.is_failed()
    assert "broken / grid: render-failed: the decoder gave up" in run.state.message
    mixes = {task.name: task.state for task in tasks if task.name.startswith("mix")}
    assert mixes.keys() == {f"{MIX} {name} / grid" for name in ("first", "broken", "last")}
    assert mixes[f"{MIX} broken / grid"].is_failed()
    expected = "render-failed: the decoder gave up (look at camera 2)"
    assert mixes[f"{MIX} broken / grid"].message == expected


def test_what_failed_is_found_by_its_tags(world: Any) -> None:
    for name in ("good", "bad"):
        world.room(name)
    for name in ("grid", "row"):
        world.template(name)
    world.fails["bad"] = RenderError("gave up")
    world.failed_night()
    run, _ = last_run()
    of_grid = TaskRunFilter(tags=TaskRunFilterTags(all_=["template:grid"]))
    by_code = FlowRunFilter(tags=FlowRunFilterTags(all_=["code:render-failed"]))
    mine = FlowRunFilter(id=FlowRunFilterId(any_=[run.id]))
    with get_client(sync_client=True) as client:
        found = client.read_task_runs(flow_run_filter=mine, task_run_filter=of_grid)
        assert {task.name for task in found} == {f"{MIX} good / grid", f"{MIX} bad / grid"}
        assert all("encode" in task.tags for task in found)
        assert run.id in {failed.id for failed in client.read_flow_runs(flow_run_filter=by_code)}
        world.fails.clear()
        assert world.retried(nightly).id == run.id
        assert run.id not in {one.id for one in client.read_flow_runs(flow_run_filter=by_code)}


def test_the_night_is_summarised_as_artifacts(world: Any) -> None:
    for name in ("good", "bad"):
        world.room(name)
    world.template("grid")
    world.fails["bad"] = RenderError("gave up")
    world.failed_night()
    run, _ = last_run()
    with get_client(sync_client=True) as client:
        kept = client.read_artifacts(
            artifact_filter=ArtifactFilter(
                flow_run_id=ArtifactFilterFlowRunId(any_=[run.id]),
            )
        )
    of = {artifact.key: artifact.data for artifact in kept}
    pictures = {
        artifact_key(row["sid"], world.settings, row["room_name"], row["template"])
        for row in world.rows()
    }
    assert {key.rpartition("-")[0] for key in pictures} == {"good-grid", "bad-grid"}
    assert of.keys() == {"night", "night-summary", *pictures}
    assert all("![plan](data:image/svg+xml;base64," in of[key] for key in pictures)
    table = {row["room"]: row for row in json.loads(of["night"])}
    assert table["good"]["media"].endswith(f"{table['good']['composition']}.webm")
    assert (table["bad"]["state"], table["bad"]["code"]) == ("failed", "render-failed")
    assert "gave up" in of["night-summary"]


def test_a_failure_is_tried_three_times_over_the_nights_and_then_known(world: Any) -> None:
    world.room("broken")
    world.template("grid")
    world.fails["broken"] = RenderTimeout("too slow")
    for _ in range(3):
        world.failed_night()
    report = world.night()
    assert len(world.rendered) == 3
    assert world.states(report) == {"broken": State.KNOWN_FAILURE}
    assert report.lines[0].code == "render-timeout"
    assert report.headline == "nothing to do: 1 known failure"
    assert [row["attempts"] for row in world.rows()] == [3]


def test_a_failure_that_passes_is_made_the_next_night(world: Any) -> None:
    world.room("flaky")
    world.template("grid")
    world.fails["flaky"] = RenderError("this time")
    world.failed_night()
    world.fails.clear()
    assert world.states(world.night()) == {"flaky": State.COMPLETED}
    assert [(row["status"], row["attempts"]) for row in world.rows()] == [("completed", 2)]


def test_what_the_inputs_refuse_waits_for_other_inputs(world: Any) -> None:
    world.configure(source_limit_bytes=5000)
    room = world.room("huge", size=5001)
    world.room("small")
    world.template("grid")
    report = world.failed_night()
    assert world.states(report) == {"huge": State.FAILED, "small": State.COMPLETED}
    assert world.rendered == [("small", "grid")]
    assert {row["failure_code"] for row in world.rows()} == {None, "source-limit-exceeded"}

    assert world.states(world.night()) == {"huge": State.KNOWN_FAILURE}
    world.touch(room)
    assert world.states(world.failed_night()) == {"huge": State.FAILED}


def test_an_error_of_ours_is_render_failed_with_its_type(world: Any) -> None:
    world.room("odd")
    world.room("good")
    world.template("grid")
    world.fails["odd"] = ZeroDivisionError("division by zero")
    report = world.failed_night()
    (line,) = report.failures
    assert (line.code, world.states(report)["good"]) == ("render-failed", State.COMPLETED)
    assert "ZeroDivisionError: division by zero" in line.message


def test_storage_that_comes_back_is_waited_for(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "retry_delay_seconds", [0.0, 0.0])
    world.room("unlucky")
    world.template("grid")
    compose = world.compose

    def full_twice(*args: Any) -> Any:
        if len(world.rendered) < 2:
            world.rendered.append("no space")
            raise StorageFailed("the disk is full")
        return compose(*args)

    monkeypatch.setattr("roomreel.batch.render.compose", full_twice)
    assert world.states(world.night()) == {"unlucky": State.COMPLETED}
    assert world.rendered == ["no space", "no space", ("unlucky", "grid")]


def test_storage_that_stays_away_is_a_failure(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "retry_delay_seconds", [0.0, 0.0])
    world.room("unlucky")
    world.template("grid")
    world.fails["unlucky"] = StorageFailed("the disk is full", "make room")
    (line,) = world.failed_night().failures
    assert (line.code, line.message) == ("storage-failed", "the disk is full (make room)")
    assert len(world.rendered) == 3
    assert [row["attempts"] for row in world.rows()] == [1]


def test_what_was_mixed_before_a_kill_is_recorded_and_not_mixed_again(world: Any) -> None:
    """A kill between mix and record leaves files and kept results, and no row."""
    for name in ("a", "b"):
        world.room(name)
    world.template("grid")
    world.night()
    shutil.rmtree(world.settings.catalog_root)
    assert world.states(world.night()) == {"a": State.COMPLETED, "b": State.COMPLETED}
    assert len(world.rendered) == 2
    assert len(world.rows()) == 2


def test_a_kept_result_whose_file_is_gone_or_another_is_made_again(world: Any) -> None:
    for name in ("gone", "cut", "there"):
        world.room(name)
    world.template("grid")
    media = {line.room: Path(line.media) for line in world.night().lines}
    shutil.rmtree(world.settings.catalog_root)
    media["gone"].unlink()
    media["cut"].write_bytes(b"")
    world.rendered.clear()
    assert set(world.states(world.night()).values()) == {State.COMPLETED}
    assert sorted(world.rendered) == [("cut", "grid"), ("gone", "grid")]
    assert media["gone"].stat().st_size == media["cut"].stat().st_size > 0


@pytest.mark.parametrize("harm", ["cut", "of a class that is gone"])
def test_a_kept_result_that_cannot_be_read_counts_as_none(world: Any, harm: str) -> None:
    """Such as one of a version whose classes were in other modules."""
    world.room("a")
    world.template("grid")
    world.night()
    shutil.rmtree(world.settings.catalog_root)
    (kept,) = world.kept_results()
    document = json.loads(kept.read_text())
    gone = b"croomreel.night.gone\nOutcome\n."
    document["result"] = base64.encodebytes(gone).decode()
    kept.write_text("{" if harm == "cut" else json.dumps(document))
    assert world.states(world.night()) == {"a": State.COMPLETED}
    assert world.rendered == [("a", "grid")] * 2
    assert len(world.rows()) == 1


@pytest.mark.parametrize("name", [HOSTILE, "x" * 10_000], ids=["hostile", "long"])
def test_a_name_is_only_a_name(world: Any, name: str) -> None:
    world.room(name)
    world.template(name[:100])
    world.fails[name] = RenderError(name)
    world.failed_night()
    world.fails.clear()
    assert world.states(world.night()) == {name: State.COMPLETED}
    assert max(len(task.name) for task in last_run()[1]) < 250
    files = {path for path in world.settings.compositions_root.rglob("*") if path.is_file()}
    assert files == {Path(world.rows()[0]["media_url"])}


def test_several_workers_make_each_once(world: Any) -> None:
    names = [f"room-{number}" for number in range(25)]
    for name in names:
        world.room(name)
    world.template("grid")
    world.configure(workers=4)
    report = world.night()
    assert sorted(world.rendered) == sorted((name, "grid") for name in names)
    assert len(report.lines) == len(world.rows()) == 25


def test_settings_and_folders_that_do_not_do_end_the_run_plainly(world: Any) -> None:
    world.configure(manifests=str(world.root / "nowhere"))
    with pytest.raises(StorageFailed):
        world.night()
    world.configure(workers=0)
    with pytest.raises(SettingsInvalid):
        world.night()
    run, _ = last_run()
    assert run.state.is_failed()
    assert run.state.message.startswith("settings-invalid: ")
    assert run.state.message.endswith("workers: expected an integer, 1 up, found 0")
