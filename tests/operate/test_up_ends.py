"""`roomreel up` ends when it is told to, and relies on nothing that is about to end."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import httpx
import psutil
import pytest
from machine import Machine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

WORKER = "worker start --pool roomreel "


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine whose server is on SQLite."""
    machine = Machine(tmp_path, "")
    del machine.environment["PREFECT_SERVER_DATABASE_CONNECTION_URL"]
    return machine


def part(of: int, words: str) -> psutil.Process:
    """The process that `roomreel up` has started with these words."""
    children = psutil.Process(of).children(recursive=True)
    (found,) = [each for each in children if words in " ".join(each.cmdline())]
    return found


@pytest.mark.soak
def test_a_worker_ends_by_itself_where_interrupts_are_ignored(machine: Machine) -> None:
    # As a shell that is no terminal's has the commands in its background.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = machine.start()
    finally:
        signal.signal(signal.SIGINT, before)
    try:
        machine.is_up(process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(300) == 0
    finally:
        machine.kill(process)
    logs = machine.folder / "store" / "prefect" / "logs"
    # Not killed for not ending: it says so itself.
    assert " stopped!" in (logs / "worker.log").read_text()


@pytest.mark.soak
def test_the_next_start_waits_for_no_worker_that_was_ended(machine: Machine) -> None:
    for log in ("first.log", "second.log"):
        process = machine.start(log=log)
        try:
            machine.is_up(process, log)
            process.send_signal(signal.SIGTERM)
            assert process.wait(300) == 0
        finally:
            machine.kill(process)
    said = (machine.folder / "second.log").read_text()
    assert "worker: started" in said
    assert "waiting for a heartbeat" not in said


@pytest.mark.soak
def test_a_server_that_ends_while_it_is_relied_on_is_replaced(machine: Machine) -> None:
    first = machine.start()
    second = None
    try:
        machine.is_up(first)
        # What ends the server now is not seen to by the first one, and its worker is silent.
        server, worker = part(first.pid, "server start"), part(first.pid, WORKER)
        os.kill(first.pid, signal.SIGSTOP)
        worker.kill()
        second = machine.start(log="second.log")
        machine.is_up(second, "second.log", "waiting for a heartbeat")
        server.terminate()
        machine.is_up(second, "second.log")
        said = (machine.folder / "second.log").read_text()
        assert said.index("server: running") < said.index("server: started"), said
        assert "internal-error" not in said
        assert part(second.pid, WORKER).is_running()
        checks = machine.run("--check")
        assert checks.returncode == 0, checks.stdout
        second.send_signal(signal.SIGTERM)
        assert second.wait(300) == 0
    finally:
        for process in filter(None, (second, first)):
            machine.kill(process)


@pytest.mark.soak
def test_what_a_killed_server_had_lent_is_free_again(machine: Machine) -> None:
    # The option would set the limit anew at each start, with nothing taken of it.
    machine.options = machine.options[: machine.options.index("--encodes")]
    first = machine.start()
    second = None
    try:
        machine.is_up(first)
        lent = {"names": ["tag:encode"], "slots": 1, "mode": "concurrency", "lease_duration": 60}
        taken = httpx.post(f"{machine.api}/v2/concurrency_limits/increment-with-lease", json=lent)
        assert taken.status_code == 200, taken.text
        assert encodes(machine) == 1
        machine.kill(first)
        second = machine.start(log="second.log")
        machine.is_up(second, "second.log")
        deadline = time.monotonic() + 240
        while encodes(machine):
            assert time.monotonic() < deadline, "what was lent is never given back"
            time.sleep(1)
    finally:
        for process in filter(None, (second, first)):
            machine.kill(process)


def encodes(machine: Machine) -> int:
    """How many places of encodes are taken."""
    limits = {limit["name"]: limit for limit in machine.ask("v2/concurrency_limits")}
    return int(limits["tag:encode"]["active_slots"])
