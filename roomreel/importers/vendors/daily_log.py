"""Logs of calls of Daily: who published what when, what was paused, what was said in the chat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from roomreel.errors import DeliveryInvalid
from roomreel.importers.claims import Claim
from roomreel.importers.delivery.node import Node, read_json
from roomreel.importers.port import HEAD, Listing

LOG_ENDING = ".event.json"

COMPOSED = "cloud-recording"
"""The type of recordings that are composed by the service, and come without tracks."""


@dataclass(slots=True)
class LoggedTrack:
    """A track, as the log has it; claims in Unix ms.

    Attributes:
        session: of the participant in the call.
        tag: as in names of files: cam-audio.
        base: name of its file without an ending; None: none was begun.
        added, started, removed: when it was published, when its first media came, when it ended.
        pauses: spans; the end of the last is None as long as it is not known.
    """

    session: str
    tag: str
    added: Claim | None
    base: str | None = None
    started: Claim | None = None
    removed: Claim | None = None
    pauses: list[tuple[Claim, Claim | None]] = field(default_factory=list)

    def pause(self, at: Claim | None) -> None:
        """Begin a pause where none is open."""
        if at is not None and not (self.pauses and self.pauses[-1][1] is None):
            self.pauses.append((at, None))

    def resume(self, at: Claim | None) -> None:
        """End the pause that is open."""
        if at is not None and self.pauses and self.pauses[-1][1] is None:
            self.pauses[-1] = (self.pauses[-1][0], at)


@dataclass(frozen=True, slots=True)
class Log:
    """The logs of one recording together, of which each is a part, from one server.

    Attributes:
        files: names of the logs.
        names: display name and user id of each session, as said last.
        tracks: by the log's number of each.
        chat: what was written, in order: at (Unix ms), from, text.
    """

    files: tuple[str, ...] = ()
    names: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    tracks: Mapping[str, LoggedTrack] = field(default_factory=dict)
    chat: Sequence[Mapping[str, Any]] = ()
    events: Sequence[tuple[Claim, Node]] = ()

    @classmethod
    def of(cls, files: Sequence[str], events: Sequence[tuple[Claim, Node]]) -> Self:
        """Return what these events say, each with its time."""
        ordered = sorted(events, key=lambda event: event[0].value)
        reader = _Reader()
        for at, event in ordered:
            reader.take(at, event)
        if ordered:
            reader.end(ordered[-1][0])
        return cls(tuple(files), reader.names, reader.tracks, reader.chat, ordered)

    @classmethod
    def merged(cls, logs: Sequence[Log]) -> Log:
        """Return what several logs say together."""
        files = [name for log in logs for name in log.files]
        return Log.of(files, [event for log in logs for event in log.events])

    def by_base(self) -> dict[str, LoggedTrack]:
        """Return the tracks whose files were begun, by the names of these."""
        return {one.base: one for one in self.tracks.values() if one.base}


def is_of_tracks(files: Listing, name: str) -> bool:
    """Return whether a file looks like the log of a recording of tracks."""
    if not name.endswith(LOG_ENDING):
        return False
    head = files.head(name, HEAD)
    return b'"events"' in head and COMPOSED.encode() not in head.partition(b'"events"')[0]


def read_log(files: Listing, name: str) -> Log:
    """Return what a log says; nothing where it is one of a composed recording.

    Raises:
        DeliveryInvalid: it is no JSON, or has no list of events.
    """
    document = read_json(files, name)
    if document.get("recording").get("type").value == COMPOSED:
        return Log()
    events = document.get("events")
    if not isinstance(events.value, list):
        raise DeliveryInvalid(f"{events.at} is no list of events")
    timed = ((event.get("ts").claim(1000), event) for event in events.items())
    return Log.of([name], [(at, event) for at, event in timed if at is not None])


class _Reader:
    def __init__(self) -> None:
        self.names: dict[str, tuple[str | None, str | None]] = {}
        self.tracks: dict[str, LoggedTrack] = {}
        self.chat: list[Mapping[str, Any]] = []

    def take(self, at: Claim, event: Node) -> None:
        kind, data = event.get("type").text, event.get("data")
        number = str(data.get("trackSessionNum").number)
        track = self.tracks.get(number)
        if kind == "track-added":
            self._add(number, at, event.get("participant_id").text, data)
        elif kind == "chat-msg" and (text := data.get("message").text):
            self.chat.append({"at": at.value, "from": data.get("name").text, "text": text})
        elif track is not None and kind == "recording-media-started":
            track.base = _base(data.get("uri").text)
            track.started = data.get("mediaStartTime").claim(1000)
        elif track is not None and kind == "track-paused":
            track.pause(at)
        elif track is not None and kind == "track-resumed":
            track.resume(at)
        elif track is not None and kind == "track-removed":
            track.removed = at
            track.resume(at)

    def end(self, at: Claim) -> None:
        for track in self.tracks.values():
            track.resume(at)

    def _add(self, number: str, at: Claim, session: str | None, data: Node) -> None:
        tag, kind = data.get("trackType").text or "", data.get("kind").text or ""
        if session is None or not (tag or kind):
            return
        whole = tag if not kind or tag.endswith(kind) else f"{tag}-{kind}".lstrip("-")
        if number not in self.tracks:
            self.tracks[number] = LoggedTrack(session, whole, at)
        self.names[session] = (data.get("displayName").text, data.get("userId", "user_id").text)
        if data.get("paused").flag:
            self.tracks[number].pause(at)


def _base(uri: str | None) -> str | None:
    """Return the name of the file at a URI, without its folder, query and ending."""
    path = (uri or "").partition("?")[0].partition("#")[0]
    return path.rstrip("/").rsplit("/", 1)[-1].partition(".")[0] or None
