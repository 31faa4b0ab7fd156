"""Index the sound of a recording, by decoding it once: levels, loudness, peak."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing

import av.logging
from av.error import FFmpegError

from roomreel.errors import MediaUnreadable, RenderError
from roomreel.media.container import HeaderOnly
from roomreel.media.ebur128 import LoudnessMeter
from roomreel.media.levels import Levels
from roomreel.media.probe import START_S, Probe, reading_s
from roomreel.media.sound import SoundReader
from roomreel.model.media import Problem, TrackPath
from roomreel.model.sound_index import SoundIndex
from roomreel.process import isolate
from roomreel.process.in_turn import read_in_turn
from roomreel.process.isolate import Notify
from roomreel.storage import environment_for

SECONDS_PER_MB = 60.0
"""Time budget of decoding: the smallest packets there are, 13 bytes with their header in the
container, are 76 000 in a megabyte, and each takes 50 us; 16 times that."""

STRETCHES_A_SIGN = 60
"""Stretches, of a second at most, after which a child says that it is still at work."""

LIFE = ""
"""The sid under which it says so."""

Found = SoundIndex | Problem | None


def index_sound(path: TrackPath, notify_life: Notify[None] = lambda _: None) -> SoundIndex:
    """Decode one track of sound, and measure it.

    Args:
        path: of the track; nothing but its file is opened.
        notify_life: called again and again meanwhile.

    Raises:
        MediaUnreadable: no container, no sound in it, or none of it can be decoded.
    """
    levels, meter = Levels(), LoudnessMeter(true_peak=True)
    try:
        with closing(SoundReader(path)) as reader:
            for number, block in enumerate(reader.stretches()):
                levels.add(block.position, block.samples.mean(axis=0))
                meter.add(block.samples)
                if number % STRETCHES_A_SIGN == 0:
                    notify_life(None)
            decoded = reader.decoded
    except HeaderOnly:
        return SoundIndex()
    except (FFmpegError, OSError, ValueError) as error:
        raise MediaUnreadable(f"its sound cannot be decoded: {error}") from error
    if not decoded.frames:
        raise MediaUnreadable("none of its sound can be decoded")
    first, column = levels.found()
    measured = meter.finish()
    return SoundIndex(
        first, column, _hundredths(measured.loudness_lufs), _hundredths(measured.true_peak_dbtp)
    )


def index_sound_isolated(
    probes: Iterable[Probe], memory_bytes: int
) -> dict[str, SoundIndex | Problem]:
    """Index the sound of files in a process of their own, so that a hostile one ends no run.

    Returns:
        By sid, the index, or why there is none.
    """
    items = {probe.sid: probe for probe in probes}
    sizes = [probe.size_bytes for probe in items.values()]
    budget = isolate.Budget(
        wall_s=START_S + sum(reading_s(size) + size / 1e6 * SECONDS_PER_MB for size in sizes),
        memory_bytes=memory_bytes,
        silence_s=START_S + reading_s(max(sizes, default=0)),
    )
    access = environment_for(probe.path.file for probe in items.values())
    answers = read_in_turn(index_all_sound, items, budget, access)
    return {sid: _answered(answer) for sid, answer in answers.items()}


def index_all_sound(probes: tuple[Probe, ...], notify: Notify[tuple[str, Found]]) -> None:
    """The child's side of `index_sound_isolated`: notifies (sid, SoundIndex or Problem)."""
    av.logging.set_level(av.logging.ERROR)
    for probe in probes:
        try:
            result: Found = index_sound(probe.path, lambda _: notify((LIFE, None)))
        except MediaUnreadable as error:
            result = Problem("media-undecodable", error.message)
        notify((probe.sid, result))


def _answered(answer: SoundIndex | Problem | RenderError | None) -> SoundIndex | Problem:
    if isinstance(answer, RenderError):
        return Problem("media-undecodable", f"decoding its sound: {answer.message}")
    return answer or Problem("media-undecodable", "decoding its sound came to nothing")


def _hundredths(value: float | None) -> int | None:
    return None if value is None else round(100 * value)
