"""Rooms that are hard by their size: many tracks, many events, many hours."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clip_rooms import Track, room
from clips import COLOURS, Clips
from composing import RATE, colour, colours, compose_room, level_at, runs

pytestmark = pytest.mark.slow

QUARTER = 10 ** (-12 / 20)
SMALL = (160, 120)
GRID: dict[str, Any] = {
    "video_layout": {"grid": {"video_sources": ["*"]}},
    "audio_sources": ["*"],
    "resolution": "160x120",
    "format": "mp4",
    "frame_rate": 10,
}
AUDIO_ONLY: dict[str, Any] = {"audio_sources": ["*"], "format": "mp4", "frame_rate": 10}
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


def test_sixty_four_tracks(tmp_path: Path, clips: Clips):
    names = [name for name in COLOURS if name != "black"]
    tracks = [
        Track(f"p{n}", f"cam-{n:02}", clips.video(names[n % 10], (320, 240), seconds=4))
        for n in range(64)
    ]
    tracks += [
        Track(f"p{n}", "mic", clips.tone(300 + 50 * n, seconds=4, level_db=-40), offset_ms=1)
        for n in range(64)
    ]
    template = {**GRID, "resolution": "1280x960", "frame_rate": 30}
    made = compose_room(
        tmp_path, room(tmp_path, tracks), template, memory_limit_bytes=1_000_000_000
    )
    assert made.plan.frame_count == 120
    pixels = made.picture(60)
    cells = [(x, y) for y in range(0, 960, 120) for x in range(0, 1280, 160)]
    seen = [colour(pixels[y + 30 : y + 90, x + 40 : x + 120]) for x, y in cells]
    assert seen == [names[n % 10] for n in range(64)]
    sound = made.sound()
    for n in range(64):
        assert level_at(sound, 300 + 50 * n, 0.5, 3.5) == pytest.approx(0.01, rel=0.25), n


def test_five_hundred_joins_and_leaves(tmp_path: Path, clips: Clips):
    """Somebody joins every 400 ms for 600 ms, beside one who stays."""
    names = ["blue", "yellow", "green", "magenta"]
    visits = [clips.video(name, SMALL, seconds=0.6, fps=10) for name in names]
    stays = clips.restamped(camera(clips, "red", 11, gop=1), "slow", lambda _, at: at * 10)
    tracks = [
        Track("ann", "a", stays),
        Track("ann", "mic", clips.tone(440, seconds=100), offset_ms=1),
    ]
    tracks += [Track(f"p{n}", "visit", visits[n % 4], offset_ms=400 * n) for n in range(250)]
    layout = {
        "left": {"width": 160, "video_sources": ["a"]},
        "right": {
            "x_pos": 160, "video_sources": ["visit"], "reuse": "show_newest",
            "max_columns": 1, "max_rows": 1,
        },
    }  # fmt: skip
    template = {**GRID, "video_layout": layout, "resolution": "320x120"}
    made = compose_room(tmp_path, room(tmp_path, tracks), template)
    visiting = [(t, n) for n in range(250) for t in (400 * n, 400 * n + 600)]
    assert len(visiting) == 500
    for number, pixels in made.pictures():
        assert colour(pixels[40:80, 60:100]) == "red", number
        newest = number // 4
        expected = names[newest % 4] if newest < 250 else "black"
        if newest < 250 or number >= 250 * 4 + 2:
            assert colour(pixels[40:80, 220:260]) == expected, number
    assert level_at(made.sound(), 440, 0.5, 99.5) == pytest.approx(QUARTER, rel=0.05)


@pytest.mark.soak
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("trim", [True, False])
def test_four_hours_with_a_long_idle_middle(tmp_path: Path, clips: Clips, trim: bool):
    begins, comes_back = 1000, 4 * 3_600_000 - 2000
    tracks = [
        Track("ann", "cam-1", camera(clips, "red", 2), offset_ms=begins),
        Track("ann", "mic", clips.tone(440, seconds=1), offset_ms=begins + 500),
        Track("bob", "cam-2", camera(clips, "blue", 2), offset_ms=comes_back),
        Track("bob", "mic", clips.tone(1000, seconds=1), offset_ms=comes_back + 500),
    ]
    template = {**NEWEST, "trim": trim, "frame_rate": 1}
    made = compose_room(tmp_path, room(tmp_path, tracks), template)
    idle = 0 if trim else (comes_back - begins - 2000) // 1000
    expected = [("red", 2), ("black", idle), ("blue", 2)]
    assert runs(colours(made)) == [run for run in expected if run[1]]
    with av.open(str(made.media)) as container:
        length = container.streams.audio[0].duration * container.streams.audio[0].time_base
    assert length == pytest.approx(4 + idle, abs=0.03)
    back = 2 + idle
    assert level_in(made.media, 440, 0.6, 1.4) == pytest.approx(QUARTER, rel=0.05)
    assert level_in(made.media, 1000, back, back + 0.4) < 0.01
    assert level_in(made.media, 1000, back + 0.6, back + 1.4) == pytest.approx(QUARTER, rel=0.05)


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_six_hours_sparse_in_content_and_real_in_timestamps(tmp_path: Path, clips: Clips):
    """A picture every 50 s, a packet of sound each second, and a visit in the last minute."""
    hours_s = 6 * 3600
    pictures = camera(clips, ["red", "yellow"], hours_s // 50, fps=1, gop=4)
    slow = clips.restamped(pictures, "slow", lambda n, _: 50 * n)
    tone = clips.tone(440, seconds=(hours_s - 50) // 50)
    sparse = clips.restamped(tone, "sparse", lambda n, _: n)
    tracks = [
        Track("ann", "a", slow),
        Track("ann", "mic", sparse, offset_ms=1),
        Track("bob", "b", camera(clips, "blue", 30, fps=1), offset_ms=(hours_s - 100) * 1000),
    ]
    template = {**NEWEST, "frame_rate": 1}
    made = compose_room(tmp_path, room(tmp_path, tracks), template, memory_limit_bytes=400_000_000)
    seen = runs(colours(made))
    last = hours_s - 50  # of the pictures; it lasts a second
    assert sum(count for _, count in seen) == made.plan.frame_count == last + 1
    before = [(("red", "yellow")[n % 2], 50) for n in range(hours_s // 50 - 2)]
    visit = [("blue", 30), ("red", 20), ("yellow", 1)]
    assert seen == before + visit
    for second in (3600, 3 * 3600, 21_000):
        assert level_in(made.media, 440, second + 0.05, second + 0.95) < 0.01
        assert loudest_in(made.media, second - 0.02, second + 0.05) > 0.1


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("minutes", [10, pytest.param(190, marks=pytest.mark.soak)])
def test_two_clocks_that_drift_apart_stay_within_20_ms(tmp_path: Path, clips: Clips, minutes: int):
    """A second of a loud and one of a faint tone, packet upon packet; 4 s apart after 3 hours."""
    drifting = {500: 200, 1500: -200}
    tracks, period = [], 0.0
    for hz, ppm in drifting.items():
        faint = clips.tone(hz, seconds=1, start=1, level_db=-40)
        both = clips.joined(clips.tone(hz, seconds=1), faint)
        period = 0.02 * packets_in(both)
        looped = clips.looped(both, int(minutes * 60 / period), ppm)
        tracks.append(Track(f"p{hz}", "mic", looped))
    made = compose_room(
        tmp_path, room(tmp_path, tracks), AUDIO_ONLY, memory_limit_bytes=400_000_000
    )
    assert {code for code, _ in made.codes} == {"clock-drift"}
    for hz, ppm in drifting.items():
        first = onset_in(made.media, hz, period * 3 / 4, period * 5 / 4) - period
        for minute in range(1, minutes, max(minutes // 10, 2)):
            number = int(minute * 60 / period)
            wanted = first + number * period * (1 + ppm / 1_000_000)
            heard = onset_in(made.media, hz, wanted - period / 4, wanted + period / 4)
            assert heard == pytest.approx(wanted, abs=0.02), (hz, minute)


def packets_in(clip: Path) -> int:
    with av.open(str(clip)) as container:
        return sum(packet.size > 0 for packet in container.demux(audio=0))


def onset_in(media: Path, hz: int, start: float, end: float) -> float:
    """When a tone becomes loud, to the nearest 5 ms, once in a stretch of a file."""
    sound = _stretch(media, start, end)
    width, step = RATE // 100, RATE // 200
    levels = [
        level_at(sound[:, at : at + width], hz, 0, 1)
        for at in range(0, sound.shape[1] - width, step)
    ]
    loud = np.array(levels) > QUARTER / 2
    (onsets,) = np.nonzero(np.diff(loud.astype(int)) == 1)
    return start + float(onsets[-1] + 2) * step / RATE


def level_in(media: Path, hz: int, start: float, end: float) -> float:
    """As level_at, of a stretch of a file too long to hold."""
    return level_at(_stretch(media, start, end), hz, 0, end - start)


def loudest_in(media: Path, start: float, end: float) -> float:
    return float(np.abs(_stretch(media, start, end)).max())


def _stretch(media: Path, start: float, end: float) -> np.ndarray:
    with av.open(str(media)) as container:
        stream = container.streams.audio[0]
        container.seek(int(max(start - 1, 0) / stream.time_base), stream=stream)
        found: list[np.ndarray] = []
        first = None
        for frame in container.decode(stream):
            first = round(frame.time * RATE) if first is None else first
            found.append(frame.to_ndarray())
            if frame.time > end:
                break
    assert first is not None
    whole = np.concatenate(found, axis=1)
    return whole[:, round(start * RATE) - first : round(end * RATE) - first]
