from fractions import Fraction

import pytest

from roomreel.errors import (
    EmptyTrackList,
    RecordingsDeleted,
    RoomNotCompleted,
    SourceLimitExceeded,
)
from roomreel.model.framing import Framing
from roomreel.model.geometry import Size
from roomreel.model.look import Anchor, Fit
from roomreel.model.media import MediaFile, Problem, Stored
from roomreel.model.room import MediaType, RecordingStatus, RoomStatus
from roomreel.model.template import Reuse
from roomreel.plan import make_plan

HOLD = Fraction(60)


@pytest.fixture
def plan(make):
    def build(tracks, template, hold=HOLD, **room):
        """Tracks by sid: (start_ms, end_ms) or a medium; A is for sound, V for video."""
        media, recordings = {}, []
        for sid, track in tracks.items():
            kind = "audio" if sid.startswith("A") else "video"
            recordings.append(make.recording(sid, kind))
            is_times = isinstance(track, tuple)
            media[sid] = getattr(make, kind)(*track) if is_times else track
        return make_plan(make.room(*recordings, **room), template, media, hold)

    return build


def scenes(plan):
    return [
        (s.start_frame, s.end_frame, [(p.recording_sid, p.cell) for p in s.placements])
        for s in plan.scenes
    ]


def kept(plan):
    return [(k.room.start * 1000, k.room.end * 1000) for k in plan.kept]


def codes(plan):
    return [(w.code.value, w.recording_sid) for w in plan.warnings]


def test_a_sound_and_a_picture(make, plan):
    made = plan({"V": (1584, 9584), "A": (1564, 9564)}, make.template(make.region(), audio=["*"]))
    assert kept(made) == [(1564, 9584)]
    assert (made.frame_count, made.length) == (241, Fraction(8020, 1000))
    assert scenes(made) == [(0, 1, []), (1, 241, [("V", 0)])]
    assert made.scenes[1].placements[0].media_start == Fraction(1564, 1000) + Fraction(1, 30)
    [clip] = made.audio
    assert (clip.span, clip.media_start) == (make.span(0, 8000), Fraction(1564, 1000))
    assert [(s.recording_sid, s.shown) for s in made.sources] == [("A", 8), ("V", 8)]
    assert (made.source_bytes, made.has_video, made.warnings) == (2000, True, ())


def test_a_callback_that_nothing_sends_is_told_of(make, plan):
    url = "https://example.org/done?token=hunter2"
    template = make.template(make.region(), status_callback=url)
    made = plan({"V": (0, 8000)}, template)
    assert codes(made) == [("callback-not-sent", "")]
    assert "hunter2" not in made.warnings[0].message
    without = plan({"V": (0, 8000)}, make.template(make.region(), status_callback_method="GET"))
    assert codes(without) == []


def test_sound_only_has_one_empty_scene_and_no_video(make, plan):
    made = plan({"V": (0, 9000), "A": (0, 2500)}, make.template(audio=["*"]))
    assert (made.has_video, scenes(made), made.regions) == (False, [(0, 75, [])], ())


def test_pictures_only_have_no_sound(make, plan):
    made = plan({"V": (0, 9000), "A": (0, 2500)}, make.template(make.region()))
    assert (made.has_video, made.audio, made.frame_count) == (True, (), 270)


TRIM_TRACKS = {"V1": (2000, 5000), "V2": (7000, 9000), "A1": (8000, 12_000), "V3": (20_000, 21_500)}


def test_trim_takes_out_where_nothing_is_seen_or_heard(make, plan):
    made = plan(TRIM_TRACKS, make.template(make.region(), audio=["*"]))
    assert kept(made) == [(2000, 5000), (7000, 12_000), (20_000, 21_500)]
    assert made.frame_count == 285
    assert [(k.start * 1000) for k in made.kept] == [0, 3000, 8000]
    assert scenes(made) == [
        (0, 90, [("V1", 0)]),
        (90, 150, [("V2", 0)]),
        (150, 240, []),
        (240, 285, [("V3", 0)]),
    ]
    [clip] = made.audio
    assert clip.span == make.span(4000, 8000)


def test_without_trim_only_the_initial_gap_goes(make, plan):
    made = plan(TRIM_TRACKS, make.template(make.region(), audio=["*"], trim=False))
    assert kept(made) == [(2000, 21_500)]
    assert scenes(made)[1] == (90, 150, [])


def test_trim_looks_at_what_is_displayed_not_at_what_matches(make, plan):
    tracks = {"V1": (0, 3000), "V2": (1000, 9000), "V3": (2000, 12_000)}
    region = make.region(reuse=Reuse.NONE, max_columns=1, max_rows=1)
    trimmed = plan(tracks, make.template(region))
    assert (trimmed.frame_count, codes(trimmed)) == (
        90,
        [("sources-not-shown", "V2"), ("sources-not-shown", "V3")],
    )
    assert plan(tracks, make.template(region, trim=False)).frame_count == 360
    assert [s.shown for s in trimmed.sources] == [3, 0, 0]


