"""One composition from plan to outcome, without an orchestrator: what tasks and verbs call."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from roomreel.compose.codec_log import forget_said, keep_said, said_kept
from roomreel.compose.division import chunks_of, keeps_parts
from roomreel.compose.inputs import media_at_hand, plan_room, unchanged, used_media
from roomreel.compose.outcome import completed
from roomreel.compose.publish import files_of, publish_rendered
from roomreel.encryption import seal_of
from roomreel.errors import (
    MediaUnreadable,
    RenderError,
    RoomreelError,
    SourceFailed,
    VerificationFailed,
)
from roomreel.media import ffmpeg
from roomreel.media.encode import VideoSettings
from roomreel.model.composition import Files, Job, Outcome
from roomreel.model.location import ObjectLocation
from roomreel.model.media import Problem, Stored
from roomreel.model.plan import Passthrough, Plan
from roomreel.model.room import Room
from roomreel.render.spec import OnFrames, RenderSpec
from roomreel.render.spread import Limits
from roomreel.render.supervise import draw_supervised, render_supervised
from roomreel.settings import Settings
from roomreel.storage import drop_parts, s3, scratch_folder
from roomreel.storage.location import location_of
from roomreel.storage.replace import is_writable

NOTHING_LEFT_OUT: Mapping[str, tuple[range, ...]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a render is.

    Attributes:
        frames_done: of `frames`; an audio-only render tells only of its end.
        elapsed_s: wall seconds since it began.
    """

    frames_done: int
    frames: int
    elapsed_s: float


OnProgress = Callable[[Progress], None]


