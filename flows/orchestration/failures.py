"""Failures that no task of a run had, as failed task runs: what graph and list show."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import task_run
from prefect.states import Failed

from roomreel.batch.report import Line
from roomreel.batch.report import State as Became
from roomreel.errors import DocumentInvalid, TemplateInvalid
from roomreel.text import printable, shortened

# Each costs the server some calls; a page of the UI shows no more. All are in the artifact.
MOST_SHOWN = 100

_OF_DOCUMENTS = frozenset({DocumentInvalid.code, TemplateInvalid.code})


def show(lines: Iterable[Line]) -> None:
    """Leave a failed task run, with name and message, for each line of a failure."""
    failed = [line for line in lines if line.state is Became.FAILED]
    for line in failed[:MOST_SHOWN]:
        message = f"{line.code}: {printable(line.message)}"
        _failure(name_of(line), message, return_state=True)
    if failed[MOST_SHOWN:]:
        more = f"{len(failed) - MOST_SHOWN} more failures"
        _failure(more, "see the artifact night", return_state=True)


def name_of(line: Line) -> str:
    """Return what the run is called that stands for a failure."""
    if line.code in _OF_DOCUMENTS and not line.composition:
        return f"read {shortened(PurePosixPath(line.room).name)}"  # the message has all of it
    what = " / ".join(shortened(part) for part in (line.room, line.template) if part)
    return f"compose {what}" if line.template or line.composition else what


def _name() -> str:
    return str(task_run.parameters["name"])


@task(task_run_name=_name, persist_result=False, cache_policy=NO_CACHE, retries=0)
def _failure(name: str, message: str) -> State[Any]:
    """Fail with this message."""
    del name  # it is the name of the run
    return Failed(message=message)
