"""Deliveries of Daily: raw tracks, and the log of the call beside them where there is one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta

from roomreel.errors import DeliveryInvalid
from roomreel.importers.claims import Draft, DraftParticipant, DraftTrack, Piece
from roomreel.importers.finding import Code, Finding
from roomreel.importers.port import API, Listing, Match, Options
from roomreel.importers.vendors.daily_log import LOG_ENDING, Log, is_of_tracks, read_log
from roomreel.importers.vendors.daily_pieces import absent, piece_of
from roomreel.model.room import MediaType
from roomreel.model.time import EPOCH
from roomreel.text import counted

TRACKS = {
    "cam-audio": "microphone",
    "cam-video": "camera",
    "screen-audio": "screen-audio",
    "screen-video": "screen",
}

_NAME = re.compile(
    r"(?P<zero>[0-9]{13})-(?P<session>[0-9A-Za-z-]{36})-(?P<tag>[\w-]{1,80})-(?P<start>[0-9]{13})"
    r"(\.(?P<ending>webm|wav|aac|m4a|mp4))?",
    re.ASCII,
)


class Daily:
    """The reader of raw tracks."""

    name = "daily"
    title = "Daily raw tracks"
    api = API

    def detect(self, files: Listing) -> Match:
        """Return how surely these are raw tracks, by their names and the log's."""
        named = [name for name in files.sizes if _parts(name)]
        logs = [name for name in files.sizes if is_of_tracks(files, name)]
        if named and logs:
            return Match(95, f"{logs[0]} is a log of Daily's, with {counted(len(named), 'track')}")
        if named:
            return Match(60, f"{counted(len(named), 'file')} named as Daily's raw tracks are")
        if logs:
            return Match(60, f"{logs[0]} is named as Daily's logs are, and no track is there")
        return Match(0, "no file is named as Daily's raw tracks are")

    def read(self, files: Listing, _: Options) -> Iterator[Draft]:
        """Yield a room for each recording.

        Raises:
            DeliveryInvalid: no file is a track or a log of Daily's.
        """
        named = dict[int, dict[str, re.Match[str]]]()
        for name in files.sizes:
            if parts := _parts(name):
                named.setdefault(int(parts["zero"]), {})[name] = parts
        logs, unread = _logs(files, named)
        if not named and not logs:
            raise DeliveryInvalid("no file of it is named as a raw track of Daily's")
        for zero in sorted({*named, *logs}):
            log = Log.merged(logs.get(zero, []))
            yield _draft(zero, files, named.get(zero, {}), log, unread)


def _parts(name: str) -> re.Match[str] | None:
    return _NAME.fullmatch(name.rsplit("/", 1)[-1])


def _base(parts: re.Match[str]) -> str:
    return parts[0].partition(".")[0]


def _logs(files: Listing, zeros: Collection[int]) -> tuple[dict[int, list[Log]], list[Finding]]:
    """Return the logs by the zeros of their recordings, and which of them cannot be used."""
    logs, unread = dict[int, list[Log]](), list[Finding]()
    for name in files.sizes:
        if not name.endswith(LOG_ENDING):
            continue
        try:
            log = read_log(files, name)
        except DeliveryInvalid as error:
            text = f"{error}: names and pauses are not known from it"
            unread.append(Finding(Code.LOG_PARTIAL, name, text))
            continue
        named = filter(None, (_parts(base) for base in log.by_base()))
        zero = next((int(parts["zero"]) for parts in named), None)
        if zero is None and len(zeros) == 1:
            (zero,) = zeros
        if zero is not None and log.files:
            logs.setdefault(zero, []).append(log)
    return logs, unread


def _draft(
    zero: int,
    files: Listing,
    named: Mapping[str, re.Match[str]],
    log: Log,
    unread: Sequence[Finding],
) -> Draft:
    logged = log.by_base()
    bases = {_base(parts): name for name, parts in named.items()}
    tracks = dict[tuple[str, str], list[Piece]]()
    for base, name in bases.items():
        piece = piece_of(zero, files, name, named[name], logged.get(base))
        tracks.setdefault((named[name]["session"], named[name]["tag"]), []).append(piece)
    for one in log.tracks.values():
        if one.base not in bases:
            tracks.setdefault((one.session, one.tag), []).append(absent(zero, one))
    unknown = sorted(name for base, name in bases.items() if log.files and base not in logged)
    return Draft(
        id=str(zero),
        name=None,
        participants=tuple(
            DraftParticipant(session, shown or user or session, shown)
            for session, (shown, user) in sorted(log.names.items())
        ),
        tracks=tuple(
            one
            for (session, tag), pieces in sorted(tracks.items())
            for one in _tracks(session, tag, pieces)
        ),
        zero=EPOCH + timedelta(milliseconds=zero),
        documents=log.files,
        findings=(*unread, *(_unlogged(name) for name in unknown)),
        kept={"chat": [{**line, "at": line["at"] - zero} for line in log.chat]} if log.chat else {},
    )


def _tracks(session: str, tag: str, pieces: Sequence[Piece]) -> Iterator[DraftTrack]:
    """Yield the track of a tag; where it does not say of what kind it is, both that it may be."""
    kinds = [kind for kind in (MediaType.AUDIO, MediaType.VIDEO) if tag.endswith(kind.value)]
    for kind in kinds or (MediaType.AUDIO, MediaType.VIDEO):
        name = TRACKS.get(tag, tag)
        yield DraftTrack(session, tag, name, kind, tuple(pieces), optional=not kinds)


def _unlogged(name: str) -> Finding:
    text = f"the log of the call knows nothing of {name}, which is used all the same"
    return Finding(Code.LOG_PARTIAL, name, text)
