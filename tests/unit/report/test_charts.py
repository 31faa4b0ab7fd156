import pytest

from roomreel.report.charts import Bars, Columns, Lines, Ranges, Series


def test_columns_stand_on_one_another_and_reach_their_sum():
    chart = Columns(
        ["a", "b"],
        [Series("made", "good", [3, 4]), Series("failed", "bad", [1, None])],
        "day",
        "number",
    )
    made, failed, other = chart.boxes
    assert (made.tone, failed.tone, other.tone) == ("good", "bad", "good")
    assert (made.y + made.height, made.height) == (100, 75)
    assert (failed.y, failed.height) == (0, 25)
    assert (other.y, other.height) == (0, 100)
    assert failed.title == "a, failed: 1"
    assert [(mark.at, mark.text) for mark in chart.up_marks] == [
        (100, "0"),
        (75, "1"),
        (50, "2"),
        (25, "3"),
        (0, "4"),
    ]
    assert [(mark.at, mark.text) for mark in chart.across_marks] == [(25, "a"), (75, "b")]


def test_a_single_column_does_not_fill_the_plot():
    (box,) = Columns(["a"], [Series("", "plain", [1])], "day", "number").boxes
    assert box.width < 20
    assert box.x + box.width / 2 == 50


def test_what_divides_columns_is_told_between_them():
    chart = Columns(
        ["up to 1", "1 to 2", "over 2"],
        [Series("", "plain", [1, 1, 1])],
        "s",
        "n",
        bounds=["1", "2"],
    )
    marks = [(mark.at, mark.text) for mark in chart.across_marks]
    assert marks == [(pytest.approx(33.333), "1"), (pytest.approx(66.667), "2")]


def test_a_line_breaks_where_there_is_nothing():
    one = Series("", "plain", [0, 10, None, 5])
    chart = Lines(list("abcd"), [one], "day", "number")
    assert chart.path(one) == "M12.5,100.0 L37.5,0.0 M87.5,50.0"
    assert [(dot.x, dot.y) for dot in chart.dots(one)] == [(12.5, 100), (37.5, 0), (87.5, 50)]


def test_the_longest_bar_fills_its_line():
    chart = Bars(["x", "y"], [Series("", "bad", [8, 2]), Series("", "mild", [2, 0])], "n")
    (x, boxes, ten), (y, others, two) = chart.rows
    assert (x, ten, y, two) == ("x", "10", "y", "2")
    assert [(box.x, box.width) for box in boxes] == [(0, 80), (80, 20)]
    assert [(box.x, box.width) for box in others] == [(0, 20)]


def test_bars_of_nothing_have_no_length():
    ((_, boxes, value),) = Bars(["x"], [Series("", "bad", [None])], "n").rows
    assert (boxes, value) == ([], "0")


def test_a_range_lies_between_its_ends():
    chart = Ranges(["x"], [(1, 2, 4)], "s", "")
    ((label, box, middle, value),) = chart.rows
    assert (label, value) == ("x", "2")
    assert (box.x, box.x + box.width, middle) == (25, 100, 50)
