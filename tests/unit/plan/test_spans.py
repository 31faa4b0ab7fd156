import pytest

from roomreel.plan.spans import merged, minus, most_at_once, total, within


def pairs(spans):
    return [(span.start * 1000, span.end * 1000) for span in spans]


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], []),
        ([(5, 5)], []),
        ([(3, 4), (0, 1)], [(0, 1), (3, 4)]),
        ([(0, 2), (2, 4)], [(0, 4)]),
        ([(0, 9), (1, 2), (8, 10)], [(0, 10)]),
    ],
)
def test_merged(make, spans, expected):
    assert pairs(merged(make.span(*span) for span in spans)) == expected


@pytest.mark.parametrize(
    ("holes", "expected"),
    [
        ([], [(10, 20)]),
        ([(0, 5)], [(10, 20)]),
        ([(25, 30)], [(10, 20)]),
        ([(12, 14)], [(10, 12), (14, 20)]),
        ([(5, 12), (18, 25)], [(12, 18)]),
        ([(10, 11), (12, 20)], [(11, 12)]),
        ([(0, 30)], []),
    ],
)
def test_minus(make, holes, expected):
    left = minus(make.span(10, 20), [make.span(*hole) for hole in holes])
    assert pairs(left) == expected


def test_within_drops_what_is_outside(make):
    parts = [make.span(0, 10), make.span(5, 12), make.span(20, 30)]
    assert pairs(within(make.span(10, 20), parts)) == [(10, 12)]


def test_total(make):
    assert total([make.span(0, 10), make.span(5, 12), make.span(3, 1)]) * 1000 == 17


@pytest.mark.parametrize(
    ("spans", "most"),
    [
        ([], 0),
        ([(0, 1), (1, 2)], 1),
        ([(0, 3), (1, 2), (2, 4)], 2),
        ([(0, 9), (0, 9), (8, 9), (3, 3)], 3),
    ],
)
def test_most_at_once(make, spans, most):
    assert most_at_once(make.span(*span) for span in spans) == most
