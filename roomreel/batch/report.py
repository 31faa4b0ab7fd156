"""The report of a batch, for people: one line a composition, and one sentence for it all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from roomreel.catalog.remake import failure_of_remake
from roomreel.errors import RoomreelError
from roomreel.model.composition import CompositionStatus, Outcome
from roomreel.text import counted, printable, shortened

# A list in a state's message is read in a list of runs; the artifact and the catalog have them all.
MOST_LISTED = 20


class State(StrEnum):
    """The state of one composition, or of one document, after a batch."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    KNOWN_FAILURE = "known failure"
    STALE = "stale inputs"
    MADE_BEFORE = "made before"
    DELETED = "deleted"
    WAITING = "waiting"
    DUE = "due"


_AT_WORK = (State.COMPLETED, State.FAILED, State.CANCELLED, State.DUE)


@dataclass(frozen=True, slots=True)
class Line:
    """One composition, or one document that cannot be used.

    Attributes:
        room: unique name of the room, or the file where there is none.
        template: name of the template, or "" where the line is about all of them.
        composition: sid, or "".
        code: why, from the stable failure and warning codes, or "".
        message: plain words to the code, or "".
        media: where the composition is, or "".
        poster: where its poster is, or ""; a catalog does not say.
        since: UTC day, as ISO 8601, since which a failure is known, or "".
    """

    state: State
    room: str
    template: str = ""
    composition: str = ""
    code: str = ""
    message: str = ""
    media: str = ""
    poster: str = ""
    since: str = ""

    def __str__(self) -> str:
        what = " / ".join(shortened(part) for part in (self.room, self.template) if part)
        since = f" (since {self.since})" if self.since else ""
        return f"{what}: {self.code}: {printable(self.message)}{since}" if self.code else what


@dataclass(frozen=True, slots=True)
class BatchReport:
    """The lines and counts of one batch.

    Attributes:
        lines: everything but what was up to date, in the order it was decided.
        up_to_date: compositions that were there already.
        dry_run: whether nothing was changed.
        shards: a sentence for each shard that did not complete.
    """

    lines: tuple[Line, ...] = ()
    up_to_date: int = 0
    dry_run: bool = False
    shards: tuple[str, ...] = ()

    def after(self, lines: Sequence[Line]) -> BatchReport:
        """Return the report with lines of what was decided before."""
        return replace(self, lines=(*lines, *self.lines))

    def of(self, state: State) -> tuple[Line, ...]:
        """Return the lines of one state."""
        return tuple(line for line in self.lines if line.state is state)

    @property
    def failures(self) -> tuple[Line, ...]:
        """Return what failed in this batch and had not failed before."""
        return self.of(State.FAILED)

    @property
    def known(self) -> tuple[Line, ...]:
        """Return what failed before this batch and still stands so."""
        return self.of(State.KNOWN_FAILURE)

    @property
    def is_failed(self) -> bool:
        """Return whether something failed, or was cancelled."""
        return bool(self.failures or self.of(State.CANCELLED))

    @property
    def headline(self) -> str:
        """Return the batch in one sentence."""
        counts = Counter(line.state for line in self.lines)
        parts = [_counted(counts[state], state) for state in State if counts[state]]
        if self.up_to_date:
            parts.append(f"{self.up_to_date} up to date")
        listed = ", ".join(parts) or "no room to consider"
        idle = not any(counts[state] for state in _AT_WORK)
        begin = "Dry run: " if self.dry_run else ""
        return f"{begin}nothing to do: {listed}" if idle else f"{begin}{listed}"

    @property
    def failure_table(self) -> str:
        """Return the headline, and under it what failed and why, a line each."""
        listed = [f"  {line}" for line in self.failures[:MOST_LISTED]]
        more = len(self.failures) - len(listed)
        if more:
            listed.append(f"  and {more} more")
        return "\n".join([self.headline, *listed, *(f"  {shard}" for shard in self.shards)])


def _counted(count: int, state: State) -> str:
    is_noun = state is State.KNOWN_FAILURE
    return counted(count, state.value) if is_noun else f"{count} {state.value}"


def failed_line(error: RoomreelError, room: str, template: str = "") -> Line:
    """Return the line of something that failed before there was a composition."""
    message = f"{error.message} ({error.remedy})" if error.remedy else error.message
    return Line(State.FAILED, room, template, code=error.code, message=message)


def recorded_line(due: Line, row: Mapping[str, Any] | None, undone: RoomreelError) -> Line:
    """Return the line of a composition that was due, by its row in the catalog.

    Args:
        row: None where it was not recorded; then it failed by `undone`.
    """
    if row is None:
        line = failed_line(undone, due.room, due.template)
        return replace(line, composition=due.composition)
    state = _STATES[CompositionStatus(row["status"])]
    code, message = row["failure_code"] or "", row["failure_message"] or ""
    if state is State.COMPLETED and (failure := failure_of_remake(row)):
        # What an earlier run made stands; this one did not make it again.
        state, (code, message) = State.FAILED, failure
    return replace(due, state=state, code=code, message=message, media=row["media_url"] or "")


_STATES = {
    CompositionStatus.COMPLETED: State.COMPLETED,
    CompositionStatus.FAILED: State.FAILED,
    CompositionStatus.CANCELLED: State.CANCELLED,
    CompositionStatus.DELETED: State.DELETED,
}


def outcome_line(outcome: Outcome) -> Line:
    """Return the line of a composition that was made, failed, or was cancelled."""
    return Line(
        _STATES[outcome.status],
        outcome.room_name,
        outcome.template.friendly_name,
        outcome.sid,
        outcome.failure_code or "",
        outcome.failure_message or "",
        outcome.files.media if outcome.files else "",
        (outcome.files.poster or "") if outcome.files else "",
    )
