import json
from collections.abc import Callable
from typing import Any

import pytest

from roomreel.documents.document import Kind, check_document
from roomreel.documents.manifest import MANIFEST
from roomreel.documents.template import TEMPLATE
from roomreel.errors import Violation


def sid(prefix: str, number: int) -> str:
    return f"{prefix}{number:032x}"


@pytest.fixture
def room() -> dict[str, Any]:
    """A manifest document that keeps every rule and uses every key."""
    return {
        "schema": "roomreel.room/1",
        "room": {
            "sid": sid("RM", 1),
            "unique_name": "weekly-standup",
            "status": "completed",
            "type": "group",
            "date_created": "2026-11-20T09:00:00Z",
            "end_time": "2026-11-20T09:31:12.250Z",
            "recording_rules": [
                {"type": "include", "all": True},
                {"type": "exclude", "kind": "video", "publisher": "bob", "track": "camera"},
            ],
            "attributes": {"team": ["a", None], "nested": {"any": 1.5}},
        },
        "participants": [
            {
                "sid": sid("PA", 1),
                "identity": "alice",
                "kind": "webrtc",
                "display_name": "Alice K.",
                "roles": ["host", "speaker"],
            },
            {"sid": sid("PA", 2), "identity": "alice", "kind": "pstn"},
        ],
        "recordings": [
            {
                "sid": sid("RT", 1),
                "source_sid": sid("MT", 1),
                "participant_sid": sid("PA", 1),
                "track_name": "camera",
                "type": "video",
                "status": "completed",
                "container_format": "mkv",
                "codec": "VP8",
                "offset": -155137307765,
                "duration": 31,
                "size": 1843200,
                "media": "one.mkv",
                "track_index": 2,
                "sha256": "ab" * 32,
                "date_created": "2026-11-20T09:00:01Z",
                "date_deleted": None,
            },
            {
                "sid": sid("RT", 2),
                "source_sid": sid("MT", 2),
                "participant_sid": sid("PA", 2),
                "track_name": "phone",
                "type": "audio",
                "status": "deleted",
                "date_deleted": "2026-11-21T00:00:00Z",
            },
        ],
    }


@pytest.fixture
def template() -> dict[str, Any]:
    """A template document that keeps every rule and uses every key, but for those of overlays."""
    return {
        "schema": "roomreel.template/1",
        "friendly_name": "everything",
        "enabled": False,
        "rooms": ["lesson-*"],
        "video_layout": {
            "top": {
                "x_pos": 600,
                "y_pos": 20,
                "z_pos": 5,
                "width": 40,
                "height": 30,
                "max_columns": 3,
                "max_rows": 2,
                "min_recording_ms": 1500,
                "cells_excluded": ["4", 1, 4],
                "reuse": "none",
                "video_sources": ["screen"],
                "video_sources_excluded": ["*-private", {"identity": "bot-*"}],
            },
            "back": {
                "video_sources": ["*"],
                "gap": 8,
                "padding": 16,
                "last_row": "center",
                "unit": "participant",
                "voice_sources": ["*"],
                "voice_sources_excluded": [{"role": "bot"}],
                "fit": "cover",
                "fit_anchor": "bottom-left",
                "mirror": True,
            },
        },
        "audio_sources": ["*"],
        "audio_sources_excluded": ["music*", {"role": "bot"}],
        "resolution": "640x480",
        "format": "mp4",
        "frame_rate": "30000/1001",
        "trim": False,
        "passthrough": True,
        "status_callback": "https://example.com/done",
        "status_callback_method": "GET",
    }


def _violations(document: Any, kind: Kind) -> tuple[Violation, ...]:
    data = document if isinstance(document, bytes) else json.dumps(document, indent=1).encode()
    try:
        check_document(data, "file.json", kind)
    except kind.error as error:
        return error.violations
    return ()


@pytest.fixture
def room_violations() -> Callable[[Any], tuple[Violation, ...]]:
    """What is wrong with a manifest, given as a value or as bytes."""
    return lambda document: _violations(document, MANIFEST)


@pytest.fixture
def template_violations() -> Callable[[Any], tuple[Violation, ...]]:
    """What is wrong with a template, given as a value or as bytes."""
    return lambda document: _violations(document, TEMPLATE)


@pytest.fixture
def change() -> Callable[[Any, str, Any], Any]:
    """Set the value at a JSON pointer, or take it out where the value is `...`."""

    def apply(document: Any, at: str, value: Any) -> Any:
        *parents, last = at.split("/")[1:]
        node = document
        for part in parents:
            node = node[int(part) if isinstance(node, list) else part]
        key = int(last) if isinstance(node, list) else last
        if value is ...:
            del node[key]
        else:
            node[key] = value
        return document

    return apply


@pytest.fixture
def room_after(room, change, room_violations):
    """What is wrong with the manifest after one change."""
    return lambda at, value: room_violations(change(room, at, value))


@pytest.fixture
def template_after(template, change, template_violations):
    """What is wrong with the template after one change."""
    return lambda at, value: template_violations(change(template, at, value))
