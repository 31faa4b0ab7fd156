"""A site: Prefect's server, what it has to hold, and the workers of this machine."""

from __future__ import annotations

import io
import os
import signal
import socket
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn
from urllib.parse import urlsplit

import typer

from roomreel.cli import console
from roomreel.cli.doctor import Check, State, print_checks
from roomreel.cli.up_checks import POSTGRES, of_machine, of_site
from roomreel.errors import SettingsInvalid
from roomreel.model.location import without_secrets

if TYPE_CHECKING:
    from roomreel.flows.site.parts import Site
    from roomreel.flows.site.processes import Processes
    from roomreel.settings import Reading

DATABASE_VARIABLE = "PREFECT_SERVER_DATABASE_CONNECTION_URL"
# By scheme of the URL; SQLAlchemy has a driver for each.
DRIVERS = (POSTGRES, "sqlite+aiosqlite")


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """The options of the command line.

    Attributes:
        api: URL of the server's API.
        is_own: whether this machine starts that server. One that PREFECT_API_URL names it does not.
        encodes: None where it is not said.
        runs: that the worker takes at a time.
    """

    api: str
    is_own: bool
    database: str | None
    encodes: int | None
    runs: int
    webhook: str | None


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker of this machine.

    Attributes:
        pool: that it serves.
        what: what it is called.
        runs: that it takes at a time.
        variables: of its environment.
    """

    pool: str
    what: str
    runs: int
    variables: Mapping[str, str] = field(default_factory=dict)


def _of_requests(options: SiteOptions) -> Worker:
    from roomreel.flows.site.processes import REQUESTS_POOL

    # Somebody waits for what was asked for: it looks every second, where others do every ten.
    looks = {"PREFECT_WORKER_QUERY_SECONDS": "1"}
    return Worker(REQUESTS_POOL, "worker of requests", options.runs, looks)


DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        help="Where Prefect's server keeps its runs: postgresql+asyncpg://user:password@host/name. "
        "Without: SQLite, for evaluation only.",
        envvar=DATABASE_VARIABLE,
        show_envvar=True,
    ),
]
Encodes = Annotated[
    int | None, typer.Option(min=1, help="Encodes at a time, on all machines; unset: cores.")
]
MostRuns = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Runs at a time of the worker on this machine; unset: its cores, and one for the"
        " run that waits for them.",
        envvar="ROOMREEL_RUNS",
    ),
]
WebhookUrl = Annotated[
    str | None, typer.Option(help="URL that failures are posted to.", envvar="ROOMREEL_WEBHOOK")
]
CheckOnly = Annotated[
    bool, typer.Option("--check", help="Show what is missing, and change nothing.")
]


def options_of(
    database: str | None, port: int, encodes: int | None, runs: int | None, webhook: str | None
) -> SiteOptions:
    """Return the options of a command line.

    Args:
        port: of the server, unless PREFECT_API_URL names one.

    Raises:
        SettingsInvalid: the URL of the database is none.
    """
    named = os.environ.get("PREFECT_API_URL")
    api = named or f"http://127.0.0.1:{port}/api"
    most = runs or (os.cpu_count() or 1) + 1
    return SiteOptions(api, not named, _checked(database), encodes, most, webhook)


def check_site(
    reading: Reading, options: SiteOptions, *, as_json: bool, more: Iterable[Check] = ()
) -> NoReturn:
    """Print what is there and what is missing, and exit.

    Args:
        more: what else was looked at.
    """
    from roomreel.flows.orchestration.runtime import answering

    with answering("try again, or roomreel up"):
        checks = [*of_machine(reading.settings.prefect_root), *of_site(options), *more]
    print_checks(checks, reading, as_json=as_json)
    raise typer.Exit(any(each.state is State.MISSING for each in checks))


def prepare_to_stay() -> None:
    """Have a signal end this process in order, and its lines be written as they come."""
    signal.signal(signal.SIGTERM, _interrupt)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # It runs for weeks; what it says is for now, in a file or a journal, too.
        sys.stdout.reconfigure(line_buffering=True)


def environment(reading: Reading, options: SiteOptions) -> dict[str, str]:
    """Return the variables that the server, the worker and the runs of this machine have."""
    from roomreel.flows.orchestration.runtime import prefect_environment
    from roomreel.flows.site.processes import site_environment

    sqlite = reading.settings.prefect_root / "prefect.db"
    database = options.database or f"sqlite+aiosqlite:///{sqlite}"
    return {
        **{name: os.environ.get(name, value) for name, value in site_environment().items()},
        **prefect_environment(reading.settings),
        "PREFECT_API_URL": options.api,
        DATABASE_VARIABLE: database,
        "PREFECT_SERVER_DATABASE_DRIVER": urlsplit(database).scheme,
        # The folder of a run is one of its own, so it reads the settings from these.
        **reading.environment,
    }


def bring_up(options: SiteOptions, started: Processes) -> None:
    """Start and make what is missing.

    Raises:
        OrchestratorFailed: the server is elsewhere and does not answer, a process does not start;
            a deployment is not taken.
    """
    while not _is_brought_up(options, started):
        console.say("the server ended meanwhile: starting again", "yellow")
    console.out_literal(f"UI: {options.api.removesuffix('/api')}")


def _is_brought_up(options: SiteOptions, started: Processes) -> bool:
    """Start and make what is missing; return whether the server still answers after all of that.

    The one that was there in the beginning may have been about to end: another `up` started it.
    """
    from roomreel.errors import OrchestratorFailed
    from roomreel.flows.orchestration.runtime import answering
    from roomreel.flows.site.processes import answers

    _start_server(options, started)
    try:
        with answering("see server.log in the logs of prefect_home"):
            _complete(options, started)
    except OrchestratorFailed:
        if started.running.get("server") or answers(options.api):
            raise
    return answers(options.api)


def _complete(options: SiteOptions, started: Processes) -> None:
    # Imports Prefect, which reads the environment set before.
    from roomreel.flows.site.parts import complete, connected, differences, online
    from roomreel.flows.site.processes import POOL

    site = connected(options.encodes, options.webhook)
    for kind, names in complete(site):
        console.out_literal(f"{kind}: {'created ' + ', '.join(names) if names else 'exists'}")
    for words in differences(site):
        console.say(words, "yellow")
    workers = (Worker(POOL, "worker", options.runs), _of_requests(options))
    # Before anything is waited for: a heartbeat that comes meanwhile counts, too.
    seen = [online(site, worker.pool).get(socket.gethostname()) for worker in workers]
    for worker, before in zip(workers, seen, strict=True):
        _start_worker(site, worker, before, started)


def _start_server(options: SiteOptions, started: Processes) -> None:
    from roomreel.errors import OrchestratorFailed
    from roomreel.flows.site.processes import answers

    if answers(options.api):
        console.out_literal("server: running")
        return
    if not options.is_own:
        raise OrchestratorFailed(
            f"nothing answers at {without_secrets(options.api)}",
            "start the server there, or unset PREFECT_API_URL to have one on this machine",
        )
    if options.database is None:
        console.say("server on SQLite: for evaluation only; use --database in production", "yellow")
    where = urlsplit(options.api)
    words = ("--host", str(where.hostname), "--port", str(where.port))
    # Not here: Alembic, which makes its tables, takes modules from the working directory.
    folder = started.logs
    started.start(
        "server", "server", "start", *words, is_up=lambda: answers(options.api), folder=folder
    )
    console.out_literal("server: started")


def _start_worker(site: Site, worker: Worker, before: datetime | None, started: Processes) -> None:
    """Start a worker of this machine, unless one of its name is at work.

    Args:
        before: the last heartbeat of one that is online.
    """
    from roomreel.flows.site.parts import forget_worker, is_alive, online

    name = socket.gethostname()
    if before is not None:
        # It may have been killed a moment ago, and then nothing would serve the pool.
        console.say(f"waiting for a heartbeat of {worker.what} {name}")
        if is_alive(site, name, worker.pool, before):
            console.out_literal(f"{worker.what}: running")
            return
    words = ("--pool", worker.pool, "--type", "process", "--name", name)

    def is_up() -> bool:
        return online(site, worker.pool).get(name, before) != before

    started.start(
        worker.what,
        *("worker", "start", *words, "--limit", str(worker.runs)),
        is_up=is_up,
        variables=worker.variables,
    )
    # The next start need not wait for a heartbeat of it.
    started.after[worker.what] = lambda: forget_worker(site, name, worker.pool)
    console.out_literal(f"{worker.what}: started")


def _checked(database: str | None) -> str | None:
    # Not repeated: there is a password in it.
    if database is not None and urlsplit(database).scheme not in DRIVERS:
        raise SettingsInvalid(
            f"the URL of the database does not begin with {' or '.join(DRIVERS)}",
            f"such as {POSTGRES}://user:password@host/name",
        )
    return database


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)
