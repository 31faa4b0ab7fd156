"""Overlays of tiles by frames: what regions draw in cells beside pictures."""

from __future__ import annotations

import hashlib
import operator
from dataclasses import replace
from fractions import Fraction

import pytest

from roomreel.errors import AssetMissing
from roomreel.model.geometry import Rect, Size
from roomreel.model.look import (
    Anchor,
    Asset,
    Avatar,
    Border,
    Box,
    Colour,
    Fill,
    Fit,
    Image,
    Initials,
    Style,
    Text,
)
from roomreel.model.media import Problem
from roomreel.model.plan import WarningCode
from roomreel.model.selection import Selection
from roomreel.model.template import Reuse, UnitKind
from roomreel.model.tiles import Label, MicIcon, Placeholder, PlaceholderKind, TileLook
from roomreel.plan import make_plan
from roomreel.plan.placeholders import PALETTE, initials, own_colour
from roomreel.plan.tile_overlays import icon_rect, label_rect

HOLD = Fraction(5)


@pytest.fixture
def plan(make):
    """A plan of cameras of one participant each, which are there from ms to ms."""

    def build(
        look,
        *cameras,
        names=(),
        region=None,
        room=None,
        media=None,
        assets=(),
        avatars=None,
        **template,
    ):
        recordings = [
            make.recording(f"V{number}", participant_sid=f"PA{number}")
            for number in range(1, len(cameras) + 1)
        ]
        names = names or tuple(f"name{number}" for number in range(1, len(cameras) + 1))
        made = make.room(*recordings, identities=names, **(room or {}))
        media = media or {
            one.sid: make.video(*times) for one, times in zip(recordings, cameras, strict=True)
        }
        layout = make.template(
            make.region(tile=look, **(region or {})), **{"resolution": Size(1280, 720)} | template
        )
        found = {one.path: one for one in assets}
        return make_plan(made, layout, media, HOLD, assets=found, avatars=avatars or {})

    return build


def shown(plan, kind):
    """By cell, the frames of what overlays of a kind show, and what that is."""
    return {
        overlay.cell: [(one.start_frame, one.end_frame, one.drawing) for one in overlay.states]
        for overlay in plan.overlays
        if overlay.kind == kind
    }


def texts(plan):
    return {
        cell: [(first, last, drawing.text) for first, last, drawing in states]
        for cell, states in shown(plan, "label").items()
    }


LABELS = TileLook(label=Label())


def test_a_label_is_there_as_long_as_its_tile(plan):
    made = plan(LABELS, (0, 60_000), (10_000, 60_000), (20_000, 40_000))
    assert texts(made) == {
        0: [(0, 1800, "name1")],
        1: [(300, 1800, "name2")],
        2: [(600, 1200, "name3")],
    }
    first = made.overlays[0]
    assert (first.rect, first.region, first.z) == (Rect(8, 304, 624, 48), "main", 0)
    assert first.states[0].drawing == Text("name1", Style())


def test_a_label_stays_through_a_pause_in_which_no_picture_is_held(make, plan):
    pictures = [*range(0, 10_000, 100), *range(20_000, 30_000, 100)]
    made = plan(LABELS, (0, 0), media={"V1": make.medium(pictures, 100)})
    assert [len(scene.placements) for scene in made.scenes] == [1, 0, 1]
    assert texts(made) == {0: [(0, 900, "name1")]}


def test_a_cell_names_who_is_in_it(plan):
    one_cell = {"max_columns": 1, "max_rows": 1}
    made = plan(LABELS, (0, 10_000), (10_000, 20_000), (15_000, 30_000), region=one_cell)
    assert texts(made) == {0: [(0, 300, "name1"), (300, 600, "name2"), (600, 900, "name3")]}
    newest = {**one_cell, "reuse": Reuse.SHOW_NEWEST}
    made = plan(LABELS, (0, 30_000), (10_000, 20_000), region=newest)
    assert texts(made) == {0: [(0, 300, "name1"), (300, 600, "name2"), (600, 900, "name1")]}


