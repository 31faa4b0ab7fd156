"""Rooms that break composers: their clocks, lengths, names and numbers.

HARD_CASES.md lists where else the cases are tested.
"""

import json
from pathlib import Path
from typing import Any

import av
import pytest
from clip_rooms import Track, room, sid
from clips import COLOURS, Clips, counter
from composing import colour, colours, compose_room, level_at, runs
from foreign import FPS, H264, SIZE, VP8, tones, video

from roomreel.errors import EmptyTrackList

QUARTER = 10 ** (-12 / 20)
SMALL = (160, 120)
GRID: dict[str, Any] = {
    "video_layout": {"grid": {"video_sources": ["*"]}},
    "audio_sources": ["*"],
    "resolution": "160x120",
    "format": "mp4",
    "frame_rate": 10,
}
NEWEST: dict[str, Any] = {
    **GRID,
    "video_layout": {
        "one": {
            "video_sources": ["*"], "reuse": "show_newest", "max_rows": 1, "max_columns": 1,
        }
    },
}  # fmt: skip


def camera(clips: Clips, name: str | list[str] = "red", seconds: float = 1, **more: Any) -> Path:
    return clips.video(name, SMALL, seconds=seconds, **{"fps": 10, **more})


# Clocks


def test_equal_offsets_with_the_true_start_in_the_file_are_not_counted_twice(
    tmp_path: Path, clips: Clips
):
    tracks = [
        Track("ann", "cam-1", camera(clips, "red", 2, start=20), offset_ms=5000),
        Track("bob", "cam-2", camera(clips, "blue", 1, start=21), offset_ms=5000),
    ]
    made = compose_room(tmp_path, room(tmp_path, tracks), NEWEST)
    assert runs(colours(made)) == [("red", 10), ("blue", 10)]


@pytest.mark.parametrize("common_ms", [-1_700_000_000_000, 1_700_000_000_000])
def test_only_differences_of_offsets_matter(tmp_path: Path, clips: Clips, common_ms: int):
    tracks = [
        Track("ann", "cam-1", camera(clips, "red", 2), offset_ms=common_ms),
        Track("bob", "cam-2", camera(clips, "blue", 1), offset_ms=common_ms + 500),
        Track("ann", "mic", clips.tone(440, seconds=1), offset_ms=common_ms + 1000),
    ]
    made = compose_room(tmp_path, room(tmp_path, tracks), {**NEWEST, "trim": False})
    assert runs(colours(made)) == [("red", 5), ("blue", 10), ("red", 5)]
    assert level_at(made.sound(), 440, 0.1, 0.9) < 0.01
    assert level_at(made.sound(), 440, 1.1, 1.9) == pytest.approx(QUARTER, rel=0.05)


def test_an_offset_wrong_by_decades_is_cut_out_or_its_recording_is(tmp_path: Path, clips: Clips):
    tracks = [
        Track("ann", "cam-1", camera(clips, "red", 1), offset_ms=-1_700_000_000_000),
        Track("bob", "cam-2", camera(clips, "blue", 1)),
    ]
    manifest = room(tmp_path, tracks)
    assert runs(colours(compose_room(tmp_path, manifest, NEWEST))) == [("red", 10), ("blue", 10)]
    made = compose_room(tmp_path, manifest, {**NEWEST, "trim": False})
    assert runs(colours(made)) == [("blue", 10)]
    assert ("claim-differs", sid("RT", "test-room", 0)) in made.codes


@pytest.mark.parametrize("rate", ["30000/1001", "7", "1"])
def test_the_length_is_the_ceiling_of_time_by_rate(tmp_path: Path, clips: Clips, rate: str):
    clip = camera(clips, "red", 2.1)
    template = {**GRID, "frame_rate": rate if "/" in rate else int(rate)}
    made = compose_room(tmp_path, room(tmp_path, [Track("ann", "cam", clip)]), template)
    expected = {"30000/1001": 63, "7": 15, "1": 3}[rate]
    assert made.plan.frame_count == expected == len(colours(made))


# Tracks in pieces


def test_a_track_in_many_files_of_which_one_is_missing(tmp_path: Path, clips: Clips):
    """Five files of a second; the fourth is lost. Sound runs on."""
    pieces = ["red", "blue", "yellow", "", "green"]
    tracks = [
        Track(
            "ann", "cam", camera(clips, name) if name else None, "video", n * 1000,
            {} if name else {"media": "lost.webm"},
        )
        for n, name in enumerate(pieces)
    ]  # fmt: skip
    tracks.append(Track("ann", "mic", clips.tone(440, seconds=5), offset_ms=1))
    made = compose_room(tmp_path, room(tmp_path, tracks), GRID)
    expected = [("red", 10), ("blue", 10), ("yellow", 10), ("black", 10), ("green", 10)]
    assert runs(colours(made)) == expected
    assert ("media-missing", sid("RT", "test-room", 3)) in made.codes
    for second in range(5):
        level = level_at(made.sound(), 440, second + 0.1, second + 0.9)
        assert level == pytest.approx(QUARTER, rel=0.05)


