"""Lines tell what they are about, and never what lets somebody in."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from roomreel.logs import FIELDS, LOG, about, log_to, redacted

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


def test_what_strangers_named_stays_in_its_line(lines: Path) -> None:
    with about(job(name='x"\n{"level": "forged"}' + "y" * 500)):
        LOG.info("names: %s", "a\nb\x1b[31m")
    (line,) = lines.read_text().splitlines()
    found = json.loads(line)
    assert found["message"] == r"names: a\nb\u001b[31m"
    assert found["room"].startswith('x"\n')


@pytest.mark.parametrize(
    "text",
    [
        f"https://s3.example.org/b/k?X-Amz-Credential={SECRET}&X-Amz-Signature={SECRET}",
        f"GET /b/k?AWSAccessKeyId={SECRET}&Expires=1&Signature={SECRET} failed",
        f"Authorization: AWS4-HMAC-SHA256 Credential=x, Signature={SECRET}",
        f'{{"Authorization": "Bearer {SECRET}"}}',
        f"https://user:{SECRET}@example.org/hook",
        f"postgresql+asyncpg://prefect:{SECRET}@db/prefect",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}",
        f"AGE-SECRET-KEY-1{SECRET.upper()}",
        f"the secret is {SECRET}",
    ],
)
def test_secrets_are_hidden(
    text: str, lines: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    if text.startswith("the secret"):
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    LOG.info("before %s", text)
    LOG.info(text)
    for shown in (redacted(text), lines.read_text(), *caplog.messages):
        assert SECRET not in shown
        assert SECRET.upper() not in shown
    assert "before " in lines.read_text()


def test_what_is_no_secret_stays() -> None:
    text = "https://s3.example.org/bucket/a%20b.mkv?versionId=7 by grid@home: 1 = 1 & 2"
    assert redacted(text) == text
