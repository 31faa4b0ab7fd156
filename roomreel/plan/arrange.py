"""Arrangements: the sound and pictures of a room at each time, and the time that is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from roomreel.errors import SourceLimitExceeded
from roomreel.model.plan import OutputSegment, PlanWarning, WarningCode
from roomreel.model.template import Template
from roomreel.model.time import decimal_text
from roomreel.plan.edges import snap_to_edges
from roomreel.plan.region_layout import RegionLayout, lay_out_region
from roomreel.plan.select import People, composed_recordings
from roomreel.plan.sound import heard_sources
from roomreel.plan.timeline import kept_segments, length
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
        included: those that are heard or that a region matched, by (start, sid).
        length: seconds of output.
    """

    usable: Mapping[str, Usable]
    audio: tuple[Usable, ...]
    layouts: tuple[RegionLayout, ...]
    included: tuple[Usable, ...]
    kept: tuple[OutputSegment, ...]
    length: Fraction
    warnings: tuple[PlanWarning, ...]


def arrange(template: Template, usable: Mapping[str, Usable], people: People) -> Arrangement:
    """Decide what is heard and shown when; of too long an output, without what makes it so.

    Where the output would be longer than any call, recordings that are so themselves are left out,
    or else the one without which it is not, or else those of the participant without whom it is
    not.

    Raises:
        SourceLimitExceeded: it is longer than any call whichever of these is left out.
    """
    whole = _arranged(template, usable, people)
    if whole.length <= LONGEST_OUTPUT_S:
        return whole
    for sids in _to_leave_out(whole):
        rest = {sid: source for sid, source in usable.items() if sid not in sids}
        fitting = _arranged(template, rest, people)
        if 0 < fitting.length <= LONGEST_OUTPUT_S:
            left_out = (_left_out(sid, whole, fitting) for sid in sids)
            return replace(fitting, warnings=(*fitting.warnings, *left_out))
    raise _endless(whole, trim=template.trim)


def _arranged(template: Template, usable: Mapping[str, Usable], people: People) -> Arrangement:
    recordings = (source.recording for source in usable.values())
    composed = [one.sid for one in composed_recordings(template, recordings, people)]
    usable = snap_to_edges(usable, composed, template.frame_rate)
    audio, overlaps = heard_sources(template.audio, usable, people)
    layouts = tuple(
        lay_out_region(region, template.resolution, usable, people) for region in template.regions
    )
    included = _included((*audio, *(source for layout in layouts for source in layout.sources)))
    displayed = (one.span for layout in layouts for tile in layout.tiles for one in tile.shown)
    sounding = (source.span for source in audio)
    kept = kept_segments(
        (source.span for source in included), (*displayed, *sounding), trim=template.trim
    )
    warnings = (*overlaps, *(warning for layout in layouts for warning in layout.warnings))
    return Arrangement(usable, audio, layouts, included, kept, length(kept), warnings)


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