def test_two_recordings_of_one_track_that_overlap_follow_each_other(tmp_path: Path, clips: Clips):
    """The second begins in the middle of its key frames' distance, without what came before."""
    plain = clips.video("black", (384, 240), seconds=2, fps=10)
    tracks = [
        Track("ann", "cam", plain),
        Track("ann", "cam", clips.counted(seconds=3, fps=10), offset_ms=500),
    ]
    template = {**GRID, "resolution": "384x240"}
    made = compose_room(tmp_path, room(tmp_path, tracks), template)
    assert ("duplicate-overlap", sid("RT", "test-room", 1)) in made.codes
    assert [counter(pixels) for _, pixels in made.pictures()] == [0] * 20 + [*range(15, 30)]


def test_a_name_used_again_after_a_long_mute(tmp_path: Path, clips: Clips):
    """Six minutes later the same track name has another sid and two channels; the gap is cut."""
    again = {"source_sid": sid("MT", "again")}
    late = clips.tone(440, seconds=2, stereo=True)
    tracks = [
        Track("ann", "mic", clips.tone(440, seconds=2)),
        Track("ann", "mic", late, offset_ms=360_000, claims=again),
    ]
    made = compose_room(tmp_path, room(tmp_path, tracks), {**GRID, "video_layout": None})
    sound = made.sound()
    assert made.plan.frame_count == 40
    assert level_at(sound, 440, 0.1, 1.9) == pytest.approx(QUARTER, rel=0.05)
    assert level_at(sound, 440, 2.1, 3.8) == pytest.approx(QUARTER, rel=0.05)
    assert level_at(sound, 880, 2.1, 3.8) < 0.02  # the right channel's


@pytest.mark.parametrize(("pictures", "frames"), [(1, 10), (2, 2)])
def test_a_visit_of_one_or_two_pictures(tmp_path: Path, clips: Clips, pictures: int, frames: int):
    """A lone picture is shown for a second, two of them for as long as they last."""
    visit = clips.only(camera(clips, "blue"), *range(pictures))
    tracks = [
        Track("ann", "cam-1", camera(clips, "red", 3)),
        Track("bob", "cam-2", visit, offset_ms=1000),
    ]
    made = compose_room(tmp_path, room(tmp_path, tracks), NEWEST)
    assert runs(colours(made)) == [("red", 10), ("blue", frames), ("red", 20 - frames)]


def test_what_lasts_less_than_a_frame_has_one(tmp_path: Path, clips: Clips):
    tracks = [Track("ann", "mic", clips.only(clips.tone(), 1))]
    made = compose_room(tmp_path, room(tmp_path, tracks), {**GRID, "video_layout": None})
    assert made.plan.frame_count == 1


# Gaps


def test_nobody_has_a_picture_for_a_while_and_none_slips(tmp_path: Path, clips: Clips):
    tracks = [
        Track("ann", "mic", clips.tone(440, seconds=4), offset_ms=1),
        Track("ann", "cam-1", camera(clips, "red", 1)),
        Track("bob", "cam-2", camera(clips, "blue", 1), offset_ms=3000),
    ]
    made = compose_room(tmp_path, room(tmp_path, tracks), NEWEST)
    assert runs(colours(made)) == [("red", 10), ("black", 20), ("blue", 10)]


def test_a_paused_camera_keeps_its_picture_for_as_long_as_set(tmp_path: Path, clips: Clips):
    paused = clips.gapped(camera(clips, ["red", "red", "blue", "blue"], 4, gop=1), 1, 3)
    manifest = room(tmp_path, [Track("ann", "cam", paused)])
    held = compose_room(tmp_path / "held", manifest, GRID)
    assert runs(colours(held)) == [("red", 30), ("blue", 10)]
    assert not {code for code, _ in held.codes}
    left = compose_room(tmp_path / "left", manifest, GRID, hold_s=1)
    # The last picture is of 0.9 s.
    assert runs(colours(left)) == [("red", 19), ("black", 11), ("blue", 10)]
    assert {code for code, _ in left.codes} == {"timestamp-gap"}


