"""A night whose store goes away: one wait, one line, and the next night makes the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
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


@dataclass
class Store:
    """A store behind a proxy, which is waited for a second once it is gone."""

    proxy: Faulty
    monkeypatch: pytest.MonkeyPatch

    def go(self) -> None:
        self.proxy.faults[:] = [Fault("hang", method, times=None) for method in METHODS]
        self._wait(1)

    def come_back(self) -> None:
        self.proxy.faults.clear()
        self._wait(20)  # however long it takes to answer

    def _wait(self, seconds: float) -> None:
        for name, attempts in (("PATIENT", 2), ("IMPATIENT", 1)):
            patience = Patience(attempts=attempts, connect_s=seconds, read_s=seconds)
            self.monkeypatch.setattr(s3.client, name, patience)


@pytest.fixture
def store(bucket: str, proxy: Faulty, monkeypatch: pytest.MonkeyPatch, world: Any) -> Store:
    """A night into S3, through a proxy; after the third room the store never answers."""
    store = Store(proxy, monkeypatch)
    store.come_back()
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
            store.go()
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
    return store


def test_it_is_said_once_and_the_next_night_goes_on(store: Store, world: Any) -> None:
    report = world.failed_night()
    assert [line.room for line in report.failures] == ["store"]
    assert "does not answer, so that the run ends here" in report.failures[0].message
    assert "the next run goes on" in report.failures[0].message
    # The one that met it, those under way beside it, and their attempts: not twelve.
    assert len({room for room, _ in world.rendered}) <= 3 + 3
    store.come_back()
    report = world.night()
    rows = world.rows()
    assert len(rows) == ROOMS
    assert {row["status"] for row in rows} == {"completed"}
    assert {row["attempts"] for row in rows} == {1}
    assert set(world.states(report).values()) == {State.COMPLETED}
    assert all(s3.look(row["media_url"]) for row in rows)


def test_a_store_that_comes_back_in_time_ends_nothing(
    store: Store, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleep = outage.time.sleep

    def comes_back(seconds: float) -> None:
        store.come_back()
        sleep(seconds)

    monkeypatch.setattr(outage.time, "sleep", comes_back)
    report = world.night()
    assert set(world.states(report).values()) == {State.COMPLETED}
    assert len(world.rows()) == ROOMS
