"""The columns of rooms."""

# ruff: noqa: E501  meanings are long

from __future__ import annotations

from roomreel.catalog.columns.column import (
    FILE,
    INT,
    MANIFEST,
    RUN,
    STRING,
    TIME,
    VALUES,
    WRITER,
    Column,
    ListOf,
    Struct,
)
from roomreel.catalog.columns.facts import RoomFacts
from roomreel.model.location import without_secrets

STRINGS = ListOf(STRING)
PEOPLE = ListOf(Struct.of(sid=STRING, identity=STRING))


_c = Column[RoomFacts]

ROOMS = (
    _c("sid", STRING, "", MANIFEST, "identifies the room: `RM` and 32 hex digits", read="room.sid"),
    _c(
        "status",
        STRING,
        "",
        MANIFEST,
        "`completed`, as the manifest says",
        read="room.status",
        repeats=VALUES,
    ),
    *WRITER,
    _c("unique_name", STRING, "", MANIFEST, "name of the room", read="room.unique_name"),
    _c(
        "type",
        STRING,
        "",
        MANIFEST,
        "kind of room, as the manifest says",
        read="room.type",
        repeats=VALUES,
    ),
    _c(
        "date_created",
        TIME,
        "",
        MANIFEST,
        "when the room was created",
        read="room.date_created",
        repeats=VALUES,
    ),
    _c(
        "end_time",
        TIME,
        "",
        MANIFEST,
        "when the room ended; its UTC day is the `date` of its row and its recordings",
    ),
    _c(
        "duration_ms",
        INT,
        "ms",
        MANIFEST,
        "claimed: from creation to end; null where the manifest has no creation",
    ),
    _c(
        "participant_count",
        INT,
        "",
        MANIFEST,
        "people in the manifest",
        read=lambda one: len(one.room.participants),
        repeats=VALUES,
    ),
    _c(
        "recording_count",
        INT,
        "",
        MANIFEST,
        "recordings in the manifest",
        read=lambda one: len(one.room.recordings),
        repeats=VALUES,
    ),
    _c(
        "source_bytes",
        INT,
        "bytes",
        FILE,
        "bytes of the files of all its recordings, each counted once",
    ),
    _c(
        "manifest_url",
        STRING,
        "",
        RUN,
        "where the manifest was read",
        read=lambda one: without_secrets(one.manifest.url),
    ),
    _c("manifest_sha256", STRING, "", FILE, "digest of the manifest", read="manifest.sha256"),
    _c(
        "templates_done",
        STRINGS,
        "",
        RUN,
        "digests of the templates by which nightly runs composed it, or its hooks",
        read=lambda one: sorted(set(one.done)),
        repeats=(".list.element",),
    ),
    _c(
        "recordings_purged",
        STRINGS,
        "",
        RUN,
        "digests of recordings of the room whose rows were purged: no run brings them back",
        read=None,
        since=2,
    ),
    _c(
        "participants",
        PEOPLE,
        "",
        MANIFEST,
        "the people in the manifest: sid and identity; with join and leave in the view `participants`",
        since=4,
    ),
    _c(
        "attributes",
        STRING,
        "",
        MANIFEST,
        "free-form attributes of the room, as JSON; null where it has none",
        since=7,
    ),
    _c(
        "participant_attributes",
        STRING,
        "",
        MANIFEST,
        "free-form attributes of the people, as a JSON object by sid; null where nobody has any",
        since=8,
    ),
)
