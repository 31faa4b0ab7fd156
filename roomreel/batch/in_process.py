"""A batch within this process: no server, no flow run; its log shows how it goes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import ParamSpec, TypeVar

from roomreel.batch.claims import Claims, NoClaims
from roomreel.batch.kept_results import KeptResults
from roomreel.batch.planning import RoomPlan
from roomreel.batch.report import BatchReport, Line
from roomreel.batch.selection import RunFilter
from roomreel.batch.steps import Batch, compose_batch
from roomreel.batch.threads import ThreadExecutor
from roomreel.compose.stored_settings import with_stored_settings
from roomreel.errors import StorageFailed
from roomreel.logs import LOG, log_to
from roomreel.maintenance.places import Machine
from roomreel.model.composition import Outcome
from roomreel.settings import Settings
from roomreel.settings.batches import Batches

P = ParamSpec("P")
T = TypeVar("T")

_NEED_PREFECT = {
    "spread": "every room is rendered by this process alone",
    "shards": "every room is composed by this process",
    "s3_credentials": "the store is asked with the AWS variables of this process",
}
"""Settings that ask something of Prefect, and what a run without it does instead."""


def compose_in_process(
    wanted: RunFilter, settings: Settings, claims: Claims | None = None
) -> BatchReport:
    """Compose every room that is wanted by every enabled template, once.

    Progress and warnings are lines of the logger `roomreel`, which are also written to the file
    that the settings name.

    Returns:
        A line for each composition, and for each document that cannot be used. Whether something
        failed is for the caller to see.

    Raises:
        KeyboardInterrupt: it was stopped; what was under way is recorded as cancelled.
        RoomreelError: nothing could be composed at all (settings, folders).
    """
    if not wanted.dry_run:
        log_to(settings.log_file)
        for name, instead in _NEED_PREFECT.items():
            if getattr(settings, name) not in {None, "none"}:
                LOG.warning("The setting %s needs Prefect: %s.", name, instead)
    settings = with_stored_settings(settings)
    run = InProcess(_machine_of(settings), claims=claims or NoClaims())
    return compose_batch(Batch(wanted, settings, run))


@dataclass
class InProcess:
    """The orchestrator of a run that has none."""

    machine: Machine
    run_id: str | None = None
    stops: tuple[type[BaseException], ...] = (KeyboardInterrupt,)
    claims: Claims = field(default_factory=NoClaims)

    def call(self, step: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a step."""
        return step(*args, **kwargs)

    @contextmanager
    def executor(self, settings: Batches) -> Iterator[ThreadExecutor]:
        """Yield an executor of as many threads as the settings have workers."""
        pool = ThreadPoolExecutor(settings.workers, thread_name_prefix="render")
        results = KeptResults(self.machine.results)
        with ExitStack() as at_end:
            try:
                yield ThreadExecutor(pool, settings, results, self.claims, at_end)
            finally:
                # What runs by now ends by itself: after an error nobody takes in what it comes to.
                pool.shutdown(cancel_futures=True)

    def show_outcome(self, room: RoomPlan, outcome: Outcome) -> None:
        """Show nothing: the log and the report have it."""

    def show_failures(self, lines: Iterable[Line]) -> None:
        """Show nothing: the report has them."""


def _machine_of(settings: Settings) -> Machine:
    machine = Machine.of(settings)
    has_server = "PREFECT_API_URL" in os.environ
    if has_server or (settings.prefect_root / "prefect.db").exists():
        return replace(machine, unpublish=_leave_pictures)
    return machine


def _leave_pictures(_sids: Iterable[str]) -> int:
    # Not noted as done, so that a run with Prefect finds them, too.
    raise StorageFailed(
        "the pictures of deleted compositions stay in Prefect",
        "the next run with Prefect, or roomreel retention, removes them",
    )
