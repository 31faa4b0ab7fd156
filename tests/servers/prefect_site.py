"""A Prefect server with a work pool, deployments and process workers, as an operator has them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar
from uuid import UUID

import httpx
import psutil
import yaml
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import FlowRun
from prefect.events.schemas.automations import AutomationCore
from prefect.utilities.callables import parameter_schema

from roomreel.flows.site.parts import AUTOMATIONS_FILE
from roomreel.flows.site.processes import site_environment

ROOT = Path(__file__).parents[2]
POOL = "roomreel"
# Starting, on a machine that does other things too.
PATIENCE_S = 300.0
T = TypeVar("T")


def wait_for(what: Callable[[], T | None], seconds: float = PATIENCE_S) -> T:
    """What `what` gives as soon as it is something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.2)
    raise AssertionError(f"waited {seconds} s in vain")


def _home_of_another(home: Path) -> dict[str, str]:
    names = ("HOME", "TMPDIR", "PREFECT_HOME", "PREFECT_LOCAL_STORAGE_PATH", "ROOMREEL_SCRATCH")
    for name in names:
        (home / name.lower()).mkdir(exist_ok=True)
        os.chown(home / name.lower(), home.stat().st_uid, home.stat().st_gid)
    return {name: str(home / name.lower()) for name in names}


@dataclass
class Site:
    """One server and its workers, whose files and logs are in one folder.

    Attributes:
        database: URL of the server's database; "": SQLite in the folder.
        path: folders that flows are imported from, beside the checkout.
    """

    folder: Path
    database: str = ""
    path: tuple[Path, ...] = ()
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __enter__(self) -> Self:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.api = f"http://127.0.0.1:{self.port}/api"
        self.client = SyncPrefectClient(self.api)
        try:
            self.server()
        except BaseException:
            self.__exit__()
            raise
        self.client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.processes):
            self.stop(process)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that the server, workers and flows run with."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
        return inherited | {
            **site_environment(),
            "PREFECT_HOME": str(self.folder / "prefect"),
            "PREFECT_API_URL": self.api,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_LOCAL_STORAGE_PATH": str(self.folder / "results"),
            "PYTHONPATH": os.pathsep.join(map(str, (ROOT, *self.path))),
            **({"PREFECT_API_DATABASE_CONNECTION_URL": self.database} if self.database else {}),
        }

    def start(
        self, name: str, *words: str, of: str = "prefect", uid: int | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a command of Prefect, or of another module; what it prints is in `<name>.log`.

        Args:
            uid: of another user, who has a home of its own, may read everything, so that it finds
                this checkout, and may write what others may.
        """
        before, home = [], self.folder
        if uid is not None:
            home = self.folder / f"home-{uid}"
            home.mkdir(exist_ok=True)
            os.chown(home, uid, uid)
            reading = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
            before = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *reading]
        own = {} if uid is None else _home_of_another(home)
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [*before, sys.executable, "-m", of, *words],
                env=self.environment | own,
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def server(self) -> subprocess.Popen[bytes]:
        """Start the server, and wait until it answers."""
        words = ("server", "start", "--host", "127.0.0.1", "--port", str(self.port))
        process = self.start("server", *words)
        wait_for(self._is_ready)
        return process

    def worker(self, name: str = "worker", uid: int | None = None) -> subprocess.Popen[bytes]:
        """Start a worker and wait until the server knows it."""
        words = ("worker", "start", "--pool", POOL, "--type", "process", "--name", name)
        process = self.start(name, *words, uid=uid)
        wait_for(
            lambda: [w for w in self.client.read_workers_for_work_pool(POOL) if w.name == name]
        )
        return process

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """End a process and whatever it started."""
        family = [process.pid]
        with suppress(psutil.Error):
            family += [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()

    def deploy(self, flow: Any, entrypoint: str, parameters: Mapping[str, Any]) -> UUID:
        """Deploy a flow under its own name; `entrypoint` is module and function."""
        flow_id = self.client.create_flow_from_name(flow.name)
        return self.client.create_deployment(
            flow_id,
            flow.name,
            entrypoint=entrypoint,
            parameters=dict(parameters),
            work_pool_name=POOL,
            parameter_openapi_schema=parameter_schema(flow).model_dump_for_openapi(),
            tags=["roomreel"],
            pull_steps=[{"prefect.deployments.steps.set_working_directory": {"directory": "."}}],
        )

    def automate(self, word: str, within_s: int | None = None) -> None:
        """Make the automation of a real site whose name has this word; sooner, where told so."""
        document = yaml.safe_load(AUTOMATIONS_FILE.read_text(encoding="utf-8"))
        (found,) = [each for each in document["automations"] if word in each["name"]]
        if within_s is not None:
            found["trigger"]["within"] = within_s
        self.client.create_automation(AutomationCore.model_validate(found))

    def run(self, deployment: UUID, **parameters: Any) -> UUID:
        """Ask for a run, as "Custom run" does."""
        return self.client.create_flow_run_from_deployment(deployment, parameters=parameters).id

    def end_of(self, run_id: UUID, seconds: float = PATIENCE_S) -> Any:
        """The run once it has ended."""

        def ended() -> FlowRun | None:
            run = self.client.read_flow_run(run_id)
            return run if run.state and run.state.is_final() else None

        return wait_for(ended, seconds)

    def _is_ready(self) -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self.api}/health").status_code == 200
        return False
