"""What holds for the overlays of every plan, whatever the room and the template."""

from __future__ import annotations

import json
from array import array
from dataclasses import replace
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from roomreel.documents.plan import compact_plan_json, plan_json
from roomreel.documents.published_plan import parse_plan
from roomreel.documents.template import parse_template
from roomreel.errors import EmptyTrackList, TemplateInvalid
from roomreel.model.clock import Clock, reading
from roomreel.model.geometry import Rect
from roomreel.model.look import Asset
from roomreel.model.media import MediaFile, PacketIndex, Stored
from roomreel.model.overlay import ClockOverlay
from roomreel.model.room import MediaType, Participant, Recording, RecordingStatus, Room, RoomStatus
from roomreel.plan import make_plan

HOLD = Fraction(60)
MS = Fraction(1, 1000)
ANCHORS = [
    *("top-left", "top", "top-right", "left", "center", "right"),
    *("bottom-left", "bottom", "bottom-right"),
]

edges = st.integers(0, 40) | st.integers(0, 400)
stretches = st.tuples(st.integers(0, 9000), st.integers(1, 4000)).map(
    lambda one: {"start_ms": one[0], "end_ms": one[0] + one[1]}
) | st.integers(0, 9000).map(lambda start: {"start_ms": start})
placed = st.fixed_dictionaries(
    {},
    optional={
        "anchor": st.sampled_from(ANCHORS),
        "x": edges,
        "y": edges,
        "width": st.integers(1, 400),
        "height": st.integers(1, 400),
        "z_pos": st.integers(-2, 2),
        "opacity": st.sampled_from([0, 1, 100]),
        "between": st.lists(stretches, max_size=4),
    },
)
styles = st.fixed_dictionaries(
    {},
    optional={
        "size": st.integers(8, 40),
        "lines": st.integers(1, 3),
        "box": st.none() | st.fixed_dictionaries({"padding": st.integers(0, 9)}),
    },
)
texts = st.fixed_dictionaries({"type": st.just("text"), "text": st.just("a"), "style": styles})
clocks = st.fixed_dictionaries(
    {
        "type": st.just("clock"),
        "clock": st.sampled_from([*Clock]),
        "format": st.sampled_from(["HH:MM:SS", "MM:SS", "HH:MM"]),
        "utc_offset_minutes": st.integers(-720, 840),
        "style": styles,
    }
)
images = st.fixed_dictionaries({"type": st.just("image"), "image": st.sampled_from(["a", "b/c"])})
overlays = st.lists(
    st.tuples(placed, texts | clocks | images).map(lambda parts: parts[0] | parts[1]), max_size=4
)
templates = st.fixed_dictionaries(
    {
        "schema": st.just("roomreel.template/1"),
        "friendly_name": st.just("t"),
        "resolution": st.sampled_from(["640x480", "641x361", "100x99", "17x16"]),
        "frame_rate": st.sampled_from([1, 7, 25, "30000/1001"]),
        "trim": st.booleans(),
        "video_layout": st.just({"grid": {"video_sources": ["*"]}}),
        "overlays": overlays,
    }
)
cameras = st.lists(
    st.tuples(st.integers(0, 9000), st.integers(1, 3000)), min_size=1, max_size=4
).map(lambda some: [(start, start + length) for start, length in some])
sizes = st.tuples(st.integers(1, 900), st.integers(1, 900))


def recorded(number, start_ms, end_ms, shift_ms):
    """A camera with a packet at each end."""
    recording = Recording(
        sid=f"RT{number}",
        source_sid=f"MT{number}",
        participant_sid="PA1",
        track_name="camera",
        type=MediaType.VIDEO,
        status=RecordingStatus.COMPLETED,
        offset_ms=shift_ms,
    )
    packets = PacketIndex(
        type=MediaType.VIDEO,
        codec="vp8",
        time_base=MS,
        pts=array("q", [start_ms]),
        durations=array("q", [end_ms - start_ms]),
        keys=array("b", [1]),
        payload_bytes=1,
    )
    return recording, MediaFile(Stored(f"/{number}", 1, "1"), packets)


