"""Checks of `roomreel up --check`: the server and what it holds, and the machine itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from roomreel.cli.doctor import Check, State

if TYPE_CHECKING:
    from roomreel.cli.site import SiteOptions
    from roomreel.flows.site.parts import Site

POSTGRES = "postgresql+asyncpg"
"""The scheme of the database that a server in production has."""


def of_site(asked: SiteOptions) -> Iterator[Check]:
    """Yield everything that `up` brings, and whether it is there."""
    from roomreel.flows.site.processes import answers

    if not answers(asked.api):
        yield Check("server", State.MISSING, f"nothing answers at {asked.api}", "roomreel up")
        return
    yield Check("server", State.OK, asked.api)
    from roomreel.flows.site.parts import PARTS, connected, online, server_settings

    site = connected(asked.encodes, asked.webhook)
    yield from _server_checks(server_settings(site))
    lacking = [(part, part.missing(site)) for part in PARTS]
    for part, names in lacking:
        if names:
            yield Check(part.kind, State.MISSING, f"no {', '.join(names)}", "roomreel up")
        else:
            yield Check(part.kind, State.OK, ", ".join(part.wanted(site)))
    if not any(names for _, names in lacking):
        yield from _paused_checks(site)
    # The pool comes first, and without it there is nothing to ask.
    has_pool = not lacking[0][1]
    if has_pool:
        yield from _pool_checks(site)
    names = [*online(site)] if has_pool else []
    if names:
        yield Check("worker", State.OK, f"online: {', '.join(names)}")
    else:
        yield Check("worker", State.MISSING, "no worker is online", "run roomreel up")


def of_machine(home: Path) -> Iterator[Check]:
    """Yield whether the workers of this machine have where to keep what they need for a while."""
    from roomreel.flows.site.temporary import own, unusable

    found = list(unusable(home))
    if not any(is_needed for _, is_needed, _ in found):
        yield Check("temporary folder", State.OK, str(own(home)))
    for folder, is_needed, remedy in found:
        state = State.MISSING if is_needed else State.WARNING
        yield Check("temporary folder", state, f"{folder} cannot be written", remedy)


def _paused_checks(site: Site) -> Iterator[Check]:
    """Yield a check of what was switched off in the UI, and stays so."""
    from roomreel.flows.site.paused import paused

    for kind, words, remedy in paused(site):
        yield Check(kind, State.WARNING, words, remedy)


def _pool_checks(site: Site) -> Iterator[Check]:
    from roomreel.flows.site.parts import RUNS_BESIDE
    from roomreel.flows.site.processes import POOL
    from roomreel.flows.site.slots import limit, stuck

    most = limit(site.client)
    if most is not None and most <= RUNS_BESIDE:
        words = f"{most} slots leave none for shards beside the runs that wait for them"
        remedy = f"prefect work-pool set-concurrency-limit {POOL} N, of more than {RUNS_BESIDE}"
        yield Check("work pool slots", State.MISSING, words, remedy)
    if waiting := stuck(site.client):
        words = f"held by runs that no worker has at work: {', '.join(waiting)}"
        remedy = "cancel or delete them; automations end such runs within minutes"
        yield Check("work pool slots", State.MISSING, words, remedy)


def _server_checks(server: Mapping[str, Any]) -> Iterator[Check]:
    driver = server["database"]["driver"]
    if driver == POSTGRES:
        yield Check("database", State.OK, "PostgreSQL")
    else:
        kind = "SQLite" if driver else "of unknown kind"
        remedy = "use --database in production: see docs/operations.md"
        yield Check("database", State.WARNING, kind, remedy)
    if "flow_runs" in server["services"]["db_vacuum"]["enabled"]:
        yield Check("retention of runs", State.OK, "old runs are removed")
    else:
        remedy = "start the server with the variables of prefect.env"
        yield Check("retention of runs", State.MISSING, "the database grows for ever", remedy)
