"""Usable recordings: the selected ones that can be shown or heard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from roomreel.model.media import MediaFile, PacketIndex, Problem, Stored
from roomreel.model.plan import PlanWarning, WarningCode
from roomreel.model.room import MediaType, Recording, RecordingStatus, Room
from roomreel.model.samples import SOURCE_RATES
from roomreel.model.time import Span
from roomreel.plan.anomalies import MeasuredRecording, anomalies
from roomreel.plan.packets import activity, pauses
from roomreel.plan.passed_over import tracks_passed_over
from roomreel.plan.probe_results import GAP_S
from roomreel.plan.rules import allowed_recordings

SKIPPED = "skipped: "
"""How the message of a warning begins whose recording is not used."""

UNUSABLE_STATUS = {
    RecordingStatus.FAILED: WarningCode.RECORDING_FAILED,
    RecordingStatus.DELETED: WarningCode.RECORDING_DELETED,
}


@dataclass(frozen=True, slots=True)
class Usable:
    """A recording that can be shown or heard; seconds on the room clock.

    Attributes:
        span: when it is active.
        gaps: stretches of more than 2 s without a packet.
        blanks: where the last picture is no longer held while another comes later.
        ahead: seconds by which all of it is earlier than its timestamps say.
    """

    recording: Recording
    span: Span
    gaps: tuple[Span, ...] = ()
    blanks: tuple[Span, ...] = ()
    ahead: Fraction = Fraction(0)

    @property
    def sid(self) -> str:
        """The recording's sid."""
        return self.recording.sid

    @property
    def offset(self) -> Fraction:
        """The instant of container time 0 on the room clock, in seconds."""
        return Fraction(self.recording.offset_ms, 1000) - self.ahead

    @property
    def stated_start(self) -> Fraction:
        """When it starts by its timestamps."""
        return self.span.start + self.ahead

    @property
    def order(self) -> tuple[Fraction, str, str]:
        """Sort key of assignment: start, then track name, then sid."""
        return self.stated_start, self.recording.track_name, self.recording.sid

    def earlier(self, by: Fraction) -> Usable:
        """Return the same recording, all of it `seconds` earlier."""
        return replace(
            self,
            span=self.span.shifted(-by),
            gaps=tuple(gap.shifted(-by) for gap in self.gaps),
            blanks=tuple(blank.shifted(-by) for blank in self.blanks),
            ahead=self.ahead + by,
        )

    def ending_at(self, end: Fraction) -> Usable:
        """Return the same recording, its last picture held until an instant."""
        return replace(self, span=Span(self.span.start, end))

    def starting_at(self, start: Fraction) -> Usable:
        """Return the same recording, active only from a later instant on."""
        return replace(self, span=Span(start, self.span.end))


def usable_recordings(
    room: Room, chosen: Sequence[Recording], media: Mapping[str, MediaFile], hold: Fraction
) -> tuple[dict[str, Usable], tuple[PlanWarning, ...]]:
    """Sort the selected recordings into those that can be used, and warnings.

    Args:
        room: whose rules apply; none of its recordings is still processing.
        chosen: the selected recordings.
        media: by recording sid.
        hold: seconds a picture is held at most while another comes later.

    Returns:
        The usable ones by sid, and a warning for each anomaly and each that is left out.
    """
    in_rules = allowed_recordings(room)
    usable: dict[str, Usable] = {}
    warnings: list[PlanWarning] = []
    for recording in chosen:
        refusal = _refusal(recording, in_rules=recording.sid in in_rules)
        found = refusal or _examine(recording, media.get(recording.sid, MediaFile()), hold)
        if isinstance(found, Problem):
            warnings.append(_left_out(recording, found))
        else:
            usable[recording.sid] = _usable(found)
            warnings.extend(anomalies(found))
            warnings.extend(_unheard(recording, media))
    return usable, tuple(warnings)


@dataclass(frozen=True, slots=True)
class RoomExamination:
    """The warnings about recordings, whatever is made of them.

    Attributes:
        usable: by sid, of those that were looked into, whether something can be seen or heard.
    """

    warnings: tuple[PlanWarning, ...]
    usable: Mapping[str, bool]