def planned(template, times, size, shift_ms=0, order=1):
    made = [recorded(number, *one, shift_ms) for number, one in enumerate(times)][::order]
    recordings = tuple(recording for recording, _ in made)
    room = Room("RM1", "room", RoomStatus.COMPLETED, (Participant("PA1", "a"),), recordings)
    media = {recording.sid: medium for recording, medium in made}
    assets = {path: Asset(path, "ab" * 32, 1, *size) for path in template.assets}
    return make_plan(room, template, media, HOLD, assets=assets)


def room_time(plan, frame):
    """The room clock at the instant of a frame."""
    at = frame / plan.frame_rate
    stretch = next(one for one in reversed(plan.kept) if one.start <= at)
    return stretch.room.start + at - stretch.start


def is_wanted(overlay, since_zero):
    """Whether an overlay of a template is there at an instant, by its words alone."""
    return overlay.between is None or any(
        since_zero >= one.start_ms * MS and (one.end_ms is None or since_zero < one.end_ms * MS)
        for one in overlay.between
    )


def is_drawn(overlay):
    # No date is known of these rooms, which a wall clock asks for.
    is_wall = isinstance(overlay, ClockOverlay) and overlay.clock is Clock.WALL
    return overlay.opacity and not is_wall


# Each compares every frame, so fewer of them than of other properties.
@settings(max_examples=150)
@given(templates, cameras, sizes, st.sampled_from([1, 1000, 10**9]))
def test_overlays_are_where_and_when_the_template_says(document, times, size, shift_ms):
    try:
        template = parse_template(json.dumps(document).encode(), "")
        plan = planned(template, times, size)
    except (TemplateInvalid, EmptyTrackList):
        return
    zero = min(start for start, _ in times) * MS
    instants = [room_time(plan, frame) for frame in range(plan.frame_count)]
    expected = [
        (one, frames)
        for one in sorted(filter(is_drawn, template.overlays), key=lambda one: one.z)
        if (frames := [k for k, at in enumerate(instants) if is_wanted(one, at - zero)])
    ]
    assert len(plan.overlays) == len(expected)
    for overlay, (asked, frames) in zip(plan.overlays, expected, strict=True):
        check_place(overlay, template.resolution.padded_even)
        check_states(overlay, frames)
        if isinstance(asked, ClockOverlay):
            check_clock(overlay, asked, plan, [at - zero for at in instants])
    assert planned(template, times, size, shift_ms).overlays == plan.overlays
    assert planned(template, times, size, order=-1).overlays == plan.overlays
    check_document(plan, planned(replace(template, overlays=()), times, size))


def check_place(overlay, canvas):
    """It lies in the canvas, on even edges."""
    rect = overlay.rect
    assert Rect(0, 0, canvas.width, canvas.height).contains(rect)
    assert not any(edge % 2 for edge in (rect.x, rect.y, rect.right, rect.bottom))


def check_states(overlay, frames):
    """They rise, none overlap, and they are there in these frames alone."""
    runs = [(state.start_frame, state.end_frame) for state in overlay.states]
    ends = [frame for run in runs for frame in run]
    assert ends == sorted(ends)
    assert all(first < last for first, last in runs)
    assert [k for first, last in runs for k in range(first, last)] == frames


def check_clock(overlay, asked, plan, room):
    """In each of its frames it shows what its clock says then."""
    for state in overlay.states:
        for k in range(state.start_frame, state.end_frame):
            at = room[k] if asked.clock is Clock.ROOM else k / plan.frame_rate
            since = (k - state.start_frame) / plan.frame_rate
            assert state.drawing.text(since) == reading(asked.clock, asked.format, at)


def check_document(plan, bare):
    """Overlays change nothing else in the document of a plan, which is read back as it was."""
    assert plan_json(parse_plan(compact_plan_json(plan).encode())) == plan_json(plan)
    found, without = (json.loads(plan_json(one)) for one in (plan, bare))
    added = {key: found.pop(key) for key in found.keys() - without.keys()}
    assert added.keys() <= {"overlays", "styles", "assets"}
    # What is not known of a clock is told.
    del found["warnings"], without["warnings"]
    assert found == without
