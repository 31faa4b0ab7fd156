"""A night whose store goes away: one wait, one line, and the next night makes the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from faulty import Fault, Faulty

from roomreel.batch import outage
from roomreel.batch.report import State
from roomreel.compose.publish import files_of
from roomreel.model.composition import Files, Job, Outcome
from roomreel.settings import Settings
from roomreel.storage import s3
from roomreel.storage.s3 import gate
from roomreel.storage.s3.client import Patience

pytestmark = [pytest.mark.s3, pytest.mark.slow]

METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
ROOMS = 12


@pytest.fixture
def store(bucket: str, proxy: Faulty, monkeypatch: pytest.MonkeyPatch, world: Any) -> Faulty:
    """A night into S3, through a proxy; after the third room the store never answers."""
    monkeypatch.setattr(s3.client, "PATIENT", Patience(attempts=2, connect_s=1, read_s=1))
    monkeypatch.setattr(s3.client, "IMPATIENT", Patience(attempts=1, connect_s=1, read_s=1))
    monkeypatch.setattr(gate, "ASKED_EVERY_S", 0.2)
    monkeypatch.setattr(outage, "POLL_S", 0.5)
    monkeypatch.setattr(outage, "PATIENCE_S", 2.0)
    world.configure(
        compositions=f"s3://{bucket}/compositions",
        catalog=f"s3://{bucket}/catalog",
        journal=f"s3://{bucket}/journal",
    )
    make = world.compose

    def compose(job: Job, plan: Any, settings: Settings, *rest: Any) -> Outcome:
        if len(world.rendered) == 3:
            proxy.faults[:] = [Fault("hang", method, times=None) for method in METHODS]
        local = settings.model_copy(update={"compositions": world.root / "local"})
        made = make(job, plan, local, *rest)
        media = files_of(job, settings).media
        s3.write(media, job.sid.encode())
        return replace(made, files=Files(media, None, None))

    monkeypatch.setattr("roomreel.batch.render.compose", compose)
    monkeypatch.setattr("roomreel.tasks.render.render.retry_delay_seconds", [0.1, 0.1])
    for number in range(ROOMS):
        world.room(f"room-{number:02}")
    world.template("sound")
    return proxy


def test_it_is_said_once_and_the_next_night_goes_on(store: Faulty, world: Any) -> None:
    report = world.failed_night()
    assert [line.room for line in report.failures] == ["store"]
    assert "does not answer, so that the run ends here" in report.failures[0].message
    assert "the next run goes on" in report.failures[0].message
    # The one that met it, those under way beside it, and their attempts: not twelve.
    assert len({room for room, _ in world.rendered}) <= 3 + 3
    store.faults.clear()
    report = world.night()
    rows = world.rows()
    assert len(rows) == ROOMS
    assert {row["status"] for row in rows} == {"completed"}
    assert {row["attempts"] for row in rows} == {1}
    assert set(world.states(report).values()) == {State.COMPLETED}
    assert all(s3.look(row["media_url"]) for row in rows)


def test_a_store_that_comes_back_in_time_ends_nothing(
    store: Faulty, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleep = outage.time.sleep

    def comes_back(seconds: float) -> None:
        store.faults.clear()
        sleep(seconds)

    monkeypatch.setattr(outage.time, "sleep", comes_back)
    report = world.night()
    assert set(world.states(report).values()) == {State.COMPLETED}
    assert len(world.rows()) == ROOMS
