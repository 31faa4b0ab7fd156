"""Room manifests (`roomreel.room/1`): JSON to `Manifest`, and a `Room` back to JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from roomreel.documents.document import Kind, check_document
from roomreel.documents.encryption import (
    encryption_document,
    findings_of_encryption,
    parse_encryption,
)
from roomreel.documents.events import event_document, findings_of_event, parse_event
from roomreel.documents.findings import Finding, value_text
from roomreel.documents.rules import findings_of_filters, parse_rule, rule_document
from roomreel.documents.schema import instant
from roomreel.errors import DocumentInvalid
from roomreel.model.room import (
    Manifest,
    MediaType,
    Participant,
    Recording,
    RecordingStatus,
    Room,
    RoomStatus,
)

SCHEMA = "roomreel.room/1"


def parse_manifest(data: bytes, file: str) -> Manifest:
    """Read a room manifest.

    Args:
        data: the bytes of the document.
        file: path or URL it came from; `media` paths are relative to its folder.

    Raises:
        DocumentInvalid: with every broken rule.
    """
    document = check_document(data, file, MANIFEST)
    return Manifest(_room(document), file, hashlib.sha256(data).hexdigest())


def manifest_text(room: Room) -> str:
    """Return a manifest of a room, for people to read on; parsed again it gives an equal room."""
    rules = room.recording_rules
    document = {
        "schema": SCHEMA,
        "room": _given(
            sid=room.sid,
            unique_name=room.unique_name,
            status=room.status,
            type=room.type,
            date_created=_date(room.date_created),
            end_time=_date(room.end_time),
            recording_rules=None if rules is None else [rule_document(rule) for rule in rules],
            status_callback=room.status_callback,
            status_callback_method=_unless_post(room.status_callback_method),
            attributes=dict(room.attributes) or None,
            clock_zero=_date(room.clock_zero),
        ),
        # An empty list would say that no one was there, of recordings too.
        **_given(participants=[_participant_document(one) for one in room.participants] or None),
        "recordings": [recording_document(recording) for recording in room.recordings],
        **_given(events=_events_document(room)),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _events_document(room: Room) -> list[dict[str, Any]] | dict[str, str] | None:
    if room.events_media is not None:
        return {"media": room.events_media}
    return [event_document(event) for event in room.events] or None


def _unless_post(method: str) -> str | None:
    return None if method == "POST" else method


def _participant_document(participant: Participant) -> dict[str, Any]:
    return _given(
        sid=participant.sid,
        identity=participant.identity,
        kind=participant.kind,
        display_name=participant.display_name,
        roles=list(participant.roles) or None,
        avatar=participant.avatar,
        attributes=dict(participant.attributes) or None,
    )


# What the schema cannot say. Any key may be missing here, or have None for a value that is broken
# and reported already; no value has a wrong type.


def _rules(document: Mapping[str, Any]) -> Iterator[Finding]:
    room = document.get("room") or {}
    if room.get("status") == RoomStatus.COMPLETED and "end_time" not in room:
        yield Finding(("room", "end_time"), "a date once the status is completed", "nothing")
    for index, rule in _elements(room, "recording_rules"):
        yield from findings_of_filters(("room", "recording_rules", index), rule)
    for key in ("participants", "recordings"):
        yield from _repeated_sids(document, key)
    yield from _strangers(document)
    for index, recording in _elements(document, "recordings"):
        path = ("recordings", index, "encryption")
        yield from findings_of_encryption(path, recording.get("encryption") or {})
    for index, event in _elements(document, "events"):
        yield from findings_of_event(("events", index), event)


def _repeated_sids(document: Mapping[str, Any], key: str) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for index, element in _elements(document, key):
        sid = element.get("sid")
        if sid and first.setdefault(sid, index) != index:
            expected = f"a sid of its own (/{key}/{first[sid]} has this one)"
            yield Finding((key, index, "sid"), expected, value_text(sid))


def _strangers(document: Mapping[str, Any]) -> Iterator[Finding]:
    participants = document.get("participants")
    if participants is None:
        return
    known = {(one or {}).get("sid") for one in participants}
    # While the sid of a participant is broken, no one can be called unknown.
    if None in known:
        return
    for key in ("recordings", "events"):
        for index, element in _elements(document, key):
            sid = element.get("participant_sid")
            if sid and sid not in known:
                path = (key, index, "participant_sid")
                yield Finding(path, "the sid of one of the participants", value_text(sid))


def _elements(node: Mapping[str, Any], key: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    found = node.get(key)
    elements = enumerate(found if isinstance(found, list) else ())
    return ((index, element) for index, element in elements if element is not None)


MANIFEST = Kind("room-1.schema.json", _rules, DocumentInvalid)


def _room(document: Mapping[str, Any]) -> Room:
    node = _given(**document["room"])
    return Room(
        sid=node["sid"],
        unique_name=node.get("unique_name", node["sid"]),
        status=RoomStatus(node["status"]),
        participants=tuple(_participant(one) for one in document.get("participants") or ()),
        recordings=tuple(_recording(one) for one in document.get("recordings") or ()),
        recording_rules=tuple(parse_rule(rule) for rule in node["recording_rules"])
        if "recording_rules" in node
        else None,
        type=node.get("type", "group"),
        date_created=_instant(node.get("date_created")),
        end_time=_instant(node.get("end_time")),
        attributes=node.get("attributes", {}),
        status_callback=node.get("status_callback"),
        status_callback_method=node.get("status_callback_method", "POST"),
        clock_zero=_instant(node.get("clock_zero")),
        **_events(document.get("events") or ()),
    )


def _events(said: Sequence[Mapping[str, Any]] | Mapping[str, Any]) -> dict[str, Any]:
    """Return what a room has of its events: themselves, or where their file is."""
    if isinstance(said, Mapping):
        return {"events_media": said["media"]}
    return {"events": tuple(map(parse_event, said))}


def _participant(document: Mapping[str, Any]) -> Participant:
    node = _given(**document)
    sid = node["sid"]
    return Participant(
        sid=sid,
        identity=node.get("identity", sid),
        kind=node.get("kind", "webrtc"),
        display_name=node.get("display_name"),
        roles=tuple(node.get("roles", ())),
        avatar=node.get("avatar"),
        attributes=node.get("attributes", {}),
    )


def _recording(document: Mapping[str, Any]) -> Recording:
    node = _given(**document)
    duration = node.get("duration")
    digest = node.get("sha256")
    return Recording(
        sid=node["sid"],
        # Nobody but templates asks for it, so a recorder that has none needs none.
        source_sid=node.get("source_sid", f"MT{node['sid'][2:]}"),
        participant_sid=node["participant_sid"],
        track_name=node["track_name"],
        type=MediaType(node["type"]),
        status=RecordingStatus(node["status"]),
        offset_ms=node.get("offset", 0),
        container_format=node.get("container_format"),
        codec=node.get("codec"),
        claimed_duration_s=None if duration is None else round(duration),
        claimed_size_bytes=node.get("size"),
        media=node.get("media"),
        sha256=digest and digest.lower(),
        date_created=_instant(node.get("date_created")),
        date_deleted=_instant(node.get("date_deleted")),
        encryption=parse_encryption(node.get("encryption")),
        track_index=int(node.get("track_index", 0)),
        attributes=node.get("attributes", {}),
    )


def recording_document(recording: Recording) -> dict[str, Any]:
    """Return the object that is parsed to an equal recording."""
    return _given(
        sid=recording.sid,
        source_sid=recording.source_sid,
        participant_sid=recording.participant_sid,
        track_name=recording.track_name,
        type=recording.type,
        status=recording.status,
        container_format=recording.container_format,
        codec=recording.codec,
        offset=recording.offset_ms,
        duration=recording.claimed_duration_s,
        size=recording.claimed_size_bytes,
        media=recording.media,
        track_index=recording.track_index or None,
        sha256=recording.sha256,
        date_created=_date(recording.date_created),
        date_deleted=_date(recording.date_deleted),
        encryption=encryption_document(recording.encryption),
        attributes=dict(recording.attributes) or None,
    )


def _given(**members: Any) -> dict[str, Any]:
    """Return the members that are set: null and a missing key are the same."""
    return {key: value for key, value in members.items() if value is not None}


def _instant(text: str | None) -> datetime | None:
    return None if text is None else instant(text)


def _date(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
