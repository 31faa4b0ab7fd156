"""Figures about an instance: what they say, to whom, and how few they stay."""

from __future__ import annotations

import re
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update
from starlette.testclient import TestClient

from roomreel.errors import ServiceDatabaseFailed
from roomreel.model.callback import Callback
from roomreel.model.table import Table
from roomreel.service import figures
from roomreel.service.access.scopes import Scope
from roomreel.service.callbacks.events import Event, add_event
from roomreel.service.database.tables import DELIVERIES, REQUESTS
from roomreel.service.database.upsert import put
from roomreel.web import metrics

sys.path.insert(0, str(Path(__file__).parents[1] / "service"))
from archive import DAY, NOON, composition, composition_sid, sid_of
from media_world import TOKEN, URL, World, key_of

HERE = ("127.0.0.1", 50_000)
ELSEWHERE = ("10.0.0.9", 50_000)


def client_at(world: World, client: tuple[str, int]) -> TestClient:
    return TestClient(world.client.app, base_url=URL, client=client)


@pytest.fixture
def here(world: World) -> TestClient:
    return client_at(world, HERE)


def samples(answer: httpx.Response) -> dict[tuple[str, ...], float]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_requests_are_counted_by_operation_and_status(world, here):
    for sid in ("CJ" + "0" * 32, "CJ" + "1" * 32, "nonsense"):
        assert here.get(f"/v1/Compositions/{sid}", auth=TOKEN).status_code == 404
    here.get("/v1/Compositions", auth=TOKEN)
    here.get("/v1/Compositions")
    found = samples(here.get("/metrics"))
    counted = "roomreel_http_requests_total"
    assert found[counted, "GET /v1/Compositions/{sid}", "404"] == 3
    assert found[counted, "GET /v1/Compositions", "200"] == 1
    assert found[counted, "GET /v1/Compositions", "401"] == 1
    assert found["roomreel_http_requests_open",] == 1


def test_strangers_add_no_figures(world, here):
    before = len(samples(here.get("/metrics")))
    for number in range(50):
        here.get(f"/nothing/{number}")
        here.request(f"BREW{number}", "/v1/Compositions")
        here.get("/healthz", headers={"Host": f"h{number}.example"})
        here.get(f"/docs/errors/{number}")
    assert len(samples(here.get("/metrics"))) <= before + 12


def test_compositions_are_counted_by_state(world, here, monkeypatch):
    monkeypatch.setattr(metrics, "_COUNTED_EACH_S", 0)
    states = ["completed", "completed", "failed", "deleted"]
    for number, status in enumerate(states, 1):
        world.add(Table.COMPOSITIONS, composition(number, status=status))
    rows = [
        {
            "sid": composition_sid(number),
            "room_sid": sid_of("RM", number, DAY),
            "room_name": "call",
            "status": status,
            "priority": 0,
            "template": {},
            "template_name": "api",
            "date_created": NOON,
        }
        for number, status in enumerate(["enqueued", "processing", "enqueued", "completed"], 10)
    ]
    with world.database.write() as connection:
        put(connection, REQUESTS, rows)
    found = samples(here.get("/metrics"))
    name = "roomreel_service_compositions"
    counted = {labels[1]: value for labels, value in found.items() if labels[0] == name}
    assert counted == {"enqueued": 2, "processing": 1, "completed": 2, "failed": 1, "deleted": 1}


def test_callbacks_are_figures(world, here, monkeypatch):
    monkeypatch.setattr(metrics, "_COUNTED_EACH_S", 0)
    waiting, oldest = (
        "roomreel_service_callbacks_waiting",
        "roomreel_service_callback_oldest_seconds",
    )
    found = samples(here.get("/metrics"))
    assert (found[waiting,], found[oldest,]) == (0, 0)
    tries = "roomreel_service_callback_tries_total"
    states = ("delivered", "waiting", "given-up")
    assert [found[tries, status] for status in states] == [0, 0, 0]
    event = Event("CJ" + "1" * 32, "RM" + "1" * 32, "composition-started", NOON)
    with world.database.write() as connection:
        add_event(connection, replace(event, callback=Callback("https://example.org")), 1)
        ago = datetime.now(UTC) - timedelta(hours=2)
        connection.execute(update(DELIVERIES).values(since=ago))
    world.service.callback_tries.update({"delivered": 7, "waiting": 2, "dropped": 1})
    found = samples(here.get("/metrics"))
    assert found[waiting,] == 1
    assert 7200 <= found[oldest,] < 7300
    assert [found[tries, status] for status in states] == [7, 2, 0]
    # A clock that was set back.
    with world.database.write() as connection:
        ahead = datetime.now(UTC) + timedelta(hours=2)
        connection.execute(update(DELIVERIES).values(since=ahead))
    assert samples(here.get("/metrics"))[oldest,] == 0


def test_they_are_counted_now_and_then(world, here, monkeypatch):
    calls: list[int] = []

    def count(*_about: object) -> dict[str, int]:
        calls.append(1)
        return {}

    monkeypatch.setattr(metrics, "count_compositions", count)
    for _ in range(5):
        here.get("/metrics")
    assert len(calls) <= 1


def test_a_database_that_is_away_is_a_figure(world, here, monkeypatch):
    monkeypatch.setattr(metrics, "_COUNTED_EACH_S", 0)
    assert samples(here.get("/metrics"))["roomreel_service_database_up",] == 1

    def fail(*_about: object) -> None:
        raise ServiceDatabaseFailed("it is away")

    monkeypatch.setattr(metrics, "count_compositions", fail)
    found = samples(here.get("/metrics"))
    assert found["roomreel_service_database_up",] == 0
    assert not any(name == "roomreel_service_compositions" for name, *_ in found)


def test_the_age_of_a_look_is_shown(world, here):
    world.service.looked_at["refresh"] = time.monotonic() - 70
    age = samples(here.get("/metrics"))["roomreel_service_look_age_seconds", "refresh"]
    assert 70 <= age < 90


def test_others_need_a_key_that_may_read(world):
    elsewhere = client_at(world, ELSEWHERE)
    assert elsewhere.get("/metrics").status_code == 401
    assert elsewhere.get("/metrics", auth=key_of(world, Scope.MEDIA)).status_code == 403
    assert elsewhere.get("/metrics", auth=key_of(world, Scope.READ)).status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
def test_what_a_proxy_here_sends_on_is_from_elsewhere(here, header):
    assert here.get("/metrics", headers={header: "10.0.0.9"}).status_code == 401


def test_figures_are_asked_for_by_the_name_of_this_machine(world, here):
    for host, status in (("localhost:8765", 200), ("127.0.0.1", 200), ("evil.example", 421)):
        assert here.get("/metrics", headers={"Host": host}).status_code == status


def test_every_state_has_a_figure_from_the_beginning(world):
    assert figures.count_compositions(world.database) == dict.fromkeys(
        ["enqueued", "processing", "completed", "failed", "deleted"], 0
    )


def test_every_name_is_documented(world, here):
    world.service.looked_at["refresh"] = time.monotonic()
    world.service.troubles["manifests"] = "it is away"
    here.get("/healthz")
    answered = {
        (sample.name, tuple(sample.labels))
        for family in text_string_to_metric_families(here.get("/metrics").text)
        for sample in family.samples
        if not sample.name.endswith("_created")
    }
    page = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text(encoding="utf-8")
    rows = {
        (name.strip(" `"), tuple(re.findall(r"`(\w+)`", labels)))
        for line in page.partition("## Of serve")[2].splitlines()
        if line.startswith("| `")
        for _, name, labels, *_ in [line.split("|")]
    }
    assert rows == answered
