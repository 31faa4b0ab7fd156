"""Schemas of what is answered: resources, lists of them, errors."""

from __future__ import annotations

from collections.abc import Mapping

from roomreel.model.look import Anchor, Fit
from roomreel.model.template import CellOrder, GridKind, UnitKind
from roomreel.web import callbacks, compositions, recordings, rooms
from roomreel.web.answers import PARTICIPANT_LINKS, ROOM_LINKS
from roomreel.web.codes import CODES
from roomreel.web.description.schemas import (
    ANY_SID,
    COUNT,
    FLAG,
    INSTANT,
    METHOD,
    NUMBER,
    TEXT,
    URL,
    Schema,
    choice,
    links,
    list_of,
    members,
    named,
    options,
    or_null,
    sid,
)

_WARNINGS = list_of(members(code=TEXT, recording_sid=or_null(TEXT), message=TEXT))

_RULES = members(
    room_sid=sid("RM"),
    date_created=or_null(INSTANT),
    date_updated=or_null(INSTANT),
    rules=list_of(named("RecordingRule")),
)

_RULE = {
    "type": "object",
    "required": ["type"],
    "properties": {
        "type": choice("include", "exclude"),
        "all": FLAG,
        "kind": choice("audio", "video", "data"),
        "publisher": TEXT,
        "track": TEXT,
    },
}

# The whole is a JSON Schema of its own, which comes with roomreel.
_MANIFEST = {
    "type": "object",
    "required": ["schema", "room"],
    "properties": {
        "schema": choice("roomreel.room/1"),
        "room": {
            "type": "object",
            "required": ["sid", "status"],
            "properties": {
                "sid": sid("RM"),
                "unique_name": or_null(TEXT),
                "status": choice(*rooms.STATUSES),
                "date_created": or_null(INSTANT),
                "end_time": or_null(INSTANT),
            },
        },
        "participants": list_of({"type": "object"}),
        "recordings": list_of({"type": "object"}),
    },
}

_SOURCE = {
    "anyOf": [
        TEXT,
        {"type": "object", "required": ["identity"], "properties": {"identity": TEXT}},
        {"type": "object", "required": ["role"], "properties": {"role": TEXT}},
    ]
}

_REGION = options(
    video_sources=list_of(_SOURCE),
    video_sources_excluded=list_of(_SOURCE),
    x_pos=COUNT,
    y_pos=COUNT,
    z_pos=NUMBER,
    width=or_null(COUNT),
    height=or_null(COUNT),
    max_columns=or_null(COUNT),
    max_rows=or_null(COUNT),
    cells_excluded=list_of(COUNT),
    reuse=choice("none", "show_oldest", "show_newest"),
    grid=choice(*GridKind),
    order=choice(*CellOrder),
    not_shown_in=list_of(TEXT),
    unit=choice(*UnitKind),
    voice_sources=list_of(_SOURCE),
    voice_sources_excluded=list_of(_SOURCE),
    min_recording_ms=COUNT,
    gap=COUNT,
    padding=COUNT,
    last_row=choice("start", "center"),
    fit=choice(*Fit),
    fit_anchor=choice(*Anchor),
    mirror=FLAG,
    background_color=TEXT,
    bars=TEXT,
    corner_radius=COUNT,
    placeholder=or_null({"type": "object"}),
    border=or_null({"type": "object"}),
    talking_border=or_null({"type": "object"}),
    mic_icon=or_null({"type": "object"}),
    label=or_null({"type": "object"}),
)

_WINDOW = or_null(members(start_ms=COUNT, end_ms=or_null(COUNT))) | {
    "description": "The part of it that is made; null: all."
}

