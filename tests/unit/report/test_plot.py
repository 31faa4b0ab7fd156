from datetime import date

import pytest

from roomreel.report.charts import Bars, Columns
from roomreel.report.plot import GIGABYTES, HOURS, Ladder, bars, columns, most_at

DAYS = [date(2026, 11, number) for number in (1, 2)]


def rows(*hours: float | None) -> list[dict[str, object]]:
    return [{"first_day": day, "hours": one} for day, one in zip(DAYS, hours, strict=True)]


@pytest.mark.parametrize(
    ("units", "most", "unit", "shown"),
    [
        (HOURS, 30, "hours", 30),
        (HOURS, 1, "hours", 1),
        (HOURS, 0.293, "minutes", 17.58),
        (HOURS, 0.002, "seconds", 7.2),
        (HOURS, 0.0001, "seconds", 0.36),
        (HOURS, 0, "seconds", 0),
        (GIGABYTES, 0.0202, "MB", 20.2),
        (GIGABYTES, 0.0004, "kB", 400),
        (Ladder(), 0.3, "", 0.3),
    ],
)
def test_figures_are_in_the_unit_in_which_the_largest_is_one_or_more(
    units: Ladder, most: float, unit: str, shown: float
) -> None:
    found, name = units.fitted(rows(most, None), ["hours"])
    assert name == unit
    assert [row["hours"] for row in found] == [pytest.approx(shown), None]


def test_an_axis_its_values_and_the_sentence_are_of_one_unit() -> None:
    chart = columns("{unit} made", {"hours": "good"}, units=HOURS)(rows(0.25, 0.1))
    assert isinstance(chart, Columns)
    assert chart.up == "minutes made"
    assert [mark.text for mark in chart.up_marks][-1] == "15"
    assert [box.title for box in chart.boxes] == ["1 Nov: 15", "2 Nov: 6"]
    say = most_at("{unit}", "hours", units=HOURS)
    assert say(rows(0.25, 0.1)) == "21 minutes; at most 15 (1 Nov)."


def test_bars_are_of_the_unit_of_all_their_parts_together() -> None:
    parts = [{"template": "grid", "made": 0.7, "failed": 0.5}]
    chart = bars("{unit} of it", {"made": "good", "failed": "bad"}, HOURS)(parts)
    assert isinstance(chart, Bars)
    assert chart.along == "hours of it"
    assert [(label, text) for label, _, text in chart.rows] == [("grid", "1.2")]
