"""Names of what is kept of a file: what decides it enters, what comes later does not rename it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path

import pytest

from roomreel.media.kept import FIRST, CacheKey, IndexedBy, cache_path
from roomreel.model.media import Stored
from roomreel.model.room import MediaType

STORED = Stored("/media/one.mkv", 1000, "7")
MADE_BY = IndexedBy(6, "17.1", MediaType.VIDEO)
FOLDER = Path("indexes")


def name(stored: Stored = STORED, made_by: IndexedBy | None = MADE_BY) -> Path:
    return cache_path(FOLDER, stored, "npz", made_by)


@pytest.mark.parametrize(
    ("stored", "made_by"),
    [
        (replace(STORED, size_bytes=1001), MADE_BY),
        (replace(STORED, version="8"), MADE_BY),
        (Stored("/media/two.mkv", 1000, "7"), MADE_BY),
        (STORED, replace(MADE_BY, version=7)),
        (STORED, replace(MADE_BY, pyav="17.2")),
        (STORED, replace(MADE_BY, type=MediaType.AUDIO)),
        (STORED, replace(MADE_BY, track=1)),
        (STORED, None),
    ],
)
def test_whatever_decides_an_index_names_it(stored: Stored, made_by: IndexedBy | None) -> None:
    assert name(stored, made_by) != name()


def test_what_is_listed_is_there() -> None:
    for kind in (CacheKey, IndexedBy):
        assert set(FIRST[kind]) <= {one.name for one in fields(kind)}


@dataclass(frozen=True, slots=True)
class Grown(IndexedBy):
    """As a later version has it."""

    depth: int = 0


def test_a_member_that_is_added_later_renames_nothing_that_does_not_use_it() -> None:
    grown = Grown(MADE_BY.version, MADE_BY.pyav, MADE_BY.type)
    assert name(made_by=grown) == name()
    assert name(made_by=replace(grown, depth=1)) != name()
