"""The recordings in a folder: every track of every file, and what is left out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from roomreel.draft.folder import LeftOut, media_files
from roomreel.draft.room import Found
from roomreel.media.contents import Contents, contents_of
from roomreel.media.probe import Probe, index_isolated
from roomreel.model.media import PacketIndex, Problem, TrackPath
from roomreel.model.room import MediaType


def recordings_in(
    folder: Path, memory_bytes: int, ignored: Collection[str] = ()
) -> tuple[list[Found], list[LeftOut]]:
    """Return the tracks that have packets, by file, type and place in it, and all that is left out.

    Args:
        memory_bytes: most memory of the process that reads the files.
        ignored: names that nothing is said of.

    Raises:
        NotFound: there is no such folder.
        StorageFailed: it cannot be listed.
    """
    files, left_out = media_files(folder, ignored)
    contents = contents_of(files, memory_bytes)
    tracks = dict(_numbered(contents))
    probes = [
        Probe(key, path, Path(path.file).stat().st_size, kind)
        for key, (path, kind) in tracks.items()
    ]
    indexed = index_isolated(probes, memory_bytes)
    found = [
        Found(Path(tracks[key][0].file), tracks[key][0].index, packets)
        for key, packets in indexed.items()
        if isinstance(packets, PacketIndex) and len(packets)
    ]
    left_out += _refused(contents)
    left_out += _empty(tracks, indexed)
    return found, sorted(left_out)


def _numbered(
    contents: Mapping[Path, Contents],
) -> Iterator[tuple[str, tuple[TrackPath, MediaType]]]:
    tracks = (
        (TrackPath(str(file), index), kind)
        for file, held in contents.items()
        for kind, count in ((MediaType.AUDIO, held.audio), (MediaType.VIDEO, held.video))
        for index in range(count)
    )
    return ((str(number), track) for number, track in enumerate(tracks))


def _refused(contents: Mapping[Path, Contents]) -> Iterator[LeftOut]:
    """What is no track of a recording: files, and streams of others."""
    for file, held in contents.items():
        if held.refused:
            yield LeftOut(file.name, held.refused, held.not_taken)
        yield from (LeftOut(file.name, other) for other in held.others)
        if held == Contents():
            yield LeftOut(file.name, "it has no track")


def _empty(
    tracks: Mapping[str, tuple[TrackPath, MediaType]], indexed: Mapping[str, object]
) -> Iterator[LeftOut]:
    """What was opened, and holds nothing that can be shown or heard."""
    for key, (path, kind) in tracks.items():
        match indexed[key]:
            case Problem(message=message):
                yield LeftOut(Path(path.file).name, f"{kind} track {path.index}: {message}")
            case PacketIndex() as packets if not len(packets):
                yield LeftOut(Path(path.file).name, f"{kind} track {path.index}: it has no packet")
