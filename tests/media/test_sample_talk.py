"""The sample rooms have people who talk at known times, and are found to do so."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from roomreel.media.sound_index import index_sound
from roomreel.model.media import TrackPath
from roomreel.plan.turns import turns_of
from roomreel.samples.filming import film
from roomreel.samples.script import WEEKLY_STANDUP, Shot
from roomreel.samples.voices import phrases
from roomreel.talk import Heard, find_talk

MICROPHONES = [shot for shot in WEEKLY_STANDUP.shots if shot.is_audio]


def spoken_in(shots: list[Shot]) -> list[tuple[float, float]]:
    """Return the phrases of a person that fall into what was recorded of them."""
    said = phrases(shots[0].person, WEEKLY_STANDUP.length_s)
    heard = [
        (max(begin, part.start), min(end, part.end))
        for begin, end in said
        for shot in shots
        for part in shot.parts
    ]
    return [(begin, end) for begin, end in heard if end - begin >= 1]


def test_turns_of_a_sample_room_are_those_of_its_script(tmp_path: Path):
    heard = {}
    for number, shot in enumerate(MICROPHONES):
        path = tmp_path / f"{number}.mka"
        film(WEEKLY_STANDUP, shot, path)
        heard[str(number)] = Heard(shot.person, 0, index_sound(TrackPath(str(path))))
    turns = turns_of(find_talk(heard).spurts)
    for person in {shot.person for shot in MICROPHONES}:
        expected = spoken_in([shot for shot in MICROPHONES if shot.person == person])
        found = [turn.span for turn in turns if turn.participant_sid == person]
        assert len(found) == len(expected)
        for span, (begin, end) in zip(found, expected, strict=True):
            assert span.start == pytest.approx(Fraction(begin), abs=0.06)
            assert span.end == pytest.approx(Fraction(end), abs=0.32)
