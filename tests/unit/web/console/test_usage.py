"""Usage by the page: days, their sum, older ones, and a day that is none."""

from __future__ import annotations

import re
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from roomreel.model.table import Table

sys.path.insert(0, str(Path(__file__).parents[3] / "servers"))
from api_in_process import DAY, Api, composition, empty_api
from console_visit import signed_in, words_of

PAGE = "/console/usage"


def record(api: Api, days: int) -> None:
    for number in range(days):
        made = {"status": "completed", "date_deleted": None, "duration_ms": 90_000}
        row = composition(number, size_bytes=2_000_000, render_s=45.0, **made)
        api.record(Table.COMPOSITIONS, row, day=DAY - timedelta(days=number))
    api.look()


def test_a_day_and_the_sum(tmp_path):
    with empty_api(tmp_path) as api, signed_in(api) as visit:
        assert "Nothing has been composed yet" in words_of(visit.get(PAGE))
        record(api, 2)
        words = words_of(visit.get(PAGE))
        assert f"{DAY} 1 0 1:30 min 2.0 MB 0.50" in words
        assert "2 days 2 0 3:00 min 4.0 MB 0.50" in words
        assert "Older" not in words


def test_older_days_follow(tmp_path):
    with empty_api(tmp_path) as api, signed_in(api) as visit:
        record(api, 40)
        found, at = [], PAGE
        while at:
            page = visit.get(at).text
            found += re.findall(r'class="day">([^<]*)<', page)
            older = re.search(r'href="([^"]*)">Older', page)
            at = older[1] if older else ""
        assert found == [str(DAY - timedelta(days=number)) for number in range(40)]
        assert "nothing before that day" in words_of(visit.get(f"{PAGE}?before=1999-01-01"))


@pytest.mark.parametrize("day", ["x", "2026-13-01", "<b>", "2026-11-29T00:00", "9" * 10_000])
def test_a_day_that_is_none(tmp_path, day):
    with empty_api(tmp_path) as api, signed_in(api) as visit:
        answer = visit.get(PAGE, params={"before": day})
        assert answer.status_code == 400
        assert "is no date" in words_of(answer)
