"""The columns of the tables: type, unit, where a value comes from, and what it is.

Schemas, their descriptions in Parquet files, and the pages of `docs` are made from this one table.
A value is from the `manifest` (a claim), from the `file` (what was found there; null where nobody
looked), or from the `run` that wrote the row.
"""

# ruff: noqa: E501  a column a line

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

MANIFEST, FILE, RUN = "manifest", "file", "run"

STRING, INT, FLOAT, BOOL = pa.string(), pa.int64(), pa.float64(), pa.bool_()
TIME = pa.timestamp("us", "UTC")


# The field of a list is named "element" because Parquet names it so: what is read back is equal.
def _list_of(kind: pa.DataType) -> pa.DataType:
    return pa.list_(pa.field("element", kind))


def _struct(**kinds: pa.DataType) -> pa.DataType:
    return pa.struct(list(kinds.items()))


STRINGS = _list_of(STRING)
PEOPLE = _list_of(_struct(sid=STRING, identity=STRING))
_WARNINGS = _list_of(_struct(code=STRING, message=STRING))
_WARNINGS_OF_COMPOSITION = _list_of(_struct(code=STRING, recording_sid=STRING, message=STRING))
_USES = _list_of(_struct(recording_sid=STRING, type=STRING, start_ms=INT, end_ms=INT, shown_ms=INT))


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        unit: of its numbers, or "".
        source: where its values come from: `manifest`, `file` or `run`.
        meaning: in words, as Markdown.
    """

    name: str
    kind: pa.DataType
    unit: str
    source: str
    meaning: str

    @property
    def field(self) -> pa.Field[Any]:
        """The field of a schema, which describes itself."""
        about = {"comment": self.meaning, "unit": self.unit, "from": self.source}
        return pa.field(self.name, self.kind, metadata={k: v for k, v in about.items() if v})


_c = Column

_WRITER = (
    _c("rev", INT, "", RUN, "counts the changes of the row, from 1"),
    _c("updated_at", TIME, "", RUN, "when the row was written"),
    _c("flow_run_id", STRING, "", RUN, "Prefect flow run that wrote it; null by hand"),
    _c("engine_version", STRING, "", RUN, "version of roomreel that wrote it"),
)

_ROOMS = (
    _c("sid", STRING, "", MANIFEST, "identifies the room: `RM` and 32 hex digits"),
    _c("status", STRING, "", MANIFEST, "`completed`, as the manifest says"),
    *_WRITER,
    _c("unique_name", STRING, "", MANIFEST, "name of the room"),
    _c("type", STRING, "", MANIFEST, "kind of room, as the manifest says"),
    _c("date_created", TIME, "", MANIFEST, "when the room was created"),
    _c(
        "end_time",
        TIME,
        "",
        MANIFEST,
        "when the room ended; its UTC day is the `date` of all its rows",
    ),
    _c(
        "duration_ms",
        INT,
        "ms",
        MANIFEST,
        "claimed: from creation to end; null where the manifest has no creation",
    ),
    _c("participant_count", INT, "", MANIFEST, "people in the manifest"),
    _c("recording_count", INT, "", MANIFEST, "recordings in the manifest"),
    _c(
        "source_bytes",
        INT,
        "bytes",
        FILE,
        "bytes of the files of all its recordings, each counted once",
    ),
    _c("manifest_url", STRING, "", RUN, "where the manifest was read"),
    _c("manifest_sha256", STRING, "", FILE, "digest of the manifest"),
    _c("templates_done", STRINGS, "", RUN, "digests of the templates by which it was composed"),
    _c(
        "recordings_purged",
        STRINGS,
        "",
        RUN,
        "digests of recordings of the room whose rows were purged: no run brings them back",
    ),
    _c(
        "participants",
        PEOPLE,
        "",
        MANIFEST,
        "the people in the manifest: sid and identity; with join and leave in the view `participants`",
    ),
)

_RECORDINGS = (
    _c("sid", STRING, "", MANIFEST, "identifies the recording: `RT` and 32 hex digits"),
    _c("status", STRING, "", MANIFEST, "`completed`, `failed` or `deleted`"),
    *_WRITER,
    _c("room_sid", STRING, "", MANIFEST, "room it belongs to"),
    _c("room_name", STRING, "", MANIFEST, "name of that room"),
    _c("participant_sid", STRING, "", MANIFEST, "who was recorded"),
    _c("participant_identity", STRING, "", MANIFEST, "name of who was recorded"),
    _c("source_sid", STRING, "", MANIFEST, "track that was recorded"),
    _c("track_name", STRING, "", MANIFEST, "name of the track"),
    _c("type", STRING, "", MANIFEST, "`audio` or `video`"),
    _c("date_created", TIME, "", MANIFEST, "when the recording was created"),
    _c("date_deleted", TIME, "", MANIFEST, "when it was deleted"),
    _c("container_format", STRING, "", MANIFEST, "claimed container, such as `mkv`"),
    _c("codec", STRING, "", MANIFEST, "claimed codec, such as `VP8`"),
    _c("media_url", STRING, "", FILE, "where the media file is"),
    _c("sha256", STRING, "", MANIFEST, "claimed digest of the media file"),
    _c("offset_ms", INT, "ms", MANIFEST, "claimed time, on the room clock, of container time 0"),
    _c("claimed_duration_ms", INT, "ms", MANIFEST, "claimed length"),
    _c("claimed_size_bytes", INT, "bytes", MANIFEST, "claimed size"),
    _c(
        "size_bytes",
        INT,
        "bytes",
        FILE,
        "size of the file; of one that several recordings name, the same in each",
    ),
    _c(
        "start_ms",
        INT,
        "ms",
        FILE,
        "first packet, on the room clock, which counts from an instant of its own; see `start_time`",
    ),
    _c("end_ms", INT, "ms", FILE, "end of the last packet, on the room clock"),
    _c("duration_ms", INT, "ms", FILE, "from first to last packet"),
    _c("width", INT, "pixels", FILE, "largest width"),
    _c("height", INT, "pixels", FILE, "largest height"),
    _c("frame_count", INT, "", FILE, "packets, which are pictures or pieces of sound"),
    _c(
        "first_keyframe_ms",
        INT,
        "ms",
        FILE,
        "time before the first key frame; 0: none is late; null for sound",
    ),
    _c("size_changes", INT, "", FILE, "how often the picture changed its size, as decoded"),
    _c("gap_count", INT, "", FILE, "pauses between packets of more than 2 s"),
    _c("gap_ms", INT, "ms", FILE, "length of these pauses together"),
    _c(
        "drift_ppm",
        FLOAT,
        "ppm",
        FILE,
        "how much faster timestamps advance than the sound; null for pictures and short sound",
    ),
    _c("decode_errors", INT, "", FILE, "packets that the decoder refused"),
    _c("warnings", _WARNINGS, "", FILE, "what is odd about it: code and words"),
    _c(
        "found_codec",
        STRING,
        "",
        FILE,
        "codec of the track in the file, by FFmpeg's name; beside the claim `codec`",
    ),
    _c(
        "usable",
        BOOL,
        "",
        FILE,
        "whether it can be shown or heard; null where nobody looked into the file",
    ),
    _c(
        "start_time",
        TIME,
        "",
        FILE,
        "instant of its first packet, as near as creation times in the manifest place the room clock",
    ),
    _c("end_time", TIME, "", FILE, "instant of the end of its last packet, likewise"),
)

_COMPOSITIONS = (
    _c("sid", STRING, "", RUN, "identifies the composition: `CJ` and 32 hex digits"),
    _c("status", STRING, "", RUN, "`completed`, `failed`, `cancelled` or `deleted`"),
    *_WRITER,
    _c("room_sid", STRING, "", RUN, "room it belongs to"),
    _c("room_name", STRING, "", RUN, "name of that room"),
    _c("template", STRING, "", RUN, "name of the template"),
    _c("template_sha256", STRING, "", RUN, "digest of the template"),
    _c("template_json", STRING, "", RUN, "the template, defaults filled in"),
    _c("inputs_sha256", STRING, "", RUN, "digest of the recordings it was made from"),
    _c(
        "failure_code",
        STRING,
        "",
        RUN,
        "why it failed: a stable code, `cancelled` of what was stopped; null otherwise",
    ),
    _c("failure_message", STRING, "", RUN, "why it failed, in words"),
    _c("date_created", TIME, "", RUN, "when the composition was created"),
    _c("date_started", TIME, "", RUN, "when its last attempt began"),
    _c("date_completed", TIME, "", RUN, "when its last attempt ended, well or not"),
    _c("date_deleted", TIME, "", RUN, "when it was deleted"),
    _c("width", INT, "pixels", RUN, "width of the picture"),
    _c("height", INT, "pixels", RUN, "height of the picture"),
    _c("format", STRING, "", RUN, "`mp4` or `webm`"),
    _c("trim", BOOL, "", RUN, "whether times in which nobody is seen or heard were cut out"),
    _c("frame_rate", STRING, "frames/s", RUN, "a fraction, such as `30000/1001`"),
    _c("frame_count", INT, "", RUN, "pictures in the file"),
    _c("duration_ms", INT, "ms", RUN, "playing time"),
    _c("size_bytes", INT, "bytes", RUN, "size of the file"),
    _c("bitrate_bps", INT, "bit/s", RUN, "size over length"),
    _c(
        "source_bytes",
        INT,
        "bytes",
        RUN,
        "bytes of the files of the recordings used, each counted once",
    ),
    _c("source_duration_ms", INT, "ms", RUN, "length of the recordings used, together"),
    _c("media_url", STRING, "", RUN, "where the file is"),
    _c("media_sha256", STRING, "", RUN, "digest of the file"),
    _c("encryption", STRING, "", RUN, "format of encryption; null: none"),
    _c("key_fingerprint", STRING, "", RUN, "key it is encrypted for"),
    _c(
        "recordings",
        _USES,
        "ms",
        RUN,
        "the recordings used: first and last instant on the room clock, and for how long each was shown",
    ),
    _c(
        "warnings",
        _WARNINGS_OF_COMPOSITION,
        "",
        RUN,
        "warnings: code, recording and message",
    ),
    _c("render_s", FLOAT, "s", RUN, "wall clock of rendering and verifying; null where it failed"),
    _c(
        "realtime_factor",
        FLOAT,
        "s/s",
        RUN,
        "render seconds per output second; below 1 is faster than playing; 0.1 is 10x real time",
    ),
    _c("attempts", INT, "", RUN, "outcomes there were, this one counted"),
)

_ATTEMPTS = (
    _c("sid", STRING, "", RUN, "identifies the attempt: `AT` and 32 hex digits"),
    _c(
        "status",
        STRING,
        "",
        RUN,
        "`completed`, `failed` or `cancelled`; `purged` where a deleted row was removed permanently",
    ),
    *_WRITER,
    _c("time", TIME, "", RUN, "when it ended"),
    _c("composition_sid", STRING, "", RUN, "composition it was an attempt at; null of a document"),
    _c("room_sid", STRING, "", RUN, "room of that composition"),
    _c("room_name", STRING, "", RUN, "name of that room"),
    _c("template", STRING, "", RUN, "name of the template"),
    _c("document", STRING, "", RUN, "manifest or template that could not be read; null otherwise"),
    _c("code", STRING, "", RUN, "why it failed: a stable code; null where it did not"),
    _c("message", STRING, "", RUN, "why it failed, in words"),
    _c(
        "purged_sha256",
        STRING,
        "",
        RUN,
        "of what was purged: SHA-256 of the sid, in hex, which is nowhere else any more",
    ),
)

COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "rooms": _ROOMS,
    "recordings": _RECORDINGS,
    "compositions": _COMPOSITIONS,
    "attempts": _ATTEMPTS,
}
"""By table, in the order of its schema; younger ones come last."""
