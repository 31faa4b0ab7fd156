from array import array
from fractions import Fraction

import pytest

from roomreel.plan.drift import drift_ppm
from roomreel.plan.packets import activity, backward_steps, pauses
from roomreel.plan.probe_results import ProbeResult, probe_result


def span_ms(active):
    return (float(active.span.start * 1000), float(active.span.end * 1000))


@pytest.mark.parametrize(
    ("pts", "keys", "duration", "expected"),
    [
        pytest.param([1584, 1617, 1650], {0}, 33, (1584, 1683), id="first-packet-not-at-zero"),
        pytest.param([0, 33, 66], {1}, 33, (33, 99), id="starts-at-the-first-key-frame"),
        pytest.param([0, 40, 70, 140], {0}, 0, (0, 180), id="median-of-odd-many"),
        pytest.param([0, 40, 70], {0}, 0, (0, 105), id="median-of-even-many"),
        pytest.param([0, 5000, 10000], {0}, 0, (0, 11000), id="median-at-most-a-second"),
        pytest.param([100], {0}, 0, (100, 1100), id="a-lone-picture"),
        pytest.param([100], {0}, 40, (100, 140), id="a-lone-picture-with-duration"),
        pytest.param([0, 120, 40, 80], {0}, 40, (0, 160), id="last-by-timestamp"),
        pytest.param([100, 20, 60, 140], {0}, 40, (100, 180), id="leading-pictures"),
        pytest.param([-40, 0, 40], {0}, 40, (-40, 80), id="negative"),
        pytest.param([0, 0, 0], {0}, 0, (0, 1000), id="all-at-one-instant"),
    ],
)
def test_a_video_is_active_from_its_first_key_frame(make, pts, keys, duration, expected):
    assert span_ms(activity(make.packets(pts, duration, keys=keys))) == expected


def test_hidden_pictures_make_the_first_one_that_is_shown_usable(make):
    """P30 B31 B29 ... of which an edit list hides the key frame and all that is before 30."""
    packets = make.packets([90, 30, 60, 120], 30, keys=(), hidden=2, primed=True)
    active = activity(packets)
    assert span_ms(active) == (30, 150)
    assert (active.packets_before, active.before, list(active.pts)) == (0, 0, [30, 60, 90, 120])


@pytest.mark.parametrize(
    ("pts", "delay", "expected"),
    [
        pytest.param([1564, 1584], 0, (1564, 1604), id="plain"),
        pytest.param([-7, 13, 33], 7, (0, 53), id="pre-skip"),
        pytest.param([20, 0, 40], 0, (0, 60), id="out-of-order"),
    ],
)
def test_a_sound_is_active_from_its_first_packet_after_the_delay(make, pts, delay, expected):
    packets = make.packets(pts, 20, kind="audio", delay=Fraction(delay, 1000))
    assert span_ms(activity(packets)) == expected


HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("kind", "durations", "hold", "end", "disbelieved"),
    [
        pytest.param("video", [40, 40, 90_000], 60, 60_080, 90, id="a-picture"),
        pytest.param("video", [40, 40, 25 * HOUR_MS], 60, 60_080, 90_000, id="a-picture-of-a-day"),
        pytest.param("video", [40, 40, 30_000], 60, 30_080, 0, id="a-slide"),
        pytest.param("video", [40, 40, 30_000], 5, 5080, 30, id="a-slide-that-is-held-shorter"),
        pytest.param("video", [90_000], 60, 60_000, 90, id="a-lone-picture"),
        pytest.param("audio", [20, 20, 25 * HOUR_MS], 60, 60_080, 90_000, id="sound"),
        pytest.param("audio", [90_000, 20, 80_000], 60, 80_080, 0, id="sound-in-long-packets"),
        pytest.param("audio", [20, 20, 1000], Fraction(1, 2), 1080, 0, id="a-second-of-sound"),
    ],
)
def test_what_the_last_packet_claims_is_bounded(make, kind, durations, hold, end, disbelieved):
    pts = [0, 40, 80][: len(durations)]
    packets = make.packets(pts, kind=kind, durations=array("q", durations))
    active = activity(packets, Fraction(hold))
    assert span_ms(active) == (0, end)
    assert active.disbelieved == disbelieved


def test_what_is_overwritten_is_told_in_seconds(make):
    times = [*range(0, 3000, 40), *range(1000, 2000, 40), *range(3000, 4000, 40)]
    active = activity(make.packets(times, 40, keys={0}))
    assert span_ms(active) == (0, 4000)
    assert active.overwritten == 1


def test_without_a_packet_or_a_key_frame_there_is_no_activity(make):
    assert activity(make.packets([])) is None
    assert activity(make.packets([0, 33], keys=set())) is None


def test_what_precedes_the_key_frame_is_told(make):
    active = activity(make.packets([1000, 1500, 3250], 33, keys={2}))
    assert (active.packets_before, active.before) == (2, Fraction(9, 4))


@pytest.mark.parametrize(
    ("kind", "duration", "expected"),
    [("video", 100, [(1000, 4100)]), ("audio", 100, [(1100, 4100)])],
)
def test_a_pause_begins_at_a_picture_and_after_a_sound(make, kind, duration, expected):
    packets = make.packets([0, 1000, 4100, 5000], duration, kind=kind)
    found = pauses(activity(packets), Fraction(2))
    assert [(span.start * 1000, span.end * 1000) for span in found] == expected


def test_a_pause_of_just_the_limit_is_none(make):
    active = activity(make.packets([0, 2000, 4001]))
    assert [span.start for span in pauses(active, Fraction(2))] == [2]


@pytest.mark.parametrize(
    ("pts", "codec", "steps"),
    [
        pytest.param([0, 33, 66], "vp8", 0, id="ascending"),
        pytest.param([0, 33, 33], "vp8", 0, id="equal-is-not-backwards"),
        pytest.param([0, 66, 33, 99], "vp8", 1, id="vp8-does-not-reorder"),
        pytest.param([0, 99, 33, 66, 198, 132, 165], "h264", 0, id="b-frames"),
        pytest.param([0, 600, 200, 400, 1200, 800, 1000], "mpeg4", 0, id="b-frames-5-a-second"),
        pytest.param([*range(90_000, 93_000, 33), 0, 33], "h264", 2, id="reset"),
        pytest.param([0, 20, 40, 20, 40, 60], "opus", 1, id="every-packet-before-the-latest"),
    ],
)
def test_backward_steps(make, pts, codec, steps):
    kind = "audio" if codec == "opus" else "video"
    assert backward_steps(make.packets(pts, kind=kind, codec=codec)) == steps


@pytest.mark.parametrize("kind", ["audio", "video"])
def test_an_index_without_packets_tells_nothing_and_breaks_nothing(make, kind):
    recording, packets = make.recording("R", kind), make.packets([], kind=kind)
    assert activity(packets) is None
    assert backward_steps(packets) == 0
    assert drift_ppm(packets) is None
    assert probe_result(recording, make.medium([], kind=kind)) == ProbeResult()
