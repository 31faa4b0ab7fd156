"""One room: planned, or composed into a file, and recorded."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from os import PathLike
from pathlib import Path

from roomreel.api.configuration import configured
from roomreel.api.documents import Inputs, Wanted, read_inputs
from roomreel.api.target import check_target, target_of
from roomreel.compose.inputs import index_and_plan, index_room, inputs_of, plan_indexed
from roomreel.compose.listening import listen_as_set, talk_in
from roomreel.compose.media import stat_media
from roomreel.compose.one import compose
from roomreel.compose.outcome import failed
from roomreel.compose.progress import OnProgress
from roomreel.compose.publish import files_beside
from roomreel.compose.stored_settings import with_stored_settings
from roomreel.documents.identity import inputs_sha256
from roomreel.documents.template import canonical_template, template_sha256
from roomreel.encryption import check_keys
from roomreel.errors import RoomNotCompleted, RoomreelError
from roomreel.model.composition import Job, Outcome, composition_sid
from roomreel.model.location import Location
from roomreel.model.media import MediaFile
from roomreel.model.plan import Plan
from roomreel.plan.refuse import refuse_unready
from roomreel.settings import Settings
from roomreel.storage.scratch import clean_up_scratch, scratch_folder

File = str | PathLike[str]
Watch = Callable[[Job, Plan], AbstractContextManager[OnProgress | None]]
"""Called before a render; what it enters is called with the progress of the render."""


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a composition; `error` is None where it was made."""

    job: Job
    outcome: Outcome
    error: RoomreelError | None = None


def plan_room(manifest: File, template: File, *, settings: Settings | None = None) -> Plan:
    """Decide everything about a composition, and render nothing.

    Args:
        manifest: path or URL of the manifest of a room.
        template: path or URL of a template, or the name of one of the settings or of a layout that
            comes with roomreel.
        settings: unset: those that the command line would read.

    Returns:
        The plan: which recording is in which cell, frame by frame.

    Raises:
        InputInvalid: settings or a document break rules; has all violations.
        NotFound: there is no such file or template.
        CompositionRefused: the inputs decide that it cannot be made.
        StorageFailed: something cannot be read.

    Example:
        >>> plan = roomreel.plan_room(room, "grid")
        >>> plan.frame_count, plan.resolution.width
        (90, 1280)
    """
    wanted = Wanted(str(manifest), str(template))
    return plan_inputs(read_inputs(wanted, configured(settings)))[0]


def plan_inputs(inputs: Inputs) -> tuple[Plan, dict[str, MediaFile]]:
    """Index the packets of a room's media, and plan it.

    Returns:
        The plan, and by recording sid what is known of the media.

    Raises:
        CompositionRefused: the inputs decide that it cannot be made.
    """
    media = stat_media(inputs.manifest, inputs.settings)
    return index_and_plan(inputs.manifest, inputs.template, media, inputs.settings)


def compose_room(
    manifest: File,
    template: File,
    *,
    out: File | None = None,
    record: bool = False,
    force: bool = False,
    settings: Settings | None = None,
    on_progress: OnProgress | None = None,
) -> Outcome:
    """Compose a room by a template into one file, with a poster and a contact sheet beside it.

    Args:
        manifest: path or URL of the manifest of a room.
        template: path or URL of a template, or the name of one of the settings or of a layout that
            comes with roomreel.
        out: where the file goes; unset: into the store, and it is recorded in the catalogs. An
            earlier composition there is replaced; anything else is not.
        record: with `out`: record it in the catalogs, too.
        force: replace what is at `out`, also what roomreel did not make; sources never.
        settings: unset: those that the command line would read.
        on_progress: called now and then with how far the render is.

    Returns:
        The outcome, with its files.

    Raises:
        InputInvalid: settings or a document break rules; has all violations.
        NotFound: there is no such file or template.
        OutputRefused: something else is at `out`.
        CompositionRefused: the inputs decide that it cannot be made.
        RenderError: it could not be rendered, or is not what was planned.
        StorageFailed: something cannot be read or written.
        CatalogError: it cannot be recorded.

    Example:
        >>> outcome = roomreel.compose_room(room, "grid", out=folder / "call.mp4")
        >>> outcome.status.value, outcome.frame_count
        ('completed', 90)
    """

    def watch(_job: Job, _plan: Plan) -> AbstractContextManager[OnProgress | None]:
        return nullcontext(on_progress)

    target = None if out is None else str(out)
    wanted = Wanted(str(manifest), str(template))
    result = make_room(wanted, configured(settings), target, watch, record=record, force=force)
    if result.error is not None:
        raise result.error
    return result.outcome


