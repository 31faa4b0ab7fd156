"""What stands in each cell at each instant, measured by colour in the finished file."""

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clip_rooms import Track, room, sid
from clips import COLOURS, Clips, counter
from composing import Composed, compose_room

from roomreel.errors import RenderError
from roomreel.media.ffmpeg import binary, shrink_jpeg, write_poster
from roomreel.model.geometry import Rect

TOLERANCE = 24
"""Per RGB channel: 4:2:0 and a coder at crf 23 on a flat patch stay below 12, another colour of
the palette is at least 127 away in some channel."""

INSET = 0.2
"""Part of a cell left out at each side, where a coder may ring."""

GRID: dict[str, Any] = {"video_layout": {"grid": {"video_sources": ["*"]}}}
SMALL_MP4: dict[str, Any] = {"resolution": "640x360", "format": "mp4"}


def colour_in(pixels: np.ndarray, rect: Rect) -> str:
    """The palette's name for a rectangle that is of one colour, or what it is instead."""
    dx, dy = int(rect.width * INSET), int(rect.height * INSET)
    inside = pixels[rect.y + dy : rect.bottom - dy, rect.x + dx : rect.right - dx].reshape(-1, 3)
    low, high = inside.min(axis=0).astype(int), inside.max(axis=0).astype(int)
    for name, rgb in COLOURS.items():
        if all(abs(bound - np.array(rgb)).max() <= TOLERANCE for bound in (low, high)):
            return name
    return f"{low.tolist()}..{high.tolist()}"


def shown(composed: Composed, number: int, rects: list[Rect]) -> list[str]:
    pixels = composed.picture(number)
    return [colour_in(pixels, rect) for rect in rects]


def grid_cells(width: int, height: int, columns: int, rows: int) -> list[Rect]:
    return [
        Rect(
            i % columns * width // columns,
            i // columns * height // rows,
            width // columns,
            height // rows,
        )
        for i in range(columns * rows)
    ]


@pytest.mark.parametrize("output", ["mp4", "webm"])
def test_a_grid_shows_each_source_in_its_cell_while_it_is_active(
    tmp_path: Path, clips: Clips, output: str
):
    tracks = [
        Track("ann", "camera", clips.video("red", seconds=4)),
        Track("bob", "camera", clips.video("green", seconds=2), offset_ms=1000),
        Track("cleo", "camera", clips.video("blue", seconds=2), offset_ms=2000),
    ]
    made = compose_room(
        tmp_path, room(tmp_path, tracks), {**GRID, "resolution": "640x480", "format": output}
    )
    cells = grid_cells(640, 480, 2, 2)
    assert len(list(made.pictures())) == made.plan.frame_count == 120
    assert shown(made, 15, cells) == ["red", "black", "black", "black"]
    assert shown(made, 45, cells) == ["red", "green", "black", "black"]
    assert shown(made, 75, cells) == ["red", "green", "blue", "black"]
    assert shown(made, 105, cells) == ["red", "black", "blue", "black"]


def test_a_scene_changes_on_the_very_frame_of_the_plan(tmp_path: Path, clips: Clips):
    tracks = [
        Track("ann", "camera", clips.video("red", seconds=3)),
        Track("bob", "camera", clips.video("green", seconds=1), offset_ms=1010),
    ]
    made = compose_room(tmp_path, room(tmp_path, tracks), {**GRID, **SMALL_MP4})
    right = [Rect(320, 0, 320, 360)]
    # 1.010 s x 30 = 30.3: frame 31 is the first not before it; 2.010 s: frame 61.
    assert [shown(made, n, right) for n in (30, 31, 60, 61)] == [
        ["black"], ["green"], ["green"], ["black"],
    ]  # fmt: skip


