"""Do what recipes say: of files that are no media yet, make some that are."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from roomreel.importers.claims import Draft, Piece, Recipe
from roomreel.importers.delivery.media_json import Packet, events, in_order
from roomreel.media.remux import OpusFile
from roomreel.storage import clean_up_unfinished, sha256_of
from roomreel.storage.failure import storage_errors
from roomreel.storage.replace import new_file

VERSION = 1
"""Counts changes of what is made of the same."""

AT_ONCE = 100
"""Files that are written in one pass over what they are made of."""


def make_media(
    draft: Draft, media: Mapping[str, Path], folder: Path
) -> tuple[Draft, dict[str, Path]]:
    """Make the files of the pieces that have a recipe, where they are not there already.

    Each is named by a digest of what it is made of, and how, and appears when it is whole.

    Args:
        media: the files of the delivery on this machine, by their names in it.
        folder: for what is made.

    Returns:
        The draft, whose pieces name what can be opened, and all files by these names.

    Raises:
        RenderError: FFmpeg refuses the packets.
        StorageFailed: something cannot be read or written.
    """
    pieces = [piece for track in draft.tracks for piece in track.pieces if _is_raw(piece, media)]
    if not pieces:
        return draft, dict(media)
    places = dict(_places(pieces, media, folder))
    for source in dict.fromkeys(piece.file for piece in pieces):
        parts = {part: place for (file, part), place in places.items() if file == source}
        missing = {part: place for part, place in parts.items() if not place.is_file()}
        wanted = sorted(missing.items())
        for begin in range(0, len(wanted), AT_ONCE):
            _make(media[str(source)], dict(wanted[begin : begin + AT_ONCE]))
        _date(media[str(source)], parts.values())
    made = {_name(file, part): place for (file, part), place in places.items()}
    return _renamed(draft, made), {**media, **made}


def _is_raw(piece: Piece, media: Mapping[str, Path]) -> bool:
    return piece.recipe is Recipe.OPUS_JSON and piece.file in media


def _name(file: str, part: str) -> str:
    return f"{file}#{part}"


def _places(
    pieces: Sequence[Piece], media: Mapping[str, Path], folder: Path
) -> Iterator[tuple[tuple[str, str], Path]]:
    named = {piece.file for piece in pieces if piece.file}
    files = {file: sha256_of(media[file]) for file in named}
    for piece in pieces:
        file = piece.file or ""
        whole = f"{files[file]} {piece.recipe.value} {VERSION} {piece.part}"
        name = hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        yield (file, piece.part), folder / f"{name}.mka"


def _make(source: Path, places: Mapping[str, Path]) -> None:
    """Write the parts of a file of packets, each with times from its first packet."""
    first = dict[str, int]()
    folder = next(iter(places.values())).parent
    if folder.is_dir():
        clean_up_unfinished(folder)
    with storage_errors("write", folder), ExitStack() as stack:
        outputs = {
            part: stack.enter_context(OpusFile(stack.enter_context(new_file(place))))
            for part, place in places.items()
        }
        lines = stack.enter_context(source.open("rb"))
        wanted = (one for one in events(lines) if isinstance(one, Packet) and one.part in places)
        for packet in in_order(wanted):
            start = first.setdefault(packet.part, packet.timestamp)
            outputs[packet.part].add(packet.timestamp - start, packet.samples, packet.data)


def _date(source: Path, places: Iterable[Path]) -> None:
    """Give files the time at which what they are made of was written, as ends are guessed by it."""
    for place in places:
        with storage_errors("write", place):
            about = source.stat()
            os.utime(place, ns=(about.st_atime_ns, about.st_mtime_ns))


def _renamed(draft: Draft, made: Mapping[str, Path]) -> Draft:
    def named(piece: Piece) -> Piece:
        name = _name(piece.file or "", piece.part)
        return replace(piece, file=name) if piece.part and name in made else piece

    tracks = (
        replace(track, pieces=tuple(named(piece) for piece in track.pieces))
        for track in draft.tracks
    )
    return replace(draft, tracks=tuple(tracks))
