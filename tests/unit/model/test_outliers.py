"""Which of the timestamps of a file cannot be meant."""

import pytest

from roomreel.model.outliers import without_outliers
from roomreel.plan.packets import activity

DAY_MS = 24 * 3_600_000


@pytest.mark.parametrize(
    ("times", "jitter", "kept"),
    [
        ([], 0, []),
        ([1, 2, 3], 0, [1, 2, 3]),
        ([1, 9, 2, 3], 0, [1, 2, 3]),  # ahead: the next one is earlier
        ([9, 1, 2, 3], 0, [1, 2, 3]),
        ([1, 2, 3, 9], 0, [1, 2, 3, 9]),  # nothing speaks against the last
        ([4, 5, 6, 1, 2, 7], 0, [4, 5, 6, 7]),  # set back
        ([1, 8, 9, 2, 3, 10], 0, [1, 8, 9, 10]),  # two that agree are believed
        ([1, 2, 2, 3], 0, [1, 2, 3]),
        ([1, 3, 2, 4], 2, [1, 2, 3, 4]),  # overtaken
        ([1, 1, 1, 2], 2, [1, 1, 1, 2]),
        ([1, 9, 2, 3], 2, [1, 2, 3]),
    ],
)
def test_a_stray_is_left_out_and_not_what_follows_it(times, jitter, kept):
    assert list(without_outliers(times, lambda at: at, jitter)) == kept


@pytest.mark.parametrize(
    ("pts_ms", "span_ms", "apart"),
    [
        ([0, 20, 40, DAY_MS], (0, 60), 1),
        ([DAY_MS, 20, 40, 60], (20, 80), 1),
        ([0, 20, DAY_MS, DAY_MS + 20, 40, 60], (0, 80), 2),
        ([0, DAY_MS, DAY_MS + 20, DAY_MS + 40], (DAY_MS, DAY_MS + 60), 1),
        ([0, 20, 5000, 40, 60], (0, 80), 0),  # a stray, but of this recording
        ([0, 20, 5000, 5020], (0, 5040), 0),  # a pause
    ],
)
def test_activity_is_where_most_packets_are(make, pts_ms, span_ms, apart):
    found = activity(make.packets(pts_ms, 20, kind="audio"))
    assert found.span == make.span(*span_ms)
    assert found.apart == apart


def test_a_key_frame_at_a_time_that_is_not_meant_starts_what_follows(make):
    found = activity(make.packets([DAY_MS, 100, 200], 0, keys={0}))
    assert found.span == make.span(100, 300)
    assert (found.apart, found.packets_before, found.before) == (1, 0, 0)
