"""Placeholders: what is seen in a cell of whose picture there is none."""

from __future__ import annotations

import hashlib
import operator

import pytest
from tiles import HOLD, shown, steps

from roomreel.errors import AssetMissing
from roomreel.model.look import Asset, Avatar, Colour, Fill, Fit, Image, Initials
from roomreel.model.media import Problem
from roomreel.model.plan import WarningCode
from roomreel.model.selection import Selection
from roomreel.model.template import UnitKind
from roomreel.model.tiles import Placeholder, PlaceholderKind, TileLook
from roomreel.plan import make_plan
from roomreel.plan.placeholders import PALETTE, initials, own_colour


@pytest.fixture
def pausing(make):
    """A camera that has no picture from 10 to 20 s of 30."""
    return {"V1": make.medium([*range(0, 10_000, 100), *range(20_000, 30_000, 100)], 100)}


COLOR, INITIALS, LAST_FRAME = (
    TileLook(placeholder=Placeholder(kind))
    for kind in (PlaceholderKind.COLOR, PlaceholderKind.INITIALS, PlaceholderKind.LAST_FRAME)
)


def test_a_placeholder_is_there_from_where_a_picture_is_held_no_more(plan, pausing):
    made = plan(INITIALS, (0, 0), media=pausing, names=("Ada Lovelace",))
    own = own_colour("PA1")
    # The last picture is that of 9.9 s, and is held for 5.
    assert shown(made, "placeholder") == {0: [(447, 600, Initials("AL", own))]}
    assert [(one.start_frame, len(one.placements)) for one in made.scenes] == [
        (0, 1),
        (447, 0),
        (600, 1),
    ]
    made = plan(COLOR, (0, 0), media=pausing, region={"corner_radius": 8})
    assert shown(made, "placeholder") == {0: [(447, 600, Fill(own))]}
    assert [one.radius for one in made.overlays] == [8]


def test_a_last_frame_is_held_throughout(plan, pausing):
    made = plan(LAST_FRAME, (0, 0), media=pausing)
    assert made.overlays == ()
    assert [(one.end_frame, len(one.placements)) for one in made.scenes] == [(900, 1)]
    without = plan(TileLook(), (0, 0), media=pausing)
    assert [len(one.placements) for one in without.scenes] == [1, 0, 1]


def test_a_placeholder_has_the_colour_that_is_asked_for(plan, pausing):
    red = Colour(255, 0, 0)
    look = TileLook(placeholder=Placeholder(PlaceholderKind.COLOR, red))
    made = plan(look, (0, 0), media=pausing)
    assert shown(made, "placeholder") == {0: [(447, 600, Fill(red))]}


def test_an_image_covers_its_cell(plan, pausing):
    asset = Asset("a.png", "ab" * 32, 900, 64, 64)
    look = TileLook(placeholder=Placeholder(PlaceholderKind.IMAGE, image="a.png"))
    made = plan(look, (0, 0), media=pausing, assets=[asset])
    image = Image("a.png", asset.sha256, Fit.COVER)
    assert shown(made, "placeholder") == {0: [(447, 600, image)]}
    assert made.assets == (asset,)
    with pytest.raises(AssetMissing, match=r"a\.png"):
        plan(look, (0, 0), media=pausing)
    # Where it is never seen it is not missed.
    assert plan(look, (0, 1000)).overlays == ()


def test_without_an_image_there_are_initials(plan, pausing):
    look = TileLook(placeholder=Placeholder(PlaceholderKind.IMAGE))
    made = plan(look, (0, 0), media=pausing)
    assert shown(made, "placeholder") == {0: [(447, 600, Initials("n", own_colour("PA1")))]}


OF_ANN = Avatar("PA1", "cd" * 32)
PICTURE = TileLook(placeholder=Placeholder(PlaceholderKind.IMAGE, image="a.png"))


def test_an_avatar_comes_before_the_image_of_the_template(plan, pausing):
    # The image is not missed where it is not drawn.
    made = plan(PICTURE, (0, 0), media=pausing, avatars={"PA1": OF_ANN})
    assert shown(made, "placeholder") == {0: [(447, 600, OF_ANN)]}
    assert (made.assets, made.warnings) == ((), plan(TileLook(), (0, 0), media=pausing).warnings)


@pytest.mark.parametrize("kind", [*PlaceholderKind])
def test_an_avatar_is_seen_where_images_are_alone(plan, pausing, kind):
    look = TileLook(placeholder=Placeholder(kind))
    made = plan(look, (0, 0), media=pausing, avatars={"PA1": OF_ANN})
    drawings = [one for states in shown(made, "placeholder").values() for *_, one in states]
    assert (OF_ANN in drawings) == (kind is PlaceholderKind.IMAGE)