_COMPOSITION = members(
    account_sid=sid("AC"),
    status=choice(*compositions.STATUSES),
    date_created=INSTANT,
    date_completed=or_null(INSTANT),
    date_deleted=or_null(INSTANT),
    sid=sid("CJ"),
    room_sid=or_null(sid("RM")),
    audio_sources=list_of(TEXT),
    audio_sources_excluded=list_of(TEXT),
    video_layout={"type": "object", "additionalProperties": named("Region")},
    resolution=or_null(TEXT),
    trim=or_null(FLAG),
    format=or_null(choice("mp4", "webm")),
    bitrate=COUNT | {"description": "kbit/s; 0 until it is completed."},
    size=COUNT | {"description": "Bytes; 0 until it is completed."},
    duration=COUNT | {"description": "Seconds, rounded; 0 until it is completed."},
    media_external_location=or_null(URL),
    status_callback=or_null(URL),
    status_callback_method=or_null(METHOD),
    url=URL,
    links=links("media"),
    roomreel=members(
        template=or_null(TEXT),
        frame_rate=or_null({"type": "string"}) | {"type": ["integer", "string", "null"]},
        passthrough=or_null(FLAG),
        window=_WINDOW,
        percentage_done=COUNT | {"maximum": 100},
        failure_code=or_null(TEXT),
        failure_message=or_null(TEXT),
        warnings=_WARNINGS,
        links=links("plan", "poster", "sheet"),
    ),
)

_HOOK = members(
    account_sid=sid("AC"),
    friendly_name=TEXT,
    enabled=FLAG,
    date_created=or_null(INSTANT),
    date_updated=or_null(INSTANT),
    sid=sid("HK"),
    audio_sources=list_of(TEXT),
    audio_sources_excluded=list_of(TEXT),
    video_layout={"type": "object", "additionalProperties": named("Region")},
    resolution=TEXT,
    trim=FLAG,
    format=choice("mp4", "webm"),
    status_callback=or_null(URL),
    status_callback_method=METHOD,
    url=URL,
    roomreel=members(
        is_file=FLAG | {"description": "Whether it is a file of the folder of templates."},
        frame_rate={"type": "string"},
        passthrough=FLAG,
        window=_WINDOW,
        rooms=or_null(list_of(TEXT)) | {"description": "Globs on names of rooms; null: all."},
        problem=or_null(TEXT) | {"description": "Why it composes none though it is enabled."},
    ),
)

_OF_ANY_RECORDING = {
    "account_sid": sid("AC"),
    "status": choice(*recordings.STATUSES),
    "date_created": or_null(INSTANT),
    "sid": sid("RT"),
    "source_sid": or_null(ANY_SID),
    "size": COUNT | {"description": "Bytes."},
    "url": URL,
    "type": choice(*recordings.TYPES),
    "duration": COUNT | {"description": "Seconds, rounded, but at least 1 of what lasts at all."},
    "container_format": or_null(TEXT) | {"examples": ["mka", "mkv"]},
    "codec": or_null(TEXT) | {"examples": ["VP8", "H264", "OPUS", "PCMU"]},
    "grouping_sids": members(room_sid=sid("RM"), participant_sid=or_null(sid("PA"))),
    "track_name": or_null(TEXT),
    "offset": NUMBER | {"description": "Milliseconds."},
    "media_external_location": or_null(URL),
    "links": links("media"),
    "roomreel": members(
        participant_identity=or_null(TEXT), date_deleted=or_null(INSTANT), warnings=_WARNINGS
    ),
}

_ROOM = members(
    sid=sid("RM"),
    status=choice(*rooms.STATUSES),
    date_created=or_null(INSTANT),
    date_updated=or_null(INSTANT),
    account_sid=sid("AC"),
    enable_turn=FLAG,
    unique_name=or_null(TEXT),
    status_callback=or_null(URL),
    status_callback_method=or_null(METHOD),
    end_time=or_null(INSTANT),
    duration=or_null(COUNT),
    type=or_null(TEXT) | {"examples": ["group", "go", "peer-to-peer", "group-small"]},
    max_participants=COUNT,
    max_participant_duration=COUNT,
    max_concurrent_published_tracks=COUNT,
    record_participants_on_connect=FLAG,
    video_codecs=list_of(choice("VP8", "H264")),
    media_region=or_null(TEXT),
    audio_only=FLAG,
    empty_room_timeout=COUNT,
    unused_room_timeout=COUNT,
    large_room=FLAG,
    url=URL,
    links=links(*ROOM_LINKS),
)

