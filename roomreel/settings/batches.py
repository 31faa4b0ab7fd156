"""Settings about all compositions: batches of them, how long they are kept, queries."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from roomreel.settings.kinds import FiguresFile, LocalPath
from roomreel.settings.places import Places
from roomreel.settings.rendering import Rendering


class Batches(Rendering):
    """The rooms that a run considers, who composes them, and what is said of it."""

    template_names: list[str] | None = Field(
        default=None,
        description="Friendly names of the templates that `nightly` uses; unset: all.",
    )
    window_days: Annotated[int, Field(ge=1)] = Field(
        default=7, description="Rooms that ended in the last n days are considered."
    )
    max_attempts: Annotated[int, Field(ge=1)] = Field(
        default=3, description="Attempts, one a run, at a failure that the inputs do not decide."
    )
    workers: Annotated[int, Field(ge=1)] = Field(
        default=1, description="Compositions rendered at the same time."
    )
    shards: str | None = Field(
        default=None,
        description="Deployment (`flow/name`) that `nightly` hands its work over to, such as "
        "`compose-shard/compose-shard`; unset: none, its own process does it.",
    )
    shard_s: Annotated[int, Field(ge=1)] = Field(
        default=600, description="Estimated CPU seconds of one shard."
    )
    log_file: LocalPath | None = Field(
        default=None,
        description="File of this machine that log lines are added to as JSON; unset: none. The"
        " page of a run shows them in any case; `serve` writes them, with one for each request, to"
        " standard error where there is no file.",
    )
    metrics_file: FiguresFile | None = Field(
        default=None,
        description="File of this machine (`.prom`) that figures for Prometheus are added to, in a "
        "folder that node_exporter's textfile collector reads; unset: none.",
    )


class Retention(Places):
    """The days for which things are kept."""

    retention_days: Annotated[int, Field(ge=0)] = Field(
        default=30, description="Days for which the row of what was deleted is kept."
    )
    delete_after_days: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Days after which a composition is deleted; unset: never."
    )


class Queries(Retention):
    """Queries over the catalogs."""

    sql_memory_bytes: Annotated[int, Field(ge=100_000_000)] = Field(
        default=2_000_000_000,
        description="Maximum memory of one query of `sql`, its result included.",
    )
    sql_timeout_s: Annotated[float, Field(gt=0)] = Field(
        default=600, description="Seconds after which a query of `sql` is ended."
    )