def test_an_avatar_that_cannot_be_drawn_is_told_of_and_others_stand_for_it(plan, pausing):
    asset = Asset("a.png", "ab" * 32, 900, 64, 64)
    problem = Problem(WarningCode.AVATAR_MISSING, "cannot draw the avatar 'ann.png': no file")
    avatars = {"PA1": problem, "PA2": problem}

    def told(made):
        return [one.message for one in made.warnings if one.code == "avatar-missing"]

    made = plan(PICTURE, (0, 0), media=pausing, avatars=avatars, assets=[asset], names=("Ann\n",))
    assert shown(made, "placeholder") == {0: [(447, 600, Image("a.png", asset.sha256, Fit.COVER))]}
    assert told(made) == [f"Ann (PA1): {problem.message}"]
    bare = TileLook(placeholder=Placeholder(PlaceholderKind.IMAGE))
    made = plan(bare, (0, 0), media=pausing, avatars=avatars)
    assert shown(made, "placeholder") == {0: [(447, 600, Initials("n", own_colour("PA1")))]}
    # Where it is never seen it is not missed, nor where what would show it is cut out.
    assert told(plan(bare, (0, 1000), avatars=avatars)) == []
    assert told(plan(INITIALS, (0, 0), media=pausing, avatars=avatars)) == []


def test_without_a_pause_there_is_no_placeholder(plan):
    assert plan(INITIALS, (0, 10_000), (5000, 20_000)).overlays == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ada Lovelace", "AL"),
        ("alice", "a"),
        ("Ludwig Mies van der Rohe", "LR"),
        ("  José   Ávila ", "JÁ"),
        ("E\u0301mile Zola", "E\u0301Z"),
        ("田中 太郎", "田太"),
        ("مرحبا علي", "مع"),
        ("नमस्ते", "न"),
        ("👨‍👩‍👧 Smith", "👨‍👩‍👧S"),
        ("🇩🇪🇫🇷", "🇩🇪"),
        ("Bob (guest)", "Bg"),
        ("O'Brien: 100% %{pts}", "Op"),
        ("***", "*"),
        ("\u202e\n", ""),
        ("", ""),
        ("a" * 50 + " b", "a"),
    ],
)
def test_initials(name, expected):
    assert initials(name) == expected


def test_letters_are_legible_on_the_colours_of_participants():
    def luminance(color):
        linear = (
            level / 12.92 if level <= 0.03928 else ((level + 0.055) / 1.055) ** 2.4
            for level in (part / 255 for part in (color.red, color.green, color.blue))
        )
        return sum(map(operator.mul, linear, (0.2126, 0.7152, 0.0722)))

    assert len(set(PALETTE)) == 12
    # What WCAG asks of small letters, too.
    assert [str(one) for one in PALETTE if 1.05 / (luminance(one) + 0.05) < 4.5] == []


def test_a_participant_has_a_colour_of_their_own():
    assert hashlib.sha256(b"PA1").digest()[0] % 12 == PALETTE.index(own_colour("PA1"))
    assert len({own_colour(f"PA{number}") for number in range(200)}) == 12


@pytest.mark.parametrize(
    ("ahead", "behind", "expected"),
    [
        (20, 0, []),
        (240, 240, []),
        (260, 0, [(0, 8)]),
        (0, 260, [(300, 308)]),
        # Between two cameras of one who is there all the time.
        (20, 20, []),
    ],
)
def test_initials_do_not_flash_where_a_track_begins_or_ends(make, ahead, behind, expected):
    recordings = [make.recording("A", "audio"), make.recording("V"), make.recording("W")]
    media = {
        "A": make.medium(steps((0, ahead + 10_000 + behind)), 20, kind="audio"),
        "V": make.video(ahead, ahead + 5000),
        "W": make.video(ahead + 5200, ahead + 10_000),
    }
    region = make.region(
        tile=INITIALS, unit=UnitKind.PARTICIPANT, voices=Selection(("*",)), sources=["*"]
    )
    made = make_plan(make.room(*recordings), make.template(region, audio=["*"]), media, HOLD)
    assert [(first, last) for first, last, _ in shown(made, "placeholder").get(0, [])] == expected


def test_who_is_there_for_a_moment_alone_is_seen(make):
    region = make.region(
        tile=INITIALS, unit=UnitKind.PARTICIPANT, voices=Selection(("*",)), sources=["*"]
    )
    media = {"A": make.medium(steps((0, 200)), 20, kind="audio")}
    room = make.room(make.recording("A", "audio"))
    made = make_plan(room, make.template(region, audio=["*"]), media, HOLD)
    assert [(first, last) for first, last, _ in shown(made, "placeholder")[0]] == [(0, 6)]
