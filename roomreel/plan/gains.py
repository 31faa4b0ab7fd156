"""Gains: by how much each recording is heard louder than it was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from roomreel.model.media import MediaFile
from roomreel.model.mixing import Level, Mixing
from roomreel.model.room import Recording
from roomreel.model.sound_index import SoundIndex
from roomreel.plan.select import People, matches

QUIETEST = -6000
"""Hundredths of LUFS: what is quieter is the noise of a room in which nobody speaks."""


def gains(
    mixing: Mixing,
    recordings: Iterable[Recording],
    media: Mapping[str, MediaFile],
    people: People,
) -> dict[str, Fraction]:
    """Return the decibels of each recording, in tenths, by sid.

    Args:
        media: by recording sid; where voices are leveled, with the indexes of their sound.
    """
    return {
        recording.sid: gain_of(mixing, recording, people)
        + level_of(mixing.level, media.get(recording.sid, MediaFile()).sound)
        for recording in recordings
    }


def gain_of(mixing: Mixing, recording: Recording, people: People) -> Fraction:
    """Return the decibels of the first gain that names a recording; 0 where none does."""
    named = (
        gain.gain_db
        for gain in mixing.gains
        if any(matches(pattern, recording, people) for pattern in gain.sources)
    )
    return next(named, Fraction(0))


def level_of(level: Level | None, sound: SoundIndex | None) -> Fraction:
    """Return the decibels, in tenths, that bring a recording to a level, as far as it allows.

    A recording stays as it is where its loudness is not known, or is that of no voice.
    """
    loudness = None if level is None or sound is None else sound.loudness
    if level is None or loudness is None or loudness < QUIETEST:
        return Fraction(0)
    wanted = Fraction(round(10 * (level.target_lufs - Fraction(loudness, 100))), 10)
    return max(-level.max_gain_db, min(wanted, level.max_gain_db))
