"""`roomreel compose MANIFEST --template T`: one composition, without an orchestrator."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from roomreel.cli import console
from roomreel.cli.options import Config, End, Json, ManifestFile, Start, TemplateName
from roomreel.cli.progress import progress_of

if TYPE_CHECKING:
    from roomreel.api.rooms import Result
    from roomreel.compose.progress import OnProgress
    from roomreel.model.composition import Job, Outcome
    from roomreel.model.plan import Plan


def compose(  # noqa: PLR0913, PLR0917  an option a parameter
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
    start: Start = None,
    end: End = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Compose a room by a template.

    With --out the file goes there, and the catalogs hear of it with --record only; without, it goes
    into the store and is recorded. An earlier composition there is replaced, anything else is not;
    a recording, manifest or template never is.
    """
    from roomreel.api.documents import Wanted
    from roomreel.api.rooms import make_room
    from roomreel.cli.configuration import load

    settings = load(config)
    wanted = Wanted(manifest, template, start, end)
    result = make_room(wanted, settings, out, _watch, record=record, force=force)
    print_result(result, as_json=as_json)


def _watch(job: Job, plan: Plan) -> AbstractContextManager[OnProgress]:
    name = f"{job.manifest.room.unique_name} / {job.template.friendly_name}"
    return progress_of(name, plan.frame_count, plan.frame_rate)


def print_result(result: Result, *, as_json: bool) -> None:
    """Print the place of the composition, or the reason why there is none.

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


def _document(outcome: Outcome) -> dict[str, Any]:
    """Return the row of a composition and the places of its files, as JSON."""
    from roomreel.catalog.rows import document_of

    none = dict.fromkeys(("media", "poster", "sheet", "plan"))
    return document_of(outcome) | (asdict(outcome.files) if outcome.files else none)


def _summary(outcome: Outcome) -> str:
    seconds = (outcome.duration_ms or 0) / 1000
    megabytes = (outcome.size_bytes or 0) / 1e6
    took = outcome.render_s or 0.0
    speed = f", {seconds / took:.1f}x real time" if took else ""
    return (
        f"{outcome.frame_count} frames, {seconds:.1f} s, {megabytes:.1f} MB,"
        f" made in {took:.1f} s{speed}"
    )
