"""A mix that is kept comes back bit for bit, or not at all."""

from __future__ import annotations

import numpy as np
import pytest

from roomreel.model.composition import Decoded
from roomreel.render.kept_mix import LONGEST_S, KeptMix

DECODED = {"RT1": Decoded(frames=3)}


def blocks(*lengths):
    chance = np.random.default_rng(1)
    return [chance.normal(0, 2, (2, n)).astype(np.float32) for n in lengths]


def kept(path, some, seconds=1.0):
    mix = KeptMix(path)
    mix.begin(seconds)
    for block in some:
        mix.add(block)
    mix.finish(DECODED)
    return mix


@pytest.mark.parametrize("lengths", [(7,), (480, 480, 480), (480, 480, 1)])
def test_it_comes_back_bit_for_bit(tmp_path, lengths):
    some = blocks(*lengths)
    mix = kept(tmp_path / "mix", some)
    assert mix.decoded == DECODED
    found = list(mix.blocks())
    assert all(np.array_equal(a, b) for a, b in zip(found, some, strict=True))
    assert len(list(mix.blocks())) == len(some)


def test_what_is_too_long_is_not_kept(tmp_path):
    mix = kept(tmp_path / "mix", blocks(480), LONGEST_S + 1)
    assert mix.decoded is None
    assert not (tmp_path / "mix").exists()


def test_where_there_is_no_room_it_is_not_kept(tmp_path):
    path = tmp_path / "mix"
    path.symlink_to("/dev/full")
    mix = kept(path, blocks(48_000, 48_000))
    assert mix.decoded is None
    assert not path.is_symlink()


def test_where_there_is_no_folder_it_is_not_kept(tmp_path):
    assert kept(tmp_path / "gone" / "mix", blocks(480)).decoded is None
