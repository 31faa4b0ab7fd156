"""Overlays of tiles in every plan: who is in a cell is drawn there, and only then."""

from __future__ import annotations

import json
from array import array
from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from roomreel.documents.plan import compact_plan_json
from roomreel.documents.published_plan import parse_plan
from roomreel.documents.template import parse_template
from roomreel.errors import EmptyTrackList
from roomreel.model.look import Avatar, OverlayKind
from roomreel.model.media import MediaFile, PacketIndex, Problem, Stored
from roomreel.model.room import MediaType, Participant, Recording, RecordingStatus, Room, RoomStatus
from roomreel.plan import make_plan
from roomreel.plan.arrange import arrange
from roomreel.plan.spans import minus
from roomreel.plan.tile_overlays import icon_rect, label_rect
from roomreel.plan.usable import usable_recordings

MS = Fraction(1, 1000)
HOLD = Fraction(2)
AVATARS = {"PA1": Avatar("PA1", "ab" * 32), "PA2": Problem("avatar-missing", "it is not there")}

times = st.integers(0, 9000)
packets = st.lists(times, min_size=1, max_size=6, unique=True).map(sorted)
cameras = st.lists(st.tuples(st.integers(1, 3), packets), min_size=1, max_size=5)
looks = st.fixed_dictionaries(
    {
        "label": st.just({}),
        "mic_icon": st.just({}),
        "border": st.just({"width": 3, "color": "#ff0000"}),
    },
    optional={
        "placeholder": st.sampled_from(["none", "color", "initials", "image", "last_frame"]).map(
            lambda kind: {"kind": kind}
        ),
        "corner_radius": st.sampled_from([0, 5]),
        "gap": st.integers(0, 9),
        "max_columns": st.integers(1, 2),
        "max_rows": st.integers(1, 2),
        "reuse": st.sampled_from(["none", "show_oldest", "show_newest"]),
        "unit": st.sampled_from(["recording", "participant"]),
        "z_pos": st.integers(-1, 1),
    },
)
templates = st.fixed_dictionaries(
    {
        "schema": st.just("roomreel.template/1"),
        "friendly_name": st.just("t"),
        "resolution": st.sampled_from(["640x480", "321x201", "100x90"]),
        "frame_rate": st.sampled_from([10, "30000/1001"]),
        "trim": st.booleans(),
        "video_layout": st.fixed_dictionaries({"a": looks, "b": looks}),
    }
)


def recorded(number, person, pts, shift_ms=0):
    recording = Recording(
        sid=f"RT{number}",
        source_sid=f"MT{number}",
        participant_sid=f"PA{person}",
        track_name="camera",
        type=MediaType.VIDEO,
        status=RecordingStatus.COMPLETED,
        offset_ms=shift_ms,
    )
    index = PacketIndex(
        type=MediaType.VIDEO,
        codec="vp8",
        time_base=MS,
        pts=array("q", pts),
        durations=array("q", [100] * len(pts)),
        keys=array("b", [1] * len(pts)),
        payload_bytes=len(pts),
    )
    return recording, MediaFile(Stored(f"/{number}", 1, "1"), index)


# Each compares every frame, so fewer of them than of other properties.
@settings(max_examples=100)
@given(templates, cameras)
def test_who_is_in_a_cell_is_drawn_there_and_only_then(document, cameras):
    for region in document["video_layout"].values():
        region["video_sources"] = ["*"]
    template = parse_template(json.dumps(document).encode(), "")
    made = [recorded(number, *one) for number, one in enumerate(cameras)]
    people = tuple(Participant(f"PA{number}", f"name {number}") for number in (1, 2, 3))
    room = Room("RM1", "r", RoomStatus.COMPLETED, people, tuple(one for one, _ in made))
    media = {recording.sid: medium for recording, medium in made}
    usable, _ = usable_recordings(room, room.recordings, media, HOLD)
    arranged = arrange(template, usable, room.people)
    assume(arranged.length * template.frame_rate > 0)
    plan = make_plan(room, template, media, HOLD, avatars=AVATARS)
    for region, layout in zip(template.regions, arranged.layouts, strict=True):
        check_region(plan, region, layout)
    assert parse_plan(compact_plan_json(plan).encode()).overlays == plan.overlays
    ranks = [one.kind for one in plan.overlays if one.region == "a"]
    order = [*OverlayKind]
    assert ranks == sorted(ranks, key=order.index)


