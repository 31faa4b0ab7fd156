"""The columns of compositions."""

# ruff: noqa: E501  meanings are long

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from roomreel.catalog.columns.column import (
    BOOL,
    FLOAT,
    INT,
    RUN,
    STRING,
    TIME,
    VALUES,
    WRITER,
    Column,
    ListOf,
    Struct,
)
from roomreel.model.composition import Outcome
from roomreel.model.window import Window
from roomreel.redaction import redacted

WARNINGS = ListOf(Struct.of(code=STRING, recording_sid=STRING, message=STRING))
LAYOUTS = ListOf(Struct.of(name=STRING, start_ms=INT, end_ms=INT))
USES = ListOf(Struct.of(recording_sid=STRING, type=STRING, start_ms=INT, end_ms=INT, shown_ms=INT))


def _frame_rate(one: Outcome) -> str:
    rate = one.template.frame_rate
    return f"{rate.numerator}/{rate.denominator}"


def _bitrate_bps(one: Outcome) -> int | None:
    if one.size_bytes is None or not one.duration_ms:
        return None
    return one.size_bytes * 8000 // one.duration_ms


def _realtime_factor(one: Outcome) -> float | None:
    if one.render_s is None or not one.duration_ms:
        return None
    return one.render_s * 1000 / one.duration_ms


def _uses(one: Outcome) -> list[dict[str, Any]]:
    return [asdict(use) for use in one.uses]


def _layouts(one: Outcome) -> list[dict[str, Any]]:
    return [asdict(layout) for layout in one.layouts]


def _warnings(one: Outcome) -> list[dict[str, Any]]:
    return [
        {
            "code": warning.code,
            "recording_sid": warning.recording_sid or None,
            "message": redacted(warning.message),
        }
        for warning in one.warnings
    ]


_c = Column[Outcome]

