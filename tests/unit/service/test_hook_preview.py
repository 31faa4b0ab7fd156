"""Previews: what the planner of renders makes of a room, without its media, within bounds."""

from __future__ import annotations

import json
import re
import sys
import threading
from array import array
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomreel.compose.assets import look_at_assets
from roomreel.documents.template import parse_template
from roomreel.errors import ArgumentsInvalid, Conflict, EmptyTrackList, NotFound, RoomNotCompleted
from roomreel.model.geometry import Size
from roomreel.model.media import MediaFile, PacketIndex, Stored
from roomreel.model.room import RecordingStatus
from roomreel.model.selection import Selection
from roomreel.model.table import Table
from roomreel.model.template import CellOrder, Region, Reuse, Template, UnitKind
from roomreel.model.tiles import Label, Placeholder, PlaceholderKind, TileLook
from roomreel.plan import make_plan
from roomreel.service.hooks import preview
from roomreel.service.hooks.preview import (
    UNKNOWN_MS,
    Sketch,
    draw_preview,
    make_up_room,
    plan_sketch,
    sketch_room,
)
from roomreel.settings import Settings

sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
from api_in_process import empty_api, recording, sid_of, usual_api

HOSTILE = '<script>alert("1")</script> & \u202e </svg>'
LAYOUTS = sorted(
    file
    for file in (Path(__file__).parents[3] / "roomreel" / "layouts").glob("*.json")
    if file.stem != "participant"  # it names somebody, whom no room that is made up has
)

SOURCES = st.lists(
    st.sampled_from(["*", "camera", "screen", "cam*", "*een", "nobody"]), min_size=1, max_size=3
).map(tuple)
REGIONS = st.builds(
    Region,
    name=st.sampled_from("abc"),
    sources=st.builds(Selection, SOURCES, st.lists(st.sampled_from(["screen"])).map(tuple)),
    x=st.integers(0, 300),
    y=st.integers(0, 200),
    z=st.integers(-2, 2),
    max_columns=st.none() | st.integers(1, 3),
    max_rows=st.none() | st.integers(1, 2),
    reuse=st.sampled_from(Reuse),
    min_recording_ms=st.sampled_from([0, 200_000]),
)
UNITS = st.builds(
    replace,
    REGIONS,
    unit=st.just(UnitKind.PARTICIPANT),
    voices=st.builds(Selection, st.sampled_from([(), ("*",), ("micro*",)])),
)
TEMPLATES = st.builds(
    Template,
    friendly_name=st.just("x"),
    regions=st.lists(REGIONS | UNITS, max_size=3, unique_by=lambda one: one.name).map(tuple),
    audio=st.just(Selection(("*",))),
    trim=st.booleans(),
    passthrough=st.booleans(),
)
ROOMS = st.builds(make_up_room, st.integers(1, 5), screen=st.booleans(), phone=st.booleans())


def filmed(sketch: Sketch) -> dict[str, MediaFile]:
    """Media of the recordings of a sketch, a packet each second."""
    media = {}
    for one in sketch.room.recordings:
        length = sketch.lengths[one.sid]
        starts = range(0, length, 1000)
        lasts = [min(1000, length - start) for start in starts]
        packets = PacketIndex(
            type=one.type,
            codec="",
            time_base=Fraction(1, 1000),
            pts=array("q", starts),
            durations=array("q", lasts),
            keys=array("b", [1] * len(lasts)),
        )
        media[one.sid] = MediaFile(Stored(one.sid, 1, ""), packets)
    return media


@settings(max_examples=60, deadline=None)
@given(TEMPLATES, ROOMS)
def test_a_preview_is_what_a_render_of_whole_recordings_would_be(template, sketch):
    plain = replace(template, passthrough=False)
    wanted = make_plan(sketch.room, plain, filmed(sketch), Fraction(60), sends=True)
    assert plan_sketch(template, sketch) == wanted


