"""What roomreel logs: which room and composition a line is about, and no secrets.

`LOG` is a logger of the standard library; whoever runs roomreel gives it handlers. A line bears its
fields in its words, for a page that shows only those, and beside them, for machines (`JsonLines`).
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from roomreel.documents.findings import printable, shortened
from roomreel.model.composition import Job

LOG = logging.getLogger("roomreel")
FIELDS = ("room", "composition", "template", "attempt")

_HIDDEN = "[hidden]"
# AWS takes keys and tokens from these; a message may quote them.
_SECRET_VARIABLES = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_SECRETS = re.compile(
    r"""
      (?P<url> \b[a-z][a-z0-9+.-]*:// ) [^\s/@'"<>]+ @                       # user and password
    | (?P<query> [?&] (?: X-Amz-[A-Za-z-]+ | AWSAccessKeyId | Signature | Expires | token | sig
        | key | password ) = ) [^&\s'"<>]+                                  # presigned URLs
    | (?P<header> \b (?: Proxy-)? Authorization \b ["']? \s* [:=] \s* ) [^\r\n]+
    | (?P<pem> -----BEGIN\ [A-Z\ ]*PRIVATE\ KEY----- ) .*? (?: -----END\ [A-Z\ ]+----- | \Z )
    | (?P<age> AGE-SECRET-KEY- ) [0-9A-Z-]+
    """,
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)

_about: ContextVar[Mapping[str, object]] = ContextVar("about", default=MappingProxyType({}))


@contextmanager
def about(job: Job) -> Iterator[None]:
    """Every line of this thread is about this composition as long as the block lasts."""
    told = job.manifest.room.unique_name, job.sid, job.template.friendly_name, job.attempts + 1
    token = _about.set(dict(zip(FIELDS, told, strict=True)))
    try:
        yield
    finally:
        _about.reset(token)


def redacted(text: str) -> str:
    """The text without what lets somebody in: signatures, credentials, private keys."""
    for name in _SECRET_VARIABLES:
        secret = os.environ.get(name)
        if secret:
            text = text.replace(secret, _HIDDEN)
    return _SECRETS.sub(_without_secret, text)


class JsonLines(logging.Formatter):
    """A line as one JSON object: time, level, message, and the fields it has."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        fields, message = record.__dict__["about"], record.__dict__["told"]
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": at, "level": record.levelname, "message": message, **fields}
        return json.dumps(line, ensure_ascii=False)


def log_to(file: Path) -> None:
    """Add lines to a file, once however often it is asked for.

    Raises:
        OSError: it cannot be opened.
    """
    names = {getattr(handler, "baseFilename", None) for handler in LOG.handlers}
    if str(file.absolute()) in names:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(file, encoding="utf-8")
    handler.setFormatter(JsonLines())
    LOG.addHandler(handler)


def _without_secret(match: re.Match[str]) -> str:
    kept = next(text for text in match.groupdict().values() if text is not None)
    return f"{kept}{_HIDDEN}{'@' if match['url'] else ''}"


def _tell(record: logging.LogRecord) -> bool:
    """Put the fields into the words of a line and beside them; lets every line pass."""
    fields = _about.get()
    told = printable(redacted(record.getMessage()))
    named = " ".join(f"{name}={shortened(str(value))}" for name, value in fields.items())
    record.about, record.told = fields, told
    record.msg, record.args = (f"{named}: {told}" if named else told), None
    return True


LOG.addFilter(_tell)
# Else what nobody listens to would be printed, beside what the command line prints.
LOG.addHandler(logging.NullHandler())
