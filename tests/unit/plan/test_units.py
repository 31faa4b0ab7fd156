"""What takes a cell of a region: recordings, or participants as long as they are there."""

from dataclasses import replace
from fractions import Fraction
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomreel.documents.plan import compact_plan_json
from roomreel.documents.published_plan import parse_plan
from roomreel.documents.svg.plan import picture
from roomreel.errors import EmptyTrackList, SourceLimitExceeded
from roomreel.model.geometry import Size
from roomreel.model.selection import Selection
from roomreel.model.template import LastRow, Reuse, UnitKind
from roomreel.model.tiles import Label, TileLook
from roomreel.plan import check, make_plan
from roomreel.workload.chunks import cut
from roomreel.workload.estimate import estimate

CANVAS = Size(640, 360)
TENTH = Fraction(1, 10)
END = 400
"""Of the generated rooms, in tenths of a second."""

JOINED = 50


@pytest.fixture(scope="module")
def layout(make):
    """A region of participants, laid out; recordings by sid: participant, start_ms, end_ms."""

    def build(recordings, **members):
        usable = {
            sid: make.usable(
                sid, start, end, "audio" if sid.startswith("A") else "video", participant_sid=who
            )
            for sid, (who, start, end) in recordings.items()
        }
        region = make.region(**{"unit": UnitKind.PARTICIPANT} | members)
        return make.laid_out(region, CANVAS, usable)

    return build


def times(one):
    return one.cell, int(one.span.start * 1000), int(one.span.end * 1000)


def seen_in(layout):
    found = [one for tile in layout.tiles for one in tile.shown]
    return sorted(found, key=lambda one: (one.span.start, one.cell))


def shown(layout):
    return [(one.source.sid, *times(one)) for one in seen_in(layout)]


def held(layout):
    return [(one.participant_sid, *times(one)) for one in layout.tiles]


CASES = [
    pytest.param(
        {"V1": ("a", 0, 9000), "V2": ("b", 0, 9000), "V3": ("a", 3000, 5000)},
        [("a", 0, 0, 9000), ("b", 1, 0, 9000)],
        [
            ("V1", 0, 0, 3000),
            ("V2", 1, 0, 9000),
            ("V3", 0, 3000, 5000),
            ("V1", 0, 5000, 9000),
        ],
        id="what-started-last-is-seen",
    ),
    pytest.param(
        {"A1": ("a", 0, 9000), "V1": ("a", 3000, 5000), "A2": ("b", 4000, 9000)},
        [("a", 0, 0, 9000), ("b", 1, 4000, 9000)],
        [("V1", 0, 3000, 5000)],
        id="a-voice",
    ),
    pytest.param(
        {"V1": ("a", 0, 1000), "V2": ("a", 6000, 7000)},
        [("a", 0, 0, 7000)],
        [("V1", 0, 0, 1000), ("V2", 0, 6000, 7000)],
        id="away-for-5-s",
    ),
    pytest.param(
        {"V1": ("a", 0, 1000), "V2": ("a", 6001, 7000), "V3": ("b", 500, 7000)},
        [("a", 0, 0, 1000), ("b", 1, 500, 7000), ("a", 0, 6001, 7000)],
        [("V1", 0, 0, 1000), ("V3", 1, 500, 7000), ("V2", 0, 6001, 7000)],
        id="away-for-longer",
    ),
    pytest.param(
        {"V1": ("a", 0, 1050), "V2": ("b", 1000, 9000), "V3": ("b", 2000, 3000)},
        [("a", 0, 0, 1050), ("b", 0, 1050, 9000)],
        [("V1", 0, 0, 1050), ("V2", 0, 1050, 2000), ("V3", 0, 2000, 3000), ("V2", 0, 3000, 9000)],
        id="one-who-takes-over",
    ),
]


@pytest.mark.parametrize(("recordings", "tiles", "seen"), CASES)
def test_a_cell_for_each_participant(layout, recordings, tiles, seen):
    made = layout(recordings, voices=Selection(("*",)))
    assert held(made) == tiles
    assert shown(made) == seen
    assert made.region.columns * made.region.rows == 1 + max(cell for _, cell, _, _ in tiles)


def test_a_participant_without_a_free_cell_is_told_once(layout):
    recordings = {"V1": ("a", 0, 9000), "V2": ("b", 0, 9000), "V3": ("b", 9000, 9500)}
    made = layout(recordings, max_columns=1, max_rows=1, reuse=Reuse.NONE)
    assert held(made) == [("a", 0, 0, 9000)]
    [warning] = made.warnings
    assert (warning.code, warning.recording_sid) == ("sources-not-shown", "V2")
    assert warning.message == "region 'main': its participant: none of its 1 cells was free"


