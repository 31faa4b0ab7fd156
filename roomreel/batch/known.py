"""Failures of documents that an earlier run reported already.

A composition that fails has a row in the catalog, and the row says so. A document that cannot be
read has no sid, so its failure is remembered here: reported again, it fails no other run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import astuple, dataclass, replace

from roomreel.batch.report import Line, State
from roomreel.errors import DocumentInvalid, StorageFailed, TemplateInvalid
from roomreel.model.location import Location
from roomreel.storage import read_bytes, write_bytes

SCHEMA = "roomreel.known/1"

# Decided by the document alone. That a file could not be read is news each time.
_SETTLED = frozenset({DocumentInvalid.code, TemplateInvalid.code})


@dataclass(frozen=True, slots=True)
class Seen:
    """When a failure was reported first.

    Attributes:
        since: UTC day, as ISO 8601; "" where that is not known.
        run: id of the flow run that reported it, or "".
    """

    since: str = ""
    run: str = ""


Known = Mapping[str, Seen]
"""By digest of a failure, when it was seen first."""


def mark_known(lines: Iterable[Line], before: Known, runs: Collection[str] = ()) -> list[Line]:
    """Return the lines, those as known failures that `before` has.

    Args:
        runs: ids of the run itself and of related runs. What they reported first and is not
            fixed fails again when one of them is retried.
    """
    return [_mark(line, before.get(_digest(line)), runs) for line in lines]


def seen_in(lines: Iterable[Line], before: Known, now: Seen) -> dict[str, Seen]:
    """Return what is to be remembered of these lines: what `before` has of them, else `now`."""
    digests = (_digest(line) for line in lines)
    return {digest: before.get(digest, now) for digest in digests if digest}


def load(file: Location) -> dict[str, Seen]:
    """Return what was remembered; nothing where there is no such file, or it is none of ours."""
    try:
        document = json.loads(read_bytes(str(file)))
        known = document["known"] if document["schema"] == SCHEMA else {}
        if isinstance(known, list):  # of digests, as earlier versions wrote it
            return dict.fromkeys(known, Seen())
        return {digest: Seen(*map(str, seen)) for digest, seen in known.items()}
    except (StorageFailed, ValueError, TypeError, KeyError, AttributeError):
        # The worst that follows is that something is reported once more.
        return {}


def save(file: Location, known: Known) -> None:
    """Replace what was remembered, at once.

    Raises:
        StorageFailed: it cannot be written.
    """
    # An object of digests: an earlier version takes its names for the list that it expects.
    document = {digest: astuple(seen) for digest, seen in sorted(known.items())}
    write_bytes(file, json.dumps({"schema": SCHEMA, "known": document}).encode())


def _mark(line: Line, seen: Seen | None, runs: Collection[str]) -> Line:
    if seen is None or seen.run in runs:
        return line
    return replace(line, state=State.KNOWN_FAILURE, since=seen.since)


def _digest(line: Line) -> str:
    if line.composition or line.code not in _SETTLED:
        return ""
    return hashlib.sha256(f"{line.room}\n{line.code}\n{line.message}".encode()).hexdigest()
