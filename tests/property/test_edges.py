"""Where a composition begins and ends: no black frame there, and no picture one behind."""

from array import array
from fractions import Fraction
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from roomreel.model.geometry import Size
from roomreel.model.media import MediaFile, PacketIndex, Stored
from roomreel.model.room import (
    MediaType,
    Participant,
    Recording,
    RecordingStatus,
    Room,
    RoomStatus,
)
from roomreel.model.selection import Selection
from roomreel.model.template import Region, Template
from roomreel.plan import make_plan

BASE = Fraction(1, 90_000)
RATES = [Fraction(30), Fraction(25), Fraction(1), Fraction(24_000, 1001), Fraction(60)]


def recording(number, kind, starts, lasts=270_000):
    """A recording of about three seconds that starts at a tick, and its medium."""
    step = 1800 if kind is MediaType.AUDIO else 3000
    pts = array("q", range(starts, starts + lasts, step))
    noun = Recording(
        f"RT{number}", f"MT{number}", "PA1", f"t-{number}", kind, RecordingStatus.COMPLETED
    )
    durations = array("q", [step] * len(pts))
    keys = array("b", [1] * len(pts))
    codec = "opus" if kind is MediaType.AUDIO else "vp8"
    packets = PacketIndex(kind, codec, BASE, pts, durations, keys)
    return noun, MediaFile(Stored("/m", 1, "1"), packets)


def planned(rate, sound, cameras):
    found = [recording(0, MediaType.AUDIO, sound)]
    found += [recording(n, MediaType.VIDEO, at) for n, at in enumerate(cameras, 1)]
    return plan_of(found, rate)


def plan_of(found, rate):
    room = Room(
        "RM1", "r", RoomStatus.COMPLETED, (Participant("PA1", "a"),), tuple(n for n, _ in found)
    )
    everything = Selection(("*",))
    template = Template(
        "t", (Region("main", everything),), everything, resolution=Size(64, 64), frame_rate=rate
    )
    return make_plan(room, template, {n.sid: medium for n, medium in found}, Fraction(60))


def first_frames(plan):
    """By recording, the first frame that shows it, and the container time of that frame."""
    found = {}
    for scene in plan.scenes:
        for placement in scene.placements:
            found.setdefault(placement.recording_sid, (scene.start_frame, placement.media_start))
    return found


starts = st.lists(st.integers(0, 9000), min_size=1, max_size=4)


@given(st.sampled_from(RATES), st.integers(-9000, 9000), starts)
def test_a_video_that_starts_less_than_half_a_frame_late_starts_with_the_first(
    rate, sound, cameras
):
    plan = planned(rate, sound, cameras)
    zero = min([sound, *cameras])
    for number, starts_at in enumerate(cameras, 1):
        frame, media_start = first_frames(plan)[f"RT{number}"]
        late = (starts_at - zero) * BASE * rate
        if late < Fraction(1, 2):
            assert (frame, media_start) == (0, starts_at * BASE)
        else:
            assert frame == ceil(late)
            assert media_start == zero * BASE + frame / rate


@given(st.sampled_from(RATES), st.integers(-9000, 9000), starts)
def test_sound_stays_where_it_is_and_nothing_is_lost(rate, sound, cameras):
    plan = planned(rate, sound, cameras)
    zero = min([sound, *cameras])
    [clip] = plan.audio
    assert clip.span.start == (sound - zero) * BASE
    assert clip.media_start == sound * BASE
    assert clip.span.duration == 3
    ends = [sound, *cameras]
    assert max(ends) * BASE + 3 - zero * BASE - plan.length < Fraction(1, 2) / rate
    assert plan.length <= max(ends) * BASE + 3 - zero * BASE


@given(st.sampled_from(RATES), st.integers(-4000, 4000), st.lists(st.integers(0, 4), max_size=3))
def test_pictures_that_end_less_than_half_a_frame_early_are_held(rate, sound, shorter):
    """Cameras that start together and end some pictures before the first of them."""
    found = [recording(0, MediaType.AUDIO, sound)]
    lasts = [270_000, *(270_000 - 3000 * pictures for pictures in shorter)]
    found += [recording(n, MediaType.VIDEO, 0, last) for n, last in enumerate(lasts, 1)]
    plan = plan_of(found, rate)
    shown = {source.recording_sid: source for source in plan.sources}
    ends = {sid: source.span.end for sid, source in shown.items()}
    last = max(ends.values())
    start = min(0, sound)
    behind = -start * BASE if -2 * start * BASE * rate < 1 else 0  # what cameras are shown earlier
    for number, lasted in enumerate(lasts, 1):
        own = lasted * BASE - behind
        near = 2 * (last - own) * rate < 1
        assert ends[f"RT{number}"] == (last if near else own)
    assert last == max(ends["RT0"], 3 - behind)