def test_a_participant_who_is_there_too_short_takes_no_cell(layout):
    recordings = {"V1": ("a", 0, 500), "V2": ("a", 700, 1200), "V3": ("b", 0, 1100)}
    made = layout(recordings, min_recording_ms=1200)
    assert held(made) == [("a", 0, 0, 1200)]
    assert [sid for sid, *_ in shown(made)] == ["V1", "V2"]
    assert [(one.recording_sid, one.message) for one in made.warnings] == [
        ("V3", "region 'main': its participant: it lasts 1.1 s, less than 1.2 s")
    ]


def test_recordings_of_one_track_follow_each_other_in_a_participant(make):
    usable = {
        sid: make.usable(sid, *span, source_sid="MT1")
        for sid, span in {"V1": (0, 3000), "V2": (2000, 5000)}.items()
    }
    made = make.laid_out(make.region(unit=UnitKind.PARTICIPANT), CANVAS, usable)
    assert shown(made) == [("V1", 0, 0, 3000), ("V2", 0, 3000, 5000)]
    assert [one.code for one in made.warnings] == ["duplicate-overlap"]


def test_a_plan_shows_one_picture_of_each_participant(make):
    people = {"V1": "PA1", "V2": "PA1", "V3": "PA2"}
    recordings = [make.recording(sid, participant_sid=who) for sid, who in people.items()]
    room = make.room(*recordings, identities=("alice", "bob"))
    media = {sid: make.video(0 if sid != "V2" else 2000, 6000) for sid in people}
    template = make.template(make.region(unit=UnitKind.PARTICIPANT), resolution=CANVAS)
    plan = make_plan(room, template, media, Fraction(60))
    assert [(region.columns, region.rows) for region in plan.regions] == [(2, 1)]
    scenes = [(s.start_frame, [p.recording_sid for p in s.placements]) for s in plan.scenes]
    assert scenes == [(0, ["V1", "V3"]), (60, ["V2", "V3"])]
    # What is covered counts as a source all the same.
    assert [(one.recording_sid, one.shown) for one in plan.sources] == [
        *(("V1", 2), ("V3", 6), ("V2", 4))
    ]


def test_no_voice_has_a_cell_unless_it_is_named(layout):
    recordings = {"A1": ("a", 0, 9000), "A2": ("b", 0, 9000), "V1": ("a", 3000, 5000)}
    assert held(layout(recordings)) == [("a", 0, 3000, 5000)]
    named = layout(recordings, voices=Selection(("*",), ("A2",)))
    assert held(named) == [("a", 0, 0, 9000)]


@pytest.fixture
def talk(make):
    """A plan of a room of voices, of alice for 9 s and of bob from 2 s to 12 s."""

    def build(audio, *, voices=("*",), **template):
        recordings = [make.recording(f"A{n}", "audio", participant_sid=f"PA{n}") for n in (1, 2)]
        room = make.room(*recordings, identities=("alice", "bob"))
        media = {"A1": make.audio(0, 9000), "A2": make.audio(2000, 12_000)}
        region = make.region(
            unit=UnitKind.PARTICIPANT,
            voices=Selection(tuple(voices)),
            tile=TileLook(label=Label()),
        )
        layout = make.template(region, audio=audio, resolution=CANVAS, **template)
        check(room, layout, {sid: one.stored for sid, one in media.items()}, 2000)
        return make_plan(room, layout, media, Fraction(60))

    return build


def labels(plan):
    return [
        (overlay.cell, one.start_frame, one.end_frame, one.drawing.text)
        for overlay in plan.overlays
        for one in overlay.states
    ]


def test_a_room_of_voices_has_pictures(talk):
    plan = talk(["*"])
    assert (plan.has_video, plan.frame_count) == (True, 360)
    assert [(s.start_frame, s.end_frame, s.placements) for s in plan.scenes] == [(0, 360, ())]
    assert labels(plan) == [(0, 0, 270, "alice"), (1, 60, 360, "bob")]
    read = parse_plan(compact_plan_json(plan).encode())
    assert (read.has_video, read.scenes, read.overlays) == (True, plan.scenes, plan.overlays)
    assert "label main: alice" in picture(plan, {})
    heard_alone = talk(["*"], voices=())
    assert not heard_alone.has_video
    assert estimate(plan, {}).cpu_s > estimate(heard_alone, {}).cpu_s
    assert [len(chunk) for chunk in cut(plan, {}, 3)] == [120] * 3


def test_a_voice_that_is_not_heard_decides_no_time_and_is_no_source(talk):
    plan = talk(["A2"], trim=False)
    assert [(k.room.start, k.room.end) for k in plan.kept] == [(2, 12)]
    assert [one.recording_sid for one in plan.sources] == ["A2"]
    assert labels(plan) == [(0, 0, 210, "alice"), (1, 0, 300, "bob")]
    # It is read all the same, and counts in the limit.
    assert plan.source_bytes == 2000


