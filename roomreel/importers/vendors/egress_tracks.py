"""Tracks and pieces that an egress of LiveKit makes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from roomreel.importers.claims import Anchor, Clock, Grade, Piece
from roomreel.importers.delivery.node import Node
from roomreel.importers.vendors.egress import Egress, Output
from roomreel.importers.vendors.told import Told
from roomreel.model.room import MediaType, RecordingStatus

EVERYONE = "everyone"
"""Whom a recording is of that was composed already."""

MIXED = "mixed"

ASKED_MS = 10_000
"""How long before its first packet the request of an egress may have been taken."""

FIX = "the reply of ListEgress, put beside the files, says when they start"

_BOTH = (MediaType.VIDEO, MediaType.AUDIO)
_ENDINGS = {".ogg": MediaType.AUDIO, ".webm": MediaType.VIDEO, ".mp4": MediaType.VIDEO}
"""Of files of one track."""

_SCREEN = {MediaType.VIDEO: "screen", MediaType.AUDIO: "screen-audio"}
_CAMERA = {MediaType.VIDEO: "camera", MediaType.AUDIO: "microphone"}
_FAILED = ("EGRESS_FAILED", "EGRESS_ABORTED", 4, 5)
_RUNNING = ("EGRESS_STARTING", "EGRESS_ACTIVE", "EGRESS_ENDING", 0, 1, 2)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A track that an egress was asked for.

    Attributes:
        optional: whether its file need not hold the kind.
    """

    participant: str
    key: str
    kind: MediaType
    name: str
    optional: bool = False

    @property
    def of(self) -> tuple[str, str, str]:
        """The track it is, whatever is said of it elsewhere."""
        return self.participant, self.key, self.kind.value


def wanted_of(egress: Egress, told: Told, file: str) -> list[Wanted]:
    """Return the tracks that a file of an egress is of.

    Args:
        file: what it is called, whether it is there or not; "": nothing.
    """
    kind, request = egress.request
    if kind == "media":
        if _is_composed(request):
            return _everyone()
        request = request.get("media")
    elif kind == "composed" or (kind is None and _is_of_all(egress)):
        return _everyone()
    video, audio = _of_kinds(egress, request)
    single = _text(egress, request, "trackId", "track_id")
    who = _identity(egress, request)
    if single is not None:
        return _of_track(single, who, told, file)
    if video is not None or audio is not None:
        ids = ((MediaType.VIDEO, video), (MediaType.AUDIO, audio))
        return _of_tracks([(one, track) for one, track in ids if track is not None], who, told)
    is_screen = request.get("screenShare", "screen_share").flag
    names = _SCREEN if is_screen else _CAMERA
    key = "screen" if is_screen else "participant"
    return [Wanted(who or egress.id, key, one, names[one], optional=True) for one in _BOTH]


def piece_of(egress: Egress, output: Output | None, file: str | None) -> Piece:
    """Return the piece that an output is.

    Args:
        output: None: the egress has none, since it failed.
        file: its name in the listing; None: it is not there.
    """
    if output is None:
        return Piece(None, _clock(egress, None), status=RecordingStatus.FAILED)
    noted = egress.noted_at if output.started else None
    also = () if noted is None else (replace(noted, resolution_ms=ASKED_MS),)
    return Piece(
        file,
        _clock(egress, output),
        end=output.ended,
        also=also,
        size=output.size,
        status=_status(egress, output, file),
    )


def has_failed(egress: Egress) -> bool:
    """Return whether the service says that nothing came of it."""
    return egress.get("status").value in _FAILED


def _clock(egress: Egress, output: Output | None) -> Clock | None:
    if output is not None and output.started is not None:
        return Clock(output.started, Anchor.ZERO, Grade.GOOD, "livekit/startedAt")
    asked = egress.asked_at
    rule = "livekit/request"
    return None if asked is None else Clock(asked, Anchor.ZERO, Grade.GUESSED, rule, FIX)


def _status(egress: Egress, output: Output, file: str | None) -> RecordingStatus:
    if file is not None:
        return RecordingStatus.COMPLETED
    is_empty = output.started is not None and (
        output.ended is not None and output.ended.value == output.started.value
    )
    if is_empty or has_failed(egress):
        return RecordingStatus.FAILED
    is_running = bool(egress.infos) and egress.get("status").value in _RUNNING
    return RecordingStatus.PROCESSING if is_running else RecordingStatus.COMPLETED


def _everyone() -> list[Wanted]:
    return [Wanted(EVERYONE, MIXED, kind, MIXED, optional=True) for kind in _BOTH]


def _is_composed(request: Node) -> bool:
    """Return whether a request of the second form is for more than one participant."""
    media = request.get("media")
    audio = media.get("audio")
    is_of_all = audio.get("captureAll", "capture_all").flag or len(list(_routes(media))) > 1
    return not isinstance(media.value, dict) or bool(is_of_all)


def _is_of_all(egress: Egress) -> bool:
    """Return whether manifests alone say that it is of a whole room: they name nobody."""
    names = ("publisher_identity", "track_id", "audio_track_id", "video_track_id")
    manifests = egress.manifests
    return bool(manifests) and not any(one.get(name).text for one in manifests for name in names)


def _of_kinds(egress: Egress, request: Node) -> tuple[str | None, str | None]:
    """Return the ids of the tracks of pictures and of sound, where both have one of their own."""
    video = _text(egress, request, "videoTrackId", "video_track_id")
    audio = _text(egress, request, "audioTrackId", "audio_track_id")
    routes = (one.get("trackId", "track_id").text for one in _routes(request))
    return video, audio or next(filter(None, routes), None)


def _identity(egress: Egress, request: Node) -> str | None:
    """Return the identity of the publisher, as asked for or noted."""
    names = ("participantIdentity", "participant_identity")
    known = (
        request.get("identity").text,
        request.get("participantVideo", "participant_video").get("identity").text,
        *(one.get(*names).text for one in _routes(request)),
        *(one.get("publisher_identity").text for one in egress.manifests),
    )
    return next(filter(None, known), None)


def _of_track(track: str, who: str | None, told: Told, file: str) -> list[Wanted]:
    source = told.source_of(track)
    kind = source.kind or _ENDINGS.get(PurePosixPath(file.split("?", maxsplit=1)[0]).suffix.lower())
    who = told.publishers.get(track) or who or track
    kinds = _BOTH if kind is None else (kind,)
    return [Wanted(who, track, one, source.name_as(one), optional=kind is None) for one in kinds]


def _of_tracks(tracks: list[tuple[MediaType, str]], who: str | None, told: Told) -> list[Wanted]:
    known = (told.publishers.get(track) for _, track in tracks)
    who = next(filter(None, known), None) or who or tracks[0][1]
    return [Wanted(who, track, kind, told.source_of(track).name_as(kind)) for kind, track in tracks]


def _routes(media: Node) -> Iterator[Node]:
    yield from media.get("audio").get("routes").items()


def _text(egress: Egress, request: Node, *names: str) -> str | None:
    noted = (one.get(*names).text for one in egress.manifests)
    return request.get(*names).text or next(filter(None, noted), None)
