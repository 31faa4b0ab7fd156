"""Rooms of files of which nothing is known, beside a camera and a microphone that are well."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from math import floor
from pathlib import Path
from typing import Any

import numpy as np
from clip_content import counter
from clip_rooms import Track, room, sid
from clips import Clips
from composing import RATE, Composed, composed, level_at, planned
from numpy.typing import NDArray
from tally import Tally

from roomreel.errors import RoomreelError
from roomreel.media.ffmpeg import binary
from roomreel.model.plan import Placement, Plan, Scene

ROOM = "test-room"
CAMERA, MICROPHONE = sid("RT", ROOM, 0), sid("RT", ROOM, 1)

FPS, PICTURES = 10, 20
HZ, LEVEL = 500, 10 ** (-12 / 20)
OWN = (96, 64)
"""Size of the healthy camera, and of its place in the upper left corner."""

LEVEL_TOLERANCE = 0.06
"""Of the healthy tone, relative: a coder, and sixteen other tones beside it."""

DROWNED = 0.02
"""Less than this the healthy tone is not where others shout, at full scale, through the limiter."""

LONGEST_S, LONG_S = 90, 15
"""A longer composition is only planned: a timestamp may claim hours, and to draw them shows
nothing new. Left out of it are the recordings that claim more than LONG_S."""

TEMPLATE = {
    "video_layout": {
        "healthy": {"width": OWN[0], "height": OWN[1], "video_sources": ["healthy"]},
        "others": {
            "y_pos": OWN[1],
            "video_sources": ["*"],
            "video_sources_excluded": ["healthy"],
            "max_columns": 4,
        },
    },
    "audio_sources": ["*"],
    "resolution": "256x256",
    "frame_rate": FPS,
    "format": "mp4",
}

COLOUR_TOLERANCE = 30
"""Per channel of RGB: where a file names no range or matrix, it is guessed."""

QUIETEST = 0.15
"""Of its own level: what is left of a tone at least, by the most lossy of coders, and by a layout
in which half of the channels are on the other side."""


@dataclass(frozen=True)
class Odd:
    """A file that has to be used, or to be named.

    Attributes:
        type: audio or video.
        hz: of a tone that has to be heard where it is used; 0: anything may be.
        level: of that tone.
        plain: whether it is of one colour, which has to be the one that FFmpeg's command shows.
    """

    name: str
    file: Path
    type: str
    hz: int = 0
    level: float = 0
    plain: bool = False


def compose_all(
    odd: Iterable[Odd], folder: Path, tally: Tally, *, size: int = 12, offset_ms: int = 0
) -> None:
    """Compose files, so many a room, and note what becomes of each."""
    clips = Clips(folder)
    camera = clips.counted(OWN, seconds=PICTURES // FPS, fps=FPS)
    healthy = [
        Track("healthy", "healthy", camera, "video"),
        Track("healthy", "microphone", clips.tone(HZ, seconds=PICTURES // FPS), "audio"),
    ]
    files = iter(odd)
    for number in count():
        batch = list(islice(files, size))
        if not batch:
            return
        home = folder / f"room-{number}"
        home.mkdir()
        with tally.timed(f"room {number}"):
            well = _compose(batch, healthy, home, tally, offset_ms)
        if well:  # else they are there to be looked at
            shutil.rmtree(home)
            for one in batch:
                one.file.unlink(missing_ok=True)


def _compose(
    batch: list[Odd], healthy: list[Track], home: Path, tally: Tally, offset_ms: int
) -> bool:
    before = len(tally.failures)
    tracks = [Track(f"p{n}", f"t{n}", one.file, one.type, offset_ms) for n, one in enumerate(batch)]
    names = {sid("RT", ROOM, number): one for number, one in enumerate(batch, 2)}
    try:
        ready = _planned(home, room(home, [*healthy, *tracks]), tally)
        made = composed(*ready)
    except Exception as error:  # noqa: BLE001  whatever it is, it is told with its room
        lost = "room lost" if isinstance(error, RoomreelError) else "TRACEBACK"
        tally.fail(f"{home}: {lost}: {type(error).__name__}: {error}"[:600])
        return False
    wrong = [*_wrong_neighbours(made), *_wrong(names, made, tally)]
    for words in wrong:
        tally.fail(f"{home}: {words}")
    return len(tally.failures) == before


def _planned(home: Path, manifest: Path, tally: Tally) -> Any:
    """The room's plan, without those that claim to be long where it is."""
    ready = planned(home, manifest, TEMPLATE, hold_s=5)
    plan: Plan = ready[1]
    if plan.duration <= LONGEST_S:
        return ready
    long = [one.recording_sid for one in plan.sources if one.span.duration > LONG_S]
    tally.outcomes["planned as long, and not rendered"] += len(long)
    for recording in long:
        for path in manifest.parent.glob(f"{recording}*"):
            path.unlink()
    return planned(home, manifest, TEMPLATE, hold_s=5)


def _wrong_neighbours(made: Composed) -> Iterator[str]:
    """What is not as it has to be of the healthy camera and microphone."""
    for code, recording in made.codes:
        if recording in {CAMERA, MICROPHONE} and code != "recording-short":
            yield f"a healthy recording has {code}"
    frames = dict(_frames_of(made.plan, CAMERA))
    pictures = {n: counter(p[: OWN[1], : OWN[0]]) for n, p in made.pictures() if n in frames}
    late = {n: (found, frames[n]) for n, found in pictures.items() if abs(found - frames[n]) > 1}
    if late or len(pictures) < PICTURES - 1:
        yield f"the healthy camera: {len(pictures)} pictures, (shown, expected) {late}"
    yield from _wrong_tone(made)


