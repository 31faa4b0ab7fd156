"""From the model to rows. Pure.

A row may leave out columns that are null. Claims of a manifest stand beside evidence from storage,
packets and decoding, never in its place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from roomreel import __version__
from roomreel.model.composition import CompositionStatus, Decoded, Outcome, composition_sid
from roomreel.model.location import without_secrets
from roomreel.model.media import Medium, size_of_files
from roomreel.model.plan import PlanWarning, WarningCode
from roomreel.model.room import Manifest, Recording
from roomreel.model.table import Row
from roomreel.plan.evidence import Evidence
from roomreel.redaction import redacted

_INT64 = 2**63 - 1

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

# What only some runs find out: a run that did not look does not forget what an earlier one saw.
_EVIDENCE = (
    "start_ms",
    "end_ms",
    "duration_ms",
    "width",
    "height",
    "frame_count",
    "first_keyframe_ms",
    "size_changes",
    "gap_count",
    "gap_ms",
    "drift_ppm",
    "decode_errors",
    "found_codec",
    "usable",
    "start_time",
    "end_time",
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """When rows are written, and by which flow run."""

    updated_at: datetime
    flow_run_id: str | None = None


def room_row(
    manifest: Manifest,
    media: Mapping[str, Medium],
    done: Iterable[str],
    end_time: datetime,
    stamp: Stamp,
) -> Row:
    """The row of a room.

    Args:
        manifest: the room.
        media: by recording sid.
        done: digests of the templates it has been composed with, now.
        end_time: the first one recorded; the manifest's where none was.
        stamp: of this run.
    """
    room = manifest.room
    return stamped(
        room.sid,
        room.status,
        stamp,
        {
            "unique_name": room.unique_name,
            "type": room.type,
            "date_created": room.date_created,
            "end_time": end_time,
            "duration_ms": _ms_between(room.date_created, end_time),
            "participant_count": len(room.participants),
            "recording_count": len(room.recordings),
            "source_bytes": size_of_files(m.stored for m in media.values() if m.stored),
            "manifest_url": without_secrets(manifest.url),
            "manifest_sha256": manifest.sha256,
            "templates_done": sorted(set(done)),
            "participants": [
                {"sid": person.sid, "identity": person.identity} for person in room.participants
            ],
        },
    )


def recording_row(
    manifest: Manifest,
    recording: Recording,
    medium: Medium,
    evidence: Evidence | None,
    decoded: Decoded | None,
    warnings: Iterable[Iterable[PlanWarning]],
    stamp: Stamp,
) -> Row:
    """The row of a recording: what its manifest claims, beside what was found.

    `frame_count` is the number of its packets (a picture, or a frame of sound, each), or, where no
    index was made, of frames decoded. Of `warnings`, by who found them, those count that are about
    this recording; of several that found a code, the first.
    """
    room = manifest.room
    claimed_s = recording.claimed_duration_s
    return stamped(
        recording.sid,
        recording.status,
        stamp,
        {
            "room_sid": room.sid,
            "room_name": room.unique_name,
            "participant_sid": recording.participant_sid,
            "participant_identity": room.identity_of(recording.participant_sid),
            "source_sid": recording.source_sid,
            "track_name": recording.track_name,
            "type": recording.type,
            "date_created": recording.date_created,
            "date_deleted": recording.date_deleted,
            "container_format": recording.container_format,
            "codec": recording.codec,
            "media_url": _media_url(recording, medium),
            "sha256": recording.sha256,
            "offset_ms": recording.offset_ms,
            "claimed_duration_ms": None if claimed_s is None else claimed_s * 1000,
            "claimed_size_bytes": recording.claimed_size_bytes,
            "size_bytes": medium.stored.size_bytes if medium.stored else None,
            **_packet_columns(evidence or Evidence()),
            **_picture_columns(medium, decoded),
            "warnings": _warnings_of(recording.sid, warnings),
        },
    )


def composition_row(outcome: Outcome, stamp: Stamp) -> Row:
    """The row of a composition.

    `width` and `height` are the template's; the file of an odd size is a line larger.
    `realtime_factor` is wall seconds of rendering per second of output: below 1 is faster.
    """
    template, rate = outcome.template, outcome.template.frame_rate
    return stamped(
        outcome.sid,
        outcome.status,
        stamp,
        {
            "room_sid": outcome.room_sid,
            "room_name": outcome.room_name,
            "template": template.friendly_name,
            "template_sha256": outcome.template_sha256,
            "template_json": outcome.template_json,
            "inputs_sha256": outcome.inputs_sha256,
            "failure_code": outcome.failure_code,
            "failure_message": outcome.failure_message and redacted(outcome.failure_message),
            "date_created": outcome.date_created,
            "date_started": outcome.date_started,
            "date_completed": outcome.date_completed,
            "width": template.resolution.width,
            "height": template.resolution.height,
            "format": template.format,
            "trim": template.trim,
            "frame_rate": f"{rate.numerator}/{rate.denominator}",
            "frame_count": outcome.frame_count,
            "duration_ms": outcome.duration_ms,
            "size_bytes": outcome.size_bytes,
            "bitrate_bps": _bitrate_bps(outcome.size_bytes, outcome.duration_ms),
            "source_bytes": outcome.source_bytes,
            "source_duration_ms": outcome.source_duration_ms,
            "media_url": outcome.files.media if outcome.files else None,
            "media_sha256": outcome.media_sha256,
            "encryption": outcome.encryption,
            "key_fingerprint": outcome.key_fingerprint,
            "recordings": [
                {
                    "recording_sid": use.recording_sid,
                    "type": use.type,
                    "start_ms": use.start_ms,
                    "end_ms": use.end_ms,
                    "shown_ms": use.shown_ms,
                }
                for use in outcome.uses
            ],
            "warnings": [
                {
                    "code": warning.code,
                    "recording_sid": warning.recording_sid or None,
                    "message": redacted(warning.message),
                }
                for warning in outcome.warnings
            ],
            "render_s": outcome.render_s,
            "realtime_factor": _realtime_factor(outcome.render_s, outcome.duration_ms),
            "attempts": outcome.attempts,
        },
    )


def completes(outcome: Outcome) -> bool:
    """Whether the template of an outcome is done for its room.

    An ad-hoc composition, whose sid is not the one its inputs give, leaves the night's to be made.
    """
    nightly = composition_sid(
        outcome.room_sid,
        outcome.room_end_time,
        outcome.template.friendly_name,
        outcome.template_sha256,
    )
    return outcome.status is CompositionStatus.COMPLETED and outcome.sid == nightly


def with_evidence_of(row: Row, standing: Row) -> Row:
    """A recording's row with what it lacks of the standing row's evidence about the same bytes."""
    if row["size_bytes"] != standing["size_bytes"]:
        return row
    kept = {column: standing[column] for column in _EVIDENCE if row[column] is None}
    return row | kept | {"warnings": row["warnings"] or standing["warnings"]}


def _media_url(recording: Recording, medium: Medium) -> str | None:
    if medium.stored:
        return medium.stored.path
    return recording.media and without_secrets(recording.media)


def stamped(sid: str, status: str, stamp: Stamp, told: Row) -> Row:
    """Return the row that a run writes, in values that columns can hold."""
    return {
        "sid": sid,
        "status": str(status),
        "updated_at": stamp.updated_at,
        "flow_run_id": stamp.flow_run_id,
        "engine_version": __version__,
        **{column: _storable(value) for column, value in told.items()},
    }


def _packet_columns(evidence: Evidence) -> Row:
    return {
        "start_ms": evidence.start_ms,
        "end_ms": evidence.end_ms,
        "duration_ms": evidence.duration_ms,
        "first_keyframe_ms": evidence.first_keyframe_ms,
        "gap_count": evidence.gap_count,
        "gap_ms": evidence.gap_ms,
        "drift_ppm": None if evidence.drift_ppm is None else float(evidence.drift_ppm),
        "usable": evidence.usable,
        "start_time": evidence.start_time,
        "end_time": evidence.end_time,
    }


def _picture_columns(medium: Medium, decoded: Decoded | None) -> Row:
    packets = medium.packets
    return {
        "width": (decoded and decoded.width) or (packets and packets.width) or None,
        "height": (decoded and decoded.height) or (packets and packets.height) or None,
        "frame_count": len(packets) if packets is not None else decoded and decoded.frames,
        "size_changes": decoded and decoded.size_changes,
        "decode_errors": decoded and decoded.errors,
        "found_codec": packets and packets.codec,
    }


def _warnings_of(sid: str, warnings: Iterable[Iterable[PlanWarning]]) -> list[Row]:
    found: dict[WarningCode, set[str]] = {}
    for of_one in warnings:
        messages: dict[WarningCode, set[str]] = defaultdict(set)
        for warning in of_one:
            if warning.recording_sid == sid and warning.code in _ABOUT_RECORDINGS:
                messages[warning.code].add(warning.message)
        # Each composition says the same of a recording in words of its own.
        found = messages | found
    return [
        {"code": code.value, "message": redacted(message)}
        for code in sorted(found)
        for message in sorted(found[code])
    ]


def _ms_between(start: datetime | None, end: datetime) -> int | None:
    return None if start is None else (end - start) // timedelta(milliseconds=1)


def _bitrate_bps(size_bytes: int | None, duration_ms: int | None) -> int | None:
    return size_bytes * 8000 // duration_ms if size_bytes is not None and duration_ms else None


def _realtime_factor(render_s: float | None, duration_ms: int | None) -> float | None:
    return render_s * 1000 / duration_ms if render_s is not None and duration_ms else None


def _storable(value: Any) -> Any:
    """The value as a column can hold it.

    JSON may carry lone surrogates, which are no text, and claims beyond 64 bits: they become "?"
    and the nearest number, so that one odd manifest does not keep a night from being recorded.
    """
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case bool():
            return value
        case int():
            return max(-_INT64, min(value, _INT64))
        case dict():
            return {key: _storable(item) for key, item in value.items()}
        case list():
            return [_storable(item) for item in value]
        case _:
            return value
