"""Values of a vendor's document with the place of each, so that every claim says where it stands.

Nothing here trusts a type: what is not of the kind that is asked for is not there.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from roomreel.errors import DeliveryInvalid
from roomreel.importers.claims import Claim
from roomreel.importers.port import Listing
from roomreel.model.time import EPOCH

LARGEST_MS = 10**15
"""Times beyond it, in ms, are no times: Unix time passes it in 33658."""

DEEPEST = 100
"""The nesting of documents that are read."""

_DIGITS = re.compile(r"-?[0-9]{1,25}(\.[0-9]{1,12})?")


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a document.

    Attributes:
        file: name of the document in its listing.
        pointer: JSON pointer of the value, "" for the whole.
    """

    file: str
    pointer: str
    value: Any

    @property
    def at(self) -> str:
        """The place of the value, as claims have it."""
        return f"{self.file}#{self.pointer}"

    def get(self, *names: str) -> Node:
        """Return the value of the first of these members that is there and not null.

        Where none is, the value is None.
        """
        members = self.value if isinstance(self.value, dict) else {}
        name = next((one for one in names if members.get(one) is not None), names[0])
        part = name.replace("~", "~0").replace("/", "~1")
        return Node(self.file, f"{self.pointer}/{part}", members.get(name))

    def items(self) -> Iterator[Node]:
        """Yield the elements of a list; none where it is no list."""
        if isinstance(self.value, list):
            for number, value in enumerate(self.value):
                yield Node(self.file, f"{self.pointer}/{number}", value)

    @property
    def text(self) -> str | None:
        """The value as a text that is not empty, or None."""
        return self.value if isinstance(self.value, str) and self.value.strip() else None

    @property
    def flag(self) -> bool | None:
        """The value as a boolean, or None."""
        return self.value if isinstance(self.value, bool) else None

    @property
    def number(self) -> Fraction | None:
        """The value as an exact number, from one or from its digits in a text; or None."""
        value = self.value
        if isinstance(value, str):
            return Fraction(value) if _DIGITS.fullmatch(value) else None
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return Fraction(str(value)) if math.isfinite(value) else None

    def claim(self, unit_ms: Fraction | int = 1, resolution_ms: int = 1) -> Claim | None:
        """Return the number as a claim in ms, or None where it is none or no time.

        Args:
            unit_ms: what one of its units is in ms.
            resolution_ms: how finely it is said.
        """
        number = self.number
        if number is None or abs(number * unit_ms) > LARGEST_MS:
            return None
        return Claim(number * unit_ms, self.at, resolution_ms)

    def since_1970(self, unit_ms: Fraction | int = 1) -> datetime | None:
        """Return the number as an instant in UTC, or None where it is none.

        Args:
            unit_ms: what one of its units is in ms.
        """
        claim = self.claim(unit_ms)
        if claim is None:
            return None
        try:
            return EPOCH + timedelta(microseconds=round(claim.value * 1000))
        except OverflowError:
            return None

    @property
    def instant(self) -> datetime | None:
        """The value as an instant in UTC, from an RFC 3339 date; or None."""
        try:
            found = datetime.fromisoformat(self.text or "")
            return found.astimezone(UTC) if found.tzinfo else None
        except (ValueError, OverflowError):
            return None


def read_json(files: Listing, name: str) -> Node:
    """Return a document of a delivery.

    Raises:
        DeliveryInvalid: it is no JSON, too large or too deep.
    """
    return parse_json(files.text(name), name)


def parse_json(data: bytes, name: str) -> Node:
    """Return the document that these bytes are; those behind a byte order mark, too.

    Raises:
        DeliveryInvalid: they are no JSON, or nested too deeply.
    """
    try:
        value = json.loads(data.decode("utf-8-sig"), parse_constant=lambda _: None)
    except UnicodeDecodeError as error:
        raise DeliveryInvalid(f"{name} is not UTF-8 (byte {error.start})") from error
    except (ValueError, RecursionError) as error:
        raise DeliveryInvalid(f"{name} is no JSON: {error}") from error
    # No text of fewer brackets is deep, and walking through it would take longer than parsing it.
    if data.count(b"[") + data.count(b"{") > DEEPEST and _depth(value) > DEEPEST:
        raise DeliveryInvalid(f"{name} is nested more than {DEEPEST} deep")
    return Node(name, "", value)


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level := [one for held in level for one in _held(held)]:
        depth += 1
    return depth


def _held(value: Any) -> Iterator[Any]:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (one for one in inside if isinstance(one, dict | list))
