"""Variables in texts of templates, such as `{room}`; a brace itself is written twice."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

SPEAKER = "speaker"
"""The name of the active speaker; empty while there is none."""

VARIABLES = ("room", "date", "template", SPEAKER)
"""Of the texts of overlays."""

TILE_VARIABLES = ("name", "identity", "track")
"""Of the texts in cells: the participant's name and identity, and the name of the track."""

_PIECE = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}]*)\}|(?P<lone>[{}])|[^{}]+")


def expand(text: str, values: Mapping[str, str]) -> str:
    """Return a text with values in place of its variables.

    Raises:
        KeyError: it has another variable.
        ValueError: a brace stands alone.
    """
    return "".join(_expanded(piece, values) for piece in _PIECE.finditer(text))


def _expanded(piece: re.Match[str], values: Mapping[str, str]) -> str:
    if piece["lone"]:
        raise ValueError(piece.string)
    if piece["name"] is not None:
        return values[piece["name"]]
    return {"{{": "{", "}}": "}"}.get(piece[0], piece[0])


def variables_of(text: str) -> frozenset[str]:
    """Return the names of the variables in a text."""
    return frozenset(piece["name"] for piece in _PIECE.finditer(text) if piece["name"] is not None)


def flaws(text: str, known: Collection[str]) -> Iterator[str]:
    """Yield what stands in the place of a variable and is none: an unknown name, a lone brace."""
    for piece in _PIECE.finditer(text):
        if piece["lone"] or (piece["name"] is not None and piece["name"] not in known):
            yield piece[0]
