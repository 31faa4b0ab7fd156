"""Rows of earlier versions of the catalogs, in the values of this one. Pure.

Files and entries of the journal may be of any earlier version. Columns that it lacked are null.
"""

from __future__ import annotations

import pyarrow as pa

from roomreel.model.table import Table


def upgraded(table: Table, rows: pa.Table) -> pa.Table:
    """Return the rows as this version would say them; rows of today stay as they are."""
    return _cancelled(rows) if table is Table.COMPOSITIONS else rows


def _cancelled(rows: pa.Table) -> pa.Table:
    """Return compositions; until version 2 what was cancelled had failed, with its own code."""
    both = zip(rows["status"].to_pylist(), rows["failure_code"].to_pylist(), strict=True)
    now = ["cancelled" if one == ("failed", "cancelled") else one[0] for one in both]
    status = rows.schema.get_field_index("status")
    return rows.set_column(status, rows.schema.field(status), pa.array(now, pa.string()))
