"""Damaged files of every format, a room of them beside healthy recordings at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from foreign import ffmpeg, video
from fuzz_rooms import Odd, compose_all
from mutants import mutants
from taken import PICTURES, SOUNDS
from tally import SEED, Tally, count_of

AFTER_MS = 1000
"""They begin a second after the healthy ones, which are so heard alone for a while."""


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A valid file of every format that is taken, by what it holds and its ending."""
    folder = tmp_path_factory.mktemp("bases")
    made = {
        f"video {end}": video(folder / f"v.{end}", *how, count=8) for end, how in PICTURES.items()
    }
    for end, how in SOUNDS.items():
        path = folder / f"s.{end}"
        ffmpeg("-f", "lavfi", "-i", "sine=1500:d=0.8", *how, path)
        made[f"audio {end}"] = path
    return made


def damaged(bases: dict[str, Path], folder: Path, count: int, seed: int) -> Iterator[Odd]:
    for name, base, path in mutants(bases, folder, count, seed):
        yield Odd(name, path, base.split()[0])


@pytest.mark.slow
def test_a_few_mutants(bases: dict[str, Path], tmp_path: Path):
    tally = Tally("mutants", 0)
    compose_all(damaged(bases, tmp_path, 24, 0), tmp_path, tally, offset_ms=AFTER_MS)
    tally.close()
    assert tally.outcomes["used"]


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_many_mutants(bases: dict[str, Path], tmp_path: Path):
    tally = Tally("mutants", SEED)
    odd = damaged(bases, tmp_path, count_of("MEDIA", 1200), SEED)
    compose_all(odd, tmp_path, tally, offset_ms=AFTER_MS)

    tally.close()
