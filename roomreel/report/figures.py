"""The catalogs of a period, as tables to ask.

    room, composition, recording    the rows of the period
    unread                          attempts at documents that could not be read, by their own time
    failure                         compositions that failed, and what is in `unread`
    suspect                         recordings in which something was found, with `points`
    intervals                       `first_day` of each day, week or month of the period
    room_by_interval, ...           each `first_day` with its rows, or with nulls where it has none

Days, weeks and months are UTC's, by the end of the room; those of compositions by their sid: it has
that end, or, where one was asked for, its creation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import duckdb

from roomreel.catalog.queries.sql import answer, connect
from roomreel.catalog.reader import Reader, retry_replaced
from roomreel.model.plan import WarningCode
from roomreel.model.table import Row
from roomreel.plan.anomalies import DRIFT_PPM
from roomreel.text import SHOWN_CHARACTERS, shortened

# The most days that are shown by day or by week: more columns than that do not fit a phone.
_MOST_DAYS = {"day": 62, "week": 62 * 7}

_TICK = timedelta(microseconds=1)

# The sid of a composition begins with its instant, in milliseconds since 1970.
# Tables, since each is asked a dozen times: a scan of the files opens hundreds. A number that is
# none is no number: nothing of ours writes one, but it would spoil every median.
_TABLES = """
create temp macro known(number) as if(isfinite(number), number, null);
create temp table room as
    select sid, date, source_bytes from rooms where {ended};
create temp table composition as
    select sid, date, status, room_sid, room_name, template, failure_code, failure_message,
        duration_ms, size_bytes, bitrate_bps, warnings, attempts,
        known(realtime_factor) as realtime_factor,
        coalesce(known(render_s), greatest(epoch(date_completed - date_started), 0)) as busy_s
    from (select *, make_timestamptz(('0x' || sid[3:14])::bigint * 1000) as end_time
          from compositions)
    where {ended};
create temp table unread as
    select date, document, code, message
    from (select *, time as end_time from attempts where document is not null)
    where {ended};
create temp view failure as
    select 'compositions' as kind, sid as what, coalesce(failure_code, 'unknown') as code,
        failure_message as message, room_sid from composition where status = 'failed'
    union all select 'documents', document, code, message, null from unread;
create temp table recording as
    select sid, date, room_name,
        coalesce(participant_name, participant_identity) as participant, track_name, type, gap_ms,
        first_keyframe_ms, size_changes, decode_errors, known(drift_ppm) as drift_ppm,
        list_sort(list_distinct(list_transform(warnings, lambda one: one.code))) as codes,
        coalesce(gap_count > 0, false) as has_gap,
        coalesce(first_keyframe_ms > 0, false) as is_late,
        coalesce(abs(known(drift_ppm)) > {drift}, false) as drifts,
        coalesce(size_changes > 0, false) as changes_size,
        coalesce(decode_errors > 0, false) as has_errors,
        coalesce(list_has_any(codes, {unusable}), false) as is_unusable,
        has_gap or is_late or drifts or changes_size or has_errors or is_unusable as is_suspect
    from recordings where room_sid in (select sid from room);
create temp view suspect as
    select *,
        coalesce(gap_ms, 0) / 1000 + coalesce(first_keyframe_ms, 0) / 1000
        + coalesce(abs(drift_ppm), 0) / {drift} + coalesce(size_changes, 0)
        + coalesce(decode_errors, 0) / 10 + if(is_unusable, 60, 0) as points
    from recording where is_suspect;
"""

_BY_INTERVAL = """
create temp macro first_day_of(day) as {first_day_of};
create temp view intervals as
    select distinct first_day_of(unnest(generate_series({first}, {last}, interval 1 day))::date)
        as first_day;
create temp view room_by_interval as
    from intervals left join room on first_day_of(date) = first_day;
create temp view recording_by_interval as
    from intervals left join recording on first_day_of(date) = first_day;
