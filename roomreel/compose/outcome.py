"""Outcomes of compositions, to be recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from roomreel.errors import Cancelled, RoomreelError, StorageFailed
from roomreel.model.composition import CompositionStatus, Job, LayoutUse, Outcome, Use
from roomreel.model.media import Problem, Stored
from roomreel.model.plan import Plan, PlanWarning, WarningCode
from roomreel.model.template import Template
from roomreel.model.time import to_ms
from roomreel.plan.evidence import asks_who_talks
from roomreel.redaction import redacted
from roomreel.render.spec import Rendered


def completed(
    job: Job,
    plan: Plan,
    rendered: Rendered,
    sources: Mapping[str, Stored | Problem],
    started: datetime,
    now: datetime,
) -> Outcome:
    """Return the outcome of a job that was rendered, without the places of its files.

    Args:
        sources: what was read, or why it could not be.
    """
    return replace(
        _outcome(job, CompositionStatus.COMPLETED, started, now),
        frame_count=plan.frame_count,
        duration_ms=to_ms(plan.duration),
        source_bytes=plan.source_bytes,
        source_duration_ms=to_ms(plan.source_duration),
        uses=_uses(plan),
        warnings=tuple(sorted({*plan.warnings, *_seen_while_rendering(rendered, sources)})),
        decoded=rendered.decoded,
        leveled=rendered.leveled,
        speaker_switches=_switches(job.template, plan),
        overlay_count=len(plan.overlays),
        layouts=_layouts(plan),
    )


def failed(job: Job, error: RoomreelError, started: datetime | None, now: datetime) -> Outcome:
    """Return the outcome of a job that ended with an error: failed, or cancelled."""
    is_cancelled = isinstance(error, Cancelled)
    status = CompositionStatus.CANCELLED if is_cancelled else CompositionStatus.FAILED
    outcome = _outcome(job, status, started, now)
    message = f"{error.message} ({error.remedy})" if error.remedy else error.message
    return replace(outcome, failure_code=error.code, failure_message=redacted(message))


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


def _switches(template: Template, plan: Plan) -> int | None:
    return max(len(plan.speaker) - 1, 0) if asks_who_talks(template) else None


def _layouts(plan: Plan) -> tuple[LayoutUse, ...]:
    rate = plan.frame_rate
    return tuple(
        LayoutUse(one.name, to_ms(one.start_frame / rate), to_ms(one.end_frame / rate))
        for one in plan.layouts
    )


def _seen_while_rendering(
    rendered: Rendered, sources: Mapping[str, Stored | Problem]
) -> Iterable[PlanWarning]:
    unread = {sid: one.message for sid, one in sources.items() if isinstance(one, Problem)}
    for sid, how in {**rendered.left_out, **unread}.items():
        yield PlanWarning(
            WarningCode.MEDIA_UNDECODABLE,
            sid,
            f"skipped, black or silent in its place, because decoding it fails: {how}",
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
