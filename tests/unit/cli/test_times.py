from datetime import UTC, datetime, timedelta

import pytest
import typer

from roomreel.cli.times import moment, position


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20T09:30", datetime(2026, 11, 20, 9, 30, tzinfo=UTC)),
        ("2026-11-20 09:30:12", datetime(2026, 11, 20, 9, 30, 12, tzinfo=UTC)),
        ("2026-11-20T09:30:12Z", datetime(2026, 11, 20, 9, 30, 12, tzinfo=UTC)),
        ("2026-11-20T00:30+01:00", datetime(2026, 11, 19, 23, 30, tzinfo=UTC)),
        ("2026-11-20T23:30:00-05:00", datetime(2026, 11, 21, 4, 30, tzinfo=UTC)),
    ],
)
def test_dates_and_instants(text, instant):
    assert moment(text) == instant
    assert moment(text).tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "ago"), [("7d", timedelta(days=7)), ("12h", timedelta(hours=12)), ("0d", timedelta())]
)
def test_how_long_ago(text, ago):
    before = datetime.now(UTC)
    assert before <= moment(text) + ago <= datetime.now(UTC)


def test_days_by_name():
    today, yesterday = moment("today"), moment("yesterday")
    assert today - yesterday == timedelta(days=1)
    assert today.time() == datetime.min.time()
    assert today <= datetime.now(UTC)


@pytest.mark.parametrize(
    "text", ["", "soon", "7", "-7d", "7w", "2026-13-01", "999999d", "9999-12-31T23:59:59-01:00"]
)
def test_what_is_no_time_is_refused_with_examples(text):
    with pytest.raises(typer.BadParameter, match="2026-11-20, 2026-11-20T09:30"):
        moment(text)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("0", 0),
        ("90000", 90_000),
        ("00:01:30", 90_000),
        ("00:01:30.25", 90_250),
        ("00:00:00.007", 7),
        ("24:00:00", 86_400_000),
    ],
)
def test_places_in_a_call(text, ms):
    assert position(text) == ms


@pytest.mark.parametrize(
    "text", ["", "-1", "1:30", "00:60:00", "00:00:61", "00:00:01.0005", "1.5", "9" * 10, "٣", "1h"]
)
def test_what_is_no_place_in_a_call_is_refused_with_examples(text):
    with pytest.raises(typer.BadParameter, match="90000, or HH:MM:SS"):
        position(text)
