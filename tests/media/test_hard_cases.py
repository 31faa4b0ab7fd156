"""Recordings that break composers, side by side in one room: each keeps to its own cell.

HARD_CASES.md lists where else the cases are tested.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clip_rooms import Track, room, sid
from clips import Clips
from composing import Composed, colour, compose_room

FPS = 10
CELL = (128, 96)
COLUMNS = 6

YEARS_S = 300_000_000
"""Nine and a half years."""

Make = Callable[[Clips], Path]


def camera(clips: Clips, **changes: Any) -> Path:
    """A second of red, of blue and of yellow."""
    plain: dict[str, Any] = {"size": (160, 120), "seconds": 3, "fps": FPS}
    return clips.video(["red", "blue", "yellow"], **{**plain, **changes})


def restamped(name: str, time: Callable[[int, Fraction], Fraction]) -> Make:
    return lambda clips: clips.restamped(camera(clips), name, time)


def gap_and_new_size(clips: Clips) -> Path:
    clip = clips.resized([(160, 120), (80, 60)], "red", each=1, fps=FPS)
    return clips.restamped(clip, "gap", lambda n, at: at + 1 if n >= FPS else at)


def text(clips: Clips) -> Path:
    path = clips.empty(".txt").with_name("only.json")
    path.write_text('{"files": []}')
    return path


@dataclass(frozen=True)
class Case:
    """What a recording is, the colours of its cell by frame, and its warnings."""

    make: Make
    shown: dict[int, str]
    codes: set[str] = field(default_factory=set)
    claims: dict[str, Any] = field(default_factory=dict)


ALL = {5: "red", 15: "blue", 25: "yellow"}
NOTHING = dict.fromkeys(ALL, "black")

CASES: dict[str, Case] = {
    "nothing odd": Case(camera, ALL),
    # The header
    "header names another size": Case(lambda c: c.headed(camera(c), (16, 16)), ALL),
    "header names another duration": Case(lambda c: c.lasting(camera(c), 900), ALL),
    "claims are wrong": Case(camera, ALL, {"claim-differs"}, {"duration": 900, "codec": "H264"}),
    # The file
    "file is missing": Case(camera, NOTHING, {"media-missing"}, {"media": "elsewhere.webm"}),
    "no byte": Case(lambda c: c.empty(".webm"), NOTHING, {"media-empty"}),
    "not a media file": Case(text, NOTHING, {"media-undecodable"}),
    "header without data": Case(lambda c: c.only(camera(c)), NOTHING, {"media-empty"}),
    "cut in the header": Case(
        lambda c: c.truncated(camera(c), 0.02), NOTHING, {"media-undecodable"}
    ),
    "cut in mid-frame": Case(
        lambda c: c.truncated(camera(c, gop=1), 0.5),
        {5: "red", 25: "black"},
        {"media-truncated", "recording-short"},
    ),
    # Key frames and loss
    "one picture": Case(
        lambda c: c.only(camera(c), 0), {9: "red", 10: "black"}, {"recording-short"}
    ),
    "no key frame": Case(lambda c: c.only(camera(c), *range(1, 30)), NOTHING, {"media-empty"}),
    "only key frame is the last packet": Case(
        lambda c: c.only(camera(c, gop=10), *range(1, 10), 20),
        {19: "black", 20: "yellow", 29: "yellow"},
        {"late-keyframe", "recording-short"},
    ),
    "broken first key frame": Case(
        lambda c: c.corrupted(camera(c, gop=10), 0, 0.05),
        {5: "black", 15: "blue", 25: "yellow"},
        {"media-undecodable"},
    ),
    "H.264 loses a second": Case(
        lambda c: c.gapped(camera(c, codec="h264", gop=10), 0.5, 1.5),
        {5: "red", 15: "red", 19: "red", 25: "yellow"},
    ),
    "a picture a second": Case(lambda c: c.only(camera(c, gop=1), 0, 10, 20), ALL),
    "gap and at once another size": Case(
        gap_and_new_size, {5: "red", 15: "red", 25: "red"}, {"size-changed"}
    ),
    # Time
    "one timestamp is 5 s ahead": Case(
        restamped("5-s", lambda n, at: at + 5 * (n == 12)), ALL, {"timestamp-backwards"}
    ),
    "some timestamps are years ahead": Case(
        restamped("years", lambda n, at: at + YEARS_S * (12 <= n < 14)),
        ALL,
        {"timestamp-backwards", "timestamp-gap"},
    ),
    "the last timestamp is years ahead": Case(
        restamped("late-years", lambda n, at: at + YEARS_S * (n == 29)), ALL, {"timestamp-gap"}
    ),
    "clock is set back": Case(
        restamped("reset", lambda n, at: at - Fraction(3, 2) * (n >= 15)),
        {5: "red", 12: "blue", 15: "black", 25: "black"},
        {"timestamp-backwards", "recording-short"},
    ),
    "pairs share a timestamp": Case(restamped("pairs", lambda n, _: Fraction(n // 2, 5)), ALL),
    "two timestamps are swapped": Case(
        lambda c: c.swapped(camera(c), 12, 13), ALL, {"timestamp-backwards"}
    ),
    "uneven rate": Case(restamped("uneven", lambda n, at: at - min(at, Fraction(n % 3, 40))), ALL),
    # What no key is there for
    "encrypted": Case(lambda c: c.corrupted(camera(c)), NOTHING, {"media-undecodable"}),
    "encrypted behind the codec's header": Case(
        lambda c: c.corrupted(camera(c), clear=10), NOTHING, {"media-undecodable"}
    ),
    # Sizes
    "odd size, VP8": Case(lambda c: camera(c, size=(161, 121)), ALL),
    "odd size, VP9": Case(lambda c: camera(c, size=(161, 121), codec="vp9"), ALL),
    "size no multiple of 16, H.264": Case(lambda c: camera(c, size=(162, 122), codec="h264"), ALL),
    "size no multiple of 8, AV1": Case(lambda c: camera(c, size=(162, 122), codec="av1"), ALL),
}


def place(number: int) -> tuple[int, int]:
    return number % COLUMNS * CELL[0], number // COLUMNS * CELL[1]


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory, clips: Clips) -> Composed:
    """All of them at once, each in a region of its own."""
    folder = tmp_path_factory.mktemp("wall")
    tracks, regions = [], {}
    for number, (name, case) in enumerate(CASES.items()):
        x, y = place(number)
        tracks.append(
            Track(f"p{number}", name, case.make(clips), "video", claims=dict(case.claims))
        )
        regions[f"r{number}"] = {
            "x_pos": x, "y_pos": y, "width": CELL[0], "height": CELL[1], "video_sources": [name],
        }  # fmt: skip
    rows = -(-len(CASES) // COLUMNS)
    template = {
        "video_layout": regions,
        "resolution": f"{COLUMNS * CELL[0]}x{rows * CELL[1]}",
        "format": "mp4",
        "frame_rate": FPS,
    }
    return compose_room(folder, room(folder, tracks), template, verify="full")


@pytest.fixture(scope="module")
def wall_pictures(wall: Composed) -> list[np.ndarray]:
    return [pixels for _, pixels in wall.pictures()]


def middle(cell: np.ndarray) -> np.ndarray:
    height, width, _ = cell.shape
    return cell[height // 4 : -height // 4, width // 4 : -width // 4]


def codes_of(made: Composed, number: int) -> set[str]:
    return {code for code, recording in made.codes if recording == sid("RT", "test-room", number)}


def test_none_of_them_changes_the_length(wall: Composed, wall_pictures: Iterable[np.ndarray]):
    assert wall.plan.frame_count == len(list(wall_pictures)) == 30


@pytest.mark.parametrize("name", CASES)
def test_a_hard_recording_is_shown_as_far_as_it_can_be_and_stays_in_its_cell(
    name: str, wall: Composed, wall_pictures: list[np.ndarray]
):
    number, case = list(CASES).index(name), CASES[name]
    x, y = place(number)
    cells = {frame: wall_pictures[frame][y : y + CELL[1], x : x + CELL[0]] for frame in case.shown}
    assert {frame: colour(middle(cell)) for frame, cell in cells.items()} == case.shown
    assert codes_of(wall, number) == case.codes
