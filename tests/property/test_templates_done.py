"""What is composed by request counts for no night, in whatever order it is recorded and purged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomreel.catalog import deletion
from roomreel.catalog.catalog import Catalog
from roomreel.catalog.record import RoomRecord, record
from roomreel.model.composition import CompositionStatus, Outcome, composition_sid
from roomreel.model.room import Manifest, Room, RoomStatus
from roomreel.model.table import Table
from roomreel.model.template import Template

NOW = datetime(2026, 11, 30, tzinfo=UTC)
ENDS = [NOW - timedelta(days=9), NOW - timedelta(days=8, microseconds=300)]
TEMPLATES = [Template("grid"), Template("api")]
DIGESTS = ["a" * 64, "b" * 64]


class Made(NamedTuple):
    """One outcome; `whose` says by what rule it got its sid."""

    room: int
    template: Template
    digest: str
    status: CompositionStatus
    whose: str
    number: int

    @property
    def nightly_sid(self) -> str:
        return composition_sid(
            _room(self.room).sid, ENDS[self.room], self.template.friendly_name, self.digest
        )

    @property
    def sid(self) -> str:
        """Of a night; or of its own, made by hand on its day, or by request on another one."""
        end_ms = self.nightly_sid[:14]
        now_ms = f"CJ{round((NOW - timedelta(days=self.number)).timestamp() * 1000):012x}"
        return {
            "night": self.nightly_sid,
            "hand": end_ms + f"{self.number:020x}",
            "request": now_ms + f"{self.number:020x}",
            # The same digits, created at another instant.
            "odd": now_ms + self.nightly_sid[14:],
            "other": composition_sid("RM", ENDS[self.room], "grid", self.digest),
        }[self.whose]

    @property
    def outcome(self) -> Outcome:
        return Outcome(
            sid=self.sid,
            room_sid=_room(self.room).sid,
            room_name="room",
            template=self.template,
            template_json="{}",
            template_sha256=self.digest,
            inputs_sha256="c" * 64,
            status=self.status,
            date_created=NOW,
            date_completed=NOW,
        )


def _room(number: int) -> Room:
    return Room(f"RM{number:032x}", "room", RoomStatus.COMPLETED, end_time=ENDS[number])


MADE = st.builds(
    Made,
    st.sampled_from([0, 1]),
    st.sampled_from(TEMPLATES),
    st.sampled_from(DIGESTS),
    st.sampled_from([CompositionStatus.COMPLETED, CompositionStatus.FAILED]),
    st.sampled_from(["night", "hand", "request", "odd", "other"]),
    st.integers(1, 20),
)


@pytest.mark.slow
@settings(max_examples=20)
@given(runs=st.lists(st.lists(MADE, max_size=4, unique_by=lambda one: one.sid), max_size=3))
def test_a_room_is_done_with_what_nights_made_of_it_and_no_more(runs: list[list[Made]]) -> None:
    rooms = [RoomRecord(Manifest(_room(n), f"{n}.json", "d" * 64)) for n in (0, 1)]
    with TemporaryDirectory() as folder:
        catalog = Catalog.open(Path(folder, "catalog"), Path(folder, "journal"))
        for number, run in enumerate(runs):
            now = NOW + timedelta(hours=number)
            report = record(catalog, rooms, [one.outcome for one in run], None, now)
            assert not report.problems
        recorded = [one for run in runs for one in run]
        completed = [one for one in recorded if one.status is CompositionStatus.COMPLETED]
        assert _done(catalog) == _of_nights(completed)

        sids = [one.sid for one in recorded]
        deletion.delete(catalog, Table.COMPOSITIONS, sids, NOW)
        for partition, rows in deletion.due_for_purge(catalog, NOW).items():
            deletion.purge(catalog, partition, rows, NOW, NOW)
        assert catalog.rows(Table.COMPOSITIONS) == []
        # What was deleted is not made again: what had failed neither.
        assert _done(catalog) == _of_nights(recorded)


def _of_nights(made: list[Made]) -> dict[int, set[str]]:
    nightly = [one for one in made if one.sid == one.nightly_sid]
    return {n: {one.digest for one in nightly if one.room == n} for n in (0, 1)}


def _done(catalog: Catalog) -> dict[int, set[str]]:
    rows = catalog.find(Table.ROOMS, [_room(n).sid for n in (0, 1)])
    return {n: set(rows[_room(n).sid]["templates_done"]) if rows else set() for n in (0, 1)}
