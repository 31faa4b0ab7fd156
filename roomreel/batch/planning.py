"""Plan rooms by every template: what is due, what is refused, what is left alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from roomreel.batch.catalog_state import CatalogState, load_catalog_state
from roomreel.batch.due import Decision, decide
from roomreel.batch.edge import attempt
from roomreel.batch.report import Line, State, failed_line
from roomreel.batch.selection import ReadyTemplate, RunFilter
from roomreel.compose.inputs import index_room, inputs_of, plan_indexed
from roomreel.compose.listening import listen_as_set
from roomreel.compose.media import stat_media
from roomreel.compose.outcome import failed
from roomreel.compose.rules import with_posted_rules
from roomreel.documents.identity import inputs_sha256
from roomreel.errors import DocumentInvalid, RoomNotCompleted, RoomreelError
from roomreel.metrics import measure_time
from roomreel.model.composition import Job, Outcome, composition_sid
from roomreel.model.media import MediaFile
from roomreel.model.plan import Plan, PlanWarning, WarningCode
from roomreel.model.room import Manifest, Room
from roomreel.plan.refuse import refuse_unready
from roomreel.plan.select import selected_recordings
from roomreel.settings.batches import Batches


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """One composition to be made: its job and its plan."""

    job: Job
    plan: Plan


@dataclass(frozen=True, slots=True)
class RoomPlan:
    """The compositions of one room in a batch.

    Attributes:
        media: what is known of its media; packet indexes where something was planned.
        due: what is to be made.
        refused: what is due and cannot be made, failed already.
        lines: what is left alone and reported.
        up_to_date: how many compositions are there, or were and are not wanted again.
    """

    manifest: Manifest
    media: Mapping[str, MediaFile] = field(default_factory=dict)
    due: tuple[PlannedJob, ...] = ()
    refused: tuple[Outcome, ...] = ()
    lines: tuple[Line, ...] = ()
    up_to_date: int = 0


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans the rooms of one batch.

    Attributes:
        templates: every template of the batch.
        now: the instant the batch began.
    """

    templates: Sequence[ReadyTemplate]
    wanted: RunFilter
    settings: Batches
    now: datetime

    def sids(self, manifests: Iterable[Manifest], state: CatalogState) -> Iterator[str]:
        """Return the sids of every composition these rooms could get."""
        rooms = (_with_first_end(manifest, state).room for manifest in manifests)
        return (
            composition_sid(room.sid, room.end_time, ready.name, ready.sha256)
            for room in rooms
            if room.end_time
            for ready in self.of(room)
        )

    def of(self, room: Room) -> list[ReadyTemplate]:
        """Return the templates a room is composed by.

        One that is asked for by its name is composed whenever it ended, and by what selects none
        of its recordings, too: that has failed.
        """
        asked = self.wanted.room is not None
        return [
            ready
            for ready in self.templates
            if ready.applies_to(room)
            and (asked or ready.template.is_for_end(room.end_time))
            and (asked or not _is_passed_over(ready, room))
        ]

    def plan(self, manifest: Manifest, state: CatalogState) -> RoomPlan:
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
        odd = _end_differs(room, state)
        manifest = with_posted_rules(_with_first_end(manifest, state), self.settings)
        media = stat_media(manifest, self.settings)
        digest = inputs_sha256(manifest, media)
        jobs = [self._job(manifest, ready, digest, state) for ready in self.of(manifest.room)]
        jobs = [job for job in jobs if self.wanted.composition in {None, job.sid}]
        decisions = [(job, self._decide(job, state)) for job in jobs]
        due = [job for job, decision in decisions if decision.is_due]
        lines_of = [self._line_of(job, decision, state) for job, decision in decisions]
        lines = tuple(line for line in lines_of if line)
        room_plan = plan_jobs(manifest, due, media, self.settings, self.now, odd)
        if not due and manifest.room.sid not in state.listened:
            media = listen_as_set(manifest.room, media, self.settings)
            room_plan = replace(room_plan, media=media)
        up_to_date = len(jobs) - len(due) - len(lines)
        return replace(room_plan, lines=lines, up_to_date=up_to_date)

    def _job(
        self, manifest: Manifest, ready: ReadyTemplate, digest: str, state: CatalogState
    ) -> Job:
        room = manifest.room
        sid = composition_sid(room.sid, _end_of(room), ready.name, ready.sha256)
        previous = state.compositions.get(sid)
        return Job(
            sid=sid,
            manifest=manifest,
            template=ready.template,
            template_json=ready.json,
            template_sha256=ready.sha256,
            inputs_sha256=inputs_of(digest, manifest, ready.template, self.settings),
            media={},
            date_created=self.now,
            attempts=previous.attempts if previous else 0,
        )

    def _decide(self, job: Job, state: CatalogState) -> Decision:
        return decide(
            state.compositions.get(job.sid),
            templates_done=state.templates_done.get(job.manifest.room.sid, ()),
            inputs_sha256=job.inputs_sha256,
            template_sha256=job.template_sha256,
            force=self.wanted.force,
            max_attempts=self.settings.max_attempts,
        )

    def _line_of(self, job: Job, decision: Decision, state: CatalogState) -> Line | None:
        """Return the line of what is left alone, unless it is simply done."""
        room, template = job.manifest.room.unique_name, job.template.friendly_name
        previous = state.compositions.get(job.sid)
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
            case Decision.DELETED if self.wanted.force:
                return Line(State.DELETED, room, template, job.sid, message=_DELETED)
            case _:
                return None


