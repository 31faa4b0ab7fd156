"""The Prefect server and the worker of one machine, as long as `roomreel up` runs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from urllib.request import urlopen

import psutil

from roomreel.errors import OrchestratorFailed
from roomreel.flows.orchestration.runtime import remedy_of
from roomreel.flows.site.temporary import own

POOL = "roomreel"
REQUESTS_POOL = "roomreel-requests"
ENVIRONMENT_FILE = files(__package__) / "prefect.env"
# The first start makes the tables, on a database that may be busy or far.
_START_TIMEOUT_S = 300
# A worker ends its runs first, and those their renders.
_END_TIMEOUT_S = 30
_POLL_S = 0.5
# Of each log; as much again is kept of what was before. A server writes some MB a month.
LOG_BYTES = 10_000_000
_NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


def site_environment() -> dict[str, str]:
    """Return the variables for the server and every worker, which prefect.env gives reasons for."""
    lines = ENVIRONMENT_FILE.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def answers(api: str) -> bool:
    """Return whether a Prefect server answers under the URL of its API."""
    with suppress(OSError), urlopen(f"{api}/health", timeout=5) as answer:  # noqa: S310
        return bool(answer.status == 200)
    return False


@dataclass
class Processes:
    """Commands of Prefect that run, each with its log.

    Attributes:
        home: the folder of their logs, and of what they keep for a while.
        after: by name, what is to be done once one was ended.
    """

    home: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    after: dict[str, Callable[[], None]] = field(default_factory=dict)

    def start(
        self,
        name: str,
        *words: str,
        is_up: Callable[[], bool],
        folder: Path | None = None,
        variables: Mapping[str, str] = _NO_VARIABLES,
    ) -> None:
        """Start a command of Prefect, unless it runs, and wait until it does what it is for.

        Args:
            folder: where it runs; unset: here.
            variables: of its environment, beyond ours.

        Raises:
            OrchestratorFailed: it ended, or takes longer than five minutes.
        """
        running = self.running.get(name)
        if running is None or running.poll() is not None:
            self._spawn(name, words, folder, variables)
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not is_up():
            self.check()
            if time.monotonic() > deadline:
                raise OrchestratorFailed(
                    f"the {name} is not up after {_START_TIMEOUT_S} s", f"see {self._log(name)}"
                )
            time.sleep(_POLL_S)

    def _spawn(
        self, name: str, words: Sequence[str], folder: Path | None, variables: Mapping[str, str]
    ) -> None:
        keep_short(self._log(name))
        with self._log(name).open("ab") as log, _interrupts_as_by_default():
            self.running[name] = subprocess.Popen(
                # -P: what lies where the command runs is not imported.
                [sys.executable, "-P", "-m", "prefect", *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                # A worker makes a folder of a fixed name there, which is another user's in /tmp.
                env={**os.environ, **variables, "TMPDIR": str(self._temporary())},
                # An interrupt from the terminal is for us, who end them in their order.
                start_new_session=True,
            )

    @property
    def logs(self) -> Path:
        """The folder of the logs."""
        return self.home / "logs"

    def wait(self) -> None:
        """Stay until one of them ends, which none should.

        Raises:
            OrchestratorFailed: one has ended.
        """
        while True:
            self.check()
            time.sleep(_POLL_S)

    def check(self) -> None:
        """Keep the logs short, and see that all of them run.

        Raises:
            OrchestratorFailed: one has ended.
        """
        for name in self.running:
            keep_short(self._log(name))
        for name, process in self.running.items():
            if process.poll() is not None:
                raise OrchestratorFailed(
                    f"the {name} ended with exit code {process.returncode}",
                    remedy_of(self._log(name)),
                )

    def _temporary(self) -> Path:
        folder = own(self.home)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def end(self) -> None:
        """End all of them, the last one first, and whatever they have started."""
        for name, process in reversed(self.running.items()):
            family = _family(process)
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_END_TIMEOUT_S)
            for member in family:
                with suppress(psutil.NoSuchProcess):
                    member.kill()
            process.wait()
            if name in self.after:
                self.after[name]()


def keep_short(log: Path) -> None:
    """Move what a log has beyond its length aside, over what was moved there before.

    Whoever appends to it goes on: it stays the same file.
    """
    if log.exists() and log.stat().st_size > LOG_BYTES:
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)


@contextmanager
def _interrupts_as_by_default() -> Iterator[None]:
    """Have what the body starts end by an interrupt, which is how Prefect's worker ends itself.

    A shell that is no terminal's has the commands in its background ignore interrupts, and what
    they start inherits that: the worker would not end before it is killed.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _family(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(process.pid)
        return [parent, *parent.children(recursive=True)]
    return []


@contextmanager
def processes(home: Path) -> Iterator[Processes]:
    """Processes that end with the body, whatever ends it."""
    started = Processes(home)
    started.logs.mkdir(parents=True, exist_ok=True)
    try:
        yield started
    finally:
        started.end()
