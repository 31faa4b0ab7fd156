"""The columns of attempts; `catalog.attempts` makes their rows from those of compositions."""

# ruff: noqa: E501  meanings are long

from __future__ import annotations

from functools import partial
from typing import Any

from roomreel.catalog.columns.column import RUN, STRING, TIME, VALUES, WRITER, Column

# They are made from the rows of compositions, in `catalog.attempts`.
_c = partial(Column, read=None)

ATTEMPTS: tuple[Column[Any], ...] = (
    _c("sid", STRING, "", RUN, "identifies the attempt: `AT` and 32 hex digits", since=4),
    _c(
        "status",
        STRING,
        "",
        RUN,
        "`completed`, `failed` or `cancelled`; `purged` where a deleted row was removed permanently",
        repeats=VALUES,
        since=4,
    ),
    *WRITER,
    _c("time", TIME, "", RUN, "when it ended", since=4),
    _c(
        "composition_sid",
        STRING,
        "",
        RUN,
        "composition it was an attempt at; null of a document",
        since=4,
    ),
    _c("room_sid", STRING, "", RUN, "room of that composition", since=4),
    _c("room_name", STRING, "", RUN, "name of that room", since=4),
    _c("template", STRING, "", RUN, "name of the template", repeats=VALUES, since=4),
    _c(
        "document",
        STRING,
        "",
        RUN,
        "manifest or template that could not be read; null otherwise",
        since=4,
    ),
    _c(
        "code",
        STRING,
        "",
        RUN,
        "why it failed: a stable code; null where it did not",
        repeats=VALUES,
        since=4,
    ),
    _c("message", STRING, "", RUN, "why it failed, in words", repeats=VALUES, since=4),
    _c(
        "purged_sha256",
        STRING,
        "",
        RUN,
        "of what was purged: SHA-256 of the sid, in hex, which is nowhere else any more",
        since=4,
    ),
)
