"""One room by every template of the night: what to mix, what is refused, what is left alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from roomreel.batch.due import Decision, Previous, decide
from roomreel.batch.report import Line, State
from roomreel.batch.selection import ReadyTemplate, RunFilter
from roomreel.compose.inputs import index_room, plan_indexed, stat_media
from roomreel.compose.outcome import failed
from roomreel.documents.identity import inputs_sha256
from roomreel.errors import DocumentInvalid, RoomNotCompleted, RoomreelError
from roomreel.model.composition import Job, Outcome, composition_sid
from roomreel.model.media import Medium
from roomreel.model.plan import Plan, PlanWarning, WarningCode
from roomreel.model.room import Manifest, Room
from roomreel.plan.refuse import refuse_unready
from roomreel.settings.batches import Batches


@dataclass(frozen=True, slots=True)
class CatalogState:
    """What the catalogs remember of some rooms.

    Attributes:
        compositions: by sid.
        templates_done: by room sid, digests of the templates it was ever completed with.
        end_times: by room sid, the first end recorded.
    """

    compositions: Mapping[str, Previous] = field(default_factory=dict)
    templates_done: Mapping[str, Collection[str]] = field(default_factory=dict)
    end_times: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """One composition to be mixed."""

    job: Job
    plan: Plan


@dataclass(frozen=True, slots=True)
class RoomPlan:
    """What a night does with one room.

    Attributes:
        media: what is known of its media; packet indexes where something was planned.
        work: what is due.
        refused: what is due and cannot be made, failed already.
        lines: what is left alone and told of.
        up_to_date: how many compositions are there, or were and are not wanted again.
    """

    manifest: Manifest
    media: Mapping[str, Medium] = field(default_factory=dict)
    work: tuple[PlannedJob, ...] = ()
    refused: tuple[Outcome, ...] = ()
    lines: tuple[Line, ...] = ()
    up_to_date: int = 0


@dataclass(frozen=True, slots=True)
class Planner:
    """What planning a room of this night needs, the same for all of them.

    Attributes:
        templates: every template of the night.
        now: the instant the night began.
    """

    templates: Sequence[ReadyTemplate]
    choice: RunFilter
    settings: Batches
    now: datetime

    def sids(self, manifests: Iterable[Manifest], memory: CatalogState) -> Iterator[str]:
        """The sids of every composition these rooms could get."""
        rooms = (_first_told(manifest, memory).room for manifest in manifests)
        return (
            composition_sid(room.sid, room.end_time, ready.name, ready.sha256)
            for room in rooms
            if room.end_time
            for ready in self.of(room)
        )

    def of(self, room: Room) -> list[ReadyTemplate]:
        """The templates a room is composed by."""
        return [ready for ready in self.templates if ready.applies_to(room)]

    def plan(self, manifest: Manifest, memory: CatalogState) -> RoomPlan:
        """Decide for each template what to do with the room, and plan what is due.

        Raises:
            StorageFailed: the media cannot be looked at.
        """
        room = manifest.room
        try:
            refuse_unready(room, ())
        except RoomNotCompleted as error:
            waiting = Line(State.WAITING, room.unique_name, code=error.code, message=error.message)
            return RoomPlan(manifest, lines=(waiting,))
        odd = _end_differs(room, memory)
        manifest = _first_told(manifest, memory)
        media = stat_media(manifest, self.settings)
        digest = inputs_sha256(manifest, media)
        jobs = [self._job(manifest, ready, digest, memory) for ready in self.of(room)]
        jobs = [job for job in jobs if self.choice.composition in {None, job.sid}]
        decisions = [(job, self._decide(job, memory)) for job in jobs]
        due = [job for job, decision in decisions if decision.is_due]
        told = [self._told(job, decision, memory) for job, decision in decisions]
        lines = tuple(line for line in told if line)
        media, work, refused = self._plan_due(due, media, odd)
        up_to_date = len(jobs) - len(due) - len(lines)
        return RoomPlan(manifest, media, tuple(work), tuple(refused), lines, up_to_date)

    def _job(
        self, manifest: Manifest, ready: ReadyTemplate, digest: str, memory: CatalogState
    ) -> Job:
        room = manifest.room
        sid = composition_sid(room.sid, _end_of(room), ready.name, ready.sha256)
        previous = memory.compositions.get(sid)
        return Job(
            sid=sid,
            manifest=manifest,
            template=ready.template,
            template_json=ready.json,
            template_sha256=ready.sha256,
            inputs_sha256=digest,
            media={},
            date_created=self.now,
            attempts=previous.attempts if previous else 0,
        )

    def _decide(self, job: Job, memory: CatalogState) -> Decision:
        return decide(
            memory.compositions.get(job.sid),
            templates_done=memory.templates_done.get(job.manifest.room.sid, ()),
            inputs_sha256=job.inputs_sha256,
            template_sha256=job.template_sha256,
            force=self.choice.force,
            max_attempts=self.settings.max_attempts,
        )

    def _told(self, job: Job, decision: Decision, memory: CatalogState) -> Line | None:
        """The line of what is left alone, where there is more to tell than that it is done."""
        room, template = job.manifest.room.unique_name, job.template.friendly_name
        previous = memory.compositions.get(job.sid)
        match decision:
            case Decision.KNOWN_FAILURE if previous:
                code, message = previous.failure_code or "", previous.failure_message or ""
                since = previous.ended.date().isoformat() if previous.ended else ""
                return Line(
                    State.KNOWN_FAILURE, room, template, job.sid, code, message, since=since
                )
            case Decision.STALE_INPUTS:
                return Line(State.STALE, room, template, job.sid, WarningCode.STALE_INPUTS, _STALE)
            case Decision.MADE_BEFORE:
                return Line(State.MADE_BEFORE, room, template, job.sid, message=_MADE_BEFORE)
            case Decision.DELETED if self.choice.force:
                return Line(State.DELETED, room, template, job.sid, message=_DELETED)
            case _:
                return None

    def _plan_due(
        self, due: Iterable[Job], media: dict[str, Medium], odd: tuple[PlanWarning, ...]
    ) -> tuple[dict[str, Medium], list[PlannedJob], list[Outcome]]:
        work: list[PlannedJob] = []
        refused: list[Outcome] = []
        for job in due:
            try:
                # What is found of the media is kept whatever comes of the plan.
                media = index_room(job.manifest, job.template, media, self.settings)
                plan = plan_indexed(job.manifest, job.template, media, self.settings)
            except RoomreelError as error:
                refused.append(failed(replace(job, media=media), error, None, self.now))
            else:
                told = replace(plan, warnings=(*odd, *plan.warnings))
                work.append(PlannedJob(replace(job, media=media), told))
        return media, work, refused


def due_line(work: PlannedJob) -> Line:
    """The line of a composition that a run would make."""
    room, template = work.job.manifest.room.unique_name, work.job.template.friendly_name
    return Line(State.DUE, room, template, work.job.sid)


def _first_told(manifest: Manifest, memory: CatalogState) -> Manifest:
    """The manifest with the first end that was recorded of its room: sids and dates hang on it."""
    end_time = memory.end_times.get(manifest.room.sid, manifest.room.end_time)
    return replace(manifest, room=replace(manifest.room, end_time=end_time))


def _end_differs(room: Room, memory: CatalogState) -> tuple[PlanWarning, ...]:
    first = memory.end_times.get(room.sid, room.end_time)
    if first == room.end_time:
        return ()
    message = f"the manifest says the room ended at {room.end_time}; recorded first was {first}"
    return (PlanWarning(WarningCode.CLAIM_DIFFERS, "", message),)


def _end_of(room: Room) -> datetime:
    if room.end_time is None:
        raise DocumentInvalid(f"room {room.sid} is completed and has no end_time")
    return room.end_time


_STALE = "the recordings changed since it was made (--force makes it again)"
_MADE_BEFORE = "deleted since, or made by an equal template of another name (--force makes it)"
_DELETED = "deleted permanently: --force does not make it (roomreel compose --record makes another)"