def _frames_of(plan: Plan, recording: str) -> Iterator[tuple[int, int]]:
    """Frames in which the camera is shown, and the number of the picture that is due there."""
    for scene, placement in _placements(plan, recording):
        for number in range(scene.start_frame, scene.end_frame):
            at = placement.media_start + (number - scene.start_frame) / plan.frame_rate
            if 0 <= at < PICTURES / FPS:
                yield number, floor(at * FPS)


def _placements(plan: Plan, recording: str) -> Iterator[tuple[Scene, Placement]]:
    for scene in plan.scenes:
        for placement in scene.placements:
            if placement.recording_sid == recording:
                yield scene, placement


def _wrong_tone(made: Composed) -> Iterator[str]:
    sound = made.sound()
    mine = [clip for clip in made.plan.audio if clip.recording_sid == MICROPHONE]
    if not mine:
        yield "the healthy tone is in no clip"
        return
    begin, end = float(mine[0].span.start), float(mine[0].span.end)
    others = [
        float(clip.span.start)
        for clip in made.plan.audio
        if clip.recording_sid != MICROPHONE and clip.span.end > begin
    ]
    alone = min([end, *others])
    if alone > begin + 0.5:
        level = level_at(sound, HZ, begin + 0.1, alone - 0.1)
        if abs(level - LEVEL) > LEVEL_TOLERANCE * LEVEL:
            yield f"the healthy tone alone has {level:.3f} instead of {LEVEL:.3f}"
    level = level_at(sound, HZ, begin + 0.1, end - 0.1)
    if level < DROWNED:
        yield f"the healthy tone has {level:.3f}"


def _wrong(names: dict[str, Odd], made: Composed, tally: Tally) -> Iterator[str]:
    """What is neither used as it has to be nor named; each is counted by its outcome."""
    sources = {source.recording_sid for source in made.plan.sources}
    codes: dict[str, set[str]] = {}
    for code, recording in made.codes:
        codes.setdefault(recording, set()).add(code)
    for recording, one in names.items():
        said = codes.get(recording, set())
        unused = [code for code in sorted(said) if code.startswith("media-")]
        outcome = ", ".join(unused) if unused else "used" if recording in sources else ""
        shown = shown_by_ffmpeg(one.file) if one.plain else None
        if not outcome and not said:
            yield f"{one.name} is left out without a word"
        elif outcome == "used":
            yield from _not_seen(recording, one, shown, made)
            yield from _not_heard(recording, one, made)
        elif shown is not None:
            outcome += ", though FFmpeg's command shows it"
            tally.remarks.append(one.name)
        tally.outcomes[outcome or "unused, " + (", ".join(sorted(said)) or "without a word")] += 1


def shown_by_ffmpeg(path: Path) -> NDArray[np.float64] | None:
    """The grey of the first picture, as FFmpeg's command shows it over black.

    None where it shows nothing, several colours, or no grey, as of a pixel format that is not the
    file's: such colours are clipped, and other converters clip them elsewhere.
    """
    how = "-frames:v", "1", "-vf", "scale=4:4:flags=area", "-pix_fmt", "rgba", "-f", "rawvideo"
    command = [binary(None), "-v", "quiet", "-i", str(path), *how, "-"]
    done = subprocess.run(command, capture_output=True, check=False)
    pixels = np.frombuffer(done.stdout, np.uint8).reshape(-1, 4)
    if len(pixels) != 4 * 4 or np.ptp(pixels, axis=0).max() > COLOUR_TOLERANCE:
        return None
    *colour, alpha = pixels.mean(axis=0)
    if np.ptp(colour) > COLOUR_TOLERANCE:
        return None
    return np.array(colour) * alpha / 255


def _not_seen(
    recording: str, one: Odd, shown: NDArray[np.float64] | None, made: Composed
) -> Iterator[str]:
    places = list(_placements(made.plan, recording))
    if shown is None:
        return
    if not places:
        yield f"{one.name} is in no scene"
        return
    scene, placement = places[0]
    middle = (scene.start_frame + scene.end_frame) // 2
    found = _middle(made.picture(middle), placement.rect)
    if np.abs(found - shown).max() > COLOUR_TOLERANCE:
        expected = shown.round().tolist()
        yield f"{one.name} is {found.round().tolist()}, FFmpeg's command shows {expected}"


def _middle(pixels: NDArray[np.uint8], rect: Any) -> NDArray[np.float64]:
    y, x = rect.y + rect.height // 2, rect.x + rect.width // 2
    return pixels[y - 12 : y + 12, x - 12 : x + 12].reshape(-1, 3).mean(axis=0)


def _not_heard(recording: str, one: Odd, made: Composed) -> Iterator[str]:
    mine = [clip for clip in made.plan.audio if clip.recording_sid == recording]
    if not one.hz or heard_by_ffmpeg(one) < QUIETEST * one.level:
        return
    if not mine:
        yield f"{one.name} is in no clip"
        return
    begin, end = float(mine[0].span.start), float(mine[-1].span.end)
    edge = (end - begin) / 5
    level = level_at(made.sound(), one.hz, begin + edge, end - edge)
    if not QUIETEST * one.level < level < 3 * one.level:
        yield f"{one.name}: {one.hz} Hz has {level:.4f} instead of {one.level:.4f}"


def heard_by_ffmpeg(one: Odd) -> float:
    """The level of a tone, as FFmpeg's command decodes it; 0 of noise, and where it refuses."""
    how = "-ac", "1", "-ar", str(RATE), "-f", "f32le", "-"
    command = [binary(None), "-v", "quiet", "-i", str(one.file), *how]
    samples = np.frombuffer(subprocess.run(command, capture_output=True, check=False).stdout, "<f4")
    seconds = len(samples) / RATE
    return level_at(samples[np.newaxis], one.hz, seconds / 5, seconds * 4 / 5) if seconds else 0
