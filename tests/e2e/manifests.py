"""Manifests as a stranger writes them."""

import json
from pathlib import Path

SIDS = {"room": "RM" + "1" * 32, "alice": "PA" + "2" * 32}


def manifest_of(name="camera", media="a.mkv", **more):
    """A room of one recording."""
    recording = {
        "sid": "RT" + "3" * 32,
        "source_sid": "MT" + "4" * 32,
        "participant_sid": SIDS["alice"],
        "track_name": name,
        "type": "video",
        "status": "completed",
        "media": media,
    }
    return {
        "schema": "roomreel.room/1",
        "room": {
            "sid": SIDS["room"],
            "unique_name": name,
            "status": "completed",
            "end_time": "2026-11-20T09:31:12Z",
        },
        "participants": [{"sid": SIDS["alice"], "identity": name}],
        "recordings": [recording | more],
    }


def written(file: Path, document) -> Path:
    file.write_text(json.dumps(document))
    return file