@pytest.mark.parametrize("file", LAYOUTS, ids=lambda file: file.stem)
def test_layouts_that_come_with_roomreel_are_drawn(file):
    template = parse_template(file.read_bytes(), "")
    assets = look_at_assets(template, Settings())
    found = draw_preview(template, make_up_room(3, screen=True, phone=True), assets)
    assert bool(found.moments) == bool(template.regions)
    assert bool(found.heard) == bool(template.audio.included)
    assert len(found.moments) <= 4
    for one in found.moments:
        assert 0 <= one.start_ms < one.end_ms <= found.length_ms
        drawn = ET.fromstring(one.svg)  # noqa: S314 - our own text
        assert drawn.tag == "svg"
        assert drawn.get("aria-label")


def test_where_it_would_follow_who_talks_it_says_that_it_does_not_listen():
    region = Region("main", Selection(("*",)), order=CellOrder.SPEAKER, max_columns=1, max_rows=1)
    template = Template("x", regions=(region,), audio=Selection(("*",)))
    preview = draw_preview(template, make_up_room(2, screen=False, phone=False))
    assert preview.warnings[-1].startswith("no sound is listened to for a preview")
    assert not any("nobody ever talks" in one for one in preview.warnings)
    (only,) = preview.moments
    assert only.svg.count("cell 1") >= 1


def test_a_room_of_voices_is_drawn_once():
    region = Region(
        "grid",
        Selection(),
        unit=UnitKind.PARTICIPANT,
        voices=Selection(("*",)),
        tile=TileLook(label=Label()),
    )
    template = Template("x", regions=(region,), audio=Selection(("*",)))
    sketch = make_up_room(3, screen=False, phone=True)
    (only,) = draw_preview(template, sketch).moments
    assert ET.fromstring(only.svg).get("aria-label") == "no picture"  # noqa: S314 - our own
    assert only.svg.count("label grid: ") == len(sketch.room.participants)


def test_avatars_count_as_there():
    region = Region(
        "grid",
        Selection(),
        unit=UnitKind.PARTICIPANT,
        voices=Selection(("*",)),
        tile=TileLook(Placeholder(PlaceholderKind.IMAGE)),
    )
    sketch = make_up_room(3, screen=False, phone=True)
    first, *others = sketch.room.participants
    people = (replace(first, avatar="none.png"), *others)
    sketch = replace(sketch, room=replace(sketch.room, participants=people))
    template = Template("x", regions=(region,), audio=Selection(("*",)))
    preview = draw_preview(template, sketch)
    (only,) = preview.moments
    assert only.svg.count("placeholder grid: avatar in frames") == 1
    assert preview.warnings == ()


def test_moments_are_in_order_and_differ():
    template = Template("x", regions=(Region("grid", Selection(("*",))),))
    found = draw_preview(template, make_up_room(3, screen=True, phone=False))
    assert [(one.start_ms, one.end_ms) for one in found.moments] == [
        (0, 100_000),
        (100_000, 200_000),
        (200_000, 300_000),
        (300_000, 480_000),
    ]
    assert len({one.svg for one in found.moments}) == 4
    assert found.scene_count == 6
    assert found.heard == ()


def test_names_are_text_in_the_drawing_and_short():
    template = Template("x", regions=(Region(HOSTILE, Selection(("*",))),), resolution=Size(99, 98))
    sketch = make_up_room(1, screen=False, phone=False)
    person = replace(sketch.room.participants[0], identity=HOSTILE + "x" * 10_000)
    room = replace(sketch.room, participants=(person,))
    found = draw_preview(template, replace(sketch, room=room))
    (moment,) = found.moments
    assert "<script" not in moment.svg
    assert "\u202e" not in moment.svg
    assert len(moment.svg) < 3000
    assert not re.search(r"style|\bon\w+=", moment.svg)
    ET.fromstring(moment.svg)  # noqa: S314 - our own text


def test_what_the_planner_refuses_is_refused_in_its_words():
    sketch = make_up_room(1, screen=False, phone=False)
    nothing = Template("x", regions=(Region("grid", Selection(("nobody",))),))
    with pytest.raises(EmptyTrackList, match="selects no recording"):
        draw_preview(nothing, sketch)


