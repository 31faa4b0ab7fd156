"""Columns of whole numbers, of which a recording has millions."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Column = array[int]
else:  # it cannot be said at run time before Python 3.12, and annotations are read there
    Column = array
