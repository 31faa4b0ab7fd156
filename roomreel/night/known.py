"""Failures of documents that an earlier night told of already.

A composition that fails has a row in the catalog, and the row says so. A document that cannot be
read has no sid, so what was said about it is remembered here: said again, it fails no run anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import replace

from roomreel.errors import DocumentInvalid, StorageFailed, TemplateInvalid
from roomreel.model.place import Place
from roomreel.night.report import Line, State
from roomreel.storage import read_bytes, write_bytes

SCHEMA = "roomreel.known/1"

# Decided by the document alone. That a file could not be read is news each time.
_SETTLED = frozenset({DocumentInvalid.code, TemplateInvalid.code})


def settled(lines: Iterable[Line], before: Collection[str]) -> list[Line]:
    """The lines, where a failure of a document that `before` has is a known one."""
    return [
        replace(line, state=State.KNOWN_FAILURE) if _digest(line) in before else line
        for line in lines
    ]


def digests(lines: Iterable[Line]) -> frozenset[str]:
    """What is to be remembered of these lines."""
    return frozenset(digest for line in lines if (digest := _digest(line)))


def recall(file: Place) -> frozenset[str]:
    """What was remembered; nothing where there is no such file, or it is none of ours."""
    try:
        document = json.loads(read_bytes(str(file)))
        return frozenset(document["known"]) if document["schema"] == SCHEMA else frozenset()
    except (StorageFailed, ValueError, TypeError, KeyError):
        # The worst that follows is that something is told once more.
        return frozenset()


def remember(file: Place, known: Collection[str]) -> None:
    """Replace what was remembered, at once.

    Raises:
        StorageFailed: it cannot be written.
    """
    text = json.dumps({"schema": SCHEMA, "known": sorted(known)})
    write_bytes(file, text.encode())


def _digest(line: Line) -> str:
    if line.composition or line.code not in _SETTLED:
        return ""
    return hashlib.sha256(f"{line.room}\n{line.code}\n{line.message}".encode()).hexdigest()