@pytest.mark.parametrize(
    ("regions", "sources", "cameras"), [(100, 1, 50), (1000, 1, 1), (1, 500, 50)]
)
def test_what_would_take_long_is_refused_before_it_is_planned(
    monkeypatch, regions, sources, cameras
):
    monkeypatch.setattr(preview, "make_plan", None)
    template = Template(
        "x",
        regions=tuple(Region(f"r{n}", Selection(("x",) * sources)) for n in range(regions)),
    )
    with pytest.raises(ArgumentsInvalid, match="too much to draw"):
        draw_preview(template, make_up_room(cameras, screen=True, phone=True))


def test_few_are_drawn_at_once(monkeypatch):
    monkeypatch.setattr(preview, "_AT_ONCE", threading.BoundedSemaphore(1))
    monkeypatch.setattr(preview, "_PATIENCE_S", 0.01)
    template = Template("x", audio=Selection(("*",)))
    sketch = make_up_room(1, screen=False, phone=False)
    with preview._one_of_few(), pytest.raises(Conflict, match="of others"):
        draw_preview(template, sketch)
    assert draw_preview(template, sketch).heard == ("person 1 · microphone",)


def test_a_room_of_the_catalog_is_drawn_by_what_is_known_of_it(tmp_path):
    with usual_api(tmp_path) as api:
        sketch = sketch_room(api.service, "call 1")
        assert sketch == sketch_room(api.service, sid_of("RM", 1))
        audio, video = (sid_of("RT", 1, kind) for kind in ("audio", "video"))
        # What the catalogs found, else what the manifest claims, else a minute.
        assert set(sketch.lengths) == {audio, video}
        row = recording(1, "video", duration_ms=70_000, start_ms=5000, end_ms=75_000)
        api.record(Table.RECORDINGS, row)
        api.look()
        found = sketch_room(api.service, "call 1")
        assert found.lengths[video] == 70_000
        assert found.room.recording(video).offset_ms == 5000
        template = Template("x", regions=(Region("grid", Selection(("*",))),))
        (moment,) = draw_preview(template, found).moments
        assert (moment.start_ms, moment.end_ms) == (0, 70_000)


def test_lengths_that_nothing_says_are_a_minute_and_claims_are_believed(tmp_path):
    with empty_api(tmp_path) as api:
        sid = api.room(1)
        file = tmp_path / "rooms" / f"{sid}.json"
        document = json.loads(file.read_text())
        document["recordings"][0]["duration"] = 7
        file.write_text(json.dumps(document))
        api.look()
        lengths = sketch_room(api.service, sid).lengths
        assert sorted(lengths.values()) == [7000, UNKNOWN_MS]


def test_what_is_no_room_that_can_be_drawn(tmp_path, monkeypatch):
    template = Template("x", audio=Selection(("*",)))
    with usual_api(tmp_path) as api:
        for name in ("nobody", sid_of("RM", 99), HOSTILE, "x" * 10_000):
            with pytest.raises(NotFound, match="there is no room"):
                sketch_room(api.service, name)
        with pytest.raises(RoomNotCompleted):
            draw_preview(template, sketch_room(api.service, "call 4"))
        (tmp_path / "rooms" / f"{sid_of('RM', 2)}.json").unlink()
        with pytest.raises(NotFound, match="manifest of it is gone"):
            sketch_room(api.service, "call 2")
        monkeypatch.setattr(preview, "MOST_RECORDINGS", 1)
        with pytest.raises(ArgumentsInvalid, match="previews are of at most 1;"):
            sketch_room(api.service, "call 1")


def test_recordings_that_failed_are_not_shown():
    sketch = make_up_room(2, screen=False, phone=False)
    first, *others = sketch.room.recordings
    failed = replace(first, status=RecordingStatus.FAILED)
    room = replace(sketch.room, recordings=(failed, *others))
    template = Template("x", regions=(Region("grid", Selection(("*",))),))
    found = draw_preview(template, replace(sketch, room=room))
    assert any("is failed" in words for words in found.warnings)
    assert all("person 1" not in one.svg for one in found.moments)
