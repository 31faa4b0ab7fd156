"""Files that lie of what they are: each is used as what it is, or named."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from fuzz_rooms import Odd, compose_all
from lies import disguised, lying
from tally import Tally

AFTER_MS = 1000
"""They begin a second after the healthy ones, which are so heard alone for a while."""


def all_of_them(folder: Path) -> Iterator[Odd]:
    return chain(disguised(folder), lying(folder))


@pytest.mark.slow
@pytest.mark.timeout(900)  # five rooms, on a machine with much else to do
def test_every_lie(tmp_path: Path):
    tally = Tally("disguised and lying files", 0)
    compose_all(all_of_them(tmp_path), tmp_path, tally, size=24, offset_ms=AFTER_MS)
    tally.close()
    assert tally.outcomes["media-undecodable"] > 20
