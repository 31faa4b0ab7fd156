"""A composition with a plan document, made of nothing but words: who is where, and when."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from api_in_process import Api, composition_sid, empty_api, recording, sid_of

from roomreel.model.table import Row, Table

NUMBER = 0
SID = composition_sid(NUMBER)
CAMERA, VOICE = sid_of("RT", 0, "video"), sid_of("RT", 0, "audio")
GONE = sid_of("RT", 0, "nobody")
WARNING = {"code": "timestamp-gap", "recording_sid": CAMERA, "message": "a pause of 3 s at 4 s"}


def plan_document(**said: Any) -> dict[str, Any]:
    """Ten seconds of 640x480: a camera on the left from 2 s to 8 s, and over it for a second."""
    camera = {
        "recording_sid": CAMERA,
        "region": "left",
        "cell": 0,
        "x": 0,
        "y": 0,
        "width": 320,
        "height": 480,
        "z": 0,
        "media_start": "0",
    }
    inset = camera | {"recording_sid": GONE, "region": "inset", "x": 10, "y": 10, "z": 1}
    inset |= {"width": 100, "height": 100}
    region = {"name": "left", "x": 0, "y": 0, "width": 320, "height": 480, "z": 0}
    return {
        "schema": "roomreel.plan/1",
        "room_sid": sid_of("RM", 0),
        "template": "grid",
        "resolution": "640x480",
        "format": "mp4",
        "frame_rate": "30/1",
        "frame_count": 300,
        "duration_ms": 10_000,
        "source_bytes": 5000,
        "regions": [region | {"columns": 1, "rows": 1}],
        "scenes": [
            {"start_frame": 0, "end_frame": 60, "placements": []},
            {"start_frame": 60, "end_frame": 210, "placements": [camera]},
            {"start_frame": 210, "end_frame": 240, "placements": [camera, inset]},
            {"start_frame": 240, "end_frame": 300, "placements": []},
        ],
        "audio": [
            {"recording_sid": VOICE, "start_ms": 0, "end_ms": 10_000, "media_start": "0"},
        ],
        "warnings": [WARNING],
    } | said


def publish_planned(api: Api, media: bytes = b"", **said: Any) -> Row:
    """Publish a composition that has such a plan; return its row."""
    row = api.publish(NUMBER) | {"warnings": [WARNING], "status": "completed"}
    place = Path(row["media_url"])
    place.write_bytes(media or b"{}")
    place.with_name(f"{SID}.plan.json").write_text(json.dumps(plan_document()))
    row |= {"size_bytes": place.stat().st_size, "width": 640, "height": 480, "format": "mp4"}
    row |= {"duration_ms": 10_000, "frame_rate": "30/1", "frame_count": 300, **said}
    api.record(Table.COMPOSITIONS, row)
    return row


@contextmanager
def one_composition(folder: Path) -> Iterator[Api]:
    """Yield an API with one composition that has a plan, and its room."""
    with empty_api(folder) as api:
        api.room(0)
        api.record(Table.RECORDINGS, *(recording(0, kind) for kind in ("audio", "video")))
        publish_planned(api)
        api.look()
        yield api
