"""The table of a dry run: claim, evidence and choice, a line a recording."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from roomreel.cli import console
from roomreel.cli.rows import print_table
from roomreel.importers.finding import Code
from roomreel.text import counted

if TYPE_CHECKING:
    from roomreel.importers.settling.settle import Row, Settled

COLUMNS = (
    "participant",
    "track",
    "kind",
    "codec",
    "file",
    "claim start",
    "container",
    "chosen",
    "found start",
    "claim end",
    "found end",
    "clock",
    "notes",
)
NARROW = tuple(one for one in COLUMNS if one not in ("kind", "codec", "container", "claim end"))
NARROWEST = tuple(one for one in NARROW if one not in ("file", "claim start"))

GRADED = (Code.CLOCK_COARSE, Code.CLOCK_GUESSED)
"""Notes of which the column of the clock says the same."""

_FAR_MS = 10**9
"""Room clocks that count from 1970, or from anywhere, are shown from their first recording on."""


def print_room(room: Settled) -> None:
    """Print what is known of a room: a headline, and a line for each recording."""
    zero = zero_of(room)
    for line in headlines(room, zero):
        console.out_literal(line)
    rows = [_row(one, zero) for one in room.rows]
    print_table(rows, *(filled(rows, columns) for columns in (COLUMNS, NARROW, NARROWEST)))


def filled(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> list[str]:
    """Return the columns in which something stands."""
    return [one for one in columns if any(row[one] not in (None, "") for row in rows)]


def zero_of(room: Settled) -> int:
    """Return the ms on the room clock that the table counts from."""
    first = min((one.chosen for one in room.rows), default=0)
    return first if abs(first) >= _FAR_MS else 0


def headlines(room: Settled, zero: int) -> Iterator[str]:
    """Yield what is true of all lines of the table."""
    about = room.room
    vendor = about.attributes["import"]["vendor"]
    yield "  ".join(
        (
            vendor,
            about.unique_name,
            counted(len(about.participants), "participant"),
            counted(len(about.recordings), "recording"),
        )
    )
    rules = Counter(one.rule for one in room.rows)
    words = ", ".join(rule for rule, _ in rules.most_common(3))
    yield f"clock: {words or 'none'}: {room.grade}"
    yield f"ms from {_instant(room, zero)}" if zero or about.clock_zero else "ms from its zero"


def _instant(room: Settled, zero: int) -> str:
    clock_zero = room.room.clock_zero
    if clock_zero is None:
        return f"{zero} of its clock"
    try:
        moment = clock_zero + timedelta(milliseconds=zero)
    except OverflowError:
        return f"{zero} of its clock"
    text = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"{text} ({zero} of its clock)" if zero else text


def _row(one: Row, zero: int) -> dict[str, Any]:
    return {
        "participant": in_short(one.participant, 24),
        "track": in_short(one.track, 24),
        "kind": one.kind.value,
        "codec": one.codec,
        "file": one.file and in_short(one.file.rpartition("/")[2], 32),
        "claim start": _ms(one.claim_start, zero),
        "container": _ms(one.container_start, 0),
        "chosen": one.chosen - zero,
        "found start": _ms(one.found_start, zero),
        "claim end": _ms(one.claim_end, zero),
        "found end": _ms(one.found_end, zero),
        "clock": one.grade.value,
        "notes": ", ".join(note for note in one.notes if note not in GRADED),
    }


def in_short(text: str, most: int) -> str:
    """Return both ends of a text: names by machines differ at either."""
    half = most // 2
    return text if len(text) <= most else f"{text[: half - 1]}…{text[-half:]}"


def _ms(value: Fraction | int | None, zero: int) -> int | None:
    return None if value is None else round(value - zero)
