"""One composition from plan to outcome, without an orchestrator: what tasks and verbs call."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from roomreel.compose.codec_log import keep_codec_log, publish_codec_log, remove_codec_log
from roomreel.compose.inputs import index_and_plan, require_unchanged
from roomreel.compose.media import media_at_hand
from roomreel.compose.outcome import completed
from roomreel.compose.prepared import Prepared, prepare
from roomreel.compose.progress import OnProgress, report_frames
from roomreel.compose.publish import (
    codec_log,
    files_of,
    medium_in_store,
    publish_rendered,
    write_plan,
)
from roomreel.encryption import encryptor_of
from roomreel.errors import (
    MediaUnreadable,
    RenderError,
    RoomreelError,
    SourceFailed,
    VerificationFailed,
)
from roomreel.model.composition import Files, Job, Outcome
from roomreel.model.location import Location
from roomreel.model.plan import Passthrough, Plan
from roomreel.model.room import Room
from roomreel.render.supervise import render_supervised
from roomreel.settings.rendering import Rendering
from roomreel.storage import clean_up_parts, outage, scratch_folder
from roomreel.storage.location import location_of
from roomreel.storage.replace import is_writable


def compose(
    job: Job,
    plan: Plan,
    settings: Rendering,
    on_progress: OnProgress | None = None,
    files: Files | None = None,
) -> Outcome:
    """Render, verify and publish one composition; records nothing.

    The render runs in its own process with a budget of time and memory. Where copied pictures do
    not stand up to verification they are composed, as without passthrough. Safe to repeat and to
    kill: files appear by atomic rename, the medium last.

    Args:
        files: where to publish; unset: under the store.

    Raises:
        RenderError: it could not be rendered or is not what was planned, or its media changed
            meanwhile.
        StorageFailed: it could not be published.
        SettingsInvalid: a key of the settings cannot be used; nothing was rendered.
    """
    places = files or files_of(job, settings)
    log = codec_log(location_of(files.media) if files else medium_in_store(job, settings))
    with _naming_recordings(job.manifest.room):
        try:
            return _compose(prepare(job, plan, settings), places, log, on_progress)
        except (VerificationFailed, SourceFailed) as error:
            if plan.copied is None:
                raise
            uncopied = prepare(job, _uncopied(job, settings, error), settings)
            return _compose(uncopied, places, log, on_progress)


@contextmanager
def _naming_recordings(room: Room) -> Iterator[None]:
    """Have errors of the block name recordings: the renderer knows them by their sids alone."""
    try:
        yield
    except RenderError as error:
        error.message = room.naming(error.message)
        error.args = (error.message, *error.args[1:])
        raise


def _uncopied(job: Job, settings: Rendering, error: RenderError) -> Plan:
    """Return the plan of a composition whose copied pictures or sound turned out not to play."""
    template = replace(job.template, passthrough=False)
    plan, _ = index_and_plan(job.manifest, template, job.media, settings)
    return replace(plan, passthrough=Passthrough(refused=error.message))


def _compose(
    prepared: Prepared, files: Files, log: Location, on_progress: OnProgress | None
) -> Outcome:
    job, plan, settings = prepared.job, prepared.plan, prepared.settings
    started, clock = datetime.now(UTC), time.monotonic()
    encryptor = encryptor_of(settings)
    _refuse_unreachable(files)
    report = report_frames(on_progress, plan.frame_count)

    with (
        scratch_folder(settings.scratch_root) as folder,
        media_at_hand(prepared.used, settings) as sources,
        _dropping_parts(prepared),
    ):
        spec = prepared.spec(folder, sources)
        if is_in_the_way(Path(spec.kept)):
            spec = replace(spec, kept=str(folder / "parts"))
        spec.drop_damaged()
        earlier_s = spec.finished_s
        with keep_codec_log(folder, log), require_unchanged(job, spec.sources, settings):
            rendered = render_supervised(spec, prepared.limits, report)
        render_s = earlier_s + time.monotonic() - clock
        document = write_plan(plan, folder) if files.plan else None
        published, media_sha256, size_bytes = publish_rendered(rendered, document, files, encryptor)
        if rendered.left_out:
            publish_codec_log(folder, log)  # it may show why they fail
        else:
            remove_codec_log(log)
    return replace(
        completed(job, plan, rendered, sources, started, datetime.now(UTC)),
        files=published,
        size_bytes=size_bytes,
        media_sha256=media_sha256,
        encryption=encryptor.format,
        key_fingerprint=encryptor.fingerprint,
        render_s=render_s,
    )


def _refuse_unreachable(files: Files) -> None:
    """Spend nothing on what could not be published.

    Raises:
        StoreUnreachable: its store was found not to answer, and does not now.
    """
    if error := outage(location_of(files.media)):
        raise error


@contextmanager
def _dropping_parts(prepared: Prepared) -> Iterator[None]:
    """Drop the finished parts of a composition when the block ends.

    Where it is cut, a failure leaves them to the next attempt; a kill always does.
    """
    parts = prepared.settings.parts_root, prepared.job.parts
    try:
        yield
    except (VerificationFailed, MediaUnreadable):
        clean_up_parts(*parts)  # one of them may be what is wrong
        raise
    except RoomreelError:
        if len(prepared.chunks) == 1:
            clean_up_parts(*parts)
        raise
    clean_up_parts(*parts)


def is_in_the_way(folder: Path) -> bool:
    """Return whether what lies in the place of the kept parts is not ours to add to.

    Such as a folder that a worker of another user left, who was killed.
    """
    return os.path.lexists(folder) and not is_writable(folder)
