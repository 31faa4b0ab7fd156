"""What Twilio Video delivers of a room: pages, resources, callbacks, headers; with canaries."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import urlencode

CANARY = "canary-51f3"
EPOCH_OFFSET = 155_137_307_765
MATROSKA = b"\x1a\x45\xdf\xa3" + b"\0" * 40
ACCOUNT = "AC" + hashlib.sha256(CANARY.encode()).hexdigest()[:32]


def sid(prefix: str, name: str) -> str:
    return prefix + hashlib.sha256(name.encode()).hexdigest()[:32]


ROOM = sid("RM", "lesson")


def url(path: str) -> str:
    return (
        f"https://user:{CANARY}@video.twilio.com/v1/{path}?token={CANARY}&X-Amz-Signature={CANARY}"
    )


def resource(name: str, **values: Any) -> dict[str, Any]:
    """A recording as its API says it; `name` is participant/track."""
    person, _, track = name.partition("/")
    kind = "video" if track in ("camera", "screen") else "audio"
    own = sid("RT", name)
    return {
        "account_sid": ACCOUNT,
        "sid": own,
        "room_sid": ROOM,
        "status": "completed",
        "date_created": "2020-08-20T01:42:05Z",
        "source_sid": sid("MT", name),
        "size": len(MATROSKA),
        "type": kind,
        "duration": 30,
        "container_format": "mkv" if kind == "video" else "mka",
        "codec": "VP8" if kind == "video" else "OPUS",
        "track_name": track,
        "offset": EPOCH_OFFSET,
        "grouping_sids": {"room_sid": ROOM, "participant_sid": sid("PA", person)},
        "status_callback": url("callback"),
        "media_external_location": url("bucket"),
        "url": url(f"Recordings/{own}"),
        "links": {"media": url(f"Recordings/{own}/Media")},
    } | values


def page(key: str, *rows: dict[str, Any]) -> dict[str, Any]:
    links = {"first_page_url": url(key), "next_page_url": url(key), "url": url(key)}
    return {key: list(rows), "meta": {"page": 0, "page_size": 50, "key": key, **links}}


def person(name: str) -> dict[str, Any]:
    about = {"sid": sid("PA", name), "identity": name, "status": "disconnected"}
    return {"account_sid": ACCOUNT, "room_sid": ROOM, "url": url("Participants"), **about}


def room(**values: Any) -> dict[str, Any]:
    about = {"sid": ROOM, "unique_name": "lesson-1", "status": "completed", "type": "group"}
    dates = {"date_created": "2020-08-20T01:42:03Z", "end_time": "2020-08-20T01:43:00Z"}
    return {"account_sid": ACCOUNT, "url": url("Rooms"), **about, **dates, **values}


def callback(name: str, event: str, **values: Any) -> dict[str, Any]:
    """A callback about a recording: all its values are texts, as forms have them."""
    said = resource(name)
    base = {
        "AccountSid": ACCOUNT,
        "RoomSid": ROOM,
        "RoomName": "lesson-1",
        "RoomType": "group",
        "ParticipantSid": said["grouping_sids"]["participant_sid"],
        "ParticipantIdentity": name.partition("/")[0],
        "RecordingSid": said["sid"],
        "RecordingUri": f"/v1/Recordings/{said['sid']}?token={CANARY}",
        "SourceSid": said["source_sid"],
        "TrackName": said["track_name"],
        "Type": said["type"],
        "Container": said["container_format"],
        "Codec": said["codec"].lower(),
        "OffsetFromTwilioVideoEpoch": str(EPOCH_OFFSET),
        "StatusCallbackEvent": event,
        "Timestamp": "2020-08-20T01:42:05.123Z",
    }
    more = {"MediaUri": url("Media"), "Duration": "30", "Size": str(len(MATROSKA))}
    return base | (more if event == "recording-completed" else {}) | values


def form(said: dict[str, Any]) -> bytes:
    return urlencode(said).encode()


def headers(key: bytes = b"k" * 256, iv: bytes = b"i" * 16, size: int = 746_518) -> dict[str, str]:
    return {
        "Content-Type": "application/octet-stream",
        "x-amz-meta-x-amz-key": base64.b64encode(key).decode(),
        "X-Amz-Meta-X-Amz-Iv": base64.b64encode(iv).decode(),
        "x-amz-meta-x-amz-unencrypted-content-length": str(size),
        "x-amz-meta-x-amz-matdesc": "{}",
        "x-amz-meta-canary": CANARY,
        "Location": url("media"),
    }


def file_of(name: str) -> str:
    said = resource(name)
    return f"{said['sid']}.{said['container_format']}"
