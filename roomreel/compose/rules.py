"""Recording rules that were posted to the service: they replace those of the manifest."""

from __future__ import annotations

from dataclasses import replace

from roomreel.documents.rules import PostedRules, parse_rules
from roomreel.model.location import Location
from roomreel.model.room import Manifest
from roomreel.settings.places import Places
from roomreel.storage import read_if_there
from roomreel.storage.rooms import RULES


def rules_place(settings: Places, room_sid: str) -> Location:
    """Return where the rules of a room are once they are posted."""
    return settings.rooms_root / room_sid / RULES


def read_posted(settings: Places, room_sid: str) -> PostedRules | None:
    """Return the rules that were posted for a room; None where none were.

    Raises:
        StorageFailed: they cannot be read.
        DocumentInvalid: somebody has changed their file, and not well.
    """
    place = rules_place(settings, room_sid)
    data = read_if_there(place)
    return None if data is None else parse_rules(data, str(place))


def with_posted_rules(manifest: Manifest, settings: Places) -> Manifest:
    """Return a manifest with the rules that are in force for its room.

    Raises:
        StorageFailed, DocumentInvalid: as of `read_posted`.
    """
    posted = read_posted(settings, manifest.room.sid)
    if posted is None:
        return manifest
    return replace(manifest, room=replace(manifest.room, recording_rules=posted.rules))
