"""The application as a whole: how it ends, and where its log goes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from roomreel.logs import LOG
from roomreel.service.access.callers import Callers
from roomreel.service.access.scopes import Scope
from roomreel.web.access_log import ACCESS, keep_log

sys.path.insert(0, str(Path(__file__).parent))
from media_world import URL, World, key_of


def test_uses_of_keys_are_kept_when_it_ends(world: World, monkeypatch: pytest.MonkeyPatch):
    closed: list[Callers] = []

    def close(callers: Callers) -> None:
        closed.append(callers)

    monkeypatch.setattr(Callers, "close", close)
    with TestClient(world.client.app, base_url=URL) as client:
        assert client.get("/v1/Rooms", auth=key_of(world, Scope.READ)).status_code == 200
        assert not closed
    assert len(closed) == 1


def test_a_slash_more_leads_nowhere(world: World):
    for path in ("/v1/Rooms/", "/healthz/"):
        answer = world.get(path)
        assert answer.status_code == 404
        assert "location" not in answer.headers


@pytest.mark.parametrize("to_file", [True, False])
def test_requests_are_lines_of_the_log(
    world: World,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    to_file: bool,
):
    monkeypatch.setattr(LOG, "propagate", True)
    before = [*LOG.handlers], ACCESS.level
    file = tmp_path / "logs" / "serve.jsonl"
    try:
        keep_log(file if to_file else None)
        world.get("/healthz?password=hunter2secret")
    finally:
        LOG.handlers[:] = before[0]
        ACCESS.setLevel(before[1])
    text = file.read_text() if to_file else capsys.readouterr().err
    (line,) = text.splitlines()
    found = json.loads(line)
    assert (found["method"], found["path"], found["status"]) == ("GET", "/healthz", 200)
    assert "hunter2" not in line
