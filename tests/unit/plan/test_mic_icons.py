"""Icons in cells of those of whom no sound comes."""

from __future__ import annotations

import pytest
from tiles import HOLD, shown, steps

from roomreel.model.geometry import Rect
from roomreel.model.look import Anchor
from roomreel.model.tiles import Label, MicIcon, TileLook
from roomreel.plan import make_plan
from roomreel.plan.tile_overlays import icon_rect

ICON = MicIcon()


@pytest.fixture
def talk(make):
    """A plan of one camera of 20 s, beside sounds of packets at ms."""

    def build(*sounds, icon=ICON, owner="PA1", audio=(), **changes):
        recordings = [make.recording("V"), make.recording("W", participant_sid="PA2")]
        media = {"V": make.video(0, 20_000), "W": make.video(0, 20_000)}
        for number, pts in enumerate(sounds):
            sid = f"A{number}"
            recordings.append(make.recording(sid, "audio", participant_sid=owner))
            media[sid] = make.medium(pts, 20, kind="audio")
        region = make.region(sources=["PA1"], tile=TileLook(mic_icon=icon, **changes))
        room = make.room(*recordings)
        return make_plan(room, make.template(region, audio=audio), media, HOLD)

    return build


def icons(plan):
    return [(first, last) for first, last, _ in shown(plan, "mic").get(0, [])]


@pytest.mark.parametrize(
    ("sounds", "expected"),
    [
        ([], [(0, 600)]),
        ([steps((0, 20_000))], []),
        ([steps((0, 10_000), (15_000, 20_000))], [(300, 450)]),
        # Who is silent may send a packet now and then.
        ([steps((0, 10_000)) + steps((10_000, 15_000), every=400) + steps((15_000, 20_000))], []),
        ([steps((0, 10_000), (12_000, 20_000))], []),
        ([steps((0, 10_000), (12_020, 20_000))], [(300, 361)]),
        ([steps((2000, 3000), (8000, 9000))], [(0, 60), (90, 240), (270, 600)]),
        ([steps((0, 10_000)), steps((9000, 20_000))], []),
        ([steps((0, 5000)), steps((15_000, 30_000))], [(150, 450)]),
    ],
)
def test_an_icon_is_there_while_no_sound_comes(talk, sounds, expected):
    made = talk(*sounds)
    assert icons(made) == expected
    assert made.overlays == () or made.overlays[0].rect == Rect(608, 448, 24, 24)


@pytest.mark.parametrize(
    ("sound", "expected"),
    [
        ((240, 19_760), []),
        ((260, 20_000), [(0, 8)]),
        ((0, 19_740), [(593, 600)]),
    ],
)
def test_an_icon_does_not_flash_where_a_track_begins_or_ends(talk, sound, expected):
    assert icons(talk(steps(sound))) == expected


def test_sound_of_others_and_sound_that_does_not_count_is_none(talk):
    sound = steps((0, 20_000))
    assert icons(talk(sound, owner="PA2")) == [(0, 600)]
    assert icons(talk(sound, icon=MicIcon(sources=("track-V",)))) == [(0, 600)]
    assert icons(talk(sound, icon=MicIcon(sources=()))) == [(0, 600)]
    assert icons(talk(sound, icon=MicIcon(sources=("track-*",)))) == []


def test_what_is_read_for_an_icon_alone_is_no_part_of_a_composition(talk):
    sound = steps((500, 40_000))
    made = talk(sound)
    assert [one.recording_sid for one in made.sources] == ["V"]
    assert (made.frame_count, made.audio) == (600, ())
    assert icons(made) == [(0, 15)]
    assert made.source_bytes == 2000
    heard = talk(sound, audio=["*"])
    assert heard.frame_count == 1200


def test_a_label_leaves_room_for_an_icon(talk):
    def rects(**label):
        made = talk([0], label=Label(**label))
        return {one.kind.value: one.rect for one in made.overlays}

    assert rects() == {"label": Rect(8, 424, 592, 48), "mic": Rect(608, 448, 24, 24)}
    assert rects(anchor=Anchor.BOTTOM_RIGHT)["label"].width == 624
    assert rects(anchor=Anchor.TOP_LEFT)["label"] == Rect(8, 8, 624, 48)
    assert rects(max_width=610)["label"].width == 610


@pytest.mark.parametrize("anchor", Anchor)
@pytest.mark.parametrize("size", [8, 25, 48, 60, 200])
@pytest.mark.parametrize("side", [8, 24, 61, 200])
def test_an_icon_never_leaves_its_cell(anchor, size, side):
    cell = Rect(2, 4, side, side + 40).even_inside
    found = icon_rect(MicIcon(anchor, 9, 300, size), cell)
    assert found is None or (cell.contains(found) and found.even_inside == found)
    assert (found is None) == (size > cell.width)
