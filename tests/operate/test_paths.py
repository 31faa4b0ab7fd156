"""A path means the same whoever starts the process: `roomreel up` in a folder of its own."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from calls import Calls
from machine import Machine
from prefect.client.orchestration import SyncPrefectClient
from prefect.states import AwaitingRetry
from prefect_site import wait_for

from roomreel.cli.catalog import open_catalogs
from roomreel.model.table import Table
from roomreel.settings import load

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

# The manifests of a file, the store of a variable, and templates that stand nowhere.
LOCAL = """
manifests = "../rooms"
media_roots = ["../rooms"]
shards = "compose-shard/compose-shard"
"""


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine on which `roomreel up` runs, with nothing on its command line but ports."""
    machine = Machine(tmp_path, "")
    (tmp_path / "site.toml").unlink()
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "local.toml").write_text(LOCAL)
    machine.options = ("--port", str(machine.port), "--encodes", "2")
    del machine.environment["PREFECT_SERVER_DATABASE_CONNECTION_URL"]
    machine.environment["ROOMREEL_STORE"] = "made"
    process = machine.start()
    try:
        machine.is_up(process)
        yield machine
        process.send_signal(signal.SIGTERM)
        assert process.wait(300) == 0
    finally:
        machine.kill(process)


def rows(machine: Machine) -> dict[str, Any]:
    config = machine.folder / "configs" / "local.toml"
    settings = load(config).model_copy(update={"store": machine.folder / "made"})
    return {row["room_name"]: row for row in open_catalogs(settings).rows(Table.COMPOSITIONS)}


@pytest.mark.soak
def test_a_night_by_the_api_reads_and_writes_in_the_folder_of_up(
    machine: Machine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    calls = Calls(tmp_path_factory.mktemp("calls"))
    calls.rooms.rename(machine.folder / "rooms" / "monday")
    calls.rooms = machine.folder / "rooms" / "monday"
    calls.room("good")
    calls.room("late", "late.webm")
    client = SyncPrefectClient(machine.api)

    def ended(run: Any) -> Any:
        now = client.read_flow_run(run.id)
        return now if now.state and now.state.is_final() else None

    nightly = client.read_deployment_by_name("nightly/nightly").id
    night = client.create_flow_run_from_deployment(nightly)
    assert wait_for(lambda: ended(night)).state_name == "Failed"
    found = rows(machine)
    assert {name: row["status"] for name, row in found.items()} == {
        "good": "completed",
        "late": "failed",
    }
    media = Path(found["good"]["media_url"])
    assert media.is_relative_to(machine.folder / "made")
    assert media.is_file()

    calls.sound("late.webm")
    shards = client.read_deployment_by_name("compose-shard/compose-shard").id
    (shard,) = [run for run in client.read_flow_runs() if run.deployment_id == shards]
    client.set_flow_run_state(shard.id, AwaitingRetry())
    assert wait_for(lambda: ended(shard)).state_name == "Completed"
    assert rows(machine)["late"]["status"] == "completed"