_PARTICIPANT = members(
    sid=sid("PA"),
    room_sid=sid("RM"),
    account_sid=sid("AC"),
    status=choice(*rooms.PARTICIPANT_STATUSES),
    identity=or_null(TEXT),
    date_created=or_null(INSTANT),
    date_updated=or_null(INSTANT),
    start_time=or_null(INSTANT),
    end_time=or_null(INSTANT),
    duration=or_null(COUNT),
    url=URL,
    links=links(*PARTICIPANT_LINKS),
)

_CALLBACK: Schema = {
    "id": COUNT,
    "account_sid": sid("AC"),
    "event": TEXT | {"examples": ["composition-available"]},
    "status": choice(*callbacks.STATUSES),
    "date_created": INSTANT,
    "date_due": or_null(INSTANT) | {"description": "When it is tried next, while it waits."},
    "room_sid": sid("RM"),
    "composition_sid": or_null(sid("CJ")),
    "recording_sid": or_null(sid("RT")),
    "status_callback": TEXT | {"description": "Without user, query and fragment."},
    "status_callback_method": METHOD,
    "idempotency_token": TEXT,
    "tries": COUNT,
    "url": URL,
}
_TRY = members(
    date=INSTANT,
    status_callback=TEXT,
    http_status=or_null(COUNT) | {"description": "Null where there was no answer."},
    milliseconds=COUNT,
    answer=or_null(TEXT) | {"description": "The beginning of the answer, up to 1 kB."},
    error=or_null(TEXT),
)

_META = members(
    page=COUNT,
    page_size=COUNT,
    first_page_url=URL,
    previous_page_url=or_null(URL),
    url=URL,
    next_page_url=or_null(URL),
    key=TEXT,
)


def _list(key: str, schema: str) -> Schema:
    return members(**{key: list_of(named(schema)), "meta": named("Meta")})


SCHEMAS: Mapping[str, Schema] = {
    "Region": _REGION,
    "Composition": _COMPOSITION,
    "CompositionHook": _HOOK,
    "StorageSettings": members(
        account_sid=sid("AC"),
        friendly_name=or_null(TEXT),
        aws_credentials_sid=or_null(sid("CR")),
        aws_s3_url=or_null(URL),
        aws_storage_enabled=FLAG,
        encryption_key_sid=or_null(sid("CR")),
        encryption_enabled=FLAG,
        url=URL,
    ),
    "Recording": members(
        **_OF_ANY_RECORDING,
        status_callback=or_null(URL),
        status_callback_method=or_null(METHOD),
    ),
    "RoomRecording": members(**_OF_ANY_RECORDING, room_sid=sid("RM")),
    "Room": _ROOM,
    "Participant": _PARTICIPANT,
    "RecordingRule": _RULE,
    "RecordingRules": _RULES,
    "Manifest": _MANIFEST,
    "Meta": _META,
    "Callback": members(**_CALLBACK),
    "CallbackDetails": members(
        **_CALLBACK,
        parameters={"type": "object", "additionalProperties": TEXT},
        log=list_of(_TRY),
    ),
    "CallbackList": _list("callbacks", "Callback"),
    "CompositionList": _list("compositions", "Composition"),
    "CompositionHookList": _list("composition_hooks", "CompositionHook"),
    "RecordingList": _list("recordings", "Recording"),
    "RoomRecordingList": _list("recordings", "RoomRecording"),
    "RoomList": _list("rooms", "Room"),
    "ParticipantList": _list("participants", "Participant"),
    "Redirect": members(redirect_to=URL),
    "Error": members(
        code={"type": "integer", "enum": sorted(CODES)},
        message=TEXT,
        more_info=URL,
        status=NUMBER | {"minimum": 400, "maximum": 599},
    ),
}
"""The schemas of the document, by name."""
