from fractions import Fraction

import pytest

from roomreel.model.time import decimal_text


@pytest.mark.parametrize(
    ("seconds", "places", "text"),
    [
        (Fraction(0), 9, "0"),
        (Fraction(1584, 1000), 9, "1.584"),
        (Fraction(1, 30), 9, "0.033333333"),
        (Fraction(2, 3), 9, "0.666666667"),
        (Fraction(-13, 2000), 9, "-0.0065"),
        (Fraction(-1, 10**10), 9, "0"),
        (Fraction(1, 2 * 10**9), 9, "0.000000001"),
        (Fraction(9999, 10_000), 3, "1"),
        (Fraction(120), 3, "120"),
        (Fraction(10**15 + 1, 10), 3, "100000000000000.1"),
    ],
)
def test_decimal_text(seconds, places, text):
    assert decimal_text(seconds, places) == text
