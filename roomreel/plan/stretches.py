"""Stretches: the times of a composition in which one layout is on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from roomreel.model.layout import DEFAULT, LayoutRule, LayoutTiming, Stretch
from roomreel.model.time import Span
from roomreel.plan.conditions import Circumstances, spans_of
from roomreel.plan.spans import common, minus


def stretches(
    rules: Sequence[LayoutRule], timing: LayoutTiming, now: Circumstances
) -> tuple[Stretch, ...]:
    """Return the stretches of a composition, in order; they fill its time.

    The first rule that holds at an instant names the layout. What is too short for `timing` does
    not change it, and no change comes too soon after the one before.
    """
    if now.whole.is_empty:
        return (Stretch(DEFAULT, now.whole),)
    segments = _joined(_by_rules(rules, now))
    settled = _joined(_settled(segments, timing))
    return _held(settled, timing, now.whole)


def _by_rules(rules: Sequence[LayoutRule], now: Circumstances) -> list[Stretch]:
    """Return which layout the rules name at each instant, in order."""
    rest: tuple[Span, ...] = (now.whole,)
    found = []
    for rule in rules:
        holds = spans_of(rule.when, now)
        found += [Stretch(rule.layout, span) for span in common(rest, holds)]
        rest = common(rest, minus(now.whole, holds))
    found += [Stretch(DEFAULT, span) for span in rest]
    return sorted(found, key=lambda one: one.span.start)


def _joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Return stretches that follow each other, those of one layout as one."""
    joined: list[Stretch] = []
    for one in stretches:
        goes_on = bool(joined) and joined[-1].layout == one.layout
        start = joined.pop().span.start if goes_on else one.span.start
        joined.append(Stretch(one.layout, Span(start, one.span.end)))
    return joined


def _settled(segments: Sequence[Stretch], timing: LayoutTiming) -> Iterable[Stretch]:
    """Yield segments, the short ones with the layout of the one before.

    At the beginning there is none before: such ones have that of the first that is long enough, or
    of the first of all.
    """
    long = (one.layout for one in segments if one.span.duration >= timing.settle)
    layout = next(long, segments[0].layout if segments else DEFAULT)
    for one in segments:
        if one.span.duration >= timing.settle:
            layout = one.layout
        yield Stretch(layout, one.span)


def _held(settled: Sequence[Stretch], timing: LayoutTiming, whole: Span) -> tuple[Stretch, ...]:
    """Return stretches, of which from the second change on none comes too soon."""
    changes = [(one.layout, one.span.start) for one in settled[:1]]
    for one in settled[1:]:
        layout, since = changes[-1]
        at = max(one.span.start, since + timing.hold) if len(changes) > 1 else one.span.start
        if at < one.span.end and one.layout != layout:
            changes.append((one.layout, at))
    ends = [*(start for _, start in changes[1:]), whole.end]
    return tuple(
        Stretch(layout, Span(start, end))
        for (layout, start), end in zip(changes, ends, strict=True)
    )