def test_minutes_without_a_packet_and_then_another_size_cost_no_memory(
    tmp_path: Path, clips: Clips
):
    clip = clips.resized([(640, 480), (1280, 720)], "red", each=1, fps=10)
    gapped = clips.restamped(clip, "5-min", lambda n, at: at + 300 * (n >= 10))
    tracks = [
        Track("ann", "cam", gapped),
        Track("bob", "mic", offset_ms=1, file=clips.restamped(
            clips.tone(440, seconds=2), "5-min", lambda n, at: at + 300 * (n >= 50)
        )),
    ]  # fmt: skip
    template = {**GRID, "frame_rate": 1}
    made = compose_room(tmp_path, room(tmp_path, tracks), template, memory_limit_bytes=400_000_000)
    assert runs(colours(made)) == [("red", 61), ("black", 240), ("red", 1)]
    assert made.codes >= {(c, sid("RT", "test-room", 0)) for c in ("timestamp-gap", "size-changed")}
    sound = made.sound()
    assert level_at(sound, 440, 2, 300) < 0.001
    assert level_at(sound, 440, 301.1, 301.9) == pytest.approx(QUARTER, rel=0.05)


def test_a_screen_with_half_a_minute_between_pictures(tmp_path: Path, clips: Clips):
    slow = clips.restamped(
        camera(clips, ["red", "blue", "yellow"], 3, fps=1), "slow", lambda _, at: at * 30
    )
    manifest = room(tmp_path, [Track("ann", "screen", slow)])
    made = compose_room(tmp_path, manifest, {**GRID, "frame_rate": 1})
    # The last picture has no length of its own: a second.
    assert runs(colours(made)) == [("red", 30), ("blue", 30), ("yellow", 1)]
    assert not made.codes


def test_a_size_that_changes_later_than_any_probe_reads(tmp_path: Path, clips: Clips):
    changing = clips.resized([(160, 120), (320, 240)], "red", each=62, fps=2)
    tracks = [
        Track("ann", "cam-1", changing),
        Track("bob", "cam-2", camera(clips, "green", 124, fps=1)),
    ]
    template = {**GRID, "resolution": "320x120", "frame_rate": 1}
    made = compose_room(tmp_path, room(tmp_path, tracks), template)
    assert made.plan.frame_count == 124
    for _, pixels in made.pictures():
        assert {colour(pixels[40:80, 60:100]), colour(pixels[40:80, 220:260])} == {"red", "green"}
    assert ("size-changed", sid("RT", "test-room", 0)) in made.codes


def test_a_camera_that_is_turned_is_fitted_anew(tmp_path: Path, clips: Clips):
    turning = clips.resized([(320, 160), (160, 320)], "red", fps=10)
    template = {**GRID, "resolution": "160x160"}
    made = compose_room(tmp_path, room(tmp_path, [Track("ann", "cam", turning)]), template)
    for number, pixels in made.pictures():
        lying, upright = pixels[70:90, 4:30], pixels[4:30, 70:90]
        shown = (colour(lying), colour(upright))
        assert shown == (("red", "black") if number < 10 else ("black", "red")), number


# Names


NAMES = [
    'it\'s "q": 100% [a]=b;c,\\n',
    "naïve 日本語 한국어",
    "שלום عربي",
    "👩‍👩‍👧 🎥",
    "-i /etc/passwd ../..",
    "<b>&amp;</b> $(id) `id`",
]


@pytest.mark.parametrize("output", ["mp4", "webm"])
def test_names_are_text_wherever_they_stand(tmp_path: Path, clips: Clips, output: str):
    tracks = [
        Track(name, f"cam {name}", camera(clips, "red", len(NAMES) - n), offset_ms=1000 * n)
        for n, name in enumerate(NAMES)
    ]
    room_name = f"room {' '.join(NAMES)}"
    manifest = room(tmp_path, tracks, name="plain")
    text = manifest.read_text().replace(
        '"unique_name": "plain"', f'"unique_name": {json.dumps(room_name)}'
    )
    manifest.write_text(text)
    template = {**NEWEST, "format": output, "friendly_name": NAMES[0], "frame_rate": 2}
    made = compose_room(tmp_path, manifest, template)
    with av.open(str(made.media)) as container:
        assert container.metadata["title"] == f"{room_name} ({NAMES[0]})"
        titles = [chapter["metadata"]["title"] for chapter in container.chapters()]
    assert titles == [f"{name} joins" for name in NAMES]


# Numbers


