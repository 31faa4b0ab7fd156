import pytest

from roomreel.plan.overlap import one_at_a_time, without_short_overlaps


def spans(sources):
    return {s.sid: (s.span.start * 1000, s.span.end * 1000) for s in sources}


@pytest.mark.parametrize(
    ("given", "expected", "warned"),
    [
        pytest.param({"a": (0, 9), "b": (9, 20)}, {"a": (0, 9), "b": (9, 20)}, [], id="touch"),
        pytest.param({"a": (0, 9), "b": (5, 20)}, {"a": (0, 9), "b": (9, 20)}, ["b"], id="overlap"),
        pytest.param({"a": (0, 9), "b": (5, 9)}, {"a": (0, 9)}, ["b"], id="inside-is-dropped"),
        pytest.param({"b": (0, 9), "a": (0, 9)}, {"a": (0, 9)}, ["b"], id="tie-by-sid"),
        pytest.param(
            {"a": (0, 30), "b": (5, 9), "c": (20, 40), "d": (35, 50)},
            {"a": (0, 30), "c": (30, 40), "d": (40, 50)},
            ["b", "c", "d"],
            id="latest-end-of-all-before",
        ),
    ],
)
def test_recordings_of_one_track_follow_each_other(make, given, expected, warned):
    sources = [make.usable(sid, *span, source_sid="MT1") for sid, span in given.items()]
    effective, warnings = one_at_a_time(sources)
    assert spans(effective) == expected
    assert [w.recording_sid for w in warnings] == warned
    assert {w.code.value for w in warnings} <= {"duplicate-overlap"}


def test_recordings_of_different_tracks_do_not_concern_each_other(make):
    sources = [make.usable("a", 0, 9), make.usable("b", 5, 9)]
    assert one_at_a_time(sources) == (tuple(sources), ())


@pytest.mark.parametrize(
    ("given", "moved"),
    [
        pytest.param({"a": (0, 1099), "b": (1000, 2000)}, {"b": 1099}, id="99-ms"),
        pytest.param({"a": (0, 1100), "b": (1000, 2000)}, {}, id="100-ms"),
        pytest.param({"a": (0, 1000), "b": (1000, 2000)}, {}, id="no-overlap"),
        pytest.param({"a": (0, 1050), "b": (1000, 1050)}, {}, id="both-end-together"),
        pytest.param({"a": (0, 5000), "b": (1000, 1050)}, {}, id="a-short-one-inside"),
        pytest.param({"a": (1000, 1050), "b": (1000, 2000)}, {}, id="neither-is-the-later"),
        pytest.param(
            {"a": (0, 1030), "b": (0, 1060), "c": (1000, 2000)}, {"c": 1060}, id="latest-of-two"
        ),
        pytest.param(
            {"a": (0, 1060), "b": (0, 1130), "c": (1000, 2000)}, {"c": 1060}, id="no-chain"
        ),
    ],
)
def test_a_short_overlap_of_two_tracks_is_none(make, given, moved):
    sources = tuple(make.usable(sid, *span) for sid, span in given.items())
    expected = {sid: (moved.get(sid, start), end) for sid, (start, end) in given.items()}
    assert spans(without_short_overlaps(sources)) == expected
