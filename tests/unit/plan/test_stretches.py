"""Which layout is on when: conditions, and the times that keep layouts from flickering."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from operator import attrgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomreel.model.layout import Condition, LayoutRule, LayoutTiming, SourceCount, Stretch
from roomreel.model.room import MediaType
from roomreel.model.selection import Selection
from roomreel.model.time import Span
from roomreel.model.window import Window
from roomreel.plan.conditions import Circumstances, spans_of
from roomreel.plan.stretches import stretches

MS = Fraction(1, 1000)
END = 60_000
CAMERAS = {"A": (0, 60_000), "B": (10_000, 60_000), "C": (20_000, 40_000)}
SCREEN = {"S": (30_000, 45_000)}
IMMEDIATE = LayoutTiming(0, 0)


@pytest.fixture(scope="module")
def circumstances(make):
    """Recordings by sid, named as these; `S` and what follows are screens; capital M is sound."""

    def build(spans, end=END):
        usable = {
            sid: make.usable(
                sid,
                *span,
                "audio" if sid.startswith("M") else "video",
                track_name="screen" if sid.startswith("S") else "camera",
            )
            for sid, span in spans.items()
        }
        return Circumstances(make.span(0, end), usable, {})

    return build


def presentation(timing=None):
    return [LayoutRule("presentation", Condition(present=("*screen",)))], timing or LayoutTiming()


def frames(found, rate=30):
    return [(one.layout, int(one.span.start * rate), int(one.span.end * rate)) for one in found]


@pytest.mark.parametrize(
    ("screens", "expected"),
    [
        pytest.param([(30_000, 45_000)], [(900, 1350)], id="case-17"),
        pytest.param([(10_000, 10_300)], [], id="case-18-settles"),
        pytest.param([(10_000, 11_000)], [(300, 360)], id="case-19-is-held"),
        pytest.param([(10_000, 11_000), (11_900, 60_000)], [(300, 1800)], id="case-20"),
        pytest.param([(0, 400)], [], id="too-short-at-the-beginning"),
        pytest.param([(59_700, 60_000)], [], id="too-short-at-the-end"),
        pytest.param([(0, 60_000)], [(0, 1800)], id="all-the-time"),
        # The first change is never held back: nothing was changed to before it.
        pytest.param([(600, 10_000)], [(18, 300)], id="soon-after-the-beginning"),
        pytest.param([(0, 1000), (1200, 9000)], [(0, 270)], id="an-interruption"),
    ],
)
def test_a_screen_changes_the_layout(circumstances, screens, expected):
    shared = {f"S{n}": span for n, span in enumerate(screens)}
    found = stretches(*presentation(), circumstances(CAMERAS | shared))
    assert [(a, b) for name, a, b in frames(found) if name == "presentation"] == expected


def test_the_first_rule_that_holds_names_the_layout(circumstances):
    rules = [
        LayoutRule("a", Condition(between=(Window(5000, 20_000),))),
        LayoutRule("b", Condition(between=(Window(10_000, 30_000),))),
        LayoutRule("default", Condition(between=(Window(25_000, 30_000),))),
    ]
    found = stretches(rules, IMMEDIATE, circumstances(CAMERAS))
    assert frames(found, 1) == [
        ("default", 0, 5),
        ("a", 5, 20),
        ("b", 20, 30),
        ("default", 30, 60),
    ]


def test_a_window_counts_from_where_the_composition_begins(circumstances):
    now = circumstances({"A": (7000, 60_000)})
    later = replace(now, whole=Span(Fraction(7), Fraction(60)))
    (span,) = spans_of(Condition(between=(Window(1000),)), later)
    assert (span.start, span.end) == (8, 60)


# Generated: conditions against a look at each tenth of a second alone.

TENTHS = 40
SIDS = ("A", "B", "S1", "S2", "M1", "M2")
spans = st.tuples(st.integers(0, TENTHS - 1), st.integers(1, TENTHS)).map(
    lambda pair: (100 * min(pair), 100 * (max(pair) + (pair[0] == pair[1])))
)
rooms = st.dictionaries(st.sampled_from(SIDS), spans)
patterns = st.lists(st.sampled_from(["*", "*screen", "camera", "A", "M1"]), min_size=1, max_size=2)
windows = st.tuples(st.integers(0, TENTHS), st.integers(1, TENTHS) | st.none()).map(
    lambda pair: Window(100 * pair[0], None if pair[1] is None else 100 * (pair[0] + pair[1]))
)
counts = st.builds(
    SourceCount,
    patterns.map(lambda some: Selection(tuple(some))),
    st.sampled_from([MediaType.AUDIO, MediaType.VIDEO]),
    st.integers(0, 3),
    st.integers(0, 3) | st.none(),
)
leaves = st.builds(
    Condition,
    present=st.none() | patterns.map(tuple),
    absent=st.none() | patterns.map(tuple),
    count=st.none() | counts,
    between=st.none() | st.lists(windows, min_size=1, max_size=3).map(tuple),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.builds(
        Condition,
        count=st.none() | counts,
        either=st.none() | st.lists(inner, min_size=1, max_size=3).map(tuple),
        negated=st.none() | inner,
    ),
    max_leaves=6,
)


def named(pattern, sid):
    track = "screen" if sid.startswith("S") else "camera"
    return pattern in ("*", sid, track, f"*{track}")


def holds(condition, recordings, at):
    """Say whether a condition holds at an instant, by looking at it alone."""
    there = [sid for sid, (start, end) in recordings.items() if start <= at < end]

    def active(some, kind):
        return [
            sid
            for sid in there
            if sid.startswith("M") == (kind is MediaType.AUDIO)
            and any(named(pattern, sid) for pattern in some)
        ]

    if condition.present is not None and not active(condition.present, MediaType.VIDEO):
        return False
    if condition.absent is not None and active(condition.absent, MediaType.VIDEO):
        return False
    if (count := condition.count) is not None:
        number = len(active(count.sources.included, count.kind))
        if number < count.least or (count.most is not None and number > count.most):
            return False
    if condition.between is not None and not any(
        one.start_ms <= at and (one.end_ms is None or at < one.end_ms) for one in condition.between
    ):
        return False
    if condition.either is not None and not any(
        holds(one, recordings, at) for one in condition.either
    ):
        return False
    return condition.negated is None or not holds(condition.negated, recordings, at)


@given(rooms, conditions)
def test_a_condition_holds_where_a_look_at_each_instant_says_so(circumstances, recordings, asked):
    found = spans_of(asked, circumstances(recordings, 100 * TENTHS))
    assert all(one.end < other.start for one, other in pairwise(found))
    for at in range(0, 100 * TENTHS, 50):
        assert any(at * MS in span for span in found) == holds(asked, recordings, at), at


@given(
    rooms,
    st.lists(st.builds(LayoutRule, st.sampled_from("abc"), conditions), max_size=4),
    st.builds(LayoutTiming, st.sampled_from([0, 200, 500]), st.sampled_from([0, 300, 1000])),
)
def test_stretches_fill_the_time_and_none_changes_too_soon(
    circumstances, recordings, rules, timing
):
    now = circumstances(recordings, 100 * TENTHS)
    found = stretches(rules, timing, now)
    assert found[0].span.start == now.whole.start
    assert found[-1].span.end == now.whole.end
    for one, other in pairwise(found):
        assert one.span.end == other.span.start
        assert one.layout != other.layout
    changes = [one.span.start for one in found[1:]]
    assert all(b - a >= timing.hold for a, b in pairwise(changes))
    if timing == IMMEDIATE:
        for at in range(0, 100 * TENTHS, 50):
            (on,) = [one.layout for one in found if at * MS in one.span]
            says = (rule.layout for rule in rules if holds(rule.when, recordings, at))
            assert on == next(says, "default")


def test_as_many_rules_and_changes_as_the_schema_allows_are_planned(circumstances):
    recordings = {f"S{n}": (100 * n, 100 * n + 50) for n in range(500)}
    rules = [
        LayoutRule(
            f"l{n % 20}",
            Condition(
                present=(f"S{n}", "*screen"),
                negated=Condition(
                    between=tuple(Window(1000 * k, 1000 * k + n) for k in range(1, 101))
                ),
            ),
        )
        for n in range(1, 51)
    ]
    found = stretches(rules, IMMEDIATE, circumstances(recordings, 50_000))
    assert max(found, key=attrgetter("span.end")).span.end == 50
    assert all(isinstance(one, Stretch) for one in found)
    assert len(found) > 500
