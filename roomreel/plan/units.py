"""Units: what takes a cell of its own, a recording, or a participant as long as one is there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from roomreel.model.plan import PlanWarning, WarningCode
from roomreel.model.room import MediaType
from roomreel.model.template import CellOrder, GridKind, Region, Reuse, UnitKind
from roomreel.model.tiles import PlaceholderKind
from roomreel.model.time import Span, decimal_text
from roomreel.plan.assign import CellInterval, assign
from roomreel.plan.chapters import ABSENCE_S
from roomreel.plan.overlap import one_at_a_time, without_short_overlaps
from roomreel.plan.select import People, select
from roomreel.plan.spans import bridged
from roomreel.plan.usable import Usable


@dataclass(frozen=True, slots=True)
class Unit:
    """A recording or a participant, which takes one cell of a region.

    Attributes:
        span: when it is there, between its recordings, too.
        recordings: of one participant, in their order; videos of one track follow each other.
        name: None where units stand in the order of their starts.
    """

    span: Span
    recordings: tuple[Usable, ...]
    name: str | None = None

    @property
    def order(self) -> tuple[Any, ...]:
        """Sort key among units: the name, or else that of the recording it begins with."""
        return self.recordings[0].order if self.name is None else (self.name, self.sid)

    @property
    def start(self) -> Fraction:
        """When the recording that it begins with does, whenever it is looked at."""
        return self.recordings[0].span.start

    @property
    def sid(self) -> str:
        """The sid of the recording it begins with."""
        return self.recordings[0].sid

    @property
    def participant_sid(self) -> str:
        """The sid of the participant whose recordings it has."""
        return self.recordings[0].recording.participant_sid

    @property
    def videos(self) -> tuple[Usable, ...]:
        """Its pictures; where several are active, the one that started last is seen."""
        return tuple(one for one in self.recordings if one.recording.type is MediaType.VIDEO)

    def within(self, span: Span) -> Unit:
        """Return the same unit, there only within a span; its place among others stays."""
        return replace(self, span=self.span.intersection(span))

    def starting_at(self, start: Fraction) -> Unit:
        """Return the same unit, there only from a later instant on."""
        recordings = tuple(
            one.starting_at(start) if one.span.start < start < one.span.end else one
            for one in self.recordings
        )
        return replace(self, span=Span(start, self.span.end), recordings=recordings)


def region_units(
    region: Region, usable: Mapping[str, Usable], people: People, settle: Fraction = Fraction(0)
) -> tuple[tuple[Unit, ...], tuple[PlanWarning, ...]]:
    """Return the units of a region, and warnings of overlaps and of what is too short for a cell.

    With `min_recording_ms` a recording is judged by its own length, and a participant by the time
    that they are there: a short recording of one who is there takes no cell for itself.

    Args:
        settle: seconds; a track that comes back so soon has never left a grid that follows who is
            there.
    """
    if region.tile.placeholder.kind is PlaceholderKind.LAST_FRAME:
        usable = {sid: replace(source, blanks=()) for sid, source in usable.items()}
    recordings = [source.recording for source in usable.values()]
    selected = select(region.sources, MediaType.VIDEO, recordings, people)
    chosen = [usable[recording.sid] for recording in selected]
    least = Fraction(region.min_recording_ms, 1000)
    if region.unit is UnitKind.RECORDING:
        long = [one for one in chosen if one.span.duration >= least]
        in_turn, overlaps = one_at_a_time(long)
        brief = [Unit(one.span, (one,)) for one in chosen if one not in long]
        units = [Unit(one.span, (one,)) for one in in_turn]
        if region.grid is GridKind.CURRENT:
            units = [*_joined(in_turn, lambda one: one.recording.source_sid, settle)]
    else:
        in_turn, overlaps = one_at_a_time(chosen)
        sounds = select(region.voices, MediaType.AUDIO, recordings, people)
        own = (*in_turn, *(usable[sound.sid] for sound in sounds))
        absence = max(ABSENCE_S, settle) if region.grid is GridKind.CURRENT else ABSENCE_S
        stays = tuple(_joined(own, lambda one: one.recording.participant_sid, absence))
        units = [unit for unit in stays if unit.span.duration >= least]
        brief = [unit for unit in stays if unit.span.duration < least]
    too_short = (unshown(region, unit, _too_short(unit, least)) for unit in brief)
    alone = without_short_overlaps(units)
    if region.order is CellOrder.NAME:
        names = {sid: person.name for sid, person in people.items()}
        alone = tuple(
            replace(unit, name=names.get(unit.participant_sid, unit.participant_sid))
            for unit in alone
        )
    return alone, (*overlaps, *too_short)


def _joined(
    recordings: Iterable[Usable], whose: Callable[[Usable], str], over: Fraction
) -> Iterator[Unit]:
    """Yield a unit for each time that somebody, or a track, is there, with its recordings.

    Args:
        over: seconds of absence that do not count.
    """
    of_one: dict[str, list[Usable]] = defaultdict(list)
    for one in sorted(recordings, key=lambda one: one.order):
        of_one[whose(one)].append(one)
    for own in of_one.values():
        for span in bridged((one.span for one in own), over):
            yield Unit(span, tuple(one for one in own if span.start <= one.span.start < span.end))


def pictures(unit: Unit, cell: int, span: Span) -> tuple[CellInterval[Usable], ...]:
    """Return what is seen of a unit that is in a cell over a span, none of it empty, by start."""
    seen = assign(unit.videos, (cell,), Reuse.SHOW_NEWEST)
    found = (replace(one, span=one.span.intersection(span)) for one in seen)
    return tuple(one for one in found if not one.span.is_empty)


def unshown(region: Region, unit: Unit, why: str) -> PlanWarning:
    """Return the warning that a unit is never seen in a region."""
    whose = "" if region.unit is UnitKind.RECORDING else "its participant: "
    message = f"{region.called}: {whose}{why}"
    return PlanWarning(WarningCode.SOURCES_NOT_SHOWN, unit.sid, message)


def _too_short(unit: Unit, least: Fraction) -> str:
    lasts, asked = (decimal_text(seconds, 3) for seconds in (unit.span.duration, least))
    return f"it lasts {lasts} s, less than {asked} s"
