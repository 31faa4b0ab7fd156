"""People of recordings, by the names that are shown."""

from __future__ import annotations

from roomreel.model.table import Row


def name_of(row: Row) -> str | None:
    """Return the name of who was recorded; rows of earlier versions have the identity alone."""
    return row.get("participant_name") or row.get("participant_identity")
