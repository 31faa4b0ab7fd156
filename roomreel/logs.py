"""Log lines: with the room and composition they are about, and without secrets.

`LOG` is a logger of the standard library; the program that runs roomreel gives it handlers. A line
bears its fields in its words, for a page that shows only those, and beside them, for machines
(`JsonLines`).
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TextIO

from roomreel.model.composition import Job
from roomreel.redaction import redacted
from roomreel.storage.failure import storage_errors
from roomreel.text import printable, shortened

LOG = logging.getLogger("roomreel")
FIELDS = ("room", "composition", "template", "attempt")

_about: ContextVar[Mapping[str, object]] = ContextVar("about", default=MappingProxyType({}))


@contextmanager
def about(job: Job) -> Iterator[None]:
    """Have every line of this thread be about this composition while the block lasts."""
    reported = job.manifest.room.unique_name, job.sid, job.template.friendly_name, job.attempts + 1
    token = _about.set(dict(zip(FIELDS, reported, strict=True)))
    try:
        yield
    finally:
        _about.reset(token)


class JsonLines(logging.Formatter):
    """A line as one JSON object: time, level, message, and the fields it has."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        fields, message = record.__dict__["about"], record.__dict__["reported"]
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": at, "level": record.levelname, "message": message, **fields}
        return json.dumps(line, ensure_ascii=False)


class _File(logging.FileHandler):
    """A file of lines; one that cannot be written (a full disk) is reported once, in a sentence."""

    has_failed = False

    def handleError(self, _record: logging.LogRecord) -> None:  # noqa: N802  the library's name
        """Go on without the line: no work ends for want of a log."""
        if not self.has_failed:
            self.has_failed = True
            print(
                f"roomreel: cannot write {self.baseFilename}: {sys.exc_info()[1]}", file=sys.stderr
            )


def log_to(file: Path | None) -> None:
    """Add lines to a file, if there is to be one, once however often it is asked for.

    Raises:
        StorageFailed: it cannot be opened.
    """
    names = {getattr(handler, "baseFilename", None) for handler in LOG.handlers}
    if file is None or str(file.absolute()) in names:
        return
    with storage_errors("open", file):
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = _File(file, encoding="utf-8")
    handler.setFormatter(JsonLines())
    LOG.addHandler(handler)


def log_to_stderr() -> None:
    """Write lines to standard error, for whoever keeps what a service says; as `log_to`."""
    if any(isinstance(handler, _Stderr) for handler in LOG.handlers):
        return
    handler = _Stderr(sys.stderr)
    handler.setFormatter(JsonLines())
    LOG.addHandler(handler)
    # Whoever has set up the root of all loggers, as Prefect has, would write each line once more.
    LOG.propagate = False


class _Stderr(logging.StreamHandler[TextIO]):
    """Standard error, once."""


def _put_fields(record: logging.LogRecord) -> bool:
    """Put the fields into the words of a line and beside them; lets every line pass."""
    fields = _about.get()
    reported = printable(redacted(record.getMessage()))
    named = " ".join(f"{name}={shortened(str(value))}" for name, value in fields.items())
    record.about, record.reported = fields, reported
    record.msg, record.args = (f"{named}: {reported}" if named else reported), None
    return True


LOG.addFilter(_put_fields)
# Else lines without a handler would be printed, beside what the command line prints.
LOG.addHandler(logging.NullHandler())
