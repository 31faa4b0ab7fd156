from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import accumulate, cycle, islice

import pytest

from roomreel.model.media import MediaFile
from roomreel.plan import ProbeResult, probe_result
from roomreel.plan.drift import drift_ppm
from roomreel.plan.probe_results import clock_zero

MINUTES_5 = 15_000


def test_a_recording_without_packets_shows_nothing(make):
    assert probe_result(make.recording("V"), MediaFile()) == ProbeResult()
    assert probe_result(make.recording("V"), make.medium([0], keys=set())) == ProbeResult()


def test_a_video_on_the_room_clock(make):
    medium = make.medium([1000, 1500, 1600, 4000, 4100], 100, keys={1, 4})
    found = probe_result(make.recording("V", offset_ms=-500), medium)
    assert found == ProbeResult(
        start_ms=1000,
        end_ms=3700,
        duration_ms=2700,
        first_keyframe_ms=500,
        gap_count=1,
        gap_ms=2400,
        drift_ppm=None,
    )


def test_a_sound_has_no_key_frame(make):
    found = probe_result(make.recording("A", "audio"), make.audio(0, 90_000))
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


ZERO = datetime(2026, 11, 20, 9, tzinfo=UTC)


def created(make, sid, offset_ms, late_ms=0, zero=ZERO):
    """A recording whose creation was noted so much after its container stood at 0."""
    noted = zero + timedelta(milliseconds=offset_ms + late_ms)
    return make.recording(sid, offset_ms=offset_ms, date_created=noted)


def last_end(*ends_ms):
    return {f"R{number}": ProbeResult(end_ms=end_ms) for number, end_ms in enumerate(ends_ms)}


# Clocks of rooms count from wherever they like: 0, minus a bit, an uptime, a Unix time.
@pytest.mark.parametrize("offset_ms", [0, -1, 4000, 155_137_309_329, 1_700_000_000_000])
def test_the_clock_of_a_room_is_placed_by_the_creation_of_its_recordings(make, offset_ms):
    zero = ZERO - timedelta(milliseconds=offset_ms)
    recordings = [created(make, f"V{n}", offset_ms + 700 * n, zero=zero) for n in range(4)]
    room = make.room(*recordings, end_time=ZERO + timedelta(days=9))
    assert clock_zero(room, last_end(1)) == zero


@pytest.mark.parametrize("late_ms", [-86_400_000, 30_000, 86_400_000])
def test_a_creation_that_is_noted_at_another_time_moves_no_clock(make, late_ms):
    odd = created(make, "odd", 500, late_ms)
    without = make.recording("without", offset_ms=77_000)
    others = [created(make, f"V{n}", 1000 * n) for n in range(2)]
    assert clock_zero(make.room(odd, without, *others), {}) == ZERO


def test_without_a_creation_the_room_ended_with_the_last_of_its_recordings(make):
    room = make.room(make.recording("V"), end_time=ZERO + timedelta(minutes=1))
    assert clock_zero(room, last_end(20_000, None, 60_000)) == ZERO


@pytest.mark.parametrize("shown", [{}, last_end(None)], ids=["no-evidence", "nothing-in-it"])
def test_where_nothing_tells_there_is_no_zero(make, shown):
    assert clock_zero(make.room(make.recording("V"), end_time=ZERO), shown) is None
    assert clock_zero(make.room(make.recording("V")), last_end(60_000)) is None


def test_an_offset_beyond_the_calendar_counts_as_none(make):
    beyond = make.recording("V", offset_ms=10**17, date_created=ZERO)
    assert clock_zero(make.room(beyond), {}) is None
    assert clock_zero(make.room(beyond, created(make, "W", 3000)), {}) == ZERO


def test_evidence_is_placed_where_the_calendar_has_it():
    found = ProbeResult(start_ms=-500, end_ms=1500)
    placed = found.placed(ZERO)
    assert placed.start_time == ZERO - timedelta(milliseconds=500)
    assert placed.end_time == ZERO + timedelta(milliseconds=1500)
    assert found.placed(None) == found
    assert ProbeResult(end_ms=1).placed(ZERO) == ProbeResult(end_ms=1)
    assert ProbeResult(start_ms=0, end_ms=10**17).placed(ZERO).end_time is None
