"""What holds for every plan, whatever the room and the template."""

from array import array
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate, pairwise
from random import Random

from hypothesis import assume, given
from hypothesis import strategies as st

from roomreel.documents.plan import plan_json
from roomreel.errors import EmptyTrackList
from roomreel.model.framing import Framing
from roomreel.model.geometry import Rect, Size
from roomreel.model.look import Anchor, Fit
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
from roomreel.model.template import LastRow, Region, Reuse, Template, UnitKind
from roomreel.model.time import Span
from roomreel.plan import make_plan
from roomreel.plan.assign import assign
from roomreel.plan.grid import SMALLEST_CELL, region_grid
from roomreel.plan.scenes import scenes_within
from roomreel.plan.spans import most_at_once
from roomreel.plan.usable import Usable
from roomreel.workload.chunks import cut

HOLD = Fraction(5)
CANVAS = Size(640, 360)
PATTERNS = ("*", "cam*", "*-1", "cam-1", "mic-2", "PA1", "MT1", "ghost")


def fabricated(number):
    """A recording and its medium, at random; whole seconds, so that starts and ends often meet."""
    random = Random(number)
    kind = random.choice([MediaType.VIDEO, MediaType.VIDEO, MediaType.AUDIO])
    is_audio = kind is MediaType.AUDIO
    track = random.randint(1, 4)
    recording = Recording(
        sid=f"RT{number:03}",
        source_sid=f"MT{track + 90 * is_audio}",
        participant_sid=f"PA{track}",
        track_name=f"{'mic' if is_audio else 'cam'}-{track}",
        type=kind,
        status=RecordingStatus.COMPLETED,
        offset_ms=random.choice([0, 0, -1500, 40, 10_007]),
    )
    # Odd time bases and ends, so that few of them are whole frames.
    base = random.choice([Fraction(1, 1000), Fraction(1, 90_000), Fraction(1, 7)])
    steps = random.choices([0, 1, 1, 2, 3, 9], k=random.randint(0, 6))
    seconds = accumulate(steps, initial=random.randint(-3, 20))
    pts = array("q", [round(at / base) for at in seconds])
    lasts = random.choice([Fraction(0), Fraction(1), Fraction(33, 1000)])
    packets = PacketIndex(
        type=kind,
        codec="opus" if is_audio else "vp8",
        time_base=base,
        pts=pts,
        durations=array("q", [round(lasts / base)] * len(pts)),
        keys=array("b", [is_audio or random.random() < 0.7 for _ in pts]),
        payload_bytes=len(pts),
        delay=random.choice([Fraction(0), Fraction(13, 2000)]),
    )
    return recording, MediaFile(Stored(f"/{recording.sid}", random.randint(0, 3), "1"), packets)


