"""Render the compositions of a batch: pictures that several share, then each composition."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple
from datetime import UTC, datetime

from roomreel import __version__
from roomreel.batch.edge import attempt
from roomreel.batch.planning import PlannedJob
from roomreel.compose.one import compose
from roomreel.compose.outcome import failed
from roomreel.compose.progress import OnProgress
from roomreel.compose.publish import files_of, is_stored
from roomreel.compose.together import draw_together
from roomreel.documents.plan import plan_json
from roomreel.encryption import encryptor_of
from roomreel.errors import RoomreelError, StorageFailed
from roomreel.logs import LOG, about
from roomreel.maintenance.places import RESULTS
from roomreel.metrics import measure_time
from roomreel.model.composition import Files, Outcome
from roomreel.model.room import Room
from roomreel.settings.batches import Batches
from roomreel.storage import stat
from roomreel.storage.location import location_of

RETRIES = 2
RETRY_DELAYS_S = [5.0, 30.0]


def render_composition(
    planned: PlannedJob, settings: Batches, on_progress: OnProgress | None = None
) -> Outcome:
    """Render and publish one composition, and log its outcome; a failure is an outcome, too."""
    started, job = datetime.now(UTC), planned.job
    with about(job), measure_time("mix"):
        result = attempt(compose, job, planned.plan, settings, on_progress)
        log_outcome(result, job.manifest.room)
    if isinstance(result, RoomreelError):
        return failed(job, result, started, datetime.now(UTC))
    return result


def draw_pictures(
    planned: Sequence[PlannedJob],
    settings: Batches,
    only: Mapping[str, tuple[range, ...]],
    on_progress: OnProgress | None = None,
) -> RoomreelError | None:
    """Draw what the renders of one room then find done.

    Args:
        only: by sid, the chunks to draw of a composition that others draw the rest of.

    Returns:
        What kept it from being drawn. Each render draws what is missing, and reports that itself.
    """
    with measure_time("draw"):
        together = [(one.job, one.plan) for one in planned]
        return attempt(draw_together, together, settings, only, on_progress)


def needs_pictures(planned: PlannedJob, settings: Batches, *, force: bool) -> bool:
    """Return whether a render has pictures to draw: a run that was killed may have published it."""
    painted = planned.plan.has_video and not planned.plan.copied
    return painted and (force or not _is_published(planned, settings))


def result_key(planned: PlannedJob, settings: Batches) -> str:
    """Return the key under which the outcome of a render is kept: all that decides it.

    The sid, and a digest of plan, inputs, encryption, the engine's version, and the place: what one
    store has is not what another one needs.
    """
    encryptor, place = encryptor_of(settings), files_of(planned.job, settings).media
    what = (
        plan_json(planned.plan),
        planned.job.inputs_sha256,
        f"{encryptor.format}-{encryptor.fingerprint}",
        place,
        __version__,
    )
    return f"{RESULTS}{planned.job.sid}-{hashlib.sha256(json.dumps(what).encode()).hexdigest()}"


def is_worth_a_retry(outcome: Outcome) -> bool:
    """Return whether the same inputs may come out otherwise in a minute: storage may come back."""
    return outcome.failure_code == StorageFailed.code


def is_in_place(outcome: Outcome, files: Files, *, kept: bool = False) -> bool:
    """Return whether the file of a completed composition is there in the size it was made in.

    Args:
        files: where this run publishes it; a result that names other places is not taken.
        kept: whether the result was kept from an earlier run: that says what was made once, not
            what is there now, so the bytes are compared, too.
    """
    made = outcome.files
    if made is None or {*astuple(made)} - {None, *astuple(files)}:
        return False
    digest = outcome.media_sha256 if kept else None
    return is_stored(made.media, outcome.size_bytes, digest)


def _is_published(planned: PlannedJob, settings: Batches) -> bool:
    with suppress(StorageFailed):  # the render reports it
        return stat(location_of(files_of(planned.job, settings).media)) is not None
    return False


def log_outcome(result: Outcome | RoomreelError, room: Room) -> None:
    """Log the outcome of a composition of a room, and its warnings."""
    if isinstance(result, RoomreelError):
        LOG.error("%s", result)
        return
    for warning in result.warnings:
        LOG.warning("%s", warning.in_words(room))
    place = result.files.media if result.files else "nowhere"
    LOG.info("%d bytes in %.1f s: %s", result.size_bytes or 0, result.render_s or 0, place)
