"""The header Range: what RFC 9110 says of it, and what hostile clients write into it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomreel.web.ranges import MOST_RANGES, ranges_of

SIZE = 1000

UNDERSTOOD = {
    "bytes=0-0": [(0, 1)],
    "bytes=0-": [(0, 1000)],
    "Bytes=10-19": [(10, 20)],
    "bytes=990-5000": [(990, 1000)],
    "bytes=-1": [(999, 1000)],
    "bytes=-5000": [(0, 1000)],
    "bytes=0-1,\t5-6 , -1": [(0, 2), (5, 7), (999, 1000)],
    "bytes=,0-1,,": [(0, 2)],
    "bytes=2000-,0-1": [(0, 2)],
    "bytes=1000-": [],
    "bytes=1000-1001,5000-": [],
    "bytes=-0": [],
    "bytes=9999999999999999999-": [],
}


@pytest.mark.parametrize(("header", "ranges"), UNDERSTOOD.items())
def test_what_is_asked_for(header, ranges):
    assert ranges_of(header, SIZE) == ranges


PASSED_OVER = [
    "",
    "bytes",
    "bytes=",
    "bytes=,",
    "bytes=-",
    "bytes=5-2",
    "bytes=0-1,5-2",
    "bytes=a-b",
    "bytes=1",
    "bytes=1-2-3",
    "bytes=+1-2",
    "bytes=1_0-20",
    "bytes=\u0661-\u0662",
    "bytes= 0 - 1",
    "bytes=0x1-2",
    "items=0-1",
    "bytes=" + "9" * 5000 + "-",
    "bytes=" + ",".join(["0-0"] * (MOST_RANGES + 1)),
    "bytes=" + "0-," * 100_000,
]


@pytest.mark.parametrize("header", PASSED_OVER, ids=lambda header: header[:20])
def test_what_says_nothing_of_use_is_passed_over(header):
    assert ranges_of(header, SIZE) is None


@given(st.text(alphabet="bytes=0123456789-, ", max_size=40), st.integers(0, 50))
def test_every_range_is_within_the_file(text, size):
    for start, end in ranges_of(f"bytes={text}", size) or []:
        assert 0 <= start < end <= size