create temp view composition_by_interval as
    from intervals left join composition on first_day_of(date) = first_day;
create temp view completed_by_interval as
    from intervals left join composition
        on first_day_of(date) = first_day and status = 'completed';
"""

WORTH = (
    "one point for each second in gaps, each second before the first key frame, each"
    f" {DRIFT_PPM} ppm of drift, each change of size and each 10 packets that could not be"
    " decoded, and 60 points for media that cannot be used"
)

_UNUSABLE = [
    str(code)
    for code in (
        WarningCode.MEDIA_MISSING,
        WarningCode.MEDIA_EMPTY,
        WarningCode.MEDIA_UNDECODABLE,
    )
]


@dataclass(frozen=True, slots=True)
class Period:
    """The period of a report.

    Attributes:
        first: UTC day; None where nothing bounds the period and it has no rows.
        last: the last day that is part of it; likewise.
        interval: what rows are counted by: `day`, `week` or `month`.
    """

    first: date | None
    last: date | None
    interval: str


class Figures:
    """Answers about one period, from one state of the catalogs."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, period: Period) -> None:
        self._connection = connection
        self.period = period

    def ask(self, sql: str, longest: int = SHOWN_CHARACTERS) -> list[Row]:
        """Return the rows of a query over these tables; texts are shortened and safe to show.

        Args:
            longest: characters of a text.

        Raises:
            CatalogError: a table cannot be read.
        """
        rows = answer(self._connection, sql).to_pylist()
        return [{name: _shown(value, longest) for name, value in row.items()} for row in rows]


@contextmanager
def figures(
    reader: Reader, since: datetime | None = None, until: datetime | None = None
) -> Iterator[Figures]:
    """The catalogs' rows of rooms that ended, and compositions, of [since, until); unset: of all.

    Raises:
        CatalogError: a table cannot be read.
        StorageFailed: likewise.
    """
    tables = _TABLES.format(ended=_ended(since, until), drift=DRIFT_PPM, unusable=_UNUSABLE)
    with retry_replaced(lambda: _loaded(reader, tables)) as connection:
        period = _period(connection, since, until)
        answer(connection, _by_interval(period))
        yield Figures(connection, period)


def _loaded(reader: Reader, tables: str) -> duckdb.DuckDBPyConnection:
    """Return a connection that has read all its data, so that no file is replaced under it."""
    connection = connect(reader)
    answer(connection, tables)
    return connection


def _ended(since: datetime | None, until: datetime | None) -> str:
    # The date as well, so that files of other days are not read.
    bounds = [
        f"date {comparison[0]}= date '{bound.date()}'"
        f" and end_time {comparison} timestamptz '{bound.isoformat()}'"
        for comparison, bound in ((">=", since), ("<", until))
        if bound is not None
    ]
    return " and ".join(bounds) or "true"


def _period(
    connection: duckdb.DuckDBPyConnection, since: datetime | None, until: datetime | None
) -> Period:
    both = "select min(date) as first, max(date) as last from (from room select date union all "
    found = answer(connection, f"{both} from composition select date)").to_pylist()[0]
    first = since.date() if since else found["first"]
    last = (until - _TICK).date() if until else found["last"]
    days = (last - first).days + 1 if first and last else 0
    fitting = (interval for interval, most in _MOST_DAYS.items() if days <= most)
    return Period(first, last, next(fitting, "month"))


def _by_interval(period: Period) -> str:
    first_day_of = "day" if period.interval == "day" else f"date_trunc('{period.interval}', day)"
    first, last = (f"date '{day}'" if day else "null::date" for day in (period.first, period.last))
    return _BY_INTERVAL.format(first_day_of=f"({first_day_of})::date", first=first, last=last)


def _shown(value: Any, longest: int) -> Any:
    """Return the value as a page can show it; None for NaN and infinity."""
    if isinstance(value, str):
        return shortened(value, longest)
    return None if isinstance(value, float) and not math.isfinite(value) else value
