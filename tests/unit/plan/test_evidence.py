from fractions import Fraction
from itertools import accumulate, cycle, islice

import pytest

from roomreel.model.media import Medium
from roomreel.plan import Evidence, evidence
from roomreel.plan.drift import drift_ppm

MINUTES_5 = 15_000


def test_a_recording_without_packets_shows_nothing(make):
    assert evidence(make.recording("V"), Medium()) == Evidence()
    assert evidence(make.recording("V"), make.medium([0], keys=set())) == Evidence()


def test_a_video_on_the_room_clock(make):
    medium = make.medium([1000, 1500, 1600, 4000, 4100], 100, keys={1, 4})
    found = evidence(make.recording("V", offset_ms=-500), medium)
    assert found == Evidence(
        start_ms=1000,
        end_ms=3700,
        duration_ms=2700,
        first_keyframe_ms=500,
        gap_count=1,
        gap_ms=2400,
        drift_ppm=None,
    )


def test_a_sound_has_no_key_frame(make):
    found = evidence(make.recording("A", "audio"), make.audio(0, 90_000))
    assert (found.first_keyframe_ms, found.gap_count, found.drift_ppm) == (None, 0, 0)


def pts_with_steps(*steps, count=MINUTES_5):
    return list(accumulate(islice(cycle(steps), count - 1), initial=0))


@pytest.mark.parametrize(
    ("pts", "duration", "codec", "expected"),
    [
        pytest.param(pts_with_steps(20), 20, "opus", 0, id="none"),
        pytest.param(pts_with_steps(*[20] * 199, 21), 20, "opus", 250, id="slow-sound-card"),
        pytest.param(pts_with_steps(*[20] * 199, 19), 20, "opus", -250, id="fast-sound-card"),
        pytest.param(pts_with_steps(20, 20, 20, 20, 40), 20, "opus", 0, id="loss-is-no-drift"),
        pytest.param(pts_with_steps(*[20] * 20, 400), 20, "opus", 0, id="dtx-is-no-drift"),
        pytest.param(
            pts_with_steps(2, 3, count=30_000), 2, "opus", 0, id="2.5-ms-frames-in-milliseconds"
        ),
        pytest.param(pts_with_steps(20, count=2000), 20, "opus", None, id="less-than-a-minute"),
        pytest.param(pts_with_steps(20), 0, "opus", None, id="container-has-no-durations"),
        pytest.param(pts_with_steps(21, 21, 22), 21, "aac", None, id="codec-not-measured"),
    ],
)
def test_drift(make, pts, duration, codec, expected):
    found = drift_ppm(make.packets(pts, duration, kind="audio", codec=codec))
    assert found == (expected if not expected else pytest.approx(expected, abs=5))


def test_drift_does_not_depend_on_the_time_base(make):
    pts = pts_with_steps(*[960] * 199, 1008)
    packets = make.packets(pts, 960, kind="audio", time_base=Fraction(1, 48_000))
    assert drift_ppm(packets) == pytest.approx(250, abs=5)
