"""What a mix logs is on the page of its run, with what it is about."""

import json
import warnings
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
from prefect.logging.handlers import APILogWorker

from roomreel.errors import RenderError
from roomreel.flows import nightly as module
from roomreel.logs import LOG
from roomreel.tasks.log import show_lines


@pytest.fixture
def flow_run_id(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Takes the id of the run of a night."""
    found: list[Any] = []
    related_runs = module.related_runs

    def noted() -> Any:
        from prefect.runtime import flow_run

        found.append(flow_run.id)
        return related_runs()

    monkeypatch.setattr(module, "related_runs", noted)
    return found


def test_lines_are_on_the_page_and_in_the_file(world: Any, flow_run_id: list[Any]) -> None:
    file = world.root / "lines.jsonl"
    world.configure(log_file=str(file))
    world.template("grid")
    world.room("standup")
    world.room("retro")
    secret = "https://s3.example.org/a?X-Amz-Signature=hunter2"  # noqa: S105
    world.fails["retro"] = RenderError(f"cannot read {secret}")
    with pytest.raises(Exception, match="render-failed"):
        world.night()
    handler = next(h for h in LOG.handlers if getattr(h, "baseFilename", "") == str(file))
    LOG.removeHandler(handler)
    APILogWorker.drain_all(timeout=30)
    wanted = LogFilter(flow_run_id=LogFilterFlowRunId(any_=flow_run_id))
    with get_client(sync_client=True) as client:
        messages = [log.message for log in client.read_logs(log_filter=wanted, limit=200)]
    (failed,) = [text for text in messages if text.startswith("room=retro composition=CJ")]
    assert "template=grid attempt=1: render-failed: cannot read" in failed
    assert any(text.startswith("room=standup composition=CJ") for text in messages)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert {(line["room"], line["template"], line["attempt"]) for line in lines} == {
        ("standup", "grid", 1),
        ("retro", "grid", 1),
    }
    assert not [text for text in [*messages, file.read_text()] if "hunter2" in text]


def test_a_line_of_no_run_goes_to_no_page_and_is_not_complained_of() -> None:
    """As where a program composes a room after a night that ran within it."""
    show_lines()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        LOG.warning("said after the run")