def test_voices_alone_are_refused_with_what_to_do(talk):
    with pytest.raises(
        EmptyTrackList, match=r"voice_sources or mic_icon name 2 recordings, but"
    ) as refused:
        talk([])
    assert refused.value.remedy == "name sound in audio_sources, or pictures in video_sources"


def test_voices_count_in_the_limit(talk, make):
    room = make.room(make.recording("V"), make.recording("A", "audio"))
    media = {"V": make.video(0, 9000), "A": make.audio(0, 9000)}
    stored = {sid: one.stored for sid, one in media.items()}
    region = make.region(unit=UnitKind.PARTICIPANT)
    check(room, make.template(region), stored, 1999)
    with pytest.raises(SourceLimitExceeded):
        check(room, make.template(replace(region, voices=Selection(("A",)))), stored, 1999)


spans = st.tuples(st.integers(0, END - 80), st.integers(1, 80))
rooms = st.lists(
    st.tuples(st.sampled_from("VVA"), st.sampled_from("abc"), spans), min_size=1, max_size=9
).map(
    lambda drawn: {
        f"{kind}{number}": (who, 100 * start, 100 * (start + lasts))
        for number, (kind, who, (start, lasts)) in enumerate(drawn)
    }
)
least = st.sampled_from([0, 0, 700, 5000])


def stays(recordings, least_ms=0):
    """The runs of tenths in which each participant is there, by who, of every tenth judged."""
    found = []
    for who in sorted({person for person, _, _ in recordings.values()}):
        own = [(a // 100, b // 100) for person, a, b in recordings.values() if person == who]
        active = [any(a <= tenth < b for a, b in own) for tenth in range(END + 1)]
        there, at = list(active), 0
        for value, run in groupby(active):
            length = len(list(run))
            if not value and at and length <= JOINED and any(active[at + length :]):
                there[at : at + length] = [True] * length
            at += length
        at = 0
        for value, run in groupby(there):
            length = len(list(run))
            if value and 100 * length >= least_ms:
                found.append((who, at, at + length))
            at += length
    return found


@given(recordings=rooms, least_ms=least)
def test_every_tenth_shows_what_a_look_at_it_alone_says(layout, recordings, least_ms):
    made = layout(recordings, voices=Selection(("*",)), min_recording_ms=least_ms)
    present = stays(recordings, least_ms)
    for tenth in range(END):
        instant = tenth * TENTH
        there = {who for who, start, end in present if start <= tenth < end}
        tiles = {
            one.participant_sid: one.cell
            for one in made.tiles
            if one.span.start <= instant < one.span.end
        }
        assert tiles.keys() == there
        assert len({*tiles.values()}) == len(tiles)
        assert len(tiles) <= made.region.columns * made.region.rows
        latest = {}
        for sid, (who, start, end) in recordings.items():
            if sid[0] == "V" and who in there and start <= 100 * tenth < end:
                key = start, f"track-{sid}", sid
                latest[who] = max(latest.get(who, key), key)
        seen = {
            (one.source.recording.participant_sid, one.source.sid, one.cell)
            for one in seen_in(made)
            if one.span.start <= instant < one.span.end
        }
        assert seen == {(who, sid, tiles[who]) for who, (_, _, sid) in latest.items()}
        pictured = {
            tile.participant_sid
            for tile in made.tiles
            if any(part.start <= instant < part.end for part in tile.pictured)
        }
        assert pictured == latest.keys()


@given(
    recordings=rooms,
    members=st.fixed_dictionaries(
        {
            "max_columns": st.sampled_from([None, 1, 2]),
            "max_rows": st.sampled_from([None, 1]),
            "reuse": st.sampled_from(Reuse),
            "cells_excluded": st.sampled_from([(), (0,), (1, 2)]),
            "min_recording_ms": least,
            "last_row": st.sampled_from(LastRow),
        }
    ),
)
def test_participants_play_through_cells_as_recordings_of_their_time_would(
    layout, recordings, members
):
    made = layout(recordings, voices=Selection(("*",)), **members)
    alone = {}
    for who, start, end in stays(recordings):
        inside = [
            (own_start, f"track-{sid}", sid)
            for sid, (person, own_start, _) in recordings.items()
            if person == who and 100 * start <= own_start < 100 * end
        ]
        alone[f"V{min(inside)[2]}"] = (who, 100 * start, 100 * end)
    as_recordings = layout(alone, unit=UnitKind.RECORDING, **members)
    assert held(made) == held(as_recordings)
    assert made.region == as_recordings.region
    told = [{one.recording_sid for one in each.warnings} for each in (made, as_recordings)]
    assert {f"V{sid}" for sid in told[0]} == told[1]
