"""Layouts over time: the rules by which one of them is on, as templates have them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from roomreel.model.room import MediaType
from roomreel.model.selection import Pattern, Selection
from roomreel.model.time import Span
from roomreel.model.window import Window

DEFAULT = "default"
"""The name of the layout that is on where no rule names another."""


@dataclass(frozen=True, slots=True)
class SourceCount:
    """So many recordings of a kind that are active at one time.

    Attributes:
        kind: of what is counted.
        most: None where there is no upper limit.
    """

    sources: Selection
    kind: MediaType = MediaType.VIDEO
    least: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that holds at some instants of a call; all that is not None holds together.

    Attributes:
        present: a video that one of these names is active.
        absent: no video that one of these names is active.
        count: how many recordings are active.
        between: stretches, counted from where the composition begins before anything is cut out.
        marked: the last event before that is about the layout has this value.
        talking: one of these names the active speaker.
        silent_ms: nobody has talked for so long.
        either: one of these holds.
        negated: this does not hold.
    """

    present: tuple[Pattern, ...] | None = None
    absent: tuple[Pattern, ...] | None = None
    count: SourceCount | None = None
    between: tuple[Window, ...] | None = None
    marked: str | None = None
    talking: tuple[Pattern, ...] | None = None
    silent_ms: int | None = None
    either: tuple[Condition, ...] | None = None
    negated: Condition | None = None

    @property
    def inner(self) -> tuple[Condition, ...]:
        """The conditions that it is made of."""
        return (*(self.either or ()), *filter(None, [self.negated]))

    @property
    def reads_events(self) -> bool:
        """True if events of a room can decide whether it holds."""
        return self.marked is not None or any(one.reads_events for one in self.inner)

    @property
    def asks_who_talks(self) -> bool:
        """True if talk can decide whether it holds."""
        own = self.talking is not None or self.silent_ms is not None
        return own or any(one.asks_who_talks for one in self.inner)


@dataclass(frozen=True, slots=True)
class LayoutRule:
    """A layout that is on where a condition holds, unless an earlier rule names another."""

    layout: str
    when: Condition


@dataclass(frozen=True, slots=True)
class LayoutTiming:
    """The times that keep layouts from flickering; milliseconds.

    Attributes:
        settle_ms: what lasts less does not change the layout.
        hold_ms: how long a layout stays at least once it was changed to.
    """

    settle_ms: int = 500
    hold_ms: int = 2000

    @property
    def settle(self) -> Fraction:
        """The same in seconds."""
        return Fraction(self.settle_ms, 1000)

    @property
    def hold(self) -> Fraction:
        """The same in seconds."""
        return Fraction(self.hold_ms, 1000)


USUAL_TIMING = LayoutTiming()


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which one layout is on; seconds on the room clock."""

    layout: str
    span: Span