COMPOSITIONS = (
    _c("sid", STRING, "", RUN, "identifies the composition: `CJ` and 32 hex digits"),
    _c(
        "status", STRING, "", RUN, "`completed`, `failed`, `cancelled` or `deleted`", repeats=VALUES
    ),
    *WRITER,
    _c("room_sid", STRING, "", RUN, "room it belongs to"),
    _c("room_name", STRING, "", RUN, "name of that room"),
    _c(
        "template",
        STRING,
        "",
        RUN,
        "name of the template",
        read="template.friendly_name",
        repeats=VALUES,
    ),
    _c("template_sha256", STRING, "", RUN, "digest of the template", repeats=VALUES),
    _c("template_json", STRING, "", RUN, "the template, defaults filled in", repeats=VALUES),
    _c("inputs_sha256", STRING, "", RUN, "digest of the recordings and images it was made from"),
    _c(
        "failure_code",
        STRING,
        "",
        RUN,
        "why it failed: a stable code, `cancelled` of what was stopped; null otherwise",
        repeats=VALUES,
    ),
    _c(
        "failure_message",
        STRING,
        "",
        RUN,
        "why it failed, in words",
        read=lambda one: one.failure_message and redacted(one.failure_message),
        repeats=VALUES,
    ),
    _c("date_created", TIME, "", RUN, "when the composition was created", repeats=VALUES),
    _c("date_started", TIME, "", RUN, "when its last attempt began", repeats=VALUES),
    _c("date_completed", TIME, "", RUN, "when its last attempt ended, well or not", repeats=VALUES),
    _c("date_deleted", TIME, "", RUN, "when it was deleted", read=None, repeats=VALUES),
    _c(
        "width",
        INT,
        "pixels",
        RUN,
        "width of the picture",
        read="template.resolution.width",
        repeats=VALUES,
    ),
    _c(
        "height",
        INT,
        "pixels",
        RUN,
        "height of the picture",
        read="template.resolution.height",
        repeats=VALUES,
    ),
    _c("format", STRING, "", RUN, "`mp4` or `webm`", read="template.format", repeats=VALUES),
    _c(
        "trim",
        BOOL,
        "",
        RUN,
        "whether times in which no one is seen or heard were cut out",
        read="template.trim",
    ),
    _c(
        "frame_rate",
        STRING,
        "frames/s",
        RUN,
        "a fraction, such as `30000/1001`",
        read=_frame_rate,
        repeats=VALUES,
    ),
    _c(
        "window_start_ms",
        INT,
        "ms",
        RUN,
        "begin of the part that was made, in the room's time from its zero; null: all was",
        read=lambda one: one.template.window.start_ms if one.template.window != Window() else None,
        since=6,
    ),
    _c(
        "window_end_ms",
        INT,
        "ms",
        RUN,
        "its end; null: that of the whole",
        read="template.window.end_ms",
        since=6,
    ),
    _c("frame_count", INT, "", RUN, "pictures in the file"),
    _c("duration_ms", INT, "ms", RUN, "playing time"),
    _c("size_bytes", INT, "bytes", RUN, "size of the file"),
    _c("bitrate_bps", INT, "bit/s", RUN, "size over length", read=_bitrate_bps),
    _c(
        "source_bytes",
        INT,
        "bytes",
        RUN,
        "bytes of the files of the recordings used, each counted once",
    ),
    _c("source_duration_ms", INT, "ms", RUN, "length of the recordings used, together"),
    _c(
        "mix_gain_db",
        FLOAT,
        "dB",
        RUN,
        "by how much its sound was made louder, below 0 quieter, to have the loudness that the template asks for; null: it asks for none",
        read=lambda one: one.leveled and one.leveled.mix_gain_db,
        since=8,
    ),
    _c(
        "loudness_lufs",
        FLOAT,
        "LUFS",
        RUN,
        "integrated loudness of the file; null: not measured, or silence",
        read=lambda one: one.leveled and one.leveled.file.loudness_lufs,
        since=8,
    ),
    _c(
        "true_peak_dbtp",
        FLOAT,
        "dBTP",
        RUN,
        "true peak of the file; null: not measured, or silence",
        read=lambda one: one.leveled and one.leveled.file.true_peak_dbtp,
        since=8,
    ),
    _c(
        "speaker_switches",
        INT,
        "",
        RUN,
        "how often another participant became the active speaker; null: the template asks nowhere who talks",
        since=8,
    ),
    _c(
        "overlay_count",
        INT,
        "",
        RUN,
        "texts, images, labels, borders and the like over and under its pictures",
        since=8,
    ),
    _c(
        "layouts",
        LAYOUTS,
        "ms",
        RUN,
        "the layouts that were on, in its own time; empty: one was on all the time",
        read=_layouts,
        since=8,
    ),
    _c(
        "media_url",
        STRING,
        "",
        RUN,
        "where the file is",
        read=lambda one: one.files and one.files.media,
    ),
    _c(
        "media_external_location",
        STRING,
        "",
        RUN,
        "URL of the file where it was put into a bucket of somebody else's, and stays when the row is deleted; null: it was not",
        read=lambda one: one.files and one.files.external_location,
        since=5,
    ),
    _c("media_sha256", STRING, "", RUN, "digest of the file"),
    _c("encryption", STRING, "", RUN, "format of encryption; null: none", repeats=VALUES),
    _c("key_fingerprint", STRING, "", RUN, "key it is encrypted for", repeats=VALUES),
    _c(
        "recordings",
        USES,
        "ms",
        RUN,
        "the recordings used: first and last instant on the room clock, and for how long each was shown",
        read=_uses,
        repeats=(".list.element.type",),
    ),
    _c(
        "warnings",
        WARNINGS,
        "",
        RUN,
        "warnings: code, recording and message",
        read=_warnings,
        repeats=(".list.element.code",),
    ),
    _c("render_s", FLOAT, "s", RUN, "wall clock of rendering and verifying; null where it failed"),
    _c(
        "realtime_factor",
        FLOAT,
        "s/s",
        RUN,
        "render seconds per output second; below 1 is faster than playing; 0.1 is 10x real time",
        read=_realtime_factor,
    ),
    _c("attempts", INT, "", RUN, "outcomes there were, this one counted", repeats=VALUES),
)
