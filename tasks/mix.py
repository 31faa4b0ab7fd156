"""Make one composition."""

from __future__ import annotations

import hashlib
import json
from dataclasses import astuple
from datetime import UTC, datetime
from typing import Any

from prefect import State, task
from prefect.client.schemas.objects import TaskRun
from prefect.context import TaskRunContext
from prefect.runtime import task_run
from prefect.states import Failed
from prefect.transactions import get_transaction

from roomreel import __version__
from roomreel.batch.planning import PlannedJob
from roomreel.compose.one import compose
from roomreel.compose.outcome import failed
from roomreel.compose.publish import files_of, is_stored
from roomreel.documents.plan import plan_json
from roomreel.encryption import encryptor_of
from roomreel.errors import RoomreelError, StorageFailed
from roomreel.logs import about
from roomreel.maintenance.places import RESULTS
from roomreel.metrics import timed
from roomreel.model.composition import Files, Outcome
from roomreel.settings import Settings
from roomreel.tasks.artifacts import artifact_key
from roomreel.tasks.edge import attempt
from roomreel.tasks.log import log
from roomreel.tasks.progress import ProgressArtifact
from roomreel.text import shortened

# What a limit by tag keeps from outnumbering the cores.
ENCODES = "encode"
RETRIES = 2
RETRY_DELAYS_S = [5.0, 30.0]


def mix_key(_context: TaskRunContext | None, parameters: dict[str, Any]) -> str:
    """The key of a mix's result: the sid, and a digest of all else that decides it.

    Plan, inputs, encryption, the engine's version, and the place: what one store has is not what
    another one needs. Prefect's own keys leave the task out, so that two tasks with equal arguments
    share a result.
    """
    work, settings = parameters["work"], parameters["settings"]
    encryptor, place = encryptor_of(settings), files_of(work.job, settings).media
    what = (
        plan_json(work.plan),
        work.job.inputs_sha256,
        f"{encryptor.format}-{encryptor.fingerprint}",
        place,
        __version__,
    )
    return f"{RESULTS}{work.job.sid}-{hashlib.sha256(json.dumps(what).encode()).hexdigest()}"


def mix_name() -> str:
    """Return the name of the run of a mix: room and template, in a length a list can show."""
    job = task_run.parameters["work"].job
    room, template = job.manifest.room.unique_name, job.template.friendly_name
    return f"mix audio and publish {shortened(room)} / {shortened(template)}"


def is_worth_a_retry(_task: Any, _run: TaskRun, state: State[Any]) -> bool:
    """Whether the same inputs may come out otherwise within the minute: storage may come back."""
    return isinstance(state.data, Outcome) and state.data.failure_code == StorageFailed.code


def is_in_place(outcome: Outcome, files: Files, *, cached: bool = False) -> bool:
    """Whether the file of a completed composition is there in the size it was made in.

    Args:
        files: where this run publishes it; a result that names other places is not taken.
        cached: whether the result comes from the cache: that tells what was made once, not what is
            there now, so the bytes are compared too.
    """
    made = outcome.files
    if made is None or {*astuple(made)} - {None, *astuple(files)}:
        return False
    digest = outcome.media_sha256 if cached else None
    return is_stored(made.media, outcome.size_bytes, digest)


@task(
    task_run_name=mix_name,
    tags=[ENCODES],
    persist_result=True,
    cache_key_fn=mix_key,
    retries=RETRIES,
    retry_delay_seconds=RETRY_DELAYS_S,
    retry_condition_fn=is_worth_a_retry,
)
def mix(work: PlannedJob, settings: Settings) -> Outcome | State[Outcome]:
    """Make one composition, or end Failed with its code and plain words.

    Returns:
        The outcome; of a failure, in the data of a Failed state, which Prefect shows without the
        wall of a traceback.
    """
    started = datetime.now(UTC)
    names = work.job.manifest.room.unique_name, work.job.template.friendly_name
    progress = ProgressArtifact(artifact_key(work.job.sid, settings, *names, "mix"))
    with about(work.job), timed("mix"):
        result = attempt(compose, work.job, work.plan, settings, progress)
        log(result, work.job.manifest.room)
    if isinstance(result, RoomreelError):
        _keep_no_result()
        outcome = failed(work.job, result, started, datetime.now(UTC))
        return Failed(message=str(result), data=outcome)
    return result


def _keep_no_result() -> None:
    # Prefect 3 writes the data of a returned Failed state under the cache key like any result, and
    # then takes it for a success: the failure would never be tried again.
    transaction = get_transaction()
    if transaction is not None:
        transaction.write_on_commit = False
