"""Notices about a delivery, by codes that stay."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """The kinds of findings."""

    ALREADY_COMPOSED = "already-composed"
    CLAIM_DIFFERS = "claim-differs"
    CLAIM_NONSENSE = "claim-nonsense"
    CLOCK_COARSE = "clock-coarse"
    CLOCK_GUESSED = "clock-guessed"
    CLOCK_SUSPECT = "clock-suspect"
    CODEC_CHANGED = "codec-changed"
    CODEC_UNSUPPORTED = "codec-unsupported"
    DATA_KEPT = "data-kept"
    END_TIME_GUESSED = "end-time-guessed"
    IMPORTER_BROKEN = "importer-broken"
    LOG_PARTIAL = "log-partial"
    MEDIA_EMPTY = "media-empty"
    MEDIA_ENCRYPTED = "media-encrypted"
    MEDIA_MISSING = "media-missing"
    MEDIA_UNDECODABLE = "media-undecodable"
    MEDIA_UNFINISHED = "media-unfinished"
    MEDIA_UNREFERENCED = "media-unreferenced"
    NAME_GUESSED = "name-guessed"
    NOT_ALIGNABLE = "not-alignable"
    OVERLAP_DROPPED = "overlap-dropped"
    PACKETS_LATE = "packets-late"
    PACKETS_LOST = "packets-lost"
    PAUSE_CLAIMED = "pause-claimed"
    ROTATION_CLAIMED = "rotation-claimed"


class Severity(StrEnum):
    """The weight of a finding: to be known, or to be acted on."""

    NOTE = "note"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something noticed.

    Attributes:
        subject: the file, recording or participant it is about; "" for the room.
        text: what it is and what would mend it, for people; without secrets.
    """

    code: Code
    subject: str
    text: str
    severity: Severity = Severity.WARNING
