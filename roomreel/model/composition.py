"""A composition and its outcome."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from roomreel.model.encryption import EncryptionFormat
from roomreel.model.loudness import Leveled
from roomreel.model.media import MediaFile
from roomreel.model.plan import PlanWarning
from roomreel.model.room import Manifest, MediaType
from roomreel.model.table import composition_day, day_of
from roomreel.model.template import Template


class CompositionStatus(StrEnum):
    """Outcomes a catalog holds; what is under way, the orchestrator knows."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DELETED = "deleted"


def composition_sid(room_sid: str, end_time: datetime, template: str, template_sha256: str) -> str:
    """Return the sid of the composition of a room by a template: the same inputs, the same sid.

    Its beginning for the room's end, 20 hex digits of a SHA-256 over room, template name and
    template digest.
    """
    key = f"{room_sid}\0{template}\0{template_sha256}"
    digest = hashlib.sha256(key.encode()).hexdigest()
    return f"{beginning_of_sid(end_time)}{digest[:20]}"


def beginning_of_sid(instant: datetime) -> str:
    """Return what the sids of compositions of an instant begin with, which gives their day.

    `CJ` and 12 hex digits of its milliseconds since 1970: so sids sort by it.
    """
    return f"CJ{round(instant.timestamp() * 1000):012x}"


@dataclass(frozen=True, slots=True)
class Decoded:
    """Counts of what was decoded of one recording; None where it was not decoded.

    Attributes:
        frames: pictures, or audio frames, decoded.
        width: largest coded width seen, pixels; likewise `height`.
        size_changes: how often the picture size changed.
        errors: packets the decoder refused.
    """

    frames: int = 0
    width: int = 0
    height: int = 0
    size_changes: int = 0
    errors: int = 0

    def __add__(self, later: Decoded) -> Decoded:
        """Return the counts of two stretches of one recording together."""
        return Decoded(
            self.frames + later.frames,
            max(self.width, later.width),
            max(self.height, later.height),
            self.size_changes + later.size_changes,
            self.errors + later.errors,
        )

    def since(self, before: Decoded) -> Decoded:
        """Return the counts since they were `before`."""
        return replace(
            self,
            frames=self.frames - before.frames,
            size_changes=self.size_changes - before.size_changes,
            errors=self.errors - before.errors,
        )


@dataclass(frozen=True, slots=True)
class Use:
    """The part of one recording in a composition; times in ms of the room clock."""

    recording_sid: str
    type: MediaType
    start_ms: int
    end_ms: int
    shown_ms: int


@dataclass(frozen=True, slots=True)
class Files:
    """The published files of a composition: paths or URLs.

    Attributes:
        plan: the plan document; there is one in the store alone.
        external_location: URL of the medium where it is in a bucket of others; else None.
    """

    media: str
    poster: str | None
    sheet: str | None
    plan: str | None = None
    external_location: str | None = None


@dataclass(frozen=True, slots=True)
class LayoutUse:
    """A time of the output in which a layout is on."""

    name: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Job:
    """One composition to be made: everything its render needs, decided.

    Attributes:
        template_json: canonical JSON with defaults filled in; `template_sha256` is its digest.
        inputs_sha256: digest over the room's recordings and the size and version of each medium.
        media: evidence by recording sid, for every recording of the room.
        attempts: how many outcomes of this sid the catalog holds already.
    """

    sid: str
    manifest: Manifest
    template: Template
    template_json: str
    template_sha256: str
    inputs_sha256: str
    media: dict[str, MediaFile]
    date_created: datetime
    attempts: int = 0

    @property
    def days(self) -> set[date]:
        """The days on which it and its room, where that is over, are recorded."""
        ends = filter(None, [self.manifest.room.end_time])
        return {composition_day(self.sid), *map(day_of, ends)}

    @property
    def parts(self) -> str:
        """The name of the folder of its parts: the same for all who make the same.

        It is the sid of a night, whatever its own is: what a run that was killed has left finished
        is found by the next one, and goes with the recordings of the room.
        """
        room, template = self.manifest.room, self.template.friendly_name
        if room.end_time is None:
            return self.sid
        return composition_sid(room.sid, room.end_time, template, self.template_sha256)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a job: completed with files, or failed with a code and plain words.

    Attributes:
        media_sha256: of the medium as it is stored; like `size_bytes`, of the encrypted file.
        key_fingerprint: of the public key it is encrypted for.
        decoded: what decoding showed, by recording sid.
        leveled: how its sound was brought to the loudness wanted; None where none was.
        speaker_switches: how often another participant became the active speaker; None where its
            template does not ask who talks.
        overlay_count: those of the plan.
        layouts: which of the template's was on when; empty where one was all the time.
        render_s: wall seconds of rendering and verifying; of what was drawn together with others,
            its share.
    """

    sid: str
    room_sid: str
    room_name: str
    template: Template
    template_json: str
    template_sha256: str
    inputs_sha256: str
    status: CompositionStatus
    date_created: datetime
    date_started: datetime | None = None
    date_completed: datetime | None = None
    failure_code: str | None = None
    failure_message: str | None = None
    frame_count: int | None = None
    duration_ms: int | None = None
    size_bytes: int | None = None
    source_bytes: int | None = None
    source_duration_ms: int | None = None
    files: Files | None = None
    media_sha256: str | None = None
    encryption: EncryptionFormat | None = None
    key_fingerprint: str | None = None
    uses: tuple[Use, ...] = ()
    warnings: tuple[PlanWarning, ...] = ()
    decoded: dict[str, Decoded] = field(default_factory=dict)
    render_s: float | None = None
    attempts: int = 1
    leveled: Leveled | None = None
    speaker_switches: int | None = None
    overlay_count: int | None = None
    layouts: tuple[LayoutUse, ...] = ()
