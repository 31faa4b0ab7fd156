"""A machine that is gone: its run is declared Crashed, and a retry completes it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from machine import Machine
from postgres import is_installed, postgres
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import State
from prefect.states import AwaitingRetry

pytestmark = [
    pytest.mark.soak,  # minutes of waiting for a heartbeat
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not is_installed() and not os.environ.get("CI"), reason="no PostgreSQL"),
]
# What operators are promised, and a machine that is slow to start again.
DECLARED_WITHIN_S = 300 + 300
SLEEPER = """
import pathlib, time
from prefect import flow

@flow(name="sleeper")
def sleeper(folder: str) -> None:
    with open(pathlib.Path(folder, "begun"), "a") as file:
        file.write("begun\\n")
    while not pathlib.Path(folder, "awake").exists():
        time.sleep(0.5)
"""


def eventually(is_so: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not so after {seconds} s"
        time.sleep(1)


def test_a_lost_machine(tmp_path: Path) -> None:
    (tmp_path / "sleeping.py").write_text(SLEEPER)
    with postgres() as database:
        machine = Machine(tmp_path, database)
        machine.environment["PYTHONPATH"] += os.pathsep + str(tmp_path)
        up = machine.start()
        try:
            machine.is_up(up)
            client = SyncPrefectClient(machine.api)
            deployment = client.create_deployment(
                client.create_flow_from_name("sleeper"),
                "sleeper",
                entrypoint="sleeping.sleeper",
                work_pool_name="roomreel",
            )
            given = {"folder": str(tmp_path)}
            run = client.create_flow_run_from_deployment(deployment, parameters=given).id

            def state() -> State:
                found = client.read_flow_run(run).state
                assert found
                return found

            begun = tmp_path / "begun"
            eventually(begun.exists, 300)
            machine.kill(up)
            up = machine.start()
            machine.is_up(up)
            assert state().is_running()

            eventually(lambda: state().is_crashed(), DECLARED_WITHIN_S)
            assert "No heartbeat" in str(state().message)

            client.set_flow_run_state(run, AwaitingRetry())
            eventually(lambda: begun.read_text().count("begun") == 2, 300)
            (tmp_path / "awake").touch()
            eventually(lambda: state().is_final(), 120)
            assert state().is_completed()
        finally:
            machine.kill(up)