@settings(max_examples=50)
@given(templates, cameras, st.sampled_from([1, 1000, 10**9]))
def test_neither_offsets_nor_the_order_of_recordings_change_a_tile(document, cameras, shift_ms):
    for region in document["video_layout"].values():
        region["video_sources"] = ["*"]
    template = parse_template(json.dumps(document).encode(), "")
    people = tuple(Participant(f"PA{number}", f"name {number}") for number in (1, 2, 3))

    def overlays(shift_ms, order):
        made = [recorded(number, *one, shift_ms) for number, one in enumerate(cameras)][::order]
        room = Room("RM1", "r", RoomStatus.COMPLETED, people, tuple(one for one, _ in made))
        media = {recording.sid: medium for recording, medium in made}
        try:
            return make_plan(room, template, media, HOLD, avatars=AVATARS).overlays
        except EmptyTrackList:
            return None

    plain = overlays(0, 1)
    assert overlays(shift_ms, 1) == plain
    assert overlays(0, -1) == plain


def check_region(plan, region, layout):
    instants = [room_time(plan, frame) for frame in range(plan.frame_count)]
    shown = {
        (placement.cell, frame)
        for scene in plan.scenes
        for placement in scene.placements
        if placement.region == region.name
        for frame in range(scene.start_frame, scene.end_frame)
    }
    drawn = {}
    for overlay in plan.overlays:
        if overlay.region == region.name:
            drawn[overlay.kind, overlay.cell] = check_overlay(overlay, layout)
    kind = region.tile.placeholder.kind.value
    rects = rects_of(layout)
    for cell in range(layout.region.columns * layout.region.rows):
        spans = [(tile.span, tile.participant_sid) for tile in layout.tiles if tile.cell == cell]
        there = {
            frame: f"name {sid[2:]}"
            for frame, at in enumerate(instants)
            for span, sid in spans
            if span.start <= at < span.end
        }
        if cell not in rects:
            assert not [key for key in drawn if key[1] == cell]
            continue
        rect = rects[cell].even_inside
        fits = label_rect(region.tile.label, rect) is not None
        labels = drawn.get((OverlayKind.LABEL, cell), {})
        assert {frame: one.text for frame, one in labels.items()} == (there if fits else {})
        assert drawn.get((OverlayKind.BORDER, cell), {}).keys() == there.keys()
        icon = icon_rect(region.tile.mic_icon, rect)
        mics = drawn.get((OverlayKind.MIC, cell), {})
        assert mics.keys() == (there.keys() if icon is not None else set())
        pictured = {frame for place, frame in shown if place == cell}
        blank = there.keys() - pictured if kind in {"color", "initials", "image"} else set()
        placeholders = drawn.get((OverlayKind.PLACEHOLDER, cell), {})
        assert placeholders.keys() <= blank
        for frame in blank:
            [(span, seen)] = [
                (one.span, one.pictured)
                for one in layout.tiles
                if one.cell == cell and one.span.start <= instants[frame] < one.span.end
            ]
            [part] = [one for one in minus(span, seen) if one.start <= instants[frame] < one.end]
            is_flash = part.duration < Fraction(1, 4) and part != span
            assert (frame in placeholders) == (not is_flash)
        for frame, drawing in placeholders.items():
            own = AVATARS.get(f"PA{there[frame][-1]}")
            assert (drawing == own) == (kind == "image" and isinstance(own, Avatar))
        assert pictured <= there.keys()


def rects_of(layout):
    """The rectangles of the cells that anybody is in."""
    return {tile.cell: tile.rect for tile in layout.tiles}


def check_overlay(overlay, layout):
    """It lies in its cell, its states rise and do not overlap: what it shows in each frame."""
    assert rects_of(layout)[overlay.cell].even_inside.contains(overlay.rect)
    assert overlay.rect.even_inside == overlay.rect
    ends = [frame for one in overlay.states for frame in (one.start_frame, one.end_frame)]
    assert ends == sorted(ends)
    assert all(one.start_frame < one.end_frame for one in overlay.states)
    return {
        frame: one.drawing
        for one in overlay.states
        for frame in range(one.start_frame, one.end_frame)
    }


def room_time(plan, frame):
    """The room clock at the instant of a frame."""
    at = frame / plan.frame_rate
    stretch = next(one for one in reversed(plan.kept) if one.start <= at)
    return stretch.room.start + at - stretch.start
