"""One composition from documents to outcome, without an orchestrator: what tasks and verbs call."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

from roomreel.encryption import (
    INSTRUCTION_SUFFIX,
    SUFFIXES,
    Seal,
    publish_sealed,
    read_instruction,
    readable,
    seal_of,
    told_encryption,
)
from roomreel.errors import (
    MediaUnreadable,
    RenderError,
    RoomreelError,
    StorageFailed,
    VerificationFailed,
)
from roomreel.media import ffmpeg
from roomreel.media.encode import VideoSettings
from roomreel.media.kept import KeptIndexes
from roomreel.media.probe import Probe, index_isolated
from roomreel.model.composition import (
    CompositionStatus,
    Files,
    Job,
    Outcome,
    Use,
)
from roomreel.model.media import Medium, PacketIndex, Problem, Stored
from roomreel.model.place import Place, S3Location, is_s3, place_of
from roomreel.model.plan import Passthrough, Plan, PlanWarning, WarningCode
from roomreel.model.room import Manifest, Recording, RecordingStatus, Room
from roomreel.model.template import Template
from roomreel.model.time import to_ms
from roomreel.plan import check, make_plan, selected
from roomreel.plan.chunks import cut
from roomreel.render.spec import Rendered, RenderSpec
from roomreel.render.spread import Limits
from roomreel.render.supervise import draw_supervised, render_supervised
from roomreel.settings import Settings
from roomreel.storage import (
    Cache,
    at_hand,
    drop_parts,
    resolve_media,
    scratch_folder,
    sha256_of,
    stat,
)

SHORTEST_CHUNK_S = 20
"""What a process of its own draws lasts at least so long: starting one takes most of a second."""


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


def stat_media(manifest: Manifest, settings: Settings) -> dict[str, Medium]:
    """Resolve and stat the media of every recording of a room; reads no media byte.

    Returns:
        By recording sid: `stored` where there is a file inside the roots, else a `problem`.

    Raises:
        SettingsInvalid: a recording is encrypted, and the private key cannot be used.
    """
    return {
        recording.sid: _stat(manifest.url, recording, settings)
        for recording in manifest.room.recordings
    }


def inputs_sha256(manifest: Manifest, media: Mapping[str, Medium]) -> str:
    """Digest over the recordings of a manifest and the size and version of each medium.

    Of an encrypted one, its envelope and the keys there are count, too.
    """
    room = manifest.room
    digest = hashlib.sha256(repr(room.recording_rules).encode())
    for recording in sorted(room.recordings, key=lambda recording: recording.sid):
        stored = media.get(recording.sid, Medium()).stored
        evidence = (stored.size_bytes, stored.version, stored.encryption) if stored else None
        digest.update(repr((recording, evidence)).encode())
    return digest.hexdigest()


def plan_room(
    manifest: Manifest, template: Template, media: Mapping[str, Medium], settings: Settings
) -> tuple[Plan, dict[str, Medium]]:
    """Check the limit, index the packets of what is selected, and plan.

    Args:
        media: from `stat_media`, or with packet indexes from an earlier template of the same room,
            which are then not made again.

    Returns:
        The plan, and `media` with the packet indexes that were made.

    Raises:
        CompositionRefused: the inputs decide that it cannot be made.
    """
    room = manifest.room
    stored_bytes = {sid: m.stored.size_bytes for sid, m in media.items() if m.stored}
    check(room, template, stored_bytes, settings.source_limit_bytes)
    indexed = {**media, **_index(room, selected(room, template), media, settings)}
    return make_plan(room, template, indexed, Fraction(settings.hold_s)), indexed


def files_of(job: Job, settings: Settings) -> Files:
    """Where a composition is published: under the store, by the UTC day its room ended."""
    end_time = job.manifest.room.end_time
    if end_time is None:
        raise StorageFailed(f"room {job.manifest.room.sid} has no end, so its files have no folder")
    # Absolute: the catalog tells it to readers who do not know where roomreel ran.
    store = settings.compositions_root.absolute()
    folder = store / f"date={end_time.astimezone(UTC):%Y-%m-%d}"
    return files_beside(folder / f"{job.sid}.{job.template.format}", settings)


def files_beside(media: Place, settings: Settings) -> Files:
    """A medium with its poster and contact sheet beside it; encrypted ones are named so."""
    names = (media, media.with_suffix(".poster.jpg"), media.with_suffix(".sheet.jpg"))
    return Files(*(f"{name}{SUFFIXES[settings.encryption]}" for name in names))


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
    try:
        return _composed(job, plan, settings, on_progress, files)
    except VerificationFailed as error:
        if plan.copied is None:
            raise
        return _composed(job, _uncopied(job, settings, error), settings, on_progress, files)


def _uncopied(job: Job, settings: Settings, error: VerificationFailed) -> Plan:
    """The plan of a composition whose copied pictures turned out not to play."""
    template = replace(job.template, passthrough=False)
    plan, _ = plan_room(job.manifest, template, job.media, settings)
    return replace(plan, passthrough=Passthrough(refused=error.message))


def _composed(
    job: Job, plan: Plan, settings: Settings, on_progress: OnProgress | None, files: Files | None
) -> Outcome:
    started, clock = datetime.now(UTC), time.monotonic()
    seal = seal_of(settings)

    def tell(frames_done: object) -> None:
        if on_progress is not None and isinstance(frames_done, int):
            on_progress(Progress(frames_done, plan.frame_count, time.monotonic() - clock))

    with (
        scratch_folder(settings.scratch_root) as folder,
        _at_hand(_used(job, plan), settings) as sources,
        _parts(job, plan, settings) as chunks,
    ):
        spec = _spec(job, plan, chunks, settings, folder, sources)
        with _unchanged(job, spec.sources, settings):
            rendered = render_supervised(spec, _limits(settings), tell)
        render_s = time.monotonic() - clock
        published, media_sha256, size_bytes = _publish(
            rendered, files or files_of(job, settings), seal
        )
    outcome = _outcome(job, CompositionStatus.COMPLETED, started, datetime.now(UTC))
    return replace(
        outcome,
        frame_count=plan.frame_count,
        duration_ms=to_ms(plan.duration),
        size_bytes=size_bytes,
        source_bytes=plan.source_bytes,
        source_duration_ms=to_ms(plan.source_duration),
        files=published,
        media_sha256=media_sha256,
        encryption=seal.format,
        key_fingerprint=seal.fingerprint,
        uses=_uses(plan),
        warnings=tuple(sorted({*plan.warnings, *_seen_while_rendering(rendered, sources)})),
        decoded=rendered.decoded,
        render_s=render_s,
    )


def draw_together(works: Sequence[tuple[Job, Plan]], settings: Settings) -> None:
    """Draw the pictures of several compositions of one room in one pass over its recordings.

    `compose` of each then finds them; what could not be drawn it draws itself, and tells of it.

    Raises:
        RenderError: the process that draws ended; what was finished by then is kept.
        StorageFailed: there is no room for scratch files.
    """
    kept = [(job, plan) for job, plan in works if _keeps_parts(job, plan, settings)]
    used = {sid: stored for job, plan in kept for sid, stored in _used(job, plan).items()}
    if not kept:
        return
    with scratch_folder(settings.scratch_root) as folder, _at_hand(used, settings) as sources:
        specs = []
        for number, (job, plan) in enumerate(kept):
            mine = folder / str(number)
            mine.mkdir()
            chunks = _chunks(job, plan, settings)
            specs.append(_spec(job, plan, chunks, settings, mine, sources))
        draw_supervised(specs, _limits(settings), lambda _message: None)


def failed(job: Job, error: RoomreelError, started: datetime | None, now: datetime) -> Outcome:
    """The outcome of a job that ended with an error, for the catalog."""
    outcome = _outcome(job, CompositionStatus.FAILED, started, now)
    message = f"{error.message} ({error.remedy})" if error.remedy else error.message
    return replace(outcome, failure_code=error.code, failure_message=message)


def _stat(manifest_url: str, recording: Recording, settings: Settings) -> Medium:
    if recording.media is None or recording.status is not RecordingStatus.COMPLETED:
        return Medium()
    try:
        place = resolve_media(manifest_url, recording.media, settings.media_roots)
        # A store that cannot be asked says nothing of one file: the room waits for it.
        stored = stat(place) if isinstance(place, Path) else None
    except StorageFailed as error:
        return Medium(problem=Problem(WarningCode.MEDIA_MISSING, error.message))
    if isinstance(place, S3Location):
        stored = stat(place)
    if stored is None:
        return Medium(
            problem=Problem(WarningCode.MEDIA_MISSING, f"there is no file {recording.media!r}")
        )
    if stored.size_bytes == 0:
        return Medium(stored, problem=Problem(WarningCode.MEDIA_EMPTY, "the file has no bytes"))
    try:
        encryption = told_encryption(
            recording, _metadata(manifest_url, recording, stored, settings), settings
        )
    except (MediaUnreadable, StorageFailed) as error:
        return Medium(stored, problem=Problem(WarningCode.MEDIA_UNDECODABLE, error.message))
    return Medium(replace(stored, encryption=encryption))


def _metadata(
    manifest_url: str, recording: Recording, stored: Stored, settings: Settings
) -> Mapping[str, Any]:
    """What is stored with a medium: the metadata of an object, or a file beside one on a disk."""
    if is_s3(stored.path):
        return stored.metadata
    name = f"{recording.media}{INSTRUCTION_SUFFIX}"
    beside = resolve_media(manifest_url, name, settings.media_roots)
    return read_instruction(beside) if isinstance(beside, Path) else {}


def _index(
    room: Room, chosen: Iterable[Recording], media: Mapping[str, Medium], settings: Settings
) -> dict[str, Medium]:
    """The media of chosen recordings that were not indexed yet, indexed."""
    kept = KeptIndexes(settings.indexes_root)
    stored = {
        recording.sid: medium.stored
        for recording in chosen
        if (medium := media.get(recording.sid, Medium())).stored is not None
        and medium.packets is None
        and medium.problem is None
    }
    found: dict[str, PacketIndex | Problem] = {}
    for sid, source in stored.items():
        packets = kept.find(source, room.recording(sid).type)
        if packets is not None:
            found[sid] = packets
    unknown = {sid: source for sid, source in stored.items() if sid not in found}
    with _at_hand(unknown, settings) as sources:
        found |= {sid: source for sid, source in sources.items() if isinstance(source, Problem)}
        probes = [
            Probe(sid, source.path, source.size_bytes, room.recording(sid).type)
            for sid, source in sources.items()
            if isinstance(source, Stored)
        ]
        for sid, result in index_isolated(probes, settings.memory_limit_bytes).items():
            found[sid] = result
            if isinstance(result, PacketIndex):
                kept.keep(stored[sid], result.type, result)
    return {
        sid: Medium(stored[sid], packets=result)
        if isinstance(result, PacketIndex)
        else Medium(stored[sid], problem=result)
        for sid, result in found.items()
    }


@contextmanager
def _at_hand(
    stored: Mapping[str, Stored], settings: Settings
) -> Iterator[dict[str, Stored | Problem]]:
    """Media that FFmpeg can open, for as long as the block lasts; or why it cannot, by sid.

    Objects in S3 are copied into the cache, or read in place; what is encrypted is decrypted.
    """
    cache = Cache(settings.scratch_root / "roomreel-sources", settings.cache_bytes)
    sealed = {sid: one for sid, one in stored.items() if one.encryption}
    plain = {sid: one for sid, one in stored.items() if not one.encryption}
    with (
        at_hand(plain, cache, streamed=settings.inputs == "stream") as paths,
        at_hand(sealed, cache, streamed=False) as sealed_paths,
    ):
        found = {
            sid: replace(stored[sid], path=path) for sid, path in (paths | sealed_paths).items()
        }
        with readable(found, settings) as sources:
            yield sources


@contextmanager
def _parts(job: Job, plan: Plan, settings: Settings) -> Iterator[tuple[range, ...]]:
    """The chunks of a composition, whose finished parts go when the block ends.

    Where it is cut, a failure leaves them to the next attempt; a kill always does.
    """
    chunks = _chunks(job, plan, settings)
    try:
        yield chunks
    except (VerificationFailed, MediaUnreadable):
        drop_parts(settings.parts_root, job.sid)  # one of them may be what is wrong
        raise
    except RoomreelError:
        if len(chunks) == 1:
            drop_parts(settings.parts_root, job.sid)
        raise
    drop_parts(settings.parts_root, job.sid)


def _chunks(job: Job, plan: Plan, settings: Settings) -> tuple[range, ...]:
    seconds = 0 if plan.copied else plan.duration
    by_length = ceil(seconds / settings.chunk_s) if settings.chunk_s else 1
    by_processes = min(settings.processes, int(seconds / SHORTEST_CHUNK_S))
    packets = {sid: m.packets for sid, m in job.media.items() if m.packets}
    return cut(plan, packets, max(by_length, by_processes))


def _limits(settings: Settings) -> Limits:
    return Limits(settings.processes, settings.memory_limit_bytes, settings.timeout_factor)


def _used(job: Job, plan: Plan) -> dict[str, Stored]:
    """Where the recordings are stored that a plan shows or sounds."""
    used = {placement.recording_sid for scene in plan.scenes for placement in scene.placements}
    used.update(clip.recording_sid for clip in plan.audio)
    return {sid: m.stored for sid, m in job.media.items() if m.stored and sid in used}


def _keeps_parts(job: Job, plan: Plan, settings: Settings) -> bool:
    """Whether parts may outlive a render: what is stored encrypted is not left in the clear."""
    secret = any(stored.encryption for stored in _used(job, plan).values())
    return settings.encryption == "none" and not secret


def _spec(
    job: Job,
    plan: Plan,
    chunks: tuple[range, ...],
    settings: Settings,
    folder: Path,
    sources: Mapping[str, Stored | Problem],
) -> RenderSpec:
    used = _used(job, plan)
    cores = settings.threads or os.cpu_count() or 1
    threads = max(1, cores // settings.processes)
    kept = settings.parts_root / job.sid if _keeps_parts(job, plan, settings) else folder / "parts"
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


@contextmanager
def _unchanged(job: Job, sids: Iterable[str], settings: Settings) -> Iterator[None]:
    """Hold that recordings have the same files after the block as when the job was planned.

    Raises:
        MediaUnreadable: some have not, so that what came of the block is of neither the old nor
            the new ones; also in place of a `RenderError` that this may well have led to.
    """
    try:
        yield
    except RenderError as error:
        _refuse_changed(job, sids, settings, error)
        raise
    _refuse_changed(job, sids, settings, None)


def _refuse_changed(
    job: Job, sids: Iterable[str], settings: Settings, cause: RenderError | None
) -> None:
    recordings = [job.manifest.room.recording(sid) for sid in sorted(sids)]
    changed = [
        recording.sid
        for recording in recordings
        if _stat(job.manifest.url, recording, settings).stored != job.media[recording.sid].stored
    ]
    if changed:
        raise MediaUnreadable(
            f"the media of {', '.join(changed)} changed while they were read",
            "compose again when nothing writes to them: the next run takes what is there then",
        ) from cause


def _publish(rendered: Rendered, files: Files, seal: Seal) -> tuple[Files, str, int]:
    """Seal the files and move them to their places, the medium last: where it is, all is.

    Returns:
        What there is, and the SHA-256 and the size of the medium as it is stored.
    """
    for source, place in ((rendered.poster, files.poster), (rendered.sheet, files.sheet)):
        if source and place:
            publish_sealed(seal.close(Path(source)), place_of(place))
    media = seal.close(Path(rendered.media))
    media_sha256, size_bytes = sha256_of(media.path), media.path.stat().st_size
    publish_sealed(media, place_of(files.media))
    published = replace(
        files,
        poster=files.poster if rendered.poster else None,
        sheet=files.sheet if rendered.sheet else None,
    )
    return published, media_sha256, size_bytes


def _outcome(
    job: Job, status: CompositionStatus, started: datetime | None, now: datetime
) -> Outcome:
    room = job.manifest.room
    if room.end_time is None:
        raise StorageFailed(f"room {room.sid} has no end, so its outcome has no date")
    return Outcome(
        sid=job.sid,
        room_sid=room.sid,
        room_name=room.unique_name,
        room_end_time=room.end_time,
        template=job.template,
        template_json=job.template_json,
        template_sha256=job.template_sha256,
        inputs_sha256=job.inputs_sha256,
        status=status,
        date_created=job.date_created,
        date_started=started,
        date_completed=now,
        attempts=job.attempts + 1,
    )


def _uses(plan: Plan) -> tuple[Use, ...]:
    return tuple(
        Use(
            source.recording_sid,
            source.type,
            to_ms(source.span.start),
            to_ms(source.span.end),
            to_ms(source.shown),
        )
        for source in plan.sources
    )


def _seen_while_rendering(
    rendered: Rendered, sources: Mapping[str, Stored | Problem]
) -> Iterable[PlanWarning]:
    unread = {sid: one.message for sid, one in sources.items() if isinstance(one, Problem)}
    for sid, how in {**rendered.left_out, **unread}.items():
        yield PlanWarning(
            WarningCode.MEDIA_UNDECODABLE,
            sid,
            f"left out, black or silent in its place, because decoding it fails: {how}",
        )
    for sid, seen in rendered.decoded.items():
        if seen.errors or not seen.frames:
            yield PlanWarning(
                WarningCode.MEDIA_UNDECODABLE,
                sid,
                f"{seen.errors} packets could not be decoded; {seen.frames} frames could"
                if seen.frames
                else "nothing could be decoded: it is black or silent in its place",
            )
        if seen.size_changes:
            yield PlanWarning(
                WarningCode.SIZE_CHANGED,
                sid,
                f"the picture changes its size {seen.size_changes} times, "
                f"up to {seen.width}x{seen.height}",
            )
