"""Make one composition: what is not drawn yet, its sound, and the published file."""

from __future__ import annotations

from typing import Any

from prefect import State, task
from prefect.client.schemas.objects import TaskRun
from prefect.context import TaskRunContext
from prefect.runtime import task_run
from prefect.states import Failed
from prefect.transactions import get_transaction

from roomreel.batch.planning import PlannedJob
from roomreel.batch.render import (
    RETRIES,
    RETRY_DELAYS_S,
    is_worth_a_retry,
    render_composition,
    result_key,
)
from roomreel.model.composition import Outcome
from roomreel.service.requests.watch import watch
from roomreel.settings import Settings
from roomreel.tasks.artifacts import artifact_key
from roomreel.tasks.progress import ProgressArtifact
from roomreel.text import shortened

# What a limit by tag keeps from outnumbering the cores.
ENCODES = "encode"


def render_key(_context: TaskRunContext | None, parameters: dict[str, Any]) -> str:
    """Return the key of a render's result.

    Prefect's own keys leave the task out, so that two tasks with equal arguments share a result.
    """
    return result_key(parameters["planned"], parameters["settings"])


def render_name() -> str:
    """Return the name of the run: room and template, in a length a list can show."""
    job = task_run.parameters["planned"].job
    room, template = job.manifest.room.unique_name, job.template.friendly_name
    return f"mix audio and publish {shortened(room)} / {shortened(template)}"


def _is_worth_a_retry(_task: Any, _run: TaskRun, state: State[Any]) -> bool:
    return isinstance(state.data, Outcome) and is_worth_a_retry(state.data)


@task(
    task_run_name=render_name,
    tags=[ENCODES],
    persist_result=True,
    cache_key_fn=render_key,
    retries=RETRIES,
    retry_delay_seconds=RETRY_DELAYS_S,
    retry_condition_fn=_is_worth_a_retry,
)
def render(planned: PlannedJob, settings: Settings) -> Outcome | State[Outcome]:
    """Make one composition, or end Failed with its code and plain words.

    Returns:
        The outcome; of a failure, in the data of a Failed state, which Prefect shows without the
        wall of a traceback.
    """
    job = planned.job
    names = job.manifest.room.unique_name, job.template.friendly_name
    key = artifact_key(job.sid, settings, *names, "mix")
    with watch([job], settings) as also:
        outcome = render_composition(planned, settings, ProgressArtifact(key, also))
    if outcome.failure_code is None:
        return outcome
    _keep_no_result()
    return Failed(message=f"{outcome.failure_code}: {outcome.failure_message}", data=outcome)


def _keep_no_result() -> None:
    # Prefect 3 writes the data of a returned Failed state under the cache key like any result, and
    # then takes it for a success: the failure would never be tried again.
    transaction = get_transaction()
    if transaction is not None:
        transaction.write_on_commit = False
