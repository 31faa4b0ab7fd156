"""Lines tell what they are about, and never what lets somebody in."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from roomreel.logs import FIELDS, LOG, about, log_to, log_to_stderr

SECRET = "hunter2secret"  # noqa: S105


def job(**values: Any) -> Any:
    told = {"name": "standup", "sid": "CJ1", "template": "grid", "attempts": 1} | values
    return SimpleNamespace(
        sid=told["sid"],
        attempts=told["attempts"],
        manifest=SimpleNamespace(room=SimpleNamespace(unique_name=told["name"])),
        template=SimpleNamespace(friendly_name=told["template"]),
    )


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Path]:
    file = tmp_path / "logs" / "roomreel.jsonl"
    before = LOG.level, [*LOG.handlers]
    LOG.setLevel(logging.INFO)
    log_to(file)
    log_to(file)
    yield file
    LOG.setLevel(before[0])
    LOG.handlers[:] = before[1]


def test_every_line_has_its_fields(lines: Path, caplog: pytest.LogCaptureFixture) -> None:
    with about(job()):
        LOG.info("%d bytes", 7)
        LOG.warning("100 % done")
    LOG.error("a night")
    first, second, third = map(json.loads, lines.read_text().splitlines())
    expected = {"room": "standup", "composition": "CJ1", "template": "grid", "attempt": 2}
    assert {name: first[name] for name in FIELDS} == expected
    assert (first["level"], first["message"]) == ("INFO", "7 bytes")
    assert second["message"] == "100 % done"
    assert not third.keys() & set(FIELDS)
    words = "room=standup composition=CJ1 template=grid attempt=2: 7 bytes"
    assert caplog.messages == [words, words.replace("7 bytes", "100 % done"), "a night"]


def test_a_service_writes_lines_to_standard_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LOG, "propagate", True)
    before = [*LOG.handlers]
    try:
        log_to_stderr()
        log_to_stderr()
        LOG.warning("password=%s", SECRET)
    finally:
        LOG.handlers[:] = before
    (line,) = capsys.readouterr().err.splitlines()
    # Or Prefect's handler of the root would write it once more.
    assert not LOG.propagate
    assert json.loads(line)["level"] == "WARNING"
    assert SECRET not in line


def test_what_strangers_named_stays_in_its_line(lines: Path) -> None:
    with about(job(name='x"\n{"level": "forged"}' + "y" * 500)):
        LOG.info("names: %s", "a\nb\x1b[31m")
    (line,) = lines.read_text().splitlines()
    found = json.loads(line)
    assert found["message"] == r"names: a\nb\u001b[31m"
    assert found["room"].startswith('x"\n')


def test_secrets_are_hidden(lines: Path, caplog: pytest.LogCaptureFixture) -> None:
    LOG.info("before %s", f"https://user:{SECRET}@example.org/hook")
    for shown in (lines.read_text(), *caplog.messages):
        assert SECRET not in shown
    assert "before " in lines.read_text()


def test_a_full_disk_is_told_of_once_and_ends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    before = [*LOG.handlers]
    log_to(Path("/dev/full"))
    try:
        for number in range(3):
            LOG.error("%d", number)
    finally:
        LOG.handlers[:] = before
    told = capsys.readouterr().err.splitlines()
    assert [line for line in told if "/dev/full" in line] == told
    assert len(told) == 1
