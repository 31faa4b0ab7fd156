"""The access log: a line a request, without query, credentials and bodies.

It is a logger below that of `roomreel`, so its lines go wherever those do, and are JSON where they
are.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from pathlib import Path

from roomreel.logs import LOG, log_to, log_to_stderr
from roomreel.redaction import redacted
from roomreel.text import printable, shortened

ACCESS = LOG.getChild("access")

# Paths of ours have 100 characters.
_LONGEST_PATH = 300
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Line:
    """A request that was answered.

    Attributes:
        status: 0 where the client left before there was an answer.
        caller: sid of the key or account; "" where nobody was let in.
        address: of the client; "" where it is not known.
    """

    method: str
    path: str
    status: int
    ms: int
    received: int
    sent: int
    caller: str
    address: str


def keep_log(file: Path | None) -> None:
    """Have a line of each request, and the warnings of the service, written as JSON.

    Args:
        file: that they are added to; None: standard error.

    Raises:
        StorageFailed: it cannot be opened.
    """
    if file is None:
        log_to_stderr()
    else:
        log_to(file)
    ACCESS.setLevel(logging.INFO)


def log_request(line: Line) -> None:
    """Write a line; what a client chose is shortened, and shown in characters that can be seen."""
    if not ACCESS.isEnabledFor(logging.INFO):
        return
    path = redacted(shortened(line.path, _LONGEST_PATH))
    method, address = (shortened(one, _LONGEST_NAME) for one in (line.method, line.address))
    fields = asdict(line) | {"method": method, "path": path, "address": address}
    words = f"{method} {path} {line.status} {line.ms} ms"
    # What the filter of the logger above puts beside its own lines.
    ACCESS.info("%s", words, extra={"about": fields, "reported": printable(words)})
