"""Identities: digests over explicit lists of members, so that documents can grow.

A list has the members of the first version, which always enter. A younger one enters only where it
differs from its default (a default that is computed counts as unset), so that a document that does
not use it keeps its digest for good, and with it the sid of its compositions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from roomreel.documents.encryption import encryption_document
from roomreel.documents.events import event_document
from roomreel.documents.manifest import recording_document
from roomreel.documents.rules import rule_document
from roomreel.errors import AssetMissing
from roomreel.model.encryption import Encryption, EncryptionFormat
from roomreel.model.event import Event, in_order
from roomreel.model.look import Asset
from roomreel.model.media import MediaFile, Stored
from roomreel.model.room import (
    Manifest,
    MediaType,
    Participant,
    Recording,
    RecordingRule,
    RecordingStatus,
    Room,
)

INPUTS = "roomreel.inputs/1"

OTHER_INPUTS = frozenset({"0.1.0"})
"""Versions of the engine whose digest of the inputs is of another kind: none can be compared."""

RULE = ("type", "all", "kind", "publisher", "track")
RECORDING = (
    *("sid", "source_sid", "participant_sid", "track_name", "type", "status", "offset"),
    *("container_format", "codec", "duration", "size", "media", "sha256", "encryption"),
)
ENCRYPTION = ("format", "key", "iv", "unencrypted_content_length")

DECIDES_NOTHING = ("date_created", "date_deleted", "attributes")
"""Members of a recording that have no effect on what is made of it."""

_RULE = rule_document(RecordingRule(include=True))
_RECORDING = recording_document(
    Recording("", "", "", "", MediaType.AUDIO, RecordingStatus.COMPLETED)
)
_ENCRYPTION = encryption_document(Encryption(EncryptionFormat.AGE)) or {}


def digested(
    document: Mapping[str, Any],
    first: Collection[str],
    default: Mapping[str, Any],
    never: Collection[str] = (),
) -> dict[str, Any]:
    """Return the members of an object that enter a digest, or canonical JSON.

    Args:
        document: with all its members.
        first: names of the members of the first version.
        default: the same kind of object with every member at its default.
        never: names of members that enter whatever they are.
    """
    return {
        name: value
        for name, value in document.items()
        if name in first or (name not in never and value != default.get(name))
    }


def canonical_json(value: Any) -> str:
    """Return the one way to write a JSON value: keys sorted, no spaces, not escaped."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def inputs_sha256(manifest: Manifest, media: Mapping[str, MediaFile]) -> str:
    """Return the digest of the recordings of a manifest, and of the file of each.

    Of a file count its size and version, and where it is encrypted, its envelope and the keys that
    are there to open it.
    """
    room = manifest.room
    rules = room.recording_rules
    inputs = {
        "schema": INPUTS,
        "recording_rules": None if rules is None else [_rule(rule) for rule in rules],
        "recordings": [
            _recording(room, recording, media.get(recording.sid, MediaFile()).stored)
            for recording in sorted(room.recordings, key=lambda recording: recording.sid)
        ],
        **({} if room.clock_zero is None else {"clock_zero": room.clock_zero.isoformat()}),
    }
    return hashlib.sha256(canonical_json(inputs).encode()).hexdigest()


def inputs_with_evidence(
    room_inputs: str,
    assets: Mapping[str, Asset | AssetMissing],
    avatars: Mapping[str, MediaFile],
    events: Iterable[Event] = (),
    events_file: MediaFile | None = None,
) -> str:
    """Return the digest of the inputs of one composition; the room's where it has no others.

    Args:
        room_inputs: from `inputs_sha256`.
        assets: what the template draws, by path; one that is missing counts, too.
        avatars: the files of those that it may show, by the sid of the participant, likewise.
        events: those of the manifest, where the template goes by events, in any order.
        events_file: that of the manifest, likewise; one that is not there counts, too.
    """
    digests = {
        path: asset.sha256 if isinstance(asset, Asset) else None for path, asset in assets.items()
    }
    younger = {
        "avatars": {sid: _file(medium.stored) for sid, medium in avatars.items()},
        "events": [event_document(event) for event in in_order(events)],
        "events_file": events_file and {"stored": _file(events_file.stored)},
    }
    used = {name: value for name, value in younger.items() if value}
    if not digests and not used:
        return room_inputs
    inputs = {"schema": INPUTS, "room": room_inputs, "assets": digests, **used}
    return hashlib.sha256(canonical_json(inputs).encode()).hexdigest()


def _rule(rule: RecordingRule) -> dict[str, Any]:
    return digested(rule_document(rule), RULE, _RULE)


def _recording(room: Room, recording: Recording, stored: Stored | None) -> dict[str, Any]:
    members = digested(recording_document(recording), RECORDING, _RECORDING, DECIDES_NOTHING)
    members["encryption"] = _encryption(recording.encryption)
    members |= _participant(room.participant(recording.participant_sid))
    members["stored"] = _file(stored)
    return members


def _participant(person: Participant) -> dict[str, Any]:
    # Rules name a publisher by the identity, templates by the roles, people by the name.
    younger = {"display_name": person.display_name or None, "roles": sorted({*person.roles})}
    return {"identity": person.identity, **{name: said for name, said in younger.items() if said}}


def _file(stored: Stored | None) -> dict[str, Any] | None:
    if stored is None:
        return None
    readers = stored.encryption.readers if stored.encryption else ()
    return {
        "size": stored.size_bytes,
        "version": stored.version,
        "encryption": _encryption(stored.encryption),
        "readers": list(readers),
    }


def _encryption(encryption: Encryption | None) -> dict[str, Any] | None:
    document = encryption_document(encryption)
    return None if document is None else digested(document, ENCRYPTION, _ENCRYPTION)
