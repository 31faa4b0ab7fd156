"""A room as its manifest states it: claims, not measurements."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from roomreel.model.encryption import Encryption
from roomreel.model.event import Event

# Neither in a path or URL, nor in brackets behind a name already.
_SID = re.compile(r"(?<![\w/.(-])RT[0-9a-f]{32}(?![\w/-]|\.\w)")


class MediaType(StrEnum):
    """The kind of media of a track."""

    AUDIO = "audio"
    VIDEO = "video"
    DATA = "data"


class RoomStatus(StrEnum):
    """The state of a call."""

    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    FAILED = "failed"


class RecordingStatus(StrEnum):
    """The state of the recording of a track."""

    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    DELETED = "deleted"


USUAL_CONTAINERS: Mapping[str, str] = {MediaType.AUDIO: "mka", MediaType.VIDEO: "mkv"}
"""The containers of recordings that do not say theirs, which are the endings of their files."""


@dataclass(frozen=True, slots=True)
class RecordingRule:
    """One include or exclude step over the recordings of a room; set filters are ANDed.

    Attributes:
        include: True adds what matches, False takes it away.
        everything: the `all` filter; the others are None then.
        kind: media type, or None.
        publisher: identity or participant sid, case-sensitive, or None.
        track: track name or track sid, case-sensitive, or None.
    """

    include: bool
    everything: bool = False
    kind: MediaType | None = None
    publisher: str | None = None
    track: str | None = None


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody in the call, a phone caller included.

    Attributes:
        display_name: what people are shown; None or "" where that is the identity.
        roles: what templates may select by.
        avatar: path of a picture of them, as `media` of a recording; None where there is none.
        attributes: free-form; nothing here reads them.
    """

    sid: str
    identity: str
    kind: str = "webrtc"
    display_name: str | None = None
    roles: tuple[str, ...] = ()
    avatar: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def name(self) -> str:
        """The name that people are shown."""
        return self.display_name or self.identity


@dataclass(frozen=True, slots=True)
class Recording:
    """One track of one media file, as the manifest claims it.

    Attributes:
        offset_ms: where container time 0 sits on the room clock; only differences matter.
        claimed_duration_s: rounded by the service that wrote it; never used for planning.
        claimed_size_bytes: as claimed.
        track_index: which of the file's tracks of the type, in the file's order.
        media: path relative to the manifest, or a URL, as written; None where there is no file.
        encryption: how the file is encrypted, as claimed; None: storage has to say, or it is not.
        attributes: free-form; nothing here reads them.
    """

    sid: str
    source_sid: str
    participant_sid: str
    track_name: str
    type: MediaType
    status: RecordingStatus
    offset_ms: int = 0
    container_format: str | None = None
    codec: str | None = None
    claimed_duration_s: int | None = None
    claimed_size_bytes: int | None = None
    media: str | None = None
    sha256: str | None = None
    date_created: datetime | None = None
    date_deleted: datetime | None = None
    encryption: Encryption | None = None
    track_index: int = 0
    attributes: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Room:
    """One call with its participants and recordings.

    Attributes:
        unique_name: the room's name; falls back to its sid.
        recording_rules: None where everything is in.
        end_time: UTC; set once the room is completed.
        status_callback: where events of the room are sent; None: nowhere.
        status_callback_method: GET or POST.
        clock_zero: UTC; when the room clock stood at 0, or None where that is not known.
        events: what happened, in any order.
        events_media: path of a file with events, as `media` of a recording; None of no file.
    """

    sid: str
    unique_name: str
    status: RoomStatus
    participants: tuple[Participant, ...] = ()
    recordings: tuple[Recording, ...] = ()
    recording_rules: tuple[RecordingRule, ...] | None = None
    type: str = "group"
    date_created: datetime | None = None
    end_time: datetime | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict, compare=False)
    status_callback: str | None = None
    status_callback_method: str = "POST"
    clock_zero: datetime | None = None
    events: tuple[Event, ...] = ()
    events_media: str | None = None

    def recording(self, sid: str) -> Recording:
        """Return the recording of that sid.

        Raises:
            KeyError: the room has none.
        """
        for recording in self.recordings:
            if recording.sid == sid:
                return recording
        raise KeyError(sid)

    @property
    def people(self) -> dict[str, Participant]:
        """The participants by sid."""
        return {one.sid: one for one in self.participants}

    def participant(self, sid: str) -> Participant:
        """Return the participant of that sid; one that is not listed is named by it."""
        for participant in self.participants:
            if participant.sid == sid:
                return participant
        return Participant(sid, sid)

    def identity_of(self, participant_sid: str) -> str:
        """Return the identity of a participant, or the sid itself where it is not listed."""
        return self.participant(participant_sid).identity

    def name_of(self, participant_sid: str) -> str:
        """Return the name of a participant that people are shown."""
        return self.participant(participant_sid).name

    def label_of(self, sid: str) -> str:
        """Return the name of a recording for people: those of its participant and its track.

        Raises:
            KeyError: the room has no recording of this sid.
        """
        recording = self.recording(sid)
        return f"{self.name_of(recording.participant_sid)}/{recording.track_name}"

    def named(self, sid: str) -> str:
        """Return a recording by what people and machines call it: "carla/screen (RT...)".

        Raises:
            KeyError: the room has no recording of this sid.
        """
        return f"{self.label_of(sid)} ({sid})"

    def naming(self, text: str) -> str:
        """Return a text in which recordings of the room stand by their names, too."""
        known = {recording.sid for recording in self.recordings}
        return _SID.sub(lambda sid: self.named(sid[0]) if sid[0] in known else sid[0], text)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A room, and the document it came from.

    Attributes:
        url: path or URL of the document; `media` paths are relative to its folder.
        sha256: hex digest of the document's bytes.
    """

    room: Room
    url: str
    sha256: str
