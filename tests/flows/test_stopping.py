"""A run that is stopped ends what is under way and records it."""

from __future__ import annotations

import signal
import threading
from typing import Any

import pytest

from roomreel.batch.run import Loop
from roomreel.errors import Cancelled
from roomreel.flows.orchestration import executor
from roomreel.process import isolate


@pytest.mark.slow
def test_what_is_under_way_is_recorded_as_cancelled(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        world.room(name)
    world.template("grid")
    compose, wait, main = world.compose, Loop.wait, threading.get_ident()
    first, second, all_submitted = threading.Lock(), threading.Lock(), threading.Event()

    def waiting(of: Loop, most: int = 0) -> None:
        if not most:
            all_submitted.set()
        wait(of, most)

    def stopped_in_the_second(job: Any, *rest: Any) -> Any:
        if first.acquire(blocking=False):
            return compose(job, *rest)
        assert all_submitted.wait(600)
        if second.acquire(blocking=False):
            # As the kernel does: a real signal, to the thread that waits.
            signal.pthread_kill(main, signal.SIGINT)
        assert isolate._stopped.wait(600)
        raise Cancelled("it was stopped before it was finished", "the next run makes it")

    monkeypatch.setattr("roomreel.batch.render.compose", stopped_in_the_second)
    monkeypatch.setattr(Loop, "wait", waiting)
    monkeypatch.setattr(executor, "STOP_S", 600)  # on a loaded machine, too
    with pytest.raises(KeyboardInterrupt):
        world.night()
    assert sorted((row["status"], row["failure_code"]) for row in world.rows()) == [
        ("cancelled", "cancelled"),
        ("cancelled", "cancelled"),
        ("completed", None),
    ]
    monkeypatch.setattr("roomreel.batch.render.compose", compose)
    world.night()
    assert {row["status"] for row in world.rows()} == {"completed"}
    assert len(world.rendered) == 3