def plan_jobs(
    manifest: Manifest,
    jobs: Iterable[Job],
    media: dict[str, MediaFile],
    settings: Batches,
    now: datetime,
    odd: tuple[PlanWarning, ...] = (),
) -> RoomPlan:
    """Plan jobs of one room; the packets of each recording are indexed once.

    Args:
        manifest: of the room.
        media: what is known of its media.
        now: when what cannot be made has failed.
        odd: warnings of all of them.
    """
    planned: list[PlannedJob] = []
    refused: list[Outcome] = []
    for job in jobs:
        try:
            # What is found of the media is kept whatever comes of the plan.
            media = index_room(job.manifest, job.template, media, settings)
            plan = plan_indexed(
                job.manifest, job.template, media, settings, sends=settings.has_service
            )
        except RoomreelError as error:
            refused.append(failed(replace(job, media=media), error, None, now))
        else:
            plan = replace(plan, warnings=(*odd, *plan.warnings))
            planned.append(PlannedJob(replace(job, media=media), plan))
    heard = listen_as_set(manifest.room, media, settings) if planned or refused else media
    return RoomPlan(manifest, heard, tuple(planned), tuple(refused))


def plan_rooms(manifests: list[Manifest], planner: Planner) -> list[RoomPlan]:
    """Decide and plan for each room; one that cannot be planned never stops the others."""
    runs = planner.wanted.runs
    state = attempt(
        load_catalog_state,
        manifests,
        planner.settings,
        runs,
        lambda rooms: planner.sids(manifests, rooms),
    )
    if isinstance(state, RoomreelError):
        return [_unplanned(manifest, state) for manifest in manifests]
    with measure_time("plan"):
        plans = [(manifest, attempt(planner.plan, manifest, state)) for manifest in manifests]
    return [made if isinstance(made, RoomPlan) else _unplanned(of, made) for of, made in plans]


def _unplanned(manifest: Manifest, error: RoomreelError) -> RoomPlan:
    return RoomPlan(manifest, lines=(failed_line(error, manifest.room.unique_name),))


def due_line(planned: PlannedJob) -> Line:
    """Return the line of a composition that a run would make."""
    room, template = planned.job.manifest.room.unique_name, planned.job.template.friendly_name
    return Line(State.DUE, room, template, planned.job.sid)


def held_line(planned: PlannedJob, holder: str) -> Line:
    """Return the line of a composition that somebody else makes at this time."""
    room, template = planned.job.manifest.room.unique_name, planned.job.template.friendly_name
    message = f"{holder} is making it at this time: left alone"
    return Line(State.WAITING, room, template, planned.job.sid, "composed-elsewhere", message)


def _is_passed_over(ready: ReadyTemplate, room: Room) -> bool:
    """Return whether a hook selects nothing of a room: as the service says, it makes nothing.

    A template of the operator's that selects nothing is a mistake, and fails.
    """
    return ready.template.sid is not None and not selected_recordings(room, ready.template)


def _with_first_end(manifest: Manifest, state: CatalogState) -> Manifest:
    """Return the manifest with the first end recorded of its room: sids and dates hang on it."""
    end_time = state.end_times.get(manifest.room.sid, manifest.room.end_time)
    return replace(manifest, room=replace(manifest.room, end_time=end_time))


def _end_differs(room: Room, state: CatalogState) -> tuple[PlanWarning, ...]:
    first = state.end_times.get(room.sid, room.end_time)
    if first == room.end_time:
        return ()
    message = f"the manifest says the room ended at {room.end_time}; recorded first was {first}"
    return (PlanWarning(WarningCode.CLAIM_DIFFERS, "", message),)


def _end_of(room: Room) -> datetime:
    if room.end_time is None:
        raise DocumentInvalid(f"room {room.sid} is completed and has no end_time")
    return room.end_time


_STALE = "its recordings or images changed since it was made (--force makes it again)"
_MADE_BEFORE = "deleted since, or made by an equal template of another name (--force makes it)"
_DELETED = "deleted permanently: --force does not make it (roomreel compose --record makes another)"