def examine_room(room: Room, media: Mapping[str, MediaFile], hold: Fraction) -> RoomExamination:
    """Return the problems and anomalies of the recordings of a room.

    Args:
        room: its recordings that are not completed have a status instead.
        media: by recording sid, of those that were looked at; packets only count where there are
            any, or a problem says why not.
        hold: seconds a picture is held at most while another comes later.
    """
    warnings: list[PlanWarning] = []
    usable: dict[str, bool] = {}
    for recording in room.recordings:
        medium = media.get(recording.sid)
        if recording.status is not RecordingStatus.COMPLETED:
            usable[recording.sid] = False
        if medium is None or recording.status is not RecordingStatus.COMPLETED:
            continue
        if medium.stored and medium.packets is None and medium.problem is None:
            continue  # no template selects it
        found = _examine(recording, medium, hold)
        usable[recording.sid] = not isinstance(found, Problem)
        if isinstance(found, Problem):
            warnings.append(_warning(recording, found))
        else:
            warnings.extend(anomalies(found))
            warnings.extend(_unheard(recording, media))
    warnings.extend(tracks_passed_over(room, room.recordings, media))
    return RoomExamination(tuple(warnings), usable)


def _refusal(recording: Recording, *, in_rules: bool) -> Problem | None:
    if recording.status is not RecordingStatus.COMPLETED:
        code = UNUSABLE_STATUS[recording.status]
        return Problem(code, f"the recording is {recording.status.value}")
    if not in_rules:
        return Problem(WarningCode.RULES_EXCLUDED, "the recording rules of the room exclude it")
    return None


def _examine(
    recording: Recording, medium: MediaFile, hold: Fraction
) -> MeasuredRecording | Problem:
    stored = medium.stored
    if stored is None:
        return medium.problem or Problem(WarningCode.MEDIA_MISSING, "there is no media file")
    packets = _packets(recording, stored, medium)
    if isinstance(packets, Problem):
        return packets
    active = activity(packets, hold)
    if active is None:
        return Problem(WarningCode.MEDIA_EMPTY, f"no key frame in {len(packets)} packets")
    if active.span.is_empty:
        return Problem(WarningCode.MEDIA_EMPTY, f"its {len(packets)} packets last no time")
    apart = pauses(active, min(hold, GAP_S))
    return MeasuredRecording(recording, stored, packets, active, apart, hold, medium.sha256)


def _packets(recording: Recording, stored: Stored, medium: MediaFile) -> PacketIndex | Problem:
    """Return packets that may be decoded."""
    packets = medium.packets
    if stored.size_bytes == 0:
        return Problem(WarningCode.MEDIA_EMPTY, "the media file has no byte")
    if not packets:
        nothing = f"the media file has no {recording.type.value} packet"
        return medium.problem or Problem(WarningCode.MEDIA_EMPTY, nothing)
    if packets.sample_rate and packets.sample_rate not in SOURCE_RATES:
        known = f"{SOURCE_RATES[0]} to {SOURCE_RATES[-1]} Hz can be composed"
        message = f"its sound claims {packets.sample_rate} Hz; {known}"
        return Problem(WarningCode.MEDIA_UNDECODABLE, message)
    return packets


def _warning(recording: Recording, problem: Problem) -> PlanWarning:
    known = problem.code in WarningCode.__members__.values()
    code = WarningCode(problem.code) if known else WarningCode.MEDIA_UNDECODABLE
    return PlanWarning(code, recording.sid, problem.message)


def _unheard(recording: Recording, media: Mapping[str, MediaFile]) -> Iterator[PlanWarning]:
    """Yield that nobody knows who talks in a recording, where its sound cannot be decoded."""
    problem = media.get(recording.sid, MediaFile()).unheard
    if problem is not None:
        yield _warning(recording, problem)


def _left_out(recording: Recording, problem: Problem) -> PlanWarning:
    warning = _warning(recording, problem)
    return replace(warning, message=f"{SKIPPED}{warning.message}")


def _usable(case: MeasuredRecording) -> Usable:
    offset = Fraction(case.recording.offset_ms, 1000)
    is_video = case.packets.type is MediaType.VIDEO
    unheld = case.longer_than(case.hold) if is_video else ()
    return Usable(
        recording=case.recording,
        span=case.active.span.shifted(offset),
        gaps=tuple(pause.shifted(offset) for pause in case.longer_than(GAP_S)),
        blanks=tuple(Span(p.start + case.hold, p.end).shifted(offset) for p in unheld),
    )
