"""How far a render is, in words."""

from __future__ import annotations

import pytest

from roomreel.compose.progress import Pace, Progress


@pytest.mark.parametrize(
    ("first", "now", "words"),
    [
        (Progress(0, 9000, 0), Progress(0, 9000, 60), "0 of 9000 frames"),
        (Progress(0, 9000, 0), Progress(3000, 9000, 60), "3000 of 9000 frames, about 2 min left"),
        # What was there already was not made at this pace.
        (Progress(8000, 9000, 1), Progress(8100, 9000, 3), "8100 of 9000 frames, about 18 s left"),
        (Progress(0, 9000, 0), Progress(9, 9000, 9), "9 of 9000 frames, about 2.5 h left"),
        (Progress(0, 90, 0), Progress(90, 90, 9), "90 of 90 frames, about 0 s left"),
    ],
)
def test_what_is_left_goes_by_the_pace_of_this_run(
    first: Progress, now: Progress, words: str
) -> None:
    pace = Pace()
    pace.describe(first)
    assert pace.describe(now) == words
