"""Resources as JSON: the keys, nulls, zeros and formats of dates that clients know."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.responses import Response

from roomreel.model.room import USUAL_CONTAINERS
from roomreel.model.table import Row
from roomreel.service.hooks.hook_files import Hook
from roomreel.service.service import Service
from roomreel.web.sources import source_texts

JSON = "application/json"


# Of the call service, by default.
MOST_PARTICIPANTS = 50
LONGEST_SESSION_S = 14_400

ROOM_LINKS = {
    "participants": "Participants",
    "recordings": "Recordings",
    "recording_rules": "RecordingRules",
    "transcriptions": "Transcriptions",
}

PARTICIPANT_LINKS = {
    "published_tracks": "PublishedTracks",
    "subscribed_tracks": "SubscribedTracks",
    "subscribe_rules": "SubscribeRules",
    "anonymize": "Anonymize",
}

# What has its own default is not among the keys that clients know of a region.
_REGION_EXTENSIONS = {"min_recording_ms": 0}


def json_response(
    value: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an answer with a JSON value in it."""
    return Response(orjson.dumps(value), status, headers, JSON)


def date_text(when: datetime | None) -> str | None:
    """Return an instant to the second: 2018-03-26T13:36:35Z."""
    return None if when is None else f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def composition_json(row: Row, service: Service) -> dict[str, Any]:
    """Return a composition as clients read it."""
    template = orjson.loads(row["template_json"] or "{}")
    # What was deleted before it was made has no size.
    is_made = row["status"] in {"completed", "deleted"} and row["size_bytes"] is not None
    made = row if is_made else {}
    url = f"{service.url}/v1/Compositions/{row['sid']}"
    return {
        "account_sid": service.account.sid,
        "status": row["status"],
        "date_created": date_text(row["date_created"]),
        "date_completed": date_text(made.get("date_completed")),
        "date_deleted": date_text(row["date_deleted"]),
        "sid": row["sid"],
        "room_sid": row["room_sid"],
        "audio_sources": source_texts(template.get("audio_sources", [])),
        "audio_sources_excluded": source_texts(template.get("audio_sources_excluded", [])),
        "video_layout": _layout(template.get("video_layout") or {}),
        "resolution": template.get("resolution"),
        "trim": template.get("trim"),
        "format": template.get("format"),
        # kbit/s, bytes, seconds.
        "bitrate": round((made.get("bitrate_bps") or 0) / 1000),
        "size": made.get("size_bytes") or 0,
        "duration": round((made.get("duration_ms") or 0) / 1000),
        "media_external_location": made.get("media_external_location"),
        "status_callback": template.get("status_callback"),
        "status_callback_method": template.get("status_callback_method"),
        "url": url,
        "links": {"media": f"{url}/Media"},
        "roomreel": _extensions(row, template, url),
    }


def _extensions(row: Row, template: Mapping[str, Any], url: str) -> dict[str, Any]:
    is_completed = row["status"] == "completed"
    return {
        "template": row["template"],
        "frame_rate": template.get("frame_rate"),
        "passthrough": template.get("passthrough"),
        "window": template.get("window"),
        "percentage_done": 100 if is_completed else row.get("percentage_done", 0),
        "failure_code": row["failure_code"],
        "failure_message": row["failure_message"],
        "warnings": row["warnings"] or [],
        "links": {name: f"{url}/{name.capitalize()}" for name in ("plan", "poster", "sheet")},
    }


