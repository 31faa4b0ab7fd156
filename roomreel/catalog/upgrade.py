"""What rows of earlier versions of the catalogs say, in the values of this one. Pure.

Files and entries of the journal may be of any earlier version. Columns that it lacked are null.
"""

from __future__ import annotations

import pyarrow as pa

from roomreel.catalog.columns import HISTORY
from roomreel.catalog.tables import Row, Table


def upgraded(table: Table, rows: pa.Table) -> pa.Table:
    """Return the rows as this version would say them; rows of today stay as they are."""
    return _with_history(_cancelled(rows)) if table is Table.COMPOSITIONS else rows


def _cancelled(rows: pa.Table) -> pa.Table:
    """Until version 2 what was cancelled had failed, with a code of its own."""
    both = zip(rows["status"].to_pylist(), rows["failure_code"].to_pylist(), strict=True)
    told = ["cancelled" if one == ("failed", "cancelled") else one[0] for one in both]
    status = rows.schema.get_field_index("status")
    return rows.set_column(status, rows.schema.field(status), pa.array(told, pa.string()))


def _with_history(rows: pa.Table) -> pa.Table:
    """Until version 2 a row had its last outcome alone, which is the beginning of its history."""
    place = rows.schema.get_field_index("history")
    if not rows["history"].null_count:
        return rows
    told = [row["history"] or _last_outcome(row) for row in rows.select(_OUTCOME).to_pylist()]
    return rows.set_column(place, rows.schema.field(place), pa.array(told, HISTORY))


_OUTCOME = [
    *("status", "flow_run_id", "date_completed", "failure_code", "failure_message", "history"),
]


def _last_outcome(row: Row) -> list[Row] | None:
    if row["date_completed"] is None or row["status"] == "deleted":
        return None
    about = {"flow_run_id": row["flow_run_id"], "status": row["status"]}
    why = {"code": row["failure_code"], "message": row["failure_message"]}
    return [{"time": row["date_completed"], **about, **why}]
