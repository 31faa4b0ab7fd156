"""The sid decides the day: for what a night makes, as ever, that on which its room ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.record import RoomRecord, record
from roomreel.compose.outcome import failed
from roomreel.compose.publish import files_of
from roomreel.errors import RenderError
from roomreel.model.composition import Job, beginning_of_sid, composition_sid
from roomreel.model.room import Manifest, Room, RoomStatus
from roomreel.model.table import Table
from roomreel.model.template import Template
from roomreel.settings import Settings

# Of whole milliseconds, as recorders write them; in any time zone.
ENDS = st.builds(
    lambda ms, minutes: (
        datetime.fromtimestamp(0, timezone(timedelta(minutes=minutes))) + timedelta(milliseconds=ms)
    ),
    st.integers(0, 4_000_000_000_000)
    | st.integers(1, 40_000).flatmap(  # around midnight
        lambda day: st.integers(-2, 2).map(lambda off: day * 86_400_000 + off)
    ),
    st.integers(-14 * 60, 14 * 60),
)


def job_of(end: datetime) -> Job:
    room = Room(f"RM{1:032x}", "room", RoomStatus.COMPLETED, end_time=end)
    return Job(
        sid=composition_sid(room.sid, end, "grid", "a" * 64),
        manifest=Manifest(room, "room.json", "b" * 64),
        template=Template("grid"),
        template_json="{}",
        template_sha256="a" * 64,
        inputs_sha256="c" * 64,
        media={},
        date_created=datetime(2026, 11, 21, tzinfo=UTC),
    )


@given(end=ENDS)
def test_files_of_a_night_lie_where_they_lay(end: datetime) -> None:
    job, day = job_of(end), f"{end.astimezone(UTC):%Y-%m-%d}"
    files = files_of(job, Settings(store=Path("/store")))
    assert files.media == f"/store/compositions/date={day}/{job.sid}.webm"
    assert job.days == {end.astimezone(UTC).date()}
    assert job.parts == job.sid


@given(end=ENDS, created=ENDS)
def test_files_of_what_is_asked_for_lie_on_its_own_day(end: datetime, created: datetime) -> None:
    nightly = job_of(end)
    job = replace(nightly, sid=f"{beginning_of_sid(created)}{7:020x}")
    day = created.astimezone(UTC).date()
    files = files_of(job, Settings(store=Path("/store")))
    assert files.media == f"/store/compositions/date={day}/{job.sid}.webm"
    assert files.plan == f"/store/compositions/date={day}/{job.sid}.plan.json"
    assert job.days == {day, end.astimezone(UTC).date()}
    # What is half made of it goes with the recordings of the room, and is no other's twice.
    assert job.parts == nightly.sid


@pytest.mark.slow
@settings(max_examples=40)
@given(end=ENDS)
def test_rows_of_a_night_lie_where_they_lay(end: datetime) -> None:
    job = job_of(end)
    outcome = failed(job, RenderError("odd"), end, end)
    with TemporaryDirectory() as folder:
        catalog = Catalog.open(Path(folder, "catalog"), Path(folder, "journal"))
        assert not record(catalog, [RoomRecord(job.manifest)], [outcome], None).problems
        there = {table: catalog.reader.days(table) for table in Table}
        assert there.pop(Table.RECORDINGS) == there.pop(Table.TALK) == []
        assert set(map(tuple, there.values())) == {(end.astimezone(UTC).date(),)}
