"""What failed is seen where one looks: task runs, tags, and the state of the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import Mock
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun

from roomreel.batch.report import Line, State
from roomreel.errors import BatchFailed, StorageFailed
from roomreel.flows.nightly import nightly
from roomreel.flows.orchestration.failures import name_of

CODES = {"code:document-invalid", "code:template-invalid", "code:source-limit-exceeded"}


def last_run() -> FlowRun:
    with get_client(sync_client=True) as client:
        return max(client.read_flow_runs(), key=lambda run: run.created)


def failed_tasks(run: FlowRun) -> dict[str, str]:
    """By name, the messages of the failed task runs of a run."""
    with get_client(sync_client=True) as client:
        only = FlowRunFilter(id=FlowRunFilterId(any_=[UUID(str(run.id))]))
        tasks = client.read_task_runs(flow_run_filter=only)
    return {
        task.name: task.state.message or ""
        for task in tasks
        if task.state is not None and task.state.is_failed()
    }


def test_whatever_fails_has_a_failed_task_and_stays_failed_in_its_run(world: Any) -> None:
    world.configure(source_limit_bytes=5000)
    world.template("grid")
    (world.layouts / "typo.json").write_text('{"schema": "roomreel.template/1", "formt": 1}')
    (world.rooms / "bad.json").write_text("{")
    world.room("webinar", size=6000)
    world.room("good")
    world.fails["broken"] = ValueError("odd")
    world.room("broken")

    report = world.failed_night()
    assert len(report.failures) == 4
    run = last_run()
    failed = failed_tasks(run)
    of_mix = [name for name in failed if "broken" in name]
    assert len(of_mix) == 1  # the mix shows itself
    assert failed.keys() - set(of_mix) == {
        "read typo.json",
        "read bad.json",
        "compose webinar / grid",
    }
    assert "the limit is" in failed["compose webinar / grid"]
    assert set(run.tags) >= CODES

    # Whoever reads the tables finds the documents, too.
    names = {Path(row["document"]).name for row in world.rows("attempts") if row["document"]}
    assert names == {"bad.json", "typo.json"}

    # Retry, nothing fixed but what was odd: the same run fails by the same documents.
    del world.fails["broken"]
    again = world.retried(nightly)
    assert again.state.is_failed()
    assert set(again.tags) == CODES
    assert world.rendered.count(("good", "grid")) == 1

    # The next night is no alarm, and says what still is so, and since when.
    night = world.night()
    assert {line.since for line in night.known} == {night.known[0].since}
    assert night.known[0].since.startswith("20")
    after = last_run()
    assert after.state.is_completed()
    assert after.state.message == "Completed with 3 known failures"
    assert set(after.tags) == CODES
    assert failed_tasks(after) == {}


def test_a_failure_is_named_by_what_it_is_of() -> None:
    named = {
        Line(State.FAILED, "webinar", "grid", "CJ1", "render-failed"): "compose webinar / grid",
        Line(State.FAILED, "s3://rooms/a.json", code="document-invalid"): "read a.json",
        Line(State.FAILED, "catalog", code="catalog-invalid"): "catalog",
        Line(State.FAILED, "{room}", "\x1b", code="render-failed"): "compose {room} / \\u001b",
    }
    assert {line: name_of(line) for line in named} == named


@pytest.mark.parametrize(
    "kept",
    [KeyboardInterrupt, StorageFailed("no space is left", "make room")],
    ids=["kill", "full"],
)
def test_a_document_is_known_only_once_it_stands_in_the_catalogs(
    world: Any, monkeypatch: pytest.MonkeyPatch, kept: Any
) -> None:
    (world.rooms / "bad.json").write_text("{")
    with monkeypatch.context() as night:
        night.setattr("roomreel.batch.record.record_unread", Mock(side_effect=kept))
        with pytest.raises((KeyboardInterrupt, BatchFailed)):
            world.night()
    assert world.states(world.failed_night()) == {str(world.rooms / "bad.json"): State.FAILED}
    assert [row["code"] for row in world.rows("attempts")] == ["document-invalid"]
    assert world.states(world.night()) == {str(world.rooms / "bad.json"): State.KNOWN_FAILURE}
    assert len(world.rows("attempts")) == 1