def test_zero_is_the_start_of_a_source_even_if_it_is_never_displayed(make, plan):
    regions = [
        make.region("never", ["V1"], max_columns=1, max_rows=1, cells_excluded=(0,)),
        make.region("main", ["V2"]),
    ]
    tracks = {"V1": (1000, 2000), "V2": (4000, 6000)}
    untrimmed = plan(tracks, make.template(*regions, trim=False))
    assert kept(untrimmed) == [(1000, 6000)]
    assert scenes(untrimmed) == [(0, 90, []), (90, 150, [("V2", 0)])]
    assert kept(plan(tracks, make.template(*regions))) == [(4000, 6000)]


def test_a_waiting_source_appears_in_the_middle_of_its_medium(make, plan):
    region = make.region(max_columns=1, max_rows=1)
    made = plan({"V1": (0, 5000), "V2": (2000, 9000)}, make.template(region))
    assert scenes(made) == [(0, 150, [("V1", 0)]), (150, 270, [("V2", 0)])]
    assert made.scenes[1].placements[0].media_start == 5


def test_a_pause_past_hold_is_out_of_the_scenes_but_keeps_cell_and_time(make, plan):
    still = make.medium([0, 1000, 10_000, 11_000], 1000, keys={0})
    tracks = {"V1": still, "V2": (5000, 7000)}
    made = plan(tracks, make.template(make.region(max_rows=1)), hold=Fraction(3))
    assert (made.regions[0].columns, made.regions[0].rows) == (2, 1)
    assert scenes(made) == [
        (0, 120, [("V1", 0)]),
        (120, 150, []),
        (150, 210, [("V2", 1)]),
        (210, 300, []),
        (300, 360, [("V1", 0)]),
    ]
    assert [p.media_start for p in made.scenes[4].placements] == [10]
    assert codes(made) == [("recording-short", "V2"), ("timestamp-gap", "V1")]
    assert [s.shown for s in made.sources] == [6, 2]


def test_two_regions_show_one_source_each_in_its_own_way(make, plan):
    regions = [make.region("under", z=1), make.region("over", z=2, x=10, y=20, width=33, height=44)]
    made = plan({"V": (0, 1000)}, make.template(*regions, resolution=Size(100, 80)))
    under, over = made.scenes[0].placements
    assert (under.region, under.rect.width, under.rect.height) == ("under", 100, 80)
    assert (over.region, over.rect.x, over.rect.y, over.rect.width) == ("over", 10, 20, 33)
    assert [s.shown for s in made.sources] == [1]


def test_effective_spans_are_judged_by_selection(make):
    """V2 overlaps V1 of its track: it is cut short where both are selected, and only there."""
    recordings = [make.recording(sid, source_sid="MT") for sid in ("V1", "V2")]
    media = {"V1": make.video(0, 5000), "V2": make.video(3000, 9000)}
    regions = [make.region("both"), make.region("second", ["V2"])]
    made = make_plan(make.room(*recordings), make.template(*regions), media, HOLD)
    assert [(s.recording_sid, s.span.start) for s in made.sources] == [("V1", 0), ("V2", 3)]
    shown = [(s.start_frame, [p.recording_sid for p in s.placements]) for s in made.scenes]
    assert shown == [(0, ["V1"]), (90, ["V1", "V2"]), (150, ["V2", "V2"])]
    assert codes(made) == [("duplicate-overlap", "V2")]


def test_gaps_are_told_of_the_effective_span(make):
    recordings = [make.recording(sid, source_sid="MT") for sid in ("V1", "V2")]
    gappy = make.medium([3000, 6000, 6100, 9000], 100, keys={0})
    media = {"V1": make.video(0, 5000), "V2": gappy}
    made = make_plan(make.room(*recordings), make.template(make.region()), media, HOLD)
    assert made.sources[1].gaps == (make.span(5000, 6000), make.span(6100, 9000))


def test_one_usable_recording_is_enough(make, plan):
    made = plan({"V1": MediaFile(), "V2": (0, 3000)}, make.template(make.region()))
    assert (made.frame_count, codes(made)) == (90, [("media-missing", "V1")])
    assert [s.recording_sid for s in made.sources] == ["V2"]


@pytest.mark.parametrize("least_ms", [0, 700, 701])
def test_a_recording_that_is_too_short_takes_no_cell(make, plan, least_ms):
    region = make.region(min_recording_ms=least_ms)
    made = plan({"V1": (0, 20_000), "V2": (5000, 5700)}, make.template(region))
    shown = {one.recording_sid for scene in made.scenes for one in scene.placements}
    is_short = least_ms > 700
    assert shown == ({"V1"} if is_short else {"V1", "V2"})
    assert made.regions[0].columns == (1 if is_short else 2)
    assert (("sources-not-shown", "V2") in codes(made)) == is_short
    told = [warning.message for warning in made.warnings if warning.code == "sources-not-shown"]
    assert told == ["region 'main': it lasts 0.7 s, less than 0.701 s"] * is_short


