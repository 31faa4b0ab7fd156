"""Files of events: lines of JSON, each an event as manifests have them.

They come from applications, have no limit but ours, and one that is damaged is not to cost a
composition. So a line that is no event is passed over with its number. The schema of manifests
would take half a minute for as many lines as a file may have, and this takes two seconds; tests
hold both to one meaning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from roomreel.documents.events import findings_of_event, parse_event
from roomreel.documents.findings import pointer
from roomreel.documents.members import given
from roomreel.documents.text import LARGEST_INTEGER
from roomreel.model.event import Event, EventKind
from roomreel.text import printable

MOST_LINES = 200_000
LONGEST_LINE = 1 << 16
"""Bytes. An event with the longest text, each character escaped, has a fifth of it; what a line
says else is in memory as long as it is looked at."""

_Text = Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=r"^[^\x00]*$")]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    at_ms: Annotated[int, Field(strict=True, ge=-LARGEST_INTEGER, le=LARGEST_INTEGER)]
    type: EventKind
    value: _Text | None = None
    text: _Text | None = None
    participant_sid: Annotated[str, StringConstraints(pattern="^PA[0-9a-fA-F]{32}$")] | None = None
    attributes: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A line that is no event.

    Attributes:
        number: from 1.
        reason: in words, printable.
    """

    number: int
    reason: str


def count_lines(data: bytes) -> int:
    """Return the number of lines of a file; the last one may end without a line feed."""
    return data.count(b"\n") + (not data.endswith(b"\n") and bool(data))


def read_event_lines(data: bytes, offset_ms: int = 0) -> Iterator[Event | Skipped]:
    """Yield what each line of a file is; lines of nothing but space are none.

    Args:
        data: the bytes of the file, of at most `MOST_LINES` lines.
        offset_ms: added to the time of each event.
    """
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                event = _event(line)
            except ValueError as error:
                yield Skipped(number, str(error))
            else:
                yield replace(event, at_ms=event.at_ms + offset_ms) if offset_ms else event


def _event(line: bytes) -> Event:
    """Return the event of a line.

    Raises:
        ValueError: it is none; the message says why.
    """
    if len(line) > LONGEST_LINE:
        raise ValueError(f"it has more than {LONGEST_LINE} bytes")
    try:
        node = given(vars(_Line.model_validate_json(line)))
    except ValidationError as error:
        raise ValueError(_reason(error)) from error
    for finding in findings_of_event((), node):
        raise ValueError(f"{pointer(finding.path)}: expected {finding.expected}")
    return parse_event(node)


def _reason(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    where = pointer(tuple(first["loc"]))
    if first["type"] == "json_invalid":
        return "it is not JSON"
    if first["type"] == "extra_forbidden":
        return f"{where}: no event has this key"
    return printable(f"{where}: {first['msg']}" if where else first["msg"])
