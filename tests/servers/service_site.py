"""`roomreel serve` on a machine of its own folder, and a client of its API."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import httpx
import psutil

ROOT = Path(__file__).parents[2]
# Starting, on a machine that does other things too.
PATIENCE_S = 400.0
CODE = "from roomreel.cli import main; main()"
GRID = json.dumps({"grid": {"video_sources": ["*"]}})


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


class ServiceSite:
    """One instance, started and killed as a test wants.

    Attributes:
        config: file of the settings.
        environment: variables beside those of this process.
        ready: what it prints when as much of it is there as a test needs.
    """

    ready = "UI:"

    def __init__(
        self, folder: Path, config: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.folder, self.config = folder, config
        self.port, self.prefect_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
        self.environment = inherited | {"PYTHONPATH": str(ROOT)} | dict(environment or {})
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def prefect_api(self) -> str:
        """URL of Prefect's server."""
        return f"http://127.0.0.1:{self.prefect_port}/api"

    @property
    def log(self) -> Path:
        """What it prints."""
        return self.folder / "serve.log"

    def start(self, *words: str) -> None:
        """Start it, and wait until all is brought up."""
        ports = ("--port", str(self.port), "--prefect-port", str(self.prefect_port))
        command = [sys.executable, "-P", "-c", CODE, "serve", "--config", str(self.config), *ports]
        said_before = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *words],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + PATIENCE_S
        while self.ready not in (said := self.log.read_text()[said_before:]):
            assert self.process.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.2)

    def stop(self) -> int | None:
        """End it as an operator does; return its exit code."""
        if self.process is None:
            return None
        family = self.family()
        self.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(300)
        for each in family:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        return self.process.wait()

    def kill(self) -> None:
        """End it and whatever it has started at one stroke, as a loss of power does."""
        for each in self.family():
            with suppress(psutil.NoSuchProcess):
                each.kill()
        if self.process is not None:
            self.process.wait()

    def family(self) -> list[psutil.Process]:
        """The process, and whatever it has started."""
        with suppress(psutil.NoSuchProcess):
            if self.process is not None:
                parent = psutil.Process(self.process.pid)
                return [parent, *parent.children(recursive=True)]
        return []

    @property
    def account(self) -> tuple[str, str]:
        """Account sid and auth token."""
        home = next(self.folder.rglob("account.json"))
        members = json.loads(home.read_text())
        return members["account_sid"], members["auth_token"]

    def client(self, timeout: float = 60) -> httpx.Client:
        """A client that signs in with the account."""
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
        url = f"{self.url}/v1"
        return httpx.Client(base_url=url, auth=self.account, timeout=timeout, limits=limits)


def create(client: httpx.Client, room: str, **form: Any) -> dict[str, Any]:
    """Ask for a composition of all that is heard of a room, or of what the form says."""
    asked = {"RoomSid": room, "AudioSources": "*", "Format": "mp4"} | form
    answer = client.post("/Compositions", data=asked)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def fetch(client: httpx.Client, sid: str) -> dict[str, Any]:
    """The composition as it is now."""
    answer = client.get(f"/Compositions/{sid}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def wait_for_status(
    client: httpx.Client, sid: str, *wanted: str, seconds: float = PATIENCE_S
) -> dict[str, Any]:
    """The composition as soon as it has one of these states."""
    deadline = time.monotonic() + seconds
    while (found := fetch(client, sid))["status"] not in wanted:
        assert time.monotonic() < deadline, found
        assert found["status"] not in {"completed", "failed", "deleted"}, found
        time.sleep(0.1)
    return found
