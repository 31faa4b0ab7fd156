"""Arrangements: the sound and pictures of a room at each time, and the time that is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType

from roomreel.errors import SourceLimitExceeded
from roomreel.model.event import Event
from roomreel.model.layout import Stretch
from roomreel.model.plan import OutputSegment, PlanWarning, WarningCode
from roomreel.model.talk import Spurts
from roomreel.model.template import CellOrder, Region, Template
from roomreel.model.time import Span, decimal_text
from roomreel.plan.conditions import Circumstances
from roomreel.plan.conversation import SILENCE, Conversation, conversation
from roomreel.plan.edges import snap_to_edges
from roomreel.plan.evidence import asks_who_talks
from roomreel.plan.region_layout import RegionLayout, lay_out
from roomreel.plan.select import People, composed_recordings
from roomreel.plan.sound import heard_sources
from roomreel.plan.stretches import stretches
from roomreel.plan.timeline import kept_segments, length
from roomreel.plan.units import Unit, region_units, unshown
from roomreel.plan.usable import Usable

# No call lasts longer on the services this composes for. Offsets that are wrong by years would
# otherwise ask for years of black.
LONGEST_OUTPUT_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The recordings arranged by a template.

    Attributes:
        usable: the recordings, by sid.
        audio: those that are heard, with effective spans.
        layouts: of the regions of each stretch, in the order of the template.
        included: those that are heard or that a region matched, by (start, sid).
        stretches: in which one layout is on; they fill the time of what is included.
        talk: who talks, as far as the template asks for it.
        length: seconds of output.
    """

    usable: Mapping[str, Usable]
    audio: tuple[Usable, ...]
    layouts: tuple[RegionLayout, ...]
    included: tuple[Usable, ...]
    stretches: tuple[Stretch, ...]
    talk: Conversation
    kept: tuple[OutputSegment, ...]
    length: Fraction
    warnings: tuple[PlanWarning, ...]


def arrange(
    template: Template,
    usable: Mapping[str, Usable],
    people: People,
    events: Sequence[Event] = (),
    spurts: Spurts = MappingProxyType({}),
) -> Arrangement:
    """Decide what is heard and shown when; of too long an output, without what makes it so.

    Where the output would be longer than any call, recordings that are so themselves are left out,
    or else the one without which it is not, or else those of the participant without whom it is
    not.

    Args:
        events: in order.
        spurts: what `speaker_recordings` say of who talks.

    Raises:
        SourceLimitExceeded: it is longer than any call whichever of these is left out.
    """
    whole = _arranged(template, usable, people, events, spurts)
    if whole.length <= LONGEST_OUTPUT_S:
        return whole
    for sids in _to_leave_out(whole):
        rest = {sid: source for sid, source in usable.items() if sid not in sids}
        fitting = _arranged(template, rest, people, events, spurts)
        if 0 < fitting.length <= LONGEST_OUTPUT_S:
            left_out = (_left_out(sid, whole, fitting) for sid in sids)
            return replace(fitting, warnings=(*fitting.warnings, *left_out))
    raise _endless(whole, trim=template.trim)


def _arranged(
    template: Template,
    usable: Mapping[str, Usable],
    people: People,
    events: Sequence[Event],
    spurts: Spurts,
) -> Arrangement:
    recordings = (source.recording for source in usable.values())
    composed = [one.sid for one in composed_recordings(template, recordings, people)]
    usable = snap_to_edges(usable, composed, template.frame_rate)
    audio, overlaps = heard_sources(template.audio, usable, people)
    settle = template.layout_timing.settle
    chosen = {
        region: region_units(region, usable, people, settle) for region in template.all_regions
    }
    units = {region: found for region, (found, _) in chosen.items()}
    videos = (video for units, _ in chosen.values() for unit in units for video in unit.videos)
    included = _included((*audio, *videos))
    whole = _whole(included)
    around = _around(whole, (unit.span for units, _ in chosen.values() for unit in units))
    asked = asks_who_talks(template)
    talk = conversation(template.speaker, around, spurts, events, people) if asked else SILENCE
    now = Circumstances(whole, usable, people, talk, events)
    on = _widened(stretches(template.layout_rules, template.layout_timing, now), around)
    by_layout = template.regions_by_layout
    layouts = tuple(
        layout
        for stretch in on
        for layout in lay_out(by_layout[stretch.layout], template.resolution, units, stretch, talk)
    )
    displayed = (one.span for layout in layouts for tile in layout.tiles for one in tile.shown)
    sounding = (source.span for source in audio)
    kept = kept_segments(
        (source.span for source in included), (*displayed, *sounding), trim=template.trim
    )
    warnings = (
        *overlaps,
        *(
            warning
            for region, (units, found) in chosen.items()
            for warning in (*found, *_unshown(region, units, layouts))
        ),
        *_never_on(template, on),
        *(_nobody_talks() if asked and not talk.lane else ()),
    )
    return Arrangement(usable, audio, layouts, included, on, talk, kept, length(kept), warnings)