def make_room(
    wanted: Wanted,
    settings: Settings,
    out: str | None,
    watch: Watch,
    *,
    record: bool,
    force: bool,
) -> Result:
    """Compose a room as `compose_room` does; how a render failed is in the result.

    Raises:
        RoomreelError: nothing was rendered, or it could not be recorded.
    """
    if out is None:
        # What goes into the store is stored as the service is told.
        settings = with_stored_settings(settings)
    inputs = read_inputs(wanted, settings)
    check_keys(inputs.settings)
    target = target_of(out, inputs)
    if target is not None:
        check_target(target, inputs, wanted.template, force=force)
    is_recorded = record or target is None
    job = job_of(inputs, is_recorded=is_recorded)
    if is_recorded:
        # Nothing is spent on what the catalogs would not take.
        from roomreel.catalog.catalog import open_catalog

        open_catalog(settings).refuse_unrecordable(job.days)
    result = compose_job(job, inputs.settings, target, watch)
    if is_recorded:
        _record(result, inputs.settings)
    return result


def job_of(inputs: Inputs, *, is_recorded: bool) -> Job:
    """Return the job of a room that is over, its media looked at but not opened.

    Raises:
        RoomNotCompleted: the call, or the processing of a recording, still goes on.
    """
    room, template = inputs.manifest.room, inputs.template
    refuse_unready(room, ())
    if room.end_time is None:
        raise RoomNotCompleted(f"room {room.sid} has no end_time", "compose it once it is over")
    media = stat_media(inputs.manifest, inputs.settings)
    room_inputs = inputs_sha256(inputs.manifest, media)
    digest = template_sha256(template)
    sid = composition_sid(room.sid, room.end_time, template.friendly_name, digest)
    return Job(
        # One that is asked for by hand stands beside the one of a batch: a sid of its own, of that
        # day.
        sid=sid[:14] + secrets.token_hex(10) if is_recorded else sid,
        manifest=inputs.manifest,
        template=template,
        template_json=canonical_template(template),
        template_sha256=digest,
        inputs_sha256=inputs_of(room_inputs, inputs.manifest, template, inputs.settings),
        media=media,
        date_created=datetime.now(UTC),
    )


def compose_job(job: Job, settings: Settings, out: Location | None, watch: Watch) -> Result:
    """Plan and render a job into `out`, or else into the store; a failure is in the result."""
    started = datetime.now(UTC)
    try:
        with _scratch_of_its_own(settings) if out else nullcontext(settings) as own:
            job = replace(job, media=index_room(job.manifest, job.template, job.media, own))
            plan = plan_indexed(job.manifest, job.template, job.media, own)
            files = files_beside(out, own) if out else None
            with watch(job, plan) as on_progress:
                return Result(job, compose(job, plan, own, on_progress, files))
    except RoomreelError as error:
        return Result(job, failed(job, error, started, datetime.now(UTC)), error)


def _record(result: Result, settings: Settings) -> None:
    """Write the outcome, the room and its recordings into the catalogs.

    Raises:
        CatalogError, StorageFailed: they cannot be written.
    """
    # They take a third of a second, with pyarrow and pandas, which a file elsewhere need not spend.
    from roomreel.catalog.catalog import open_catalog
    from roomreel.catalog.record import RoomRecord, record

    job, catalog = result.job, open_catalog(settings)
    media = listen_as_set(job.manifest.room, job.media, settings)
    talk = talk_in(job.manifest.room, media)
    room = RoomRecord.of(job.manifest, media, Fraction(settings.hold_s), talk)
    for problem in record(catalog, [room], [result.outcome], None).problems:
        raise problem


@contextmanager
def _scratch_of_its_own(settings: Settings) -> Iterator[Settings]:
    root = settings.scratch or Path(tempfile.gettempdir())
    # Where it is said where scratch is, finished parts outlive a kill, as they do in a batch.
    parts = settings.parts or (settings.scratch and settings.parts_root)
    clean_up_scratch(root)
    with scratch_folder(root) as folder:
        yield settings.model_copy(update={"scratch": folder, "parts": parts})