def _layout(regions: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {name: _region(region) for name, region in regions.items()}


def _region(region: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in region.items()
        if key not in _REGION_EXTENSIONS or value != _REGION_EXTENSIONS[key]
    }


def hook_json(hook: Hook, service: Service) -> dict[str, Any]:
    """Return a hook as clients read it."""
    template = hook.ready.template
    members = orjson.loads(hook.ready.json)
    return {
        "account_sid": service.account.sid,
        "friendly_name": template.friendly_name,
        "enabled": hook.is_enabled,
        "date_created": date_text(template.date_created),
        "date_updated": date_text(template.date_updated),
        "sid": hook.sid,
        "audio_sources": source_texts(members["audio_sources"]),
        "audio_sources_excluded": source_texts(members["audio_sources_excluded"]),
        "video_layout": _layout(members["video_layout"]),
        "resolution": members["resolution"],
        "trim": members["trim"],
        "format": members["format"],
        "status_callback": members["status_callback"],
        "status_callback_method": members["status_callback_method"],
        "url": f"{service.url}/v1/CompositionHooks/{hook.sid}",
        "roomreel": {
            "is_file": hook.is_file,
            "frame_rate": members["frame_rate"],
            "passthrough": members["passthrough"],
            "window": members.get("window"),
            "rooms": members["rooms"],
            "problem": hook.problem and hook.problem.message,
        },
    }


def recording_json(row: Row, service: Service) -> dict[str, Any]:
    """Return a recording as clients read it."""
    return _recording(row, service, f"{service.url}/v1/Recordings/{row['sid']}") | {
        "status_callback": None,
        "status_callback_method": None,
    }


def room_recording_json(row: Row, service: Service) -> dict[str, Any]:
    """Return a recording as one of its room."""
    url = f"{service.url}/v1/Rooms/{row['room_sid']}/Recordings/{row['sid']}"
    return _recording(row, service, url) | {"room_sid": row["room_sid"]}


def _recording(row: Row, service: Service, url: str) -> dict[str, Any]:
    duration_ms = row["duration_ms"] or row["claimed_duration_ms"]
    groups = {"room_sid": row["room_sid"], "participant_sid": row["participant_sid"]}
    return {
        "account_sid": service.account.sid,
        "status": row["status"],
        "date_created": date_text(row["date_created"]),
        "sid": row["sid"],
        "source_sid": row["source_sid"],
        "size": row["size_bytes"] or row["claimed_size_bytes"] or 0,
        "url": url,
        "type": row["type"],
        # What lasts less than a second lasts one.
        "duration": max(round(duration_ms / 1000), 1) if duration_ms else 0,
        "container_format": row["container_format"] or USUAL_CONTAINERS.get(row["type"]),
        "codec": (row["found_codec"] or row["codec"] or "").upper() or None,
        "grouping_sids": groups,
        "track_name": row["track_name"] or row["source_sid"],
        "offset": row["offset_ms"] or 0,
        "media_external_location": None,
        "links": {"media": f"{url}/Media"},
        "roomreel": {
            "participant_identity": row["participant_identity"],
            "date_deleted": date_text(row["date_deleted"]),
            "warnings": row["warnings"] or [],
        },
    }


def room_json(row: Row, service: Service) -> dict[str, Any]:
    """Return a room as clients read it; what only the call service knows is as by default."""
    url = f"{service.url}/v1/Rooms/{row['sid']}"
    is_over = row["status"] != "in-progress"
    duration_ms = row["duration_ms"] if is_over else None
    return {
        "sid": row["sid"],
        "status": row["status"],
        "date_created": date_text(row["date_created"]),
        "date_updated": date_text(row["end_time"] if is_over else row["date_created"]),
        "account_sid": service.account.sid,
        "enable_turn": True,
        "unique_name": row["unique_name"],
        "status_callback": row["status_callback"],
        "status_callback_method": row["status_callback_method"] or "POST",
        "end_time": date_text(row["end_time"] if is_over else None),
        "duration": None if duration_ms is None else round(duration_ms / 1000),
        "type": row["type"],
        "max_participants": MOST_PARTICIPANTS,
        "max_participant_duration": LONGEST_SESSION_S,
        "max_concurrent_published_tracks": 0,
        "record_participants_on_connect": True,
        "video_codecs": ["VP8", "H264"],
        "media_region": None,
        "audio_only": False,
        "empty_room_timeout": 5,
        "unused_room_timeout": 5,
        "large_room": False,
        "url": url,
        "links": {name: f"{url}/{path}" for name, path in ROOM_LINKS.items()},
    }


def participant_json(person: Mapping[str, Any], room: Row, service: Service) -> dict[str, Any]:
    """Return a participant of a room as clients read it.

    Manifests do not say when people came and went: they were there as long as the call was.
    """
    is_over = room["status"] != "in-progress"
    end = room["end_time"] if is_over else None
    duration_ms = room["duration_ms"] if is_over else None
    url = f"{service.url}/v1/Rooms/{room['sid']}/Participants/{person['sid']}"
    return {
        "sid": person["sid"],
        "room_sid": room["sid"],
        "account_sid": service.account.sid,
        "status": "disconnected" if is_over else "connected",
        "identity": person["identity"],
        "date_created": date_text(room["date_created"]),
        "date_updated": date_text(end or room["date_created"]),
        "start_time": date_text(room["date_created"]),
        "end_time": date_text(end),
        "duration": None if duration_ms is None else round(duration_ms / 1000),
        "url": url,
        "links": {name: f"{url}/{path}" for name, path in PARTICIPANT_LINKS.items()},
    }
