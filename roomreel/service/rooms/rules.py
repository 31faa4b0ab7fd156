"""Recording rules of a room: those that were posted, else those of its manifest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from roomreel.compose.rules import read_posted, rules_place
from roomreel.documents.rules import PostedRules, parse_rules, rules_text
from roomreel.errors import DocumentInvalid
from roomreel.model.room import RecordingRule
from roomreel.model.table import Row
from roomreel.service.database.turns import turn
from roomreel.service.rooms.manifests import find_manifest
from roomreel.service.service import Service
from roomreel.storage import write_bytes

EVERYTHING = (RecordingRule(include=True, everything=True),)
"""What holds where neither manifest nor anybody else says anything."""


def find_rules(service: Service, room: Row) -> PostedRules:
    """Return the rules that are in force for a room.

    Raises:
        StorageFailed, DocumentInvalid: they cannot be read.
    """
    posted = read_posted(service.settings, room["sid"])
    if posted is None:
        manifest = find_manifest(service.database, service.settings, room["sid"])
        rules = manifest.room.recording_rules if manifest else None
        posted = PostedRules(EVERYTHING if rules is None else rules)
    created = posted.date_created or room["date_created"] or room["end_time"]
    return replace(posted, date_created=created, date_updated=posted.date_updated or created)


def post_rules(service: Service, room: Row, document: bytes) -> PostedRules:
    """Have rules take the place of all others of a room; return them.

    Args:
        document: `roomreel.rules/1`.

    Raises:
        DocumentInvalid: with every broken rule; those of before are still in force.
        StorageFailed, ServiceDatabaseFailed, Conflict: they cannot be kept now.
    """
    given = parse_rules(document, "")
    now = datetime.now(UTC)
    sid = room["sid"]
    with turn(service.database, f"room {sid}"):
        try:
            before = read_posted(service.settings, sid)
        except DocumentInvalid:  # somebody has changed their file, and not well
            before = None
        created = (before and before.date_created) or now
        kept = replace(given, date_created=created, date_updated=now)
        write_bytes(rules_place(service.settings, sid), rules_text(kept).encode())
    return kept
