"""Documents that end too early, as those of a recorder that was killed."""

from __future__ import annotations

import re

from roomreel.errors import DeliveryInvalid
from roomreel.importers.delivery.node import Node, parse_json

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\Z|\\\Z)|[{}\[\]]', re.DOTALL)


def parse_cut_json(data: bytes, name: str) -> tuple[Node, bool]:
    """Return a document, and whether it ends too early.

    Of one that does, all is there up to the last object of a list that is complete.

    Raises:
        DeliveryInvalid: it is no JSON for another reason, or no object of a list is complete.
    """
    try:
        return parse_json(data, name), False
    except DeliveryInvalid:
        whole = _complete(data)
        if whole is None:
            raise
        return parse_json(whole, name), True


def _complete(data: bytes) -> bytes | None:
    """Return the document up to its last complete object of a list, closed; None: there is none."""
    open_ones: list[bytes] = []
    end, closing = 0, b""
    for token in _TOKEN.finditer(data):
        sign = token[0]
        if sign in (b"{", b"["):
            open_ones.append(b"}" if sign == b"{" else b"]")
        elif sign in (b"}", b"]"):
            if not open_ones or open_ones.pop() != sign:
                return None
            if sign == b"}" and open_ones[-1:] == [b"]"]:
                end, closing = token.end(), b"".join(reversed(open_ones))
    return data[:end] + closing if end and open_ones else None
