"""Facts from which rows of rooms and recordings are made. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from roomreel.documents.identity import canonical_json
from roomreel.model.composition import Decoded
from roomreel.model.location import without_secrets
from roomreel.model.media import MediaFile, PacketIndex, size_of_files
from roomreel.model.plan import PlanWarning, WarningCode
from roomreel.model.room import Manifest, Recording, Room
from roomreel.model.talk import RecordingTalk
from roomreel.model.time import to_ms
from roomreel.plan.probe_results import ProbeResult
from roomreel.plan.spans import total
from roomreel.plan.talk_figures import RoomFigures
from roomreel.redaction import redacted, redacted_value

# Warnings that are about a recording whatever composition it is in.
_ABOUT_RECORDINGS = frozenset(
    {
        WarningCode.MEDIA_MISSING,
        WarningCode.MEDIA_EMPTY,
        WarningCode.MEDIA_TRUNCATED,
        WarningCode.MEDIA_UNDECODABLE,
        WarningCode.RECORDING_SHORT,
        WarningCode.CLAIM_DIFFERS,
        WarningCode.LATE_KEYFRAME,
        WarningCode.SIZE_CHANGED,
        WarningCode.TIMESTAMP_GAP,
        WarningCode.TIMESTAMP_BACKWARDS,
        WarningCode.CLOCK_DRIFT,
        WarningCode.TRACKS_PASSED_OVER,
    }
)


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """A room, as columns read it.

    Attributes:
        media: by recording sid.
        done: digests of the templates it has been composed with, now.
        end_time: the first one recorded; the manifest's where none was.
        figures: of the talk in it; None where nothing was listened to.
    """

    manifest: Manifest
    media: Mapping[str, MediaFile]
    done: Iterable[str]
    end_time: datetime
    figures: RoomFigures | None = None

    @property
    def room(self) -> Room:
        """Return the room of the manifest."""
        return self.manifest.room

    @property
    def duration_ms(self) -> int | None:
        """Return the time from creation to end."""
        created = self.room.date_created
        return None if created is None else (self.end_time - created) // timedelta(milliseconds=1)

    @property
    def source_bytes(self) -> int:
        """Return the size of all its files, each counted once."""
        return size_of_files(one.stored for one in self.media.values() if one.stored)

    @property
    def attributes(self) -> str | None:
        """Return its free-form attributes as JSON; None where it has none."""
        return _json_of(self.room.attributes)

    @property
    def participant_attributes(self) -> str | None:
        """Return those of its people as JSON, by sid; None where nobody has any."""
        people = self.room.participants
        return _json_of({one.sid: dict(one.attributes) for one in people if one.attributes})

    @property
    def participants(self) -> list[dict[str, str]]:
        """Return the people in the manifest."""
        return [{"sid": one.sid, "identity": one.identity} for one in self.room.participants]


@dataclass(frozen=True, slots=True)
class RecordingFacts:
    """A recording, as columns read it: what its manifest claims, and what was found.

    Attributes:
        decoded: what decoding showed; None where it was not decoded.
        found: warnings, by what found them.
        talk: the talk in it; None where it was not listened to.
    """

    room: Room
    recording: Recording
    medium: MediaFile
    probe_result: ProbeResult = field(default_factory=ProbeResult)
    decoded: Decoded | None = None
    found: Iterable[Iterable[PlanWarning]] = ()
    talk: RecordingTalk | None = None

    @property
    def packets(self) -> PacketIndex | None:
        """Return the index of its packets; None where none was made."""
        return self.medium.packets

    @property
    def media_url(self) -> str | None:
        """Return where the file is, or else where the manifest says."""
        if self.medium.stored:
            return self.medium.stored.location
        return self.recording.media and without_secrets(self.recording.media)

    @property
    def attributes(self) -> str | None:
        """Return its free-form attributes as JSON; None where it has none."""
        return _json_of(self.recording.attributes)

    @property
    def claimed_duration_ms(self) -> int | None:
        """Return the claimed length."""
        claimed_s = self.recording.claimed_duration_s
        return None if claimed_s is None else claimed_s * 1000

    @property
    def size_bytes(self) -> int | None:
        """Return the size of the file."""
        return self.medium.stored.size_bytes if self.medium.stored else None

    @property
    def drift_ppm(self) -> float | None:
        """Return how much faster timestamps advance than the sound."""
        drift = self.probe_result.drift_ppm
        return None if drift is None else float(drift)

    @property
    def width(self) -> int | None:
        """Return the largest width, as decoded or else as packets say."""
        return (
            (self.decoded and self.decoded.width) or (self.packets and self.packets.width) or None
        )

    @property
    def height(self) -> int | None:
        """Return the largest height, likewise."""
        return (
            (self.decoded and self.decoded.height) or (self.packets and self.packets.height) or None
        )

    @property
    def frame_count(self) -> int | None:
        """Return the number of packets or, where no index was made, of frames decoded."""
        if self.packets is not None:
            return len(self.packets)
        return self.decoded.frames if self.decoded else None

    @property
    def loudness_lufs(self) -> float | None:
        """Return the loudness of all of it."""
        return None if self.talk is None else _part(self.talk.loudness, 100)

    @property
    def true_peak_db(self) -> float | None:
        """Return the true peak."""
        return None if self.talk is None else _part(self.talk.peak, 100)

    @property
    def level_floor_db(self) -> float | None:
        """Return the level of its noise."""
        return None if self.talk is None else _part(self.talk.floor, 10)

    @property
    def talk_ms(self) -> int | None:
        """Return for how long somebody talks in it."""
        return None if self.talk is None else to_ms(total(one.span for one in self.talk.spurts))

    @property
    def warnings(self) -> list[dict[str, Any]]:
        """Return those that are about this recording; of several that found a code, the first."""
        found: dict[WarningCode, set[str]] = {}
        for of_one in self.found:
            messages: dict[WarningCode, set[str]] = defaultdict(set)
            for warning in of_one:
                is_of_this = warning.recording_sid == self.recording.sid
                if is_of_this and warning.code in _ABOUT_RECORDINGS:
                    messages[warning.code].add(warning.message)
            # Each composition says the same of a recording in words of its own.
            found = messages | found
        return [
            {"code": code.value, "message": redacted(message)}
            for code in sorted(found)
            for message in sorted(found[code])
        ]


def _part(value: int | None, of: int) -> float | None:
    return None if value is None else value / of


def _json_of(attributes: Mapping[str, Any]) -> str | None:
    return canonical_json(redacted_value(attributes)) if attributes else None
