"""Recordings without a document of any service: guessed by the names of their files.

The guesses are those of `roomreel manifest`. Offsets that are given by hand may name participants
and tracks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from roomreel.draft.folder import ENCRYPTED
from roomreel.draft.names import NameParts, parse_name
from roomreel.draft.room import room_key, track_name
from roomreel.errors import DeliveryInvalid
from roomreel.importers.choices import GivenOffset
from roomreel.importers.claims import Draft, DraftParticipant, DraftTrack, Piece
from roomreel.importers.delivery.unreferenced import is_media
from roomreel.importers.finding import Code, Finding
from roomreel.importers.port import API, Listing, Match, Options
from roomreel.importers.sids import sid_of
from roomreel.model.formats import TAKEN
from roomreel.model.room import MediaType
from roomreel.text import counted

MOST_TRACKS = 4
"""Tracks of a kind that a file is asked for."""

_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")


class Files:
    """The reader of folders that no service has described."""

    name = "files"
    title = "Recordings of any origin, by the names of the files"
    api = API

    def detect(self, files: Listing) -> Match:
        """Return that there are media, if there are: of whom, only their names say."""
        count = len(_media(files))
        if not count:
            return Match(0, "no file at its top has sound or pictures")
        verb = "has" if count == 1 else "have"
        return Match(20, f"{counted(count, 'file')} {verb} sound or pictures")

    def read(self, files: Listing, options: Options) -> Iterator[Draft]:
        """Yield the one room.

        Raises:
            DeliveryInvalid: no file has sound or pictures.
        """
        media = _media(files)
        if not media:
            raise DeliveryInvalid(
                f"no file at the top of {files.title} has sound or pictures", f"taken are: {TAKEN}"
            )
        parts = {name: _named(name, options.offsets) for name in media}
        title = _name(files.title)
        key = room_key(title, {name: files.sizes[name] for name in media})
        yield Draft(
            id=sid_of("RM", *key),
            name=title,
            participants=tuple(
                DraftParticipant(who, who)
                for who in dict.fromkeys(one.who for one in parts.values())
            ),
            tracks=tuple(
                _track(name, parts[name], kind, index)
                for name in media
                for kind in (MediaType.AUDIO, MediaType.VIDEO)
                for index in range(MOST_TRACKS)
            ),
            findings=tuple(_locked(files)),
        )


def _media(files: Listing) -> list[str]:
    return [
        name
        for name, size in files.sizes.items()
        if size and "/" not in name and not name.lower().endswith(ENCRYPTED)
        if is_media(files, name)
    ]


def _locked(files: Listing) -> Iterator[Finding]:
    for name in files.sizes:
        if "/" not in name and name.lower().endswith(ENCRYPTED):
            text = f"{name} is left out: it is encrypted; name it in the manifest by hand"
            yield Finding(Code.MEDIA_ENCRYPTED, name, text)


def _named(file: str, given: Sequence[GivenOffset]) -> NameParts:
    """Return participant and track of a file: given by hand, else as its name says."""
    found = parse_name(PurePosixPath(file).stem)
    for one in given:
        if one.file == file:
            who, track = one.participant or found.who, one.track or found.track
            found = replace(found, who=who, track=track)
    return found


def _track(file: str, parts: NameParts, kind: MediaType, index: int) -> DraftTrack:
    return DraftTrack(
        participant=parts.who,
        key=f"{file}/{index}" if index else file,
        name=track_name(parts.track, kind, index),
        kind=kind,
        pieces=(Piece(file, track_index=index),),
        optional=True,
    )


def _name(title: str) -> str:
    base = title.rpartition("/")[2]
    ending = next((one for one in _ARCHIVES if base.lower().endswith(one)), "")
    return base[: len(base) - len(ending)] or "room"
