"""The log of requests: a line each, without secrets, and nobody else writes there."""

from __future__ import annotations

import io
import json
import logging
import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from roomreel.logs import LOG, JsonLines
from roomreel.web import access_log
from roomreel.web.access_log import ACCESS

sys.path.insert(0, str(Path(__file__).parent))
from guarded import FORM, URL, app_of

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def client() -> TestClient:
    return TestClient(app_of(service_url=URL), base_url=URL)


# The log


@pytest.fixture
def lines():
    """The lines of the log file, as JSON."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    level = LOG.level
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    LOG.removeHandler(handler)
    LOG.setLevel(level)


def test_a_request_is_one_line(client, lines):
    client.post("/things", headers=FORM, content=b"a=1&secret=sesame", auth=("SK1", "sesame"))
    (line,) = lines()
    assert line["message"].startswith("POST /things 200 ")
    about = {"method": "POST", "path": "/things", "status": 200, "caller": "SK1", "sent": 14}
    assert line.items() >= (about | {"received": 17, "address": "testclient"}).items()
    assert line["ms"] >= 0
    assert "sesame" not in str(line)


def test_signatures_of_links_are_not_in_it(client, lines):
    client.get("/nothing?sig=sesame&exp=1", headers={"Authorization": "Basic sesame"})
    assert "sesame" not in str(lines())
    assert lines()[0]["path"] == "/nothing"


def test_what_is_refused_is_in_it(client, lines):
    client.get("/things", headers={"Host": "evil.example"})
    assert lines()[0]["status"] == 421


def test_nobody_writes_lines_of_their_own(client, lines):
    client.get("/x%0a%7b%22level%22%3a1%7d%1b%5b31m" + "y" * 5000)
    (line,) = lines()
    assert "\n" not in line["path"]
    assert "\x1b" not in line["message"]
    assert len(line["path"]) < 1000


def test_without_a_level_nothing_is_written(client, lines):
    LOG.setLevel(logging.WARNING)
    client.get("/things")
    assert lines() == []
    assert ACCESS.name == "roomreel.access"
    assert access_log.ACCESS.parent is LOG