def compose(
    job: Job,
    plan: Plan,
    settings: Settings,
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
    with _naming_recordings(job.manifest.room):
        try:
            return _composed(job, plan, settings, on_progress, files)
        except (VerificationFailed, SourceFailed) as error:
            if plan.copied is None:
                raise
            return _composed(job, _uncopied(job, settings, error), settings, on_progress, files)


@contextmanager
def _naming_recordings(room: Room) -> Iterator[None]:
    """Have errors of the block name recordings: the renderer knows them by their sids alone."""
    try:
        yield
    except RenderError as error:
        error.message = room.naming(error.message)
        error.args = (error.message, *error.args[1:])
        raise


def draw_together(
    works: Sequence[tuple[Job, Plan]],
    settings: Settings,
    only: Mapping[str, tuple[range, ...]] = NOTHING_LEFT_OUT,
    on_progress: OnProgress | None = None,
) -> None:
    """Draw several compositions of one room in one pass over its recordings.

    `compose` of each then finds pictures, and sound where the first of them were drawn here; what
    came to nothing it makes itself, and tells of it.

    Args:
        only: by sid, the chunks to draw of a composition that others draw the rest of.
        on_progress: told of the frames of all of them that are not there yet.

    Raises:
        RenderError: the process that draws ended; what was finished by then is kept.
        StorageFailed: there is no room for scratch files.
    """
    kept = [(job, plan) for job, plan in works if keeps_parts(job, plan, settings)]
    used = {sid: stored for job, plan in kept for sid, stored in used_media(job, plan).items()}
    if not kept:
        return
    with scratch_folder(settings.scratch_root) as folder, media_at_hand(used, settings) as sources:
        specs = []
        for number, (job, plan) in enumerate(kept):
            mine = folder / str(number)
            mine.mkdir()
            chunks = only.get(job.sid) or chunks_of(job, plan, settings)
            specs.append(_spec(job, plan, chunks, settings, mine, sources))
            specs[-1].drop_damaged()
        frames = sum(len(chunk) for spec in specs for chunk in spec.unfinished())
        draw_supervised(specs, _limits(settings), _told_to(on_progress, frames))


def _told_to(on_progress: OnProgress | None, frames: int) -> OnFrames:
    """Return what tells of progress when it is told of the count of frames done."""
    clock = time.monotonic()

    def tell(frames_done: object) -> None:
        if on_progress is not None and isinstance(frames_done, int):
            on_progress(Progress(frames_done, frames, time.monotonic() - clock))

    return tell


def _uncopied(job: Job, settings: Settings, error: RenderError) -> Plan:
    """The plan of a composition whose copied pictures or sound turned out not to play."""
    template = replace(job.template, passthrough=False)
    plan, _ = plan_room(job.manifest, template, job.media, settings)
    return replace(plan, passthrough=Passthrough(refused=error.message))


def _composed(
    job: Job, plan: Plan, settings: Settings, on_progress: OnProgress | None, files: Files | None
) -> Outcome:
    started, clock = datetime.now(UTC), time.monotonic()
    seal = seal_of(settings)
    places = files or files_of(job, settings)
    _refuse_unreachable(places)
    tell = _told_to(on_progress, plan.frame_count)

    with (
        scratch_folder(settings.scratch_root) as folder,
        media_at_hand(used_media(job, plan), settings) as sources,
        _parts(job, plan, settings) as chunks,
    ):
        spec = _spec(job, plan, chunks, settings, folder, sources)
        if is_in_the_way(Path(spec.kept)):
            spec = replace(spec, kept=str(folder / "parts"))
        spec.drop_damaged()
        earlier_s = spec.finished_s
        with said_kept(folder, places.media), unchanged(job, spec.sources, settings):
            rendered = render_supervised(spec, _limits(settings), tell)
        render_s = earlier_s + time.monotonic() - clock
        published, media_sha256, size_bytes = publish_rendered(rendered, places, seal)
        if rendered.left_out:
            keep_said(folder, places.media)  # it may show why they fail
        else:
            forget_said(places.media)
    return replace(
        completed(job, plan, rendered, sources, started, datetime.now(UTC)),
        files=published,
        size_bytes=size_bytes,
        media_sha256=media_sha256,
        encryption=seal.format,
        key_fingerprint=seal.fingerprint,
        render_s=render_s,
    )


def _refuse_unreachable(files: Files) -> None:
    """Spend nothing on what could not be published.

    Raises:
        StoreUnreachable: its store was found not to answer, and does not now.
    """
    if isinstance(location_of(files.media), ObjectLocation) and (error := s3.outage()):
        raise error


@contextmanager
def _parts(job: Job, plan: Plan, settings: Settings) -> Iterator[tuple[range, ...]]:
    """The chunks of a composition, whose finished parts go when the block ends.

    Where it is cut, a failure leaves them to the next attempt; a kill always does.
    """
    chunks = chunks_of(job, plan, settings)
    try:
        yield chunks
    except (VerificationFailed, MediaUnreadable):
        drop_parts(settings.parts_root, job.parts)  # one of them may be what is wrong
        raise
    except RoomreelError:
        if len(chunks) == 1:
            drop_parts(settings.parts_root, job.parts)
        raise
    drop_parts(settings.parts_root, job.parts)


def is_in_the_way(folder: Path) -> bool:
    """Whether what lies in the place of the kept parts of a composition is not ours to add to.

    Such as a folder that a worker of another user left, who was killed.
    """
    return os.path.lexists(folder) and not is_writable(folder)


def _limits(settings: Settings) -> Limits:
    return Limits(settings.processes, settings.memory_limit_bytes, settings.timeout_factor)


def _spec(
    job: Job,
    plan: Plan,
    chunks: tuple[range, ...],
    settings: Settings,
    folder: Path,
    sources: Mapping[str, Stored | Problem],
) -> RenderSpec:
    used = used_media(job, plan)
    cores = settings.threads or os.cpu_count() or 1
    threads = max(1, cores // settings.processes)
    kept = settings.parts_root / job.parts if keeps_parts(job, plan, settings) else folder / "parts"
    return RenderSpec(
        plan=plan,
        sources={
            sid: one for sid, one in sources.items() if isinstance(one, Stored) and sid in used
        },
        chunks=chunks,
        folder=str(folder),
        kept=str(kept),
        tags={
            "title": f"{plan.room_name} ({plan.template})",
            # MP4 has no tags of one's own that players show, so both sids stand in the comment.
            "comment": f"composition {job.sid} of room {plan.room_sid}",
            "room_sid": plan.room_sid,
            "composition_sid": job.sid,
        },
        video=VideoSettings(
            encoder=settings.video_encoder.get(plan.format, ""),
            quality=settings.quality,
            options=settings.encoder_options,
            threads=threads,
        ),
        threads=threads,
        ffmpeg=ffmpeg.binary(settings.ffmpeg),
        verify=settings.verify,
    )