def test_a_label_is_cut_with_the_room(plan):
    made = plan(LABELS, (0, 10_000), (40_000, 50_000), region={"max_columns": 1, "max_rows": 1})
    assert texts(made) == {0: [(0, 300, "name1"), (300, 600, "name2")]}


def test_variables_of_a_label(make, plan):
    look = TileLook(label=Label("{name} ({identity}): {track} {{}}"))
    person = make.room(identities=["alice"]).participants[0]
    room = {"participants": (replace(person, display_name="Alice \u202e B."),)}
    made = plan(look, (0, 1000), room=room)
    assert texts(made) == {0: [(0, 30, "Alice B. (alice): track-V1 {}")]}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("{x}", "{x}"),
        ("<b>&amp;", "<b>&amp;"),
        ("O'Brien: 100% %{pts}", "O'Brien: 100% %{pts}"),
        ("a\u202eb\nc", "a b c"),
        ("x" * 4000, "x" * 39 + "…"),
    ],
)
def test_names_are_shown_as_text(plan, name, expected):
    made = plan(LABELS, (0, 1000), names=(name,))
    assert texts(made) == {0: [(0, 30, expected)]}


def test_a_label_that_says_nothing_is_not_drawn(plan):
    assert plan(LABELS, (0, 1000), names=(" \u202e ",)).overlays == ()


def test_a_border_is_there_as_long_as_its_tile(plan):
    line = Border(4, Colour(255, 255, 255))
    look = TileLook(border=line)
    made = plan(look, (0, 2000), (1000, 2000), region={"corner_radius": 12, "gap": 1})
    rounded = replace(line, radius=12)
    assert shown(made, "border") == {0: [(0, 60, rounded)], 1: [(30, 60, rounded)]}
    assert [one.rect for one in made.overlays] == [Rect(0, 0, 638, 720), Rect(640, 0, 640, 720)]


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


def steps(*spans, every=20):
    return [at for start, end in spans for at in range(start, end, every)]


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


def test_who_is_there_is_drawn_over_pictures_in_order(plan):
    look = TileLook(label=Label(), border=Border(1, Colour(0, 0, 0)))
    made = plan(look, (0, 1000), (0, 1000), region={"z": 3})
    assert [(one.kind.value, one.z, one.cell) for one in made.overlays] == [
        ("border", 3, 0),
        ("border", 3, 1),
        ("label", 3, 0),
        ("label", 3, 1),
    ]


CELL = Rect(100, 200, 320, 180)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (Label(), Rect(108, 324, 304, 48)),
        (Label(anchor=Anchor.TOP_RIGHT), Rect(108, 208, 304, 48)),
        (Label(max_width=100), Rect(108, 324, 100, 48)),
        (Label(max_width=100, anchor=Anchor.BOTTOM_RIGHT), Rect(312, 324, 100, 48)),
        (Label(max_width=100, anchor=Anchor.CENTER), Rect(210, 266, 100, 48)),
        (Label(max_width=9000, x=20), Rect(120, 324, 300, 48)),
        (Label(style=Style(box=Box(padding=0))), Rect(108, 336, 304, 36)),
        # With less room than it asks for it is nearer to the edges.
        (Label(x=300, y=300), Rect(242, 200, 36, 48)),
        (Label(style=Style(size=120)), None),
        (Label(style=Style(lines=5)), None),
    ],
)
def test_the_place_of_a_label(label, expected):
    assert label_rect(label, CELL) == expected


@pytest.mark.parametrize("anchor", Anchor)
@pytest.mark.parametrize("inset", [0, 1, 7, 8, 9, 500])
@pytest.mark.parametrize("side", [48, 50, 60, 181])
def test_a_label_never_leaves_its_cell(anchor, inset, side):
    cell = Rect(3, 5, side + 11, side).even_inside
    found = label_rect(Label(anchor=anchor, x=inset, y=inset, max_width=side), cell)
    assert found is None or (cell.contains(found) and found.even_inside == found)
    assert (found is None) == (cell.height < 48)


def test_a_stream_with_a_label_is_not_copied(plan):
    made = plan(LABELS, (0, 10_000), passthrough=True)
    assert (made.copied, made.passthrough.refused) == (None, "its template draws over it: label")
