"""Index what is read of recordings: found where it is kept, else made in a child, and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from roomreel.compose.media import media_at_hand
from roomreel.media.probe import Probe
from roomreel.model.media import Problem, Stored, TrackPath
from roomreel.model.room import Recording, Room
from roomreel.settings.rendering import Sources

Index = TypeVar("Index")


@dataclass(frozen=True)
class Indexing(Generic[Index]):
    """One kind of index.

    Attributes:
        find: the index of a recording in a file, where one is kept.
        make: indexes by sid, or why there is none, within so many bytes of memory.
        keep: keeps one.
    """

    find: Callable[[Recording, Stored], Index | None]
    make: Callable[[Iterable[Probe], int], Mapping[str, Index | Problem]]
    keep: Callable[[Recording, Stored, Index], None]


def index_each(
    room: Room, stored: Mapping[str, Stored], indexing: Indexing[Index], settings: Sources
) -> dict[str, Index | Problem]:
    """Return the indexes of recordings of a room by sid, or why there are none.

    Args:
        stored: by sid, where those are that are to be indexed.
    """
    recordings = {sid: room.recording(sid) for sid in stored}
    found: dict[str, Index | Problem] = {
        sid: index
        for sid, source in stored.items()
        if (index := indexing.find(recordings[sid], source)) is not None
    }
    unknown = {sid: source for sid, source in stored.items() if sid not in found}
    with media_at_hand(unknown, settings) as sources:
        found |= {sid: source for sid, source in sources.items() if isinstance(source, Problem)}
        probes = [
            Probe(sid, TrackPath(source.location, one.track_index), source.size_bytes, one.type)
            for sid, source in sources.items()
            for one in [recordings[sid]]
            if isinstance(source, Stored)
        ]
        for sid, result in indexing.make(probes, settings.memory_limit_bytes).items():
            found[sid] = result
            if not isinstance(result, Problem):
                indexing.keep(recordings[sid], stored[sid], result)
    return found