def test_more_sources_than_fixed_layouts_have_cells_are_all_shown(tmp_path: Path, clips: Clips):
    names = [name for name in COLOURS if name != "black"]
    tracks = [
        Track(f"p{n}", f"cam-{n:02}", clips.video(names[n % 10], (64, 48), seconds=1, fps=5))
        for n in range(30)
    ]
    template = {**GRID, "resolution": "384x240", "frame_rate": 5}  # 6 x 5 cells of 64x48
    made = compose_room(tmp_path, room(tmp_path, tracks), template)
    pixels = made.picture(3)
    seen = [
        colour(pixels[y + 12 : y + 36, x + 16 : x + 48])
        for y in range(0, 240, 48)
        for x in range(0, 384, 64)
    ]
    assert seen == [names[n % 10] for n in range(30)]


def test_what_a_layout_has_no_cell_for_is_told(tmp_path: Path, clips: Clips):
    tracks = [Track(f"p{n}", f"cam-{n}", camera(clips, "red")) for n in range(3)]
    layout = {"row": {"video_sources": ["*"], "max_rows": 1, "max_columns": 2}}
    made = compose_room(tmp_path, room(tmp_path, tracks), {**GRID, "video_layout": layout})
    assert [code for code, _ in made.codes if code != "recording-short"] == ["sources-not-shown"]


def test_nothing_usable_is_a_failure_with_a_code(tmp_path: Path, clips: Clips):
    tracks = [Track("ann", "cam", clips.empty(".webm")), Track("bob", "mic", None, "audio")]
    with pytest.raises(EmptyTrackList):
        compose_room(tmp_path, room(tmp_path, tracks), GRID)


@pytest.mark.parametrize("kind", ["hls", "concat"])
def test_a_playlist_opens_no_other_file(tmp_path: Path, clips: Clips, kind: str):
    """A medium that names another file, which FFmpeg would open, is no medium."""
    playlist = tmp_path / "list.mkv"
    playlist.write_text(
        {
            "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nother.webm\n#EXT-X-ENDLIST\n",
            "concat": "ffconcat version 1.0\nfile other.webm\n",
        }[kind]
    )
    tracks = [
        Track("eve", "camera-1", playlist, "video"),
        Track("bob", "camera-2", clips.video("green", seconds=3)),
    ]
    manifest = room(tmp_path, tracks)
    (manifest.parent / "other.webm").write_bytes(clips.video("red", seconds=3).read_bytes())
    made = compose_room(tmp_path, manifest, GRID)
    assert ("media-undecodable", sid("RT", "test-room", 0)) in made.codes
    assert [source.recording_sid for source in made.plan.sources] == [sid("RT", "test-room", 1)]


def claiming(clip: Path, path: Path, last_s: int) -> Path:
    """The clip as MP4 whose last sample claims to last so long."""
    with av.open(str(clip)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        packets = [packet for packet in source.demux(video=0) if packet.size]
        packets[-1].duration = round(last_s / packets[-1].time_base)
        for packet in packets:
            packet.stream = stream
            target.mux(packet)
    return path


def test_what_the_last_sample_claims_is_held_no_longer_than_any_other(tmp_path: Path):
    clip = video(tmp_path / "clip.mp4", *H264, count=20, fps=10)
    day = claiming(clip, tmp_path / "day.mp4", 25 * 3600)
    other = video(tmp_path / "other.mp4", *H264, count=20, fps=10)
    tracks = [Track("ann", "camera", day), Track("bob", "camera", other)]
    made = compose_room(tmp_path, room(tmp_path, tracks), {**GRID, "frame_rate": 10}, hold_s=3)
    assert made.plan.frame_count == 19 + 30
    assert ("claim-differs", sid("RT", "test-room", 0)) in made.codes


@pytest.mark.parametrize("output", ["mp4", "webm"])
def test_sound_that_begins_a_moment_before_its_picture_makes_no_picture_late(
    tmp_path: Path, output: str
):
    """FFmpeg writes Opus 6.5 ms early, rounded to 7: sound begins half a millisecond before, and
    ends two after, for which there is a frame more."""
    clip = video(tmp_path / "clip.webm", *VP8, "-c:a", "libopus", beside=tones(440))
    tracks = [Track("ann", name, clip, name) for name in ("video", "audio")]
    layout = {
        "video_layout": {"main": {"video_sources": ["*"]}},
        "audio_sources": ["*"],
        "resolution": f"{SIZE[0]}x{SIZE[1]}",
        "format": output,
        "frame_rate": FPS,
    }
    made = compose_room(tmp_path, room(tmp_path, tracks), layout)
    seen = [counter(pixels) for _, pixels in made.pictures()]
    assert seen == [*range(50), 49]
