import pytest

from roomreel.plan.chapters import chapters
from roomreel.plan.timeline import kept_segments

NAMES = ("alice", "bob", "carol", "dave", "erin", "x" * 50, "e\u202evil\nname\ud800")


def told(make, stays, cut=(), names=NAMES):
    sources = [
        make.usable(f"R{n}", start * 1000, end * 1000, participant_sid=f"PA{who}")
        for n, (who, start, end) in enumerate(stays)
    ]
    spans = [source.span for source in sources]
    seen = [make.span(a * 1000, b * 1000) for a, b in cut] or spans
    kept = kept_segments(spans, seen, trim=bool(cut))
    found = chapters(make.room(identities=names), sources, kept)
    return [(float(chapter.start), chapter.title) for chapter in found]


@pytest.mark.parametrize(
    ("stays", "expected"),
    [
        pytest.param([(1, 10, 90)], [(0, "alice joins")], id="alone"),
        pytest.param(
            [(1, 0, 90), (2, 20, 60)],
            [(0, "alice joins"), (20, "bob joins"), (60, "bob leaves")],
            id="comes-and-goes",
        ),
        pytest.param(
            [(1, 0, 90), (2, 0, 60), (3, 60, 80), (4, 60, 90)],
            [
                (0, "alice and bob join"),
                (60, "bob leaves, carol and dave join"),
                (80, "carol leaves"),
            ],
            id="at-one-instant",
        ),
        pytest.param(
            [(1, 0, 30), (1, 20, 50), (2, 0, 90), (1, 54.999, 70)],
            [(0, "alice and bob join"), (70, "alice leaves")],
            id="a-short-absence-is-none",
        ),
        pytest.param(
            [(1, 0, 50), (2, 0, 90), (1, 56, 90)],
            [(0, "alice and bob join"), (50, "alice leaves"), (56, "alice joins")],
            id="rejoin",
        ),
        pytest.param(
            [(n, 0, 9) for n in (5, 4, 3, 2, 1)],
            [(0, "alice, bob, carol and 2 others join")],
            id="many",
        ),
        pytest.param([(6, 0, 9)], [(0, "x" * 39 + "… joins")], id="long-name"),
        pytest.param([(7, 0, 9)], [(0, "e vil name joins")], id="unprintable-name"),
        pytest.param([(9, 0, 9)], [(0, "PA9 joins")], id="not-listed"),
        pytest.param(
            [(1, 0, 90), (2, 20, 20.0004), (3, 20.0001, 90)],
            [(0, "alice joins"), (20, "carol joins, bob visits")],
            id="same-millisecond",
        ),
        pytest.param(
            [(1, 0, 90), (2, 0.007, 90), (3, 0.999, 90), (4, 1, 90)],
            [(0, "alice, bob and carol join"), (1, "dave joins")],
            id="within-a-second",
        ),
        pytest.param(
            [(1, 0, 90), (2, 0, 60), (3, 60.5, 90), (4, 60.9, 90), (5, 61, 90)],
            [
                (0, "alice and bob join"),
                (60, "bob leaves, carol and dave join"),
                (61, "erin joins"),
            ],
            id="a-second-counts-from-the-first-of-a-chapter",
        ),
        pytest.param(
            [(1, 0, 90), (2, 0, 89.1), (3, 89.5, 90)],
            [(0, "alice and bob join")],
            id="in-the-last-second",
        ),
        pytest.param([(1, 0, 0.4), (2, 0.3, 0.5)], [(0, "alice and bob join")], id="half-a-second"),
    ],
)
def test_chapters(make, stays, expected):
    assert told(make, stays) == expected


def test_what_happens_in_a_cut_is_told_at_the_cut(make):
    stays = [(1, 0, 100), (2, 40, 60), (3, 45, 100)]
    assert told(make, stays, cut=[(0, 30), (70, 100)]) == [
        (0, "alice joins"),
        (30, "carol joins, bob visits"),
    ]


def test_two_of_one_name_are_two(make):
    assert told(make, [(1, 0, 9), (2, 0, 9)], names=("ann", "ann")) == [(0, "ann and ann join")]