def test_placements_are_framed_as_their_region(make, plan):
    framing = Framing(Fit.COVER, Anchor.TOP, mirror=True)
    regions = make.region(framing=framing), make.region("other", z=1, width=64, height=48)
    made = plan({"V1": (0, 2000), "V2": (1000, 3000)}, make.template(*regions))
    found = {(one.region, one.framing) for scene in made.scenes for one in scene.placements}
    assert found == {("main", framing), ("other", Framing())}


def test_where_all_recordings_are_too_short_that_is_the_reason(make, plan):
    with pytest.raises(EmptyTrackList, match=r"1 sources-not-shown \(alice/track-V1: "):
        plan({"V1": (0, 700)}, make.template(make.region(min_recording_ms=1000)))


def test_nothing_usable_is_refused(make, plan):
    with pytest.raises(EmptyTrackList, match="none of the 2 selected") as error:
        plan({"V1": MediaFile(), "A1": MediaFile()}, make.template(make.region(), audio=["*"]))
    missing = "there is no media file"
    assert error.value.message.endswith(
        f": 2 media-missing (alice/track-A1, alice/track-V1: {missing})"
    )


def test_each_reason_is_named_with_its_count_and_the_first_recordings(make, plan):
    broken = MediaFile(Stored("/m", 9, "1"), problem=Problem("media-undecodable", "no container"))
    media = {f"V{n}": broken for n in range(5)} | {"V7": MediaFile(), "V8": make.medium([])}
    with pytest.raises(EmptyTrackList, match="none of the 7 selected") as error:
        plan(media, make.template(make.region()))
    assert error.value.message.partition("used: ")[2] == (
        "5 media-undecodable (alice/track-V0, alice/track-V1, alice/track-V2: no container, 2 more)"
        "; 1 media-empty (alice/track-V8: the media file has no video packet);"
        " 1 media-missing (alice/track-V7: there is no media file)"
    )


def test_a_file_of_several_recordings_counts_once(make):
    media = {sid: make.medium([0], 500, kind="audio", path="/call.mka") for sid in ("A0", "A1")}
    tracks = [make.recording(f"A{n}", "audio", media="call.mka", track_index=n) for n in (0, 1)]
    made = make_plan(make.room(*tracks), make.template(audio=["*"]), media, HOLD)
    assert made.source_bytes == 1000
    assert [(one.recording_sid, one.track_index) for one in made.sources] == [("A0", 0), ("A1", 1)]


def test_tracks_that_no_names_of_are_told(make):
    medium = make.medium([0], 500, kind="audio", audio_tracks=2)
    room = make.room(make.recording("A0", "audio", media="call.mka"))
    made = make_plan(room, make.template(audio=["*"]), {"A0": medium}, HOLD)
    assert ("tracks-passed-over", "A0") in codes(made)


def test_nothing_selected_is_refused(make, plan):
    with pytest.raises(EmptyTrackList):
        plan({"A1": (0, 100)}, make.template(make.region()))


def test_an_output_without_a_frame_is_refused(make, plan):
    region = make.region(max_columns=1, max_rows=1, cells_excluded=(0,))
    with pytest.raises(EmptyTrackList, match="ever seen or heard"):
        plan({"V1": (0, 100)}, make.template(region))


def test_an_unready_room_is_refused_even_without_check(make, plan):
    with pytest.raises(RoomNotCompleted):
        plan({"V1": (0, 100)}, make.template(make.region()), status=RoomStatus.IN_PROGRESS)
    deleted = make.recording("V1", status=RecordingStatus.DELETED)
    with pytest.raises(RecordingsDeleted):
        make_plan(make.room(deleted), make.template(make.region()), {}, HOLD)


def test_data_is_never_selected(make):
    data = make.recording("D1", "data")
    with pytest.raises(EmptyTrackList):
        make_plan(make.room(data), make.template(make.region(), audio=["*"]), {}, HOLD)
    assert data.type is MediaType.DATA


def test_an_output_longer_than_any_call_is_refused_unless_its_middle_is_cut_out(make, plan):
    hours = [hour * 3_600_000 for hour in (0, 13, 26, 39)]
    tracks = {f"V{n}": (start, start + 3000) for n, start in enumerate(hours)}
    assert plan(tracks, make.template(make.region())).frame_count == 360
    with pytest.raises(SourceLimitExceeded, match=r"39 h, from V0 to V3; the limit is 24 h"):
        plan(tracks, make.template(make.region(), trim=False))


def test_what_makes_an_output_longer_than_any_call_is_left_out_with_a_warning(make, plan):
    tracks = {"V1": (0, 3000), "V2": (1000, 4000), "A1": (25 * 3_600_000, 25 * 3_600_000 + 3000)}
    made = plan(tracks, make.template(make.region(), audio=["*"], trim=False))
    assert (made.frame_count, made.audio) == (120, ())
    [warning] = made.warnings
    assert (warning.code, warning.recording_sid) == ("claim-differs", "A1")
    assert "with it the output would last 25 h, without it 0 h" in warning.message
