"""The cost of a plan grows with what it is made of, and shrinks with those who share it."""

from dataclasses import replace
from fractions import Fraction

import pytest

from roomreel.model.geometry import Size
from roomreel.model.media import MediaFile, Stored
from roomreel.model.room import Participant, Room, RoomStatus
from roomreel.model.selection import Selection
from roomreel.model.template import Region, Template
from roomreel.model.window import Window
from roomreel.plan import make_plan
from roomreel.plan.window import excerpt
from roomreel.workload.estimate import COSTS, amounts, estimate

STORED = Stored("/m", 1000, "1")


@pytest.fixture
def room_of(make):
    """A plan of so many cameras and microphones, and its packets."""

    def of(tracks: int, seconds: int = 60, **template):
        cameras = [make.recording(f"RTc{n}") for n in range(tracks)]
        microphones = [make.recording(f"RTm{n}", "audio") for n in range(tracks)]
        pictures = make.packets(range(0, seconds * 1000, 40), width=640, height=480)
        sound = make.packets(range(0, seconds * 1000, 20), 20, "audio")
        media = {one.sid: MediaFile(STORED, pictures) for one in cameras}
        media |= {one.sid: MediaFile(STORED, sound) for one in microphones}
        people = (Participant("PA1", "ann"),)
        room = Room("RM1", "r", RoomStatus.COMPLETED, people, (*cameras, *microphones))
        grid = Template(
            friendly_name="t",
            regions=(Region("grid", Selection(("*",))),),
            audio=Selection(("*",)),
            resolution=Size(1280, 720),
            **template,
        )
        plan = make_plan(room, grid, media, Fraction(60))
        return plan, {sid: medium.packets for sid, medium in media.items()}

    return of


def cpu(found, **options):
    return estimate(*found, **options).cpu_s - COSTS["start"]


def test_it_is_proportional_to_time(room_of):
    assert cpu(room_of(4, 120)) / cpu(room_of(4, 60)) == pytest.approx(2, rel=0.01)


def test_each_track_costs_the_same(room_of):
    one, four, nine = (cpu(room_of(tracks)) for tracks in (1, 4, 9))
    assert (nine - four) / 5 == pytest.approx((four - one) / 3, rel=0.01)


def test_pixels_cost(room_of):
    plan, packets = room_of(4)
    small = replace(plan, resolution=Size(640, 360))
    assert estimate(small, packets).cpu_s < estimate(plan, packets).cpu_s
    assert estimate(small, packets).memory_bytes < estimate(plan, packets).memory_bytes
    assert estimate(small, packets).output_bytes < estimate(plan, packets).output_bytes


def test_workers_share_pictures_and_not_the_sound(room_of):
    found = room_of(25, 600)
    one, eight, many = (estimate(*found, cores=2, workers=n) for n in (1, 8, 10_000))
    assert 6 < one.wall_s / eight.wall_s < 8
    assert eight.cpu_s == pytest.approx(one.cpu_s + 7 * COSTS["start"])
    sound_only = replace(found[0], has_video=False, scenes=())
    assert many.wall_s == pytest.approx(estimate(sound_only, found[1]).cpu_s)


def test_sound_is_decoded_from_its_beginning_whatever_is_wanted_of_it(room_of):
    plan, packets = room_of(3)
    first, last = (
        amounts(excerpt(plan, Window(start, start + 6000)), packets) for start in (0, 54_000)
    )
    assert first["voice"] == pytest.approx(3 * 6, abs=0.1)
    assert last["voice"] == pytest.approx(3 * 60, abs=0.1)
    assert first["decode"] == pytest.approx(last["decode"], rel=0.02)
    assert first["sound webm"] == last["sound webm"] == 6


def test_memory_does_not_grow_with_time(room_of):
    assert estimate(*room_of(9, 600)).memory_bytes == estimate(*room_of(9)).memory_bytes
