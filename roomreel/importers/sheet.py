"""Offsets from a file: a line each of comma-separated values."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from roomreel.errors import ArgumentsInvalid, Violation
from roomreel.importers.choices import GivenOffset
from roomreel.importers.claims import Anchor
from roomreel.storage.failure import storage_errors
from roomreel.text import did_you_mean, shortened

COLUMNS = ("file", "participant", "track", "offset_ms", "start")
LARGEST_BYTES = 8 * 1024 * 1024

_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")


def read_offsets(place: Path) -> tuple[GivenOffset, ...]:
    """Return the offsets of a file whose first line names its columns.

    `file`, `participant` and `track` say what is meant, and may be empty but for one; `offset_ms`
    is where it begins; `start` says what sits there: `zero`, the container's time 0 (the default),
    or `first`, the first packet.

    Raises:
        ArgumentsInvalid: it is no such file; has every line that is wrong.
        StorageFailed: it cannot be read.
    """
    with storage_errors("read", place), place.open("rb") as file:
        data = file.read(LARGEST_BYTES + 1)
    try:
        text = data[: LARGEST_BYTES + 1].decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ArgumentsInvalid(f"{place} is not UTF-8 (byte {error.start})") from error
    if len(data) > LARGEST_BYTES:
        raise ArgumentsInvalid(f"{place} is larger than {LARGEST_BYTES >> 20} MiB")
    rows = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)
    try:
        _refuse_columns(place, rows.fieldnames or ())
        found = [_offset(place, rows.line_num, row) for row in rows if any(row.values())]
    except csv.Error as error:
        raise ArgumentsInvalid(f"{place}:{rows.line_num} cannot be read: {error}") from error
    wrong = [one for one in found if isinstance(one, Violation)]
    if wrong:
        raise ArgumentsInvalid(
            str(wrong[0]), "fix the line, and repeat the command", violations=wrong
        )
    return tuple(one for one in found if isinstance(one, GivenOffset))


def _refuse_columns(place: Path, names: Sequence[str]) -> None:
    for name in names:
        if name not in COLUMNS:
            hint = did_you_mean(name, COLUMNS) or f"there are: {', '.join(COLUMNS)}"
            raise ArgumentsInvalid(f"{place}:1 names the column {shortened(name)!r}", hint)
    if "offset_ms" not in names:
        raise ArgumentsInvalid(
            f"{place}:1 names no column offset_ms", f"its first line is: {','.join(COLUMNS)}"
        )


def _offset(place: Path, line: int, row: Mapping[str | None, object]) -> GivenOffset | Violation:
    if None in row or None in row.values():
        expected = "a value for each column of the first line"
        return Violation("", expected, "more or fewer", file=str(place), line=line)
    held = {str(name): str(value).strip() for name, value in row.items()}
    if not any(held.get(name) for name in COLUMNS[:3]):
        expected = "a file, a participant or a track"
        return Violation("", expected, "none of them", file=str(place), line=line)
    if not _WHOLE.fullmatch(held["offset_ms"]):
        found = shortened(held["offset_ms"])
        return Violation("offset_ms", "whole ms", found or "nothing", file=str(place), line=line)
    start = held.get("start") or Anchor.ZERO.value
    if start not in tuple(Anchor):
        found = shortened(start)
        return Violation("start", "zero or first", found, file=str(place), line=line)
    file, participant, track = (held.get(name) or None for name in COLUMNS[:3])
    return GivenOffset(
        int(held["offset_ms"]), file, participant, track, Anchor(start), f"{place}:{line}"
    )
