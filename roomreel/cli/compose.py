"""`roomreel compose MANIFEST --template T`: one composition, without an orchestrator."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from roomreel.cli import console
from roomreel.cli.options import Config, Json, ManifestFile, TemplateName
from roomreel.cli.progress import progress_of
from roomreel.cli.target import check_target, target_of
from roomreel.errors import RoomNotCompleted, RoomreelError
from roomreel.model.location import Location

if TYPE_CHECKING:
    from roomreel.cli.inputs import Inputs
    from roomreel.model.composition import Job, Outcome
    from roomreel.settings import Settings


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the composition; `error` is None where it was made."""

    job: Job
    outcome: Outcome
    error: RoomreelError | None = None


def compose(
    manifest: ManifestFile,
    template: TemplateName,
    out: Annotated[
        str | None, typer.Option("--out", "-o", metavar="FILE", help="Unset: in the store.")
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="With --out: note it in the catalogs, too.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace what is at --out, also what is not ours.")
    ] = False,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Compose a room by a template.

    With --out the file goes there, and the catalogs hear of it with --record only; without, it goes
    into the store and is recorded. An earlier composition there is replaced, anything else is not;
    a recording, manifest or template never is.
    """
    from roomreel.cli.inputs import read_inputs
    from roomreel.encryption import check_keys

    inputs = read_inputs(manifest, template, config)
    check_keys(inputs.settings)
    target = target_of(out, inputs)
    if target is not None:
        check_target(target, inputs, template, force=force)
    is_recorded = record or target is None
    job = ready(inputs, is_recorded=is_recorded)
    if is_recorded:
        refuse_unrecordable(job, inputs.settings)
    result = make(job, inputs.settings, target)
    if is_recorded:
        remember(result, inputs.settings)
    print_result(result, as_json=as_json)


def ready(inputs: Inputs, *, is_recorded: bool) -> Job:
    """The job of a room that is over, its media looked at but not opened.

    Raises:
        RoomNotCompleted: the call, or the processing of a recording, still goes on.
    """
    from roomreel.compose.inputs import stat_media
    from roomreel.documents.identity import inputs_sha256
    from roomreel.documents.template import canonical_template, template_sha256
    from roomreel.model.composition import Job, composition_sid
    from roomreel.plan.refuse import refuse_unready

    room, template = inputs.manifest.room, inputs.template
    refuse_unready(room, ())
    if room.end_time is None:
        raise RoomNotCompleted(f"room {room.sid} has no end_time", "compose it once it is over")
    media = stat_media(inputs.manifest, inputs.settings)
    digest = template_sha256(template)
    sid = composition_sid(room.sid, room.end_time, template.friendly_name, digest)
    return Job(
        # One that is asked for by hand stands beside the night's: a sid of its own, of that day.
        # What a run that was killed has left finished is found by the next all the same.
        sid=sid[:14] + secrets.token_hex(10) if is_recorded else sid,
        made_as=sid,
        manifest=inputs.manifest,
        template=template,
        template_json=canonical_template(template),
        template_sha256=digest,
        inputs_sha256=inputs_sha256(inputs.manifest, media),
        media=media,
        date_created=datetime.now(UTC),
    )


def refuse_unrecordable(job: Job, settings: Settings) -> None:
    """Spend nothing on what the catalogs would not take.

    Raises:
        CatalogError: a newer roomreel has written them.
        StorageFailed: they cannot be looked at, or not be written.
    """
    from roomreel.catalog.catalog import open_catalog
    from roomreel.model.table import composition_day

    open_catalog(settings).refuse_unrecordable({composition_day(job.sid)})


def make(job: Job, settings: Settings, out: Location | None) -> Result:
    """Plan and render a job into `out`, or else into the store; a failure is in the result."""
    from roomreel.compose.inputs import index_room, plan_indexed
    from roomreel.compose.one import compose as render
    from roomreel.compose.outcome import failed
    from roomreel.compose.publish import files_beside

    started = datetime.now(UTC)
    try:
        with _scratch_of_its_own(settings) if out else nullcontext(settings) as own:
            job = replace(job, media=index_room(job.manifest, job.template, job.media, own))
            plan = plan_indexed(job.manifest, job.template, job.media, own)
            files = files_beside(out, own) if out else None
            name = f"{job.manifest.room.unique_name} / {job.template.friendly_name}"
            with progress_of(name, plan.frame_count, plan.frame_rate) as on_progress:
                return Result(job, render(job, plan, own, on_progress, files))
    except RoomreelError as error:
        return Result(job, failed(job, error, started, datetime.now(UTC)), error)


def remember(result: Result, settings: Settings) -> None:
    """Write the outcome, the room and its recordings into the catalogs.

    Raises:
        CatalogError, StorageFailed: they cannot be written.
    """
    from roomreel.catalog.catalog import open_catalog
    from roomreel.catalog.record import RoomRecord, record

    job, catalog = result.job, open_catalog(settings)
    room = RoomRecord.of(job.manifest, job.media, Fraction(settings.hold_s))
    # Apart, because the night counts a template as done for a room it is recorded with.
    reports = [
        record(catalog, [], [result.outcome], None),
        record(catalog, [room], [], None),
    ]
    for problem in (problem for report in reports for problem in report.problems):
        raise problem


def print_result(result: Result, *, as_json: bool) -> None:
    """Print where the composition is, or why there is none.

    Raises:
        RoomreelError: the failure of the result.
    """
    outcome = result.outcome
    if as_json:
        console.out_json(_document(outcome))
    elif outcome.files is not None:
        console.out_literal(outcome.files.media)
        console.say(_summary(outcome))
    if not as_json:
        room = result.job.manifest.room
        for warning in outcome.warnings:
            console.say(warning.in_words(room), "yellow")
    if result.error is not None:
        raise result.error


@contextmanager
def _scratch_of_its_own(settings: Settings) -> Iterator[Settings]:
    from roomreel.storage.scratch import reap, scratch_folder

    root = settings.scratch or Path(tempfile.gettempdir())
    # Where it is said where scratch is, finished parts outlive a kill, as they do in a night.
    parts = settings.parts or (settings.scratch and settings.parts_root)
    reap(root)
    with scratch_folder(root) as folder:
        yield settings.model_copy(update={"scratch": folder, "parts": parts})


def _document(outcome: Outcome) -> dict[str, Any]:
    """Return what the row of a composition says of it, and where its files are."""
    from roomreel.catalog.rows import document_of

    files = asdict(outcome.files) if outcome.files else dict.fromkeys(("media", "poster", "sheet"))
    return document_of(outcome) | files


def _summary(outcome: Outcome) -> str:
    seconds = (outcome.duration_ms or 0) / 1000
    megabytes = (outcome.size_bytes or 0) / 1e6
    took = outcome.render_s or 0.0
    speed = f", {seconds / took:.1f}x real time" if took else ""
    return (
        f"{outcome.frame_count} frames, {seconds:.1f} s, {megabytes:.1f} MB,"
        f" made in {took:.1f} s{speed}"
    )