def _whole(included: Sequence[Usable]) -> Span:
    """Return the time from the first start to the last end of what is included."""
    if not included:
        return Span(Fraction(0), Fraction(0))
    return Span(included[0].span.start, max(source.span.end for source in included))


def _around(whole: Span, spans: Iterable[Span]) -> Span:
    """Return the time in which a span, or others, lie.

    Who is there by sound alone may be there before and after all that is included.
    """
    there = [whole, *spans]
    return Span(min(one.start for one in there), max(one.end for one in there))


def _widened(on: Sequence[Stretch], around: Span) -> tuple[Stretch, ...]:
    """Return stretches, the first and the last made so long that they fill a time."""
    begun = Stretch(on[0].layout, Span(around.start, on[0].span.end))
    widened = [begun, *on[1:]]
    return (*widened[:-1], Stretch(widened[-1].layout, Span(widened[-1].span.start, around.end)))


def _unshown(
    region: Region, units: Iterable[Unit], layouts: Sequence[RegionLayout]
) -> Iterator[PlanWarning]:
    """Yield a warning for each unit that is there while its region is, and has no cell.

    Cells that follow who talks are not for everybody: there, of whom nothing is seen anywhere.
    """
    own = [layout for layout in layouts if layout.asked == region]
    if region.order is CellOrder.SPEAKER:
        placed = (one for layout in layouts for one in layout.placed)
        seen = {recording.sid for one in placed for recording in one.unit.recordings}
        units = [unit for unit in units if seen.isdisjoint(one.sid for one in unit.recordings)]
    shown = {sid for layout in own for sid in layout.shown}
    cells = max((one.region.columns * one.region.rows for one in own), default=0)
    for unit in units:
        there = any(not unit.within(layout.stretch.span).span.is_empty for layout in own)
        if there and unit.sid not in shown:
            yield unshown(region, unit, f"none of its {cells} cells was free")


def _nobody_talks() -> Iterator[PlanWarning]:
    message = "nobody ever talks, by what the template goes by: the picture follows no one"
    yield PlanWarning(WarningCode.SPEAKER_UNKNOWN, "", message)


def _never_on(template: Template, on: Sequence[Stretch]) -> Iterator[PlanWarning]:
    for name in template.layouts.keys() - {one.layout for one in on}:
        message = f"layout {name!r} is never on: no rule for it holds for long enough"
        yield PlanWarning(WarningCode.LAYOUT_NEVER_ON, "", message)


def _included(sources: Iterable[Usable]) -> tuple[Usable, ...]:
    """Return each source once, with its longest effective span, by (start, sid).

    Regions make spans effective each for itself, and only ever move a start: the earliest wins.
    """
    earliest: dict[str, Usable] = {}
    for source in sorted(sources, key=lambda source: (source.span.start, source.sid)):
        earliest.setdefault(source.sid, source)
    return tuple(earliest.values())


def _to_leave_out(whole: Arrangement) -> Iterator[Collection[str]]:
    """Yield recordings without which the output may be short enough, the likeliest first."""
    # Of two that are years apart the one that says so itself, by an offset of years.
    likeliest = sorted(whole.included, key=lambda s: (-abs(s.offset), -s.span.duration, s.sid))
    yield [s.sid for s in likeliest if s.span.duration > LONGEST_OUTPUT_S]
    for source in likeliest:
        yield [source.sid]
    participants: dict[str, list[str]] = {}
    for source in likeliest:
        participants.setdefault(source.recording.participant_sid, []).append(source.sid)
    yield from participants.values()


def _left_out(sid: str, whole: Arrangement, fitting: Arrangement) -> PlanWarning:
    message = (
        f"skipped: with it the output would last {_hours(whole.length)}, without it"
        f" {_hours(fitting.length)}, and no more than {LONGEST_OUTPUT_S // 3600} h are composed;"
        " its offset or its timestamps are wrong"
    )
    return PlanWarning(WarningCode.CLAIM_DIFFERS, sid, message)


def _endless(whole: Arrangement, *, trim: bool) -> SourceLimitExceeded:
    first, last = whole.included[0], max(whole.included, key=lambda source: source.span.end)
    return SourceLimitExceeded(
        f"the output would last {_hours(whole.length)}, from {first.sid} to"
        f" {last.sid}; the limit is {LONGEST_OUTPUT_S // 3600} h",
        "select fewer recordings, or correct their offsets"
        + ("" if trim else "; with trim true, what lies between them is skipped"),
    )


def _hours(seconds: Fraction) -> str:
    return f"{decimal_text(seconds / 3600, 1)} h"
