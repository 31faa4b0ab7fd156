"""Where a composition is cut: near the even division, where little is decoded twice."""

from fractions import Fraction

import pytest

from roomreel.model.geometry import Rect
from roomreel.model.plan import Placement, Plan, Scene
from roomreel.plan.scenes import scenes_within
from roomreel.workload.chunks import cut

RATE = Fraction(30)
SECOND_MS = 1000


def placement(sid, media_start):
    return Placement(sid, "grid", 0, Rect(0, 0, 320, 240), 0, Fraction(media_start))


def plan(*scenes):
    nothing = dict.fromkeys(Plan.__dataclass_fields__, ())
    told = {"frame_rate": RATE, "frame_count": scenes[-1].end_frame, "scenes": scenes}
    return Plan(**{**nothing, **told})


def keyed(make, every_s, seconds=120):
    """Packets of a picture a second, a key frame every so many."""
    return make.packets([at * SECOND_MS for at in range(seconds)], keys=range(0, seconds, every_s))


ONE = plan(Scene(0, 3600, (placement("RT1", 0),)))


def test_a_cut_is_made_at_a_key_frame_near_the_even_division(make):
    # Even would be 60 s, and the 60 s before it would be decoded again.
    assert cut(ONE, {"RT1": keyed(make, 61)}, 2) == (range(61 * 30), range(61 * 30, 3600))


def test_it_is_even_where_a_key_frame_saves_less_than_others_wait(make):
    # Key frames at 56 and 63 s: 4 s decoded again cost less than 3 s drawn by one of two alone.
    assert cut(ONE, {"RT1": keyed(make, 7)}, 2) == (range(1800), range(1800, 3600))


def test_it_is_even_where_no_key_frame_is_near(make):
    assert cut(ONE, {"RT1": keyed(make, 100)}, 2) == (range(1800), range(1800, 3600))


def test_a_scene_in_which_a_source_begins_is_cheap(make):
    both = plan(Scene(0, 1830, (placement("RT1", 0),)), Scene(1830, 3600, (placement("RT2", 0),)))
    packets = {"RT1": keyed(make, 100), "RT2": keyed(make, 100)}
    assert cut(both, packets, 2)[1].start == 1830


def test_no_more_chunks_than_frames(make):
    short = plan(Scene(0, 3, (placement("RT1", 0),)))
    packets = {"RT1": keyed(make, 10)}
    assert cut(short, packets, 9) == (range(1), range(1, 2), range(2, 3))
    assert cut(short, packets, 0) == (range(3),)


@pytest.mark.parametrize("frames", [range(50), range(50, 150), range(120, 240)])
def test_scenes_of_a_chunk_go_on_where_they_were(frames):
    whole = plan(
        Scene(0, 100, (placement("RT1", 5),)),
        Scene(100, 240, (placement("RT1", 5 + Fraction(100, 30)), placement("RT2", 0))),
    )

    def shown(scenes, number):
        scene = next(s for s in scenes if s.start_frame <= number < s.end_frame)
        later = (number - scene.start_frame) / RATE
        return {p.recording_sid: p.media_start + later for p in scene.placements}

    found = scenes_within(whole, frames)
    assert found[0].start_frame == 0
    assert found[-1].end_frame == len(frames)
    for number in range(len(frames)):
        assert shown(found, number) == shown(whole.scenes, frames.start + number)
