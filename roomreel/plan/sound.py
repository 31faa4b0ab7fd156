"""Sound: the recordings that are heard, and their places in the output."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from roomreel.model.plan import AudioClip, OutputSegment, PlanWarning
from roomreel.model.room import MediaType
from roomreel.model.selection import Selection
from roomreel.plan.overlap import one_at_a_time
from roomreel.plan.select import People, select
from roomreel.plan.timeline import in_output
from roomreel.plan.usable import Usable


def heard_sources(
    selection: Selection, usable: Mapping[str, Usable], people: People
) -> tuple[tuple[Usable, ...], tuple[PlanWarning, ...]]:
    """Return the sources that are heard, with effective spans, and warnings of overlaps."""
    recordings = (source.recording for source in usable.values())
    chosen = select(selection, MediaType.AUDIO, recordings, people)
    return one_at_a_time(usable[recording.sid] for recording in chosen)


def clips(
    sources: Iterable[Usable], kept: Sequence[OutputSegment], gains: Mapping[str, Fraction]
) -> tuple[AudioClip, ...]:
    """Return the sounds of the output, by (start, sid), cut at the instants of the pictures.

    Args:
        gains: decibels of each of them, by sid.
    """
    found = (clip for source in sources for clip in _clips(source, kept, gains[source.sid]))
    return tuple(sorted(found, key=lambda clip: (clip.span.start, clip.recording_sid)))


def _clips(source: Usable, kept: Sequence[OutputSegment], gain_db: Fraction) -> Iterator[AudioClip]:
    for span, ahead in in_output(source.span, kept):
        yield AudioClip(source.sid, span, span.start + ahead - source.offset, gain_db)
