import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomreel.report.scale import lasting, scale, spread, words


@pytest.mark.parametrize(
    ("values", "marks"),
    [
        ([0, 12], (0, 5, 10, 15)),
        ([0, 1], (0, 1)),
        ([0, 3, 2], (0, 1, 2, 3)),
        ([0, 0.3], (0, 0.1, 0.2, 0.3)),
        ([90, 100, 87.5], (85, 90, 95, 100)),
        ([0, 1.2e9], (0, 500_000_000, 1_000_000_000, 1_500_000_000)),
        ([7, 7], (7, 8)),
        ([], (0, 1)),
    ],
)
def test_marks_are_round_and_hold_the_values(values, marks):
    assert scale(values).marks == pytest.approx(marks)


sizes = st.floats(min_value=-1e12, max_value=1e12).filter(lambda x: x == 0 or abs(x) > 1e-6)


@given(st.lists(sizes, min_size=1))
def test_every_value_is_on_the_axis(values):
    # Places are rounded to a thousandth of a percent, marks to the digit of their step.
    axis = scale(values)
    assert 2 <= len(axis.marks) <= 8
    assert all(-0.1 <= axis.place(value) <= 100.1 for value in values)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "\N{EN DASH}"),
        (0, "0"),
        (12, "12"),
        (1234567, "1,234,567"),
        (123.4, "123"),
        (12.345, "12.3"),
        (0.028649, "0.0286"),
        (99.99, "100"),
        (-50.0, "\N{MINUS SIGN}50"),
    ],
)
def test_numbers_in_words(value, text):
    assert words(value) == text


@given(st.integers(0, 1000), st.integers(1, 20))
def test_labels_are_few_and_even(count, most):
    chosen = spread(count, most)
    assert len(chosen) <= most
    assert len(chosen) == count or len(chosen) >= math.ceil(most / 2)


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        (0.293, "17.6 min"),
        (0.0395, "2.37 min"),
        (2.4, "2.4 h"),
        (1, "1 h"),
        (0.0005, "1.8 s"),
        (0, "0 s"),
        (1234.5, "1,234 h"),
    ],
)
def test_a_length_of_time_is_in_a_unit_in_which_it_is_short(hours, text):
    assert lasting(hours) == text
