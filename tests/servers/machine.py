"""A machine of an operator: its settings, and `roomreel up` on it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil

ROOT = Path(__file__).parents[2]
# Starting, on a machine that does other things too.
PATIENCE_S = 400


class Machine:
    """One machine: its settings, and the commands an operator gives on it."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.api = f"http://127.0.0.1:{self.port}/api"
        (folder / "rooms").mkdir()
        values = {
            "manifests": str(folder / "rooms"),
            "media_roots": [str(folder / "rooms")],
            "store": str(folder / "store"),
        }
        lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
        (folder / "site.toml").write_text("\n".join(lines))
        self.options = ("--config", "site.toml", "--port", str(self.port), "--encodes", "2")
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
        self.environment = inherited | {
            "PYTHONPATH": str(ROOT),
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": database,
        }

    def command(self, *words: str) -> list[str]:
        code = "from roomreel.cli import main; main()"
        return [sys.executable, "-P", "-c", code, "up", *self.options, *words]

    def start(self, *words: str, log: str = "up.log") -> subprocess.Popen[str]:
        with (self.folder / log).open("w") as file:
            return subprocess.Popen(
                self.command(*words),
                cwd=self.folder,
                env=self.environment,
                stdout=file,
                stderr=file,
            )

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def ask(self, path: str) -> Any:
        return httpx.post(f"{self.api}/{path}/filter", json={}, timeout=60).json()

    def is_up(
        self, process: subprocess.Popen[str], log: str = "up.log", words: str = "UI:"
    ) -> None:
        """Wait until `roomreel up` has brought everything, or said other words."""
        deadline = time.monotonic() + PATIENCE_S
        while words not in (said := (self.folder / log).read_text()):
            assert process.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.5)

    def kill(self, process: subprocess.Popen[str]) -> None:
        """End it and whatever it has started at one stroke, as a loss of power does."""
        family = []
        with suppress(psutil.NoSuchProcess):
            family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        for each in family:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        process.wait()