def region(name, random):
    x, y = random.randint(0, 600), random.randint(0, 300)
    width = random.choice([None, random.randint(16, 640 - x)])
    height = random.choice([None, random.randint(16, 360 - y)])
    unit = random.choice(list(UnitKind))
    voices = random.choices(PATTERNS, k=unit is UnitKind.PARTICIPANT and random.randint(0, 1))
    shortest = min(width or 640 - x, height or 360 - y)
    return Region(
        name=name,
        sources=Selection(
            tuple(random.choices(PATTERNS, weights=[5, *[1] * 7], k=random.randint(1, 2))),
            tuple(random.choices(PATTERNS[1:], k=random.choice([0, 0, 1]))),
        ),
        x=x,
        y=y,
        z=random.randint(-2, 2),
        width=width,
        height=height,
        max_columns=random.choice([None, 1, 2, 3]),
        max_rows=random.choice([None, 1, 2, 3]),
        cells_excluded=tuple(sorted(random.sample(range(10), k=random.randint(0, 2)))),
        reuse=random.choice(list(Reuse)),
        gap=random.choice([0, 0, 3, 40]),
        padding=min(random.choice([0, 0, 5, 100]), (shortest - SMALLEST_CELL) // 2),
        last_row=random.choice(list(LastRow)),
        unit=unit,
        voices=Selection(tuple(voices)),
        framing=random.choice([Framing(), Framing(Fit.COVER, Anchor.TOP, mirror=True)]),
    )


def template(number):
    random = Random(number)
    count = random.choice([0, 1, 1, 2])
    return Template(
        friendly_name="t",
        regions=tuple(region(f"region-{n}", random) for n in range(count)),
        audio=Selection(tuple(random.choices(PATTERNS, k=random.randint(count == 0, 2)))),
        resolution=CANVAS,
        trim=random.random() < 0.5,
        frame_rate=random.choice([Fraction(30), Fraction(1), Fraction(24_000, 1001)]),
    )


def room_of(recordings):
    people = tuple(Participant(f"PA{n}", name) for n, name in enumerate("abcd", 1))
    own = tuple(recording for recording, _ in recordings)
    room = Room("RM1", "room", RoomStatus.COMPLETED, people, own)
    return room, {recording.sid: medium for recording, medium in recordings}


# Drawn from pools: to draw each number of each recording takes ten times as long as to plan.
RECORDINGS = [fabricated(number) for number in range(500)]
TEMPLATES = [template(number) for number in range(1000)]

rooms = st.lists(
    st.sampled_from(RECORDINGS), min_size=1, max_size=6, unique_by=lambda pair: pair[0].sid
).map(room_of)
templates = st.sampled_from(TEMPLATES)


def planned(case, template, hold=HOLD):
    room, found = case
    try:
        return make_plan(room, template, found, hold)
    except EmptyTrackList:
        return None


def plan_or_skip(case, template):
    plan = planned(case, template)
    assume(plan is not None)
    return plan


@given(rooms, templates)
def test_scenes_tile_the_output(case, template):
    plan = plan_or_skip(case, template)
    assert plan.scenes[0].start_frame == 0
    assert plan.scenes[-1].end_frame == plan.frame_count
    assert all(scene.start_frame < scene.end_frame for scene in plan.scenes)
    assert all(a.end_frame == b.start_frame for a, b in pairwise(plan.scenes))
    assert (plan.frame_count - 1) / plan.frame_rate < plan.length <= plan.duration


@given(rooms, templates, st.integers(1, 9))
def test_chunks_tile_the_output(case, template, count):
    plan = plan_or_skip(case, template)
    packets = {sid: medium.packets for sid, medium in case[1].items()}
    chunks = cut(plan, packets, count)
    assert len(chunks) == min(count, plan.frame_count)
    assert [n for chunk in chunks for n in chunk] == list(range(plan.frame_count))
    for chunk in chunks:
        scenes = scenes_within(plan, chunk)
        edges = [scene.start_frame for scene in scenes] + [scenes[-1].end_frame]
        assert (edges[0], edges[-1]) == (0, len(chunk))
        assert all(scene.end_frame == edge for scene, edge in zip(scenes, edges[1:], strict=True))


@given(rooms, templates)
def test_voices_decide_neither_the_sound_nor_the_time(case, template):
    template = replace(template, trim=False)
    regions = tuple(replace(region, voices=Selection()) for region in template.regions)
    plan, without = planned(case, template), planned(case, replace(template, regions=regions))
    assert (plan is None) == (without is None)
    if plan is not None:
        assert (plan.kept, plan.audio) == (without.kept, without.audio)
        assert {one.recording_sid for one in plan.sources} == {
            one.recording_sid for one in without.sources
        }


@given(rooms, templates)
def test_neighbouring_scenes_differ(case, template):
    plan = plan_or_skip(case, template)
    for before, after in pairwise(plan.scenes):
        passed = (after.start_frame - before.start_frame) / plan.frame_rate
        carried_on = [replace(p, media_start=p.media_start + passed) for p in before.placements]
        assert carried_on != list(after.placements)


@given(rooms, templates)
def test_placements_stay_in_canvas_region_and_cell_of_their_own(case, template):
    plan = plan_or_skip(case, template)
    resolved = {region.name: region for region in plan.regions}
    asked = {region.name: region for region in template.regions}
    for scene in plan.scenes:
        cells = [(p.region, p.cell) for p in scene.placements]
        assert len(set(cells)) == len(cells)
        by_region = {}
        for placement in scene.placements:
            region = resolved[placement.region]
            assert Rect(0, 0, CANVAS.width, CANVAS.height).contains(region.rect)
            gap, padding = asked[region.name].gap, asked[region.name].padding
            assert region.rect.inset(padding).contains(placement.rect)
            shortest = min(placement.rect.width, placement.rect.height)
            assert shortest >= SMALLEST_CELL or not (gap or padding)
            assert placement.cell < region.columns * region.rows
            others = by_region.setdefault(placement.region, [])
            assert not any(placement.rect.inset(-gap).intersects(other) for other in others)
            others.append(placement.rect)
        drawn = [(p.z, list(resolved).index(p.region), p.cell) for p in scene.placements]
        assert drawn == sorted(drawn)


@given(rooms, templates)
def test_what_is_placed_is_active_at_every_frame(case, template):
    plan = plan_or_skip(case, template)
    sources = {source.recording_sid: source for source in plan.sources}
    for scene in plan.scenes:
        for placement in scene.placements:
            source = sources[placement.recording_sid]
            first = placement.media_start + source.span.end - source.media_end
            last = first + (scene.end_frame - 1 - scene.start_frame) / plan.frame_rate
            assert first in source.span
            assert last in source.span


@given(rooms, templates, st.randoms(use_true_random=False))
def test_the_order_of_recordings_changes_nothing(case, template, random):
    room, found = case
    shuffled = list(room.recordings)
    random.shuffle(shuffled)
    again = (replace(room, recordings=tuple(shuffled)), dict(reversed(found.items())))
    before, after = planned(case, template), planned(again, template)
    assert before == after
    assert before is None or plan_json(before) == plan_json(after)


@given(rooms, templates, st.integers(-(10**15), 10**15))
def test_shifting_every_offset_changes_nothing(case, template, by_ms):
    room, found = case
    shifted = tuple(replace(r, offset_ms=r.offset_ms + by_ms) for r in room.recordings)
    before, after = (
        planned(case, template),
        planned((replace(room, recordings=shifted), found), template),
    )
    assert (before is None) == (after is None)
    if before is not None:
        assert plan_json(after) == plan_json(before)
        assert after.chapters == before.chapters


@given(rooms, templates)
def test_clips_lie_in_the_output(case, template):
    plan = plan_or_skip(case, template)
    for clip in plan.audio:
        assert 0 <= clip.span.start < clip.span.end <= plan.length


@given(rooms, templates)
def test_of_one_track_one_recording_is_heard_at_a_time(case, template):
    plan = plan_or_skip(case, template)
    room, _ = case
    tracks = {}
    for clip in plan.audio:
        tracks.setdefault(room.recording(clip.recording_sid).source_sid, []).append(clip.span)
    for spans in tracks.values():
        assert most_at_once(spans) == 1


@given(rooms, templates)
def test_trim_never_makes_it_longer_and_hides_nothing(case, template):
    trimmed = plan_or_skip(case, replace(template, trim=True))
    whole = planned(case, replace(template, trim=False))
    assert trimmed.length <= whole.length
    assert [s.recording_sid for s in trimmed.sources] == [s.recording_sid for s in whole.sources]
    assert [s.shown for s in trimmed.sources] == [s.shown for s in whole.sources]


@given(rooms, templates)
def test_holding_pictures_longer_shows_more_and_changes_no_time(case, template):
    short, long = plan_or_skip(case, template), planned(case, template, hold=Fraction(1000))
    assert (short.kept, short.regions, short.audio) == (long.kept, long.regions, long.audio)
    assert all(a.shown <= b.shown for a, b in zip(short.sources, long.sources, strict=True))


@given(rooms, templates)
def test_an_unconstrained_grid_shows_the_same_oldest_or_newest_first(case, template):
    free = [
        replace(region, max_columns=None, max_rows=None, gap=0, padding=0)
        for region in template.regions
    ]

    def with_reuse(reuse):
        return replace(template, regions=tuple(replace(region, reuse=reuse) for region in free))

    assert planned(case, with_reuse(Reuse.SHOW_OLDEST)) == planned(
        case, with_reuse(Reuse.SHOW_NEWEST)
    )


@given(rooms, templates)
def test_chapters_stand_in_the_output_and_last_a_second_each(case, template):
    plan = plan_or_skip(case, template)
    starts = [chapter.start for chapter in plan.chapters]
    assert starts[0] == 0
    assert all(b - a >= 1 for a, b in pairwise([*starts, plan.length]) if b > 1)


@given(
    st.integers(0, 60),
    st.none() | st.integers(1, 8),
    st.none() | st.integers(1, 8),
    st.sets(st.integers(0, 40)),
)
def test_a_grid_fits_its_sources_unless_both_maxima_stop_it(sources, columns, rows, excluded):
    cells = tuple(sorted(excluded))
    region = Region("r", Selection(), max_columns=columns, max_rows=rows, cells_excluded=cells)
    grid = region_grid(region, sources)
    assert columns is None or grid.columns <= columns
    assert rows is None or grid.rows <= rows
    fits = len(grid.cells(cells)) >= sources
    assert fits or (grid.columns, grid.rows) == (columns, rows)


spans = st.tuples(st.integers(0, 12), st.integers(1, 8))


@given(st.lists(spans, max_size=8), st.integers(0, 4), st.sampled_from(Reuse))
def test_a_cell_shows_one_source_at_a_time_and_only_while_it_is_active(given_spans, count, reuse):
    sources = []
    for number, (start, lasts) in enumerate(given_spans):
        recording = Recording(
            f"RT{number}", f"MT{number}", "PA1", "cam", MediaType.VIDEO, RecordingStatus.COMPLETED
        )
        sources.append(Usable(recording, Span(Fraction(start), Fraction(start + lasts))))
    showings = assign(sources, range(count), reuse)
    for showing in showings:
        assert not showing.span.is_empty
        assert showing.source.span.start <= showing.span.start
        assert showing.span.end <= showing.source.span.end
    for cell in range(count):
        assert most_at_once(s.span for s in showings if s.cell == cell) <= 1
    for source in sources:
        assert most_at_once(s.span for s in showings if s.source is source) <= 1
