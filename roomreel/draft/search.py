"""The recordings in a folder: every track of every file, and what is left out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from roomreel.draft.folder import FolderFile, LeftOut, media_files
from roomreel.draft.room import FoundTrack
from roomreel.media.contents import Contents, contents_of
from roomreel.media.probe import Probe, index_isolated
from roomreel.model.media import PacketIndex, Problem, TrackPath
from roomreel.model.room import MediaType

Track = tuple[FolderFile, MediaType, int]
"""A track of a file: the how manieth of its type."""


def recordings_in(
    folder: Path, memory_bytes: int, ignored: Collection[str] = ()
) -> tuple[list[FoundTrack], list[LeftOut]]:
    """Return the tracks that have packets, by file, type and place in it, and all that is left out.

    Args:
        memory_bytes: most memory of the process that reads the files.
        ignored: names that nothing is said of.

    Raises:
        NotFound: there is no such folder.
        StorageFailed: it cannot be listed.
    """
    files, left_out = media_files(folder, ignored)
    contents = contents_of((file.path for file in files), memory_bytes)
    tracks = dict(_numbered(files, contents))
    probes = [
        Probe(key, TrackPath(str(file.path), index), file.size_bytes, kind)
        for key, (file, kind, index) in tracks.items()
    ]
    indexed = index_isolated(probes, memory_bytes)
    found = [
        FoundTrack(file, index, packets)
        for key, (file, _, index) in tracks.items()
        if isinstance(packets := indexed[key], PacketIndex) and len(packets)
    ]
    left_out += _refused(contents)
    left_out += _empty(tracks, indexed)
    return found, sorted(left_out)


def _numbered(
    files: Iterable[FolderFile], contents: Mapping[Path, Contents]
) -> Iterator[tuple[str, Track]]:
    tracks = (
        (file, kind, index)
        for file in files
        for held in [contents[file.path]]
        for kind, count in ((MediaType.AUDIO, held.audio), (MediaType.VIDEO, held.video))
        for index in range(count)
    )
    return ((str(number), track) for number, track in enumerate(tracks))


def _refused(contents: Mapping[Path, Contents]) -> Iterator[LeftOut]:
    """Yield what is not a track of a recording: files, and streams of others."""
    for file, held in contents.items():
        if held.refused:
            yield LeftOut(file.name, held.refused, held.not_taken)
        yield from (LeftOut(file.name, other) for other in held.others)
        if held == Contents():
            yield LeftOut(file.name, "it has no track")


def _empty(
    tracks: Mapping[str, Track], indexed: Mapping[str, PacketIndex | Problem]
) -> Iterator[LeftOut]:
    """Yield files that were opened, and hold nothing that can be shown or heard."""
    for key, (file, kind, index) in tracks.items():
        result = indexed[key]
        why = result.message if isinstance(result, Problem) else "it has no packet"
        if isinstance(result, Problem) or not len(result):
            yield LeftOut(file.path.name, f"{kind} track {index}: {why}")
