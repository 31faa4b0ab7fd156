"""Which rooms and templates a night considers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from roomreel.batch.selection import (
    ReadyTemplate,
    RunFilter,
    distinct,
    in_order,
    in_utc,
    since_when,
)
from roomreel.errors import ArgumentsInvalid
from roomreel.model.room import Manifest, Room, RoomStatus
from roomreel.model.template import Template

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def room(end: datetime | None = NOON, sid: str = "RM1", name: str = "standup") -> Room:
    return Room(sid, name, RoomStatus.COMPLETED, end_time=end)


@pytest.mark.parametrize(
    ("choice", "included"),
    [
        (RunFilter(NOON), True),
        (RunFilter(NOON + HOUR), False),
        (RunFilter(NOON - HOUR, until=NOON), False),
        (RunFilter(NOON - HOUR, until=NOON + HOUR), True),
        (RunFilter(NOON, room="RM1"), True),
        (RunFilter(NOON, room="standup"), True),
        (RunFilter(NOON, room="stand"), False),
    ],
)
def test_rooms(choice: RunFilter, included: bool) -> None:
    assert choice.includes(room()) is included


def test_a_room_without_an_end_is_considered_to_be_told_of() -> None:
    assert RunFilter(NOON).includes(room(None))
    assert not RunFilter(NOON, room="other").includes(room(None))
    assert not RunFilter(NOON, until=NOON + HOUR).includes(room(None))


def test_a_range_that_is_empty_is_refused() -> None:
    with pytest.raises(ArgumentsInvalid, match="swap the two"):
        RunFilter(NOON, until=NOON)


@pytest.mark.parametrize(
    ("globs", "applies"),
    [(None, True), ((), False), (("stand*",), True), (("x", "*up"), True), (("Stand*",), False)],
)
def test_templates(globs: tuple[str, ...] | None, applies: bool) -> None:
    ready = ReadyTemplate(Template("grid", rooms=globs), "{}", "digest", "grid.json")
    assert ready.applies_to(room()) is applies
    off = ReadyTemplate(Template("grid", rooms=globs, enabled=False), "{}", "digest", "grid.json")
    assert not off.applies_to(room())


def test_the_window() -> None:
    assert since_when(None, NOON, 7) == NOON - timedelta(days=7)
    assert since_when(datetime(2026, 11, 1), NOON, 7) == datetime(2026, 11, 1, tzinfo=UTC)  # noqa: DTZ001
    east = datetime(2026, 11, 20, 14, tzinfo=timezone(2 * HOUR))
    assert in_utc(east) == NOON
    assert in_utc(east).tzinfo is UTC


def test_order_and_repeats() -> None:
    late = Manifest(room(NOON + HOUR, "RM2"), "b.json", "2")
    first = Manifest(room(NOON, "RM1"), "a.json", "1")
    open_end = Manifest(room(None, "RM3"), "c.json", "3")
    copy = Manifest(room(NOON, "RM1"), "z.json", "1")
    assert in_order([open_end, late, first]) == [first, late, open_end]
    assert distinct([copy, late, first]) == ([first, late], [(copy, "a.json")])
