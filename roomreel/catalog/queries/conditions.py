"""Conditions on rows, for those who read tables and know nothing of Arrow."""

from __future__ import annotations

import pyarrow.compute as pc
import pyarrow.dataset as ds


def column(name: str) -> pc.Expression:
    """Return a column, to be compared: `column("status") == "deleted"`."""
    return ds.field(name)
