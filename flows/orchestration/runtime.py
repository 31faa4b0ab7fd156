"""The environment of a flow: Prefect's home, and a server where there is none.

Prefect reads its environment when it is imported, so this module does not import it:

    with orchestrator(settings):
        from roomreel.flows.nightly import nightly

        report = nightly()
"""

from __future__ import annotations

import importlib
import os
import selectors
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from roomreel.errors import OrchestratorFailed
from roomreel.model.location import without_secrets
from roomreel.settings import Settings
from roomreel.text import printable

SERVER = "roomreel.flows.orchestration.server"
"""The module that serves: its name is in the command line of the process."""

# The first start makes the database: 11 s on two idle cores, and there are slower machines.
STARTUP_TIMEOUT_S = 120
_STOP_TIMEOUT_S = 10
# SQLite writes a few pages of 4 kB at a time, and what it frees again it takes again.
_FULL_BYTES = 1_000_000
# A server of minutes has no automations and no pages that would read events, and no one who would
# remove them: they have all of an artifact in them, also of one that was removed.
_SERVER = {"PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED": "false"}
# As in site/prefect.env, which has the reason: a server that is started later uses this database.
_LEASE_STORAGE = "prefect.server.concurrency.lease_storage.filesystem"
# What Prefect raises, as a RuntimeError, where it cannot connect.
_UNREACHED = "Failed to reach API"


@contextmanager
def answering(remedy: str | Path) -> Iterator[None]:
    """Run the body, which asks the server that PREFECT_API_URL names.

    Args:
        remedy: what to do where it does not answer; of a server of this machine, its log.

    Raises:
        OrchestratorFailed: the server did not answer, or answered that it failed.
    """
    # Not above: this module is imported by commands that need no server.
    import httpx

    try:
        yield
    except httpx.HTTPError as error:
        raise _unanswered(str(error) or type(error).__name__, remedy) from error
    except RuntimeError as error:
        if _UNREACHED not in str(error):
            raise
        raise _unanswered("it cannot be reached", remedy) from error


def _unanswered(reason: str, remedy: str | Path) -> OrchestratorFailed:
    url = os.environ.get("PREFECT_API_URL")
    where = f" at {without_secrets(url)}" if url else ""
    words = f"the Prefect server{where} does not answer: {reason}"
    return OrchestratorFailed(words, remedy_of(remedy) if isinstance(remedy, Path) else remedy)


def remedy_of(log: Path) -> str:
    """Return what to do about a process whose log and database are on a disk of this machine."""
    # A full one keeps the log from saying so, and SQLite ends the server without a word.
    if shutil.disk_usage(log.parent).free < _FULL_BYTES:
        return f"the disk of {log.parent} is full: make room there, and run it again"
    return f"see {log}"


def prefect_environment(
    settings: Settings, environ: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the variables Prefect needs to run in a home of its own, to set before its import.

    Args:
        settings: says where that home is.
        environ: what is set already and stands, but for PREFECT_HOME; unset: the process's own.
    """
    home = settings.prefect_root.absolute()
    wanted = {
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": str(STARTUP_TIMEOUT_S),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": _LEASE_STORAGE,
        "DO_NOT_TRACK": "1",
        "PREFECT_LOCAL_STORAGE_PATH": str(home / "storage"),
        "PREFECT_LOGGING_LEVEL": "INFO",
    }
    given = os.environ if environ is None else environ
    chosen = {name: given.get(name, value) for name, value in wanted.items()}
    return {"PREFECT_HOME": str(home), **chosen}


@contextmanager
def orchestrator(settings: Settings, *, compact: bool = False) -> Iterator[None]:
    """Set Prefect's environment, and run a server as long as the body unless there is one.

    A set `PREFECT_API_URL` names a server that is there. The variables stay set: what Prefect
    has read, it has read.

    Args:
        compact: leave no byte in the database of the server of what the body removed from it.

    Raises:
        OrchestratorFailed: the server does not answer; its log says why.
    """
    os.environ.update(prefect_environment(settings))
    home = settings.prefect_root.absolute()
    home.mkdir(parents=True, exist_ok=True)
    if os.environ.get("PREFECT_API_URL"):
        with answering("start it there, or unset PREFECT_API_URL to have one for this run"):
            yield
        return
    log = home / "server.log"
    with _server(log) as (process, url):
        # Nobody can follow a link to pages that end with the run, and this server has none.
        os.environ.update({"PREFECT_API_URL": url, "PREFECT_UI_URL": ""})
        # Takes a second or two, in the shadow of the server's own start.
        importlib.import_module("prefect")
        _wait_until_ready(process, log)
        try:
            with answering(log):
                yield
        finally:
            _send_logs()
    if compact:
        _compact(home / "prefect.db")


def _compact(database: Path) -> None:
    """Write a database of SQLite again, without what its free pages still have."""
    # It is not there, where another one is set; locked, where another run has a server on it, and
    # then the next run does this.
    url = f"{database.as_uri()}?mode=rw"
    with suppress(sqlite3.Error), closing(sqlite3.connect(url, uri=True)) as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def _server(log: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    with socket.socket() as listener, log.open("wb") as errors:
        listener.bind(("127.0.0.1", 0))
        process = subprocess.Popen(
            # -P: what lies where the command runs is not imported.
            [sys.executable, "-P", "-m", SERVER, str(listener.fileno())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            # Alembic, which makes its tables, puts the working directory on the path all the same.
            cwd=log.parent,
            env=os.environ | _SERVER,
            pass_fds=[listener.fileno()],
            # An interrupt from the terminal is for the run, which then still has to report it.
            start_new_session=True,
        )
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/api"
    with process:
        try:
            yield process, url
        finally:
            _stop(process)


def _send_logs() -> None:
    # Prefect sends them from a thread of its own at the end of the process: too late for us.
    from prefect.logging.handlers import APILogWorker

    APILogWorker.drain_all(timeout=_STOP_TIMEOUT_S)


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    with selectors.DefaultSelector() as selector:
        if process.stdout:
            selector.register(process.stdout, selectors.EVENT_READ)
        # At its end without a line the stream is readable too: the server is gone.
        selected_recordings = selector.select(STARTUP_TIMEOUT_S)
        ready = selected_recordings and process.stdout and process.stdout.readline()
    if ready:
        return
    try:
        # Where its output has ended it has, too, or is about to.
        code = process.wait(_STOP_TIMEOUT_S if selected_recordings else 0)
    except subprocess.TimeoutExpired:
        words = f"the Prefect server did not start within {STARTUP_TIMEOUT_S} s"
    else:
        words = f"the Prefect server ended with exit code {code}: {_last_words(log)}"
    raise OrchestratorFailed(words, remedy_of(log))


def _last_words(log: Path) -> str:
    """Return the last line of a log, which is where a traceback says what it is about."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        lines = []
    return printable(next((line.strip() for line in reversed(lines) if line.strip()), "no word"))


def _stop(process: subprocess.Popen[bytes]) -> None:
    # Not by its standard input: asked to end, it first writes down the events it has.
    process.terminate()
    try:
        process.wait(_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