def test_a_picture_is_the_latest_not_later_than_its_frame(tmp_path: Path, clips: Clips):
    slow = clips.counted(seconds=3, fps=10, start=Fraction(1, 2))
    made = compose_room(
        tmp_path,
        room(tmp_path, [Track("ann", "camera", slow)]),
        {**GRID, "resolution": "384x240", "format": "mp4"},
    )
    seen = [counter(pixels) for _, pixels in made.pictures()]
    assert seen == [number // 3 for number in range(90)]


def test_presenter_layout(tmp_path: Path, clips: Clips):
    layout = {
        "main": {"z_pos": 1, "video_sources": ["screen"]},
        "row": {
            "z_pos": 2, "x_pos": 10, "y_pos": 270, "width": 620, "height": 80,
            "max_rows": 1, "video_sources": ["*"], "video_sources_excluded": ["screen"],
        },
    }  # fmt: skip
    tracks = [
        Track("tea", "screen", clips.video("white", size=(640, 360), codec="h264", seconds=2)),
        Track("tea", "camera", clips.video("red", size=(640, 360), seconds=2)),
        Track("stu", "camera-2", clips.video("blue", size=(640, 360), seconds=1)),
    ]
    made = compose_room(tmp_path, room(tmp_path, tracks), {"video_layout": layout, **SMALL_MP4})
    # 310x80 cells: a 16:9 picture is 142 wide in the middle, black bars beside it.
    left, right = Rect(94, 272, 140, 76), Rect(404, 272, 140, 76)
    bars, main = [Rect(12, 272, 78, 76), Rect(240, 272, 78, 76)], Rect(0, 0, 640, 266)
    assert shown(made, 15, [main, left, right, *bars]) == ["white", "red", "blue", "black", "black"]
    # When the student left, the empty cell is transparent: the screen is seen there again.
    assert shown(made, 45, [main, left, right, *bars]) == [
        "white",
        "red",
        "white",
        "black",
        "black",
    ]


def test_picture_in_picture_stays_on_top_while_the_main_picture_changes(
    tmp_path: Path, clips: Clips
):
    layout = {
        "main": {"z_pos": 1, "video_sources": ["screen"]},
        "pip": {
            "z_pos": 2, "x_pos": 480, "y_pos": 20, "width": 120, "height": 90,
            "video_sources": ["camera"],
        },
    }  # fmt: skip
    tracks = [
        Track("tea", "screen", clips.video(["white", "blue"], size=(640, 360), seconds=4)),
        Track("tea", "camera", clips.video("red", size=(320, 240), seconds=4)),
    ]
    made = compose_room(tmp_path, room(tmp_path, tracks), {"video_layout": layout, **SMALL_MP4})
    pip, main = Rect(480, 20, 120, 90), Rect(0, 120, 640, 240)
    found = [shown(made, n, [main, pip]) for n in (15, 45, 75, 105)]
    assert found == [["white", "red"], ["blue", "red"]] * 2


def test_mosaic_leaves_out_the_excluded_cell_and_puts_another_region_there(
    tmp_path: Path, clips: Clips
):
    layout = {
        "interviewed": {
            "z_pos": 2, "x_pos": 200, "y_pos": 120, "width": 200, "height": 120,
            "video_sources": ["interviewed"],
        },
        "interviewers": {
            "z_pos": 1, "width": 600, "height": 360, "max_rows": 3, "max_columns": 3,
            "cells_excluded": ["4"], "reuse": "show_newest", "video_sources": ["interviewer-*"],
        },
    }  # fmt: skip
    colours = ["red", "green", "blue", "yellow", "cyan", "magenta", "orange", "purple"]
    size = (200, 120)
    tracks = [Track("x", "interviewed", clips.video("white", size=size, seconds=1))]
    tracks += [
        Track(f"p{n}", f"interviewer-{n}", clips.video(colour, size=size, seconds=1), offset_ms=n)
        for n, colour in enumerate(colours)
    ]
    made = compose_room(tmp_path, room(tmp_path, tracks), {"video_layout": layout, **SMALL_MP4})
    expected = [*colours[:4], "white", *colours[4:]]
    assert shown(made, 20, grid_cells(600, 360, 3, 3)) == expected


def test_sequence_shows_the_newest_and_the_covered_one_again(tmp_path: Path, clips: Clips):
    layout = {
        "sequence": {
            "max_rows": 1, "max_columns": 1, "reuse": "show_newest", "video_sources": ["cam-*"],
        }
    }  # fmt: skip
    tracks = [
        Track("ann", "cam-1", clips.video(["red", "orange"], size=(640, 360), seconds=4)),
        Track("bob", "cam-2", clips.video("blue", size=(640, 360), seconds=1), offset_ms=1000),
    ]
    made = compose_room(tmp_path, room(tmp_path, tracks), {"video_layout": layout, **SMALL_MP4})
    whole = [Rect(0, 0, 640, 360)]
    found = [shown(made, n, whole)[0] for n in (15, 45, 75, 105)]
    # Covered for a second, it goes on where the room is, not where it was left.
    assert found == ["red", "blue", "red", "orange"]


@pytest.mark.parametrize("codec", ["vp8", "vp9"])
def test_a_size_change_touches_no_other_cell(tmp_path: Path, clips: Clips, codec: str):
    changing = clips.resized([(320, 240), (160, 120), (480, 360)], "red", codec, each=1)
    steady = clips.video("green", seconds=3)
    others = [Track("bob", "camera-2", steady), Track("cleo", "camera-3", steady)]
    tracks = [Track("ann", "camera-1", changing), *others]
    made = compose_room(tmp_path / "a", room(tmp_path, tracks), {**GRID, **SMALL_MP4})
    cells = grid_cells(640, 360, 2, 2)
    for number in (15, 29, 30, 31, 45, 59, 60, 61, 75):
        assert shown(made, number, cells[:3]) == ["red", "green", "green"], number
    assert ("size-changed", sid("RT", "test-room", 0)) in made.codes
    assert made.outcome.decoded[sid("RT", "test-room", 0)].size_changes == 2


HALF = Fraction(1, 2)


@pytest.mark.parametrize(
    ("codec", "turned", "aspect"),
    [
        ("h264", 90, 1),
        ("h264", 180, 1),
        ("h264", 270, 1),
        ("h264", 0, HALF),
        ("h264", 90, HALF),
        ("vp8", 90, 1),
        ("vp8", 0, HALF),
        ("vp9", 270, 1),
        ("vp9", 0, HALF),
        ("av1", 90, 1),
        ("av1", 0, HALF),
    ],
)
def test_rotation_and_pixel_shape_are_honoured(
    tmp_path: Path, clips: Clips, codec: str, turned: int, aspect: Fraction
):
    clip = clips.video("red", (320, 160), codec, 1, rotation=turned, sample_aspect=Fraction(aspect))
    made = compose_room(
        tmp_path,
        room(tmp_path, [Track("ann", "camera", clip)]),
        {**GRID, "resolution": "320x320", "format": "mp4"},
    )
    upright, lying = Rect(80, 0, 160, 320), Rect(0, 80, 320, 160)
    if aspect != 1:  # 320x160 pixels half as wide as high are a square
        assert shown(made, 10, [Rect(0, 0, 320, 320)]) == ["red"]
    elif turned % 180:
        assert shown(made, 10, [upright, Rect(0, 0, 70, 320)]) == ["red", "black"]
    else:
        assert shown(made, 10, [lying, Rect(0, 0, 320, 70)]) == ["red", "black"]


def test_the_colours_of_a_large_output_are_bt709_and_still_right(tmp_path: Path, clips: Clips):
    names = ["red", "green", "blue", "orange"]
    tracks = [Track(name, f"{n}", clips.video(name, seconds=1)) for n, name in enumerate(names)]
    made = compose_room(
        tmp_path, room(tmp_path, tracks), {**GRID, "resolution": "1280x720", "format": "mp4"}
    )
    with av.open(str(made.media)) as container:
        context = container.streams.video[0].codec_context
        assert (context.colorspace, context.color_range, context.profile) == (1, 1, "High")
        frame = next(container.decode(video=0))
    # Converted here by the matrix of BT.709, not by what FFmpeg makes of the tags.
    yuv = frame.to_ndarray().astype(float)
    chroma = yuv[720:].reshape(2, 360, 640)
    for name, cell in zip(names, grid_cells(1280, 720, 2, 2), strict=True):
        x, y = cell.x + 320, cell.y + 180
        rgb = from_bt709(yuv[y, x], *chroma[:, y // 2, x // 2])
        assert np.abs(rgb - np.array(COLOURS[name])).max() <= TOLERANCE, name


def from_bt709(y: float, cb: float, cr: float) -> np.ndarray:
    """ITU-R BT.709, limited range, to RGB of 0 to 255."""
    luma, blue, red = (y - 16) / 219, (cb - 128) / 224, (cr - 128) / 224
    r, b = luma + 1.5748 * red, luma + 1.8556 * blue
    g = (luma - 0.2126 * r - 0.0722 * b) / 0.7152
    return np.clip(np.array([r, g, b]), 0, 1) * 255


def test_odd_resolutions_are_padded_by_one_black_line(tmp_path: Path, clips: Clips):
    made = compose_room(
        tmp_path,
        room(tmp_path, [Track("ann", "camera", clips.video("red", seconds=1))]),
        {**GRID, "resolution": "321x241", "format": "webm"},
    )
    pixels = made.picture(5)
    assert pixels.shape == (242, 322, 3)
    assert colour_in(pixels, Rect(0, 0, 320, 240)) == "red"


def test_a_late_key_frame_and_a_gap_keep_time(tmp_path: Path, clips: Clips):
    late = clips.without_first_key(clips.video(["red", "blue"], seconds=4, gop=30))
    gapped = clips.gapped(clips.video(["green", "yellow"], seconds=4, gop=30), 1, 3)
    tracks = [Track("ann", "camera", late), Track("bob", "camera", gapped)]
    made = compose_room(tmp_path, room(tmp_path, tracks), {**GRID, **SMALL_MP4})
    left, right = grid_cells(640, 360, 2, 1)
    # Zero is bob's start; ann's first key frame comes at 1 s, in blue.
    by_recording = {p.recording_sid: p.rect for s in made.plan.scenes for p in s.placements}
    ann = by_recording[sid("RT", "test-room", 0)]
    bob = by_recording[sid("RT", "test-room", 1)]
    assert {ann, bob} == {left, right}
    found = [shown(made, n, [ann, bob]) for n in (15, 45, 75, 105)]
    assert found == [["black", "green"], ["blue", "green"], ["red", "green"], ["blue", "yellow"]]
    codes = {code for code, recording in made.codes if recording == sid("RT", "test-room", 0)}
    assert codes == {"late-keyframe"}


def test_what_cannot_be_decoded_is_black_in_its_place(tmp_path: Path, clips: Clips):
    noise = clips.corrupted(clips.video("red", seconds=2), 1)
    tracks = [
        Track("ann", "camera-1", noise),
        Track("bob", "camera-2", clips.video("green", seconds=2)),
    ]
    made = compose_room(tmp_path, room(tmp_path, tracks), {**GRID, **SMALL_MP4})
    assert len(list(made.pictures())) == 60
    bob = Rect(320, 0, 320, 360)
    assert [shown(made, n, [bob])[0] for n in (5, 35, 55)] == ["green"] * 3
    assert ("media-undecodable", sid("RT", "test-room", 0)) in made.codes


def test_poster_and_contact_sheet_show_the_composition(tmp_path: Path, clips: Clips):
    tracks = [Track("ann", "camera", clips.video("red", size=(640, 360), seconds=3))]
    made = compose_room(tmp_path, room(tmp_path, tracks), {**GRID, **SMALL_MP4})
    files = made.outcome.files
    assert files is not None
    assert files.poster
    assert files.sheet
    with av.open(files.poster) as poster:
        pixels = next(poster.decode(video=0)).to_ndarray(format="rgb24")
    assert colour_in(pixels, Rect(0, 0, 640, 360)) == "red"
    with av.open(files.sheet) as sheet:
        pixels = next(sheet.decode(video=0)).to_ndarray(format="rgb24")
    assert colour_in(pixels, Rect(4, 4, 320, 180)) == "red"


def test_a_picture_is_shrunk_for_a_glance(tmp_path: Path, clips: Clips):
    poster = tmp_path / "poster.jpg"
    with av.open(str(clips.video("red", size=(640, 360)))) as video:
        write_poster(next(video.decode(video=0)).reformat(format="yuv420p"), poster, binary(None))
    small = shrink_jpeg(poster.read_bytes(), 160, binary(None))
    with av.open(io.BytesIO(small)) as shown_as:
        pixels = next(shown_as.decode(video=0)).to_ndarray(format="rgb24")
    assert pixels.shape == (90, 160, 3)
    assert colour_in(pixels, Rect(0, 0, 160, 90)) == "red"
    with pytest.raises(RenderError):
        shrink_jpeg(b"no picture at all", 160, binary(None))
