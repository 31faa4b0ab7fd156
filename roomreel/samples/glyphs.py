"""Capitals, digits and a few signs as pictures, so that no font has to be installed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.float32]
"""How much of each pixel is covered, 0 to 1: height x width."""

ROWS, COLUMNS = 7, 5

PEN = 0.55
"""Half the width of a stroke, in dots."""

# Five columns a sign, from the left; the lowest bit is the top row.
COLUMNS_OF = {
    " ": "0000000000", "+": "08083E0808", "-": "0808080808", ".": "0000606000", "/": "2010080402",
    "0": "3E5149453E", "1": "00427F4000", "2": "4261514946", "3": "2141454B31", "4": "1814127F10",
    "5": "2745454539", "6": "3C4A494930", "7": "0171090503", "8": "3649494936", "9": "064949291E",
    ":": "0036360000", "=": "1414141414", "?": "0201510906", "A": "7E1111117E", "B": "7F49494936",
    "C": "3E41414122", "D": "7F4141221C", "E": "7F49494941", "F": "7F09090901", "G": "3E4149497A",
    "H": "7F0808087F", "I": "00417F4100", "J": "2040413F01", "K": "7F08142241", "L": "7F40404040",
    "M": "7F020C027F", "N": "7F0408107F", "O": "3E4141413E", "P": "7F09090906", "Q": "3E4151215E",
    "R": "7F09192946", "S": "4649494931", "T": "01017F0101", "U": "3F4040403F", "V": "1F2040201F",
    "W": "3F4038403F", "X": "6314081463", "Y": "0708700807", "Z": "6151494543",
}  # fmt: skip


@lru_cache(maxsize=256)
def text_mask(text: str, scale: int) -> Mask:
    """Return text as a mask, `ROWS * scale` pixels high, drawn with a round pen.

    Args:
        text: shown in capitals; a sign that is not in the table shows as a question mark.
        scale: pixels from one dot of the 5 x 7 grid to the next.
    """
    return np.concatenate([_glyph(sign, scale) for sign in text.upper()], axis=1)[:, :-scale]


@lru_cache(maxsize=256)
def _glyph(sign: str, scale: int) -> Mask:
    dots = _dots(sign)
    # Centres of the pixels, in dots.
    y = ((np.arange(ROWS * scale) + 0.5) / scale - 0.5)[:, np.newaxis]
    x = ((np.arange((COLUMNS + 1) * scale) + 0.5) / scale - 0.5)[np.newaxis, :]
    distance = np.full((y.size, x.size), np.inf)
    for (row, column), (down, right) in _strokes(dots):
        along = np.clip(
            ((y - row) * down + (x - column) * right) / max(down**2 + right**2, 1), 0, 1
        )
        gap = np.hypot(y - row - along * down, x - column - along * right)
        distance = np.minimum(distance, gap)
    return np.clip((PEN - distance) * scale + 0.5, 0, 1).astype(np.float32)


def _dots(sign: str) -> set[tuple[int, int]]:
    """Row and column of each dot of a sign."""
    columns = bytes.fromhex(COLUMNS_OF.get(sign, COLUMNS_OF["?"]))
    return {
        (row, column)
        for column, bits in enumerate(columns)
        for row in range(ROWS)
        if bits >> row & 1
    }


def _strokes(dots: set[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Yield a dot and the step to a neighbour it is joined to, or no step for the dot itself.

    Dots are joined diagonally only where no dot beside them joins them already.
    """
    for row, column in sorted(dots):
        yield (row, column), (0, 0)
        for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
            corners = {(row + down, column), (row, column + right)} - {(row, column)}
            joined = (row + down, column + right) in dots
            if joined and (not (down and right) or not corners & dots):
                yield (row, column), (down, right)
