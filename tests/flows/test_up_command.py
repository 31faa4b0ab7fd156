"""What `roomreel up` is asked for, and what `--check` finds on the machine itself."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any, ClassVar

import pytest
from typer.testing import CliRunner

from roomreel.cli import app, site

# Imports Prefect, before a test changes the environment.
from roomreel.flows.site import parts


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ROOMREEL_PREFECT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    monkeypatch.setattr(os, "environ", os.environ.copy())
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return tmp_path / "home"


def found() -> list[tuple[str, str]]:
    ran = CliRunner().invoke(app, ["up", "--check", "--json"])
    checks: list[dict[str, Any]] = json.loads(ran.stdout)["checks"]
    return [
        (each["state"], each["detail"]) for each in checks if each["name"] == "temporary folder"
    ]


def test_a_temporary_folder_that_workers_cannot_use_is_named(home: Path, tmp_path: Path) -> None:
    own, shared = home / "tmp", tmp_path / "tmp" / "runner_storage"
    assert found() == [("ok", str(own))]
    assert not home.exists()  # nothing is changed
    # Files in their places are as little use as folders of another user, even to root.
    shared.touch()
    warned = ("warning", f"{shared} cannot be written")
    assert found() == [("ok", str(own)), warned]
    home.mkdir()
    own.touch()
    assert found() == [("missing", f"{own} cannot be written"), warned]


@pytest.mark.parametrize(
    ("words", "variable", "expected"),
    [(["--runs", "7"], None, 7), ([], "6", 6), (["--runs", "2"], "6", 2), ([], None, 5)],
)
def test_runs_at_a_time_are_what_is_asked_for(
    words: list[str],
    variable: str | None,
    expected: int,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ROOMREEL_RUNS", raising=False)
    if variable:
        monkeypatch.setenv("ROOMREEL_RUNS", variable)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    asked: list[site.SiteOptions] = []
    monkeypatch.setattr(site, "bring_up", lambda what, _started: asked.append(what))
    monkeypatch.setattr(site.signal, "signal", lambda *_: None)
    ran = CliRunner().invoke(app, ["up", *words])
    assert ran.exit_code == 0, ran.output
    assert [each.runs for each in asked] == [expected]


def test_a_worker_is_started_with_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "online", lambda _site, _pool: {})
    started: list[tuple[str, ...]] = []

    class Started:
        after: ClassVar[dict[str, object]] = {}

        def start(self, *words: str, is_up: object, variables: object) -> None:  # noqa: ARG002
            started.append(words)

    worker = site.Worker("roomreel", "worker", 3)
    site._start_worker(None, worker, None, Started())  # type: ignore[arg-type]
    ((name, *words),) = started
    assert name == "worker"
    assert words[words.index("--limit") + 1] == "3"
