"""How loud each second is, and what counts as lost."""

from itertools import pairwise

import numpy as np
import pytest

from roomreel.errors import RenderError
from roomreel.model.samples import RATE
from roomreel.render.energy import Energy

SECONDS = 4


def tone(level_db: float = -20, hz: float = 440) -> np.ndarray:
    wave = np.sin(2 * np.pi * hz * np.arange(SECONDS * RATE) / RATE) * 10 ** (level_db / 20)
    return np.stack([wave, wave]).astype(np.float32)


def energy(sound: np.ndarray, block: int = RATE) -> Energy:
    heard = Energy()
    edges = [*range(0, sound.shape[1], block), sound.shape[1]]
    for start, end in pairwise(edges):
        heard.add(start, sound[:, start:end])
    return heard


def silent(sound: np.ndarray, start: float, end: float) -> np.ndarray:
    changed = sound.copy()
    changed[:, round(start * RATE) : round(end * RATE)] = 0
    return changed


@pytest.mark.parametrize(
    ("mix", "file", "seconds"),
    [
        (tone(), tone(), []),
        (tone(), tone(-26), []),
        (tone(), tone(-45), [0, 1, 2, 3]),
        (tone(), silent(tone(), 1, 2), [1]),
        (tone(), silent(tone(), 1.5, 2.5), [1, 2]),
        (tone(), silent(tone(), 1.2, 2.2), [1]),
        (tone(), silent(tone(), 1, 1.2), []),
        (tone(), silent(tone(), 0, 4), [0, 1, 2, 3]),
        (tone(-60), silent(tone(), 0, 4), []),
        (silent(tone(), 0, 4), tone(), []),
        # A word in the last moment of a second, a packet late
        (silent(tone(), 0, 1.98), np.roll(silent(tone(), 0, 1.98), 1024, axis=1), []),
        # What no coder keeps
        (tone(hz=18_000), silent(tone(), 0, 4), []),
    ],
)
def test_seconds_whose_sound_is_lost(mix: np.ndarray, file: np.ndarray, seconds: list[int]):
    assert list(energy(mix).silenced_in(energy(file, 1024))) == seconds


def test_a_file_that_ends_early_has_lost_the_rest():
    assert list(energy(tone()).silenced_in(energy(tone()[:, : 2 * RATE]))) == [2, 3]


def test_it_is_stored():
    known = Energy.from_bytes(energy(tone()).to_bytes())
    assert list(known.silenced_in(Energy())) == [0, 1, 2, 3]
    assert not list(energy(tone()).silenced_in(known))


def test_damaged_bytes_are_refused():
    with pytest.raises(RenderError, match="loudness of the mix"):
        Energy.from_bytes(energy(tone()).to_bytes()[:-1])
