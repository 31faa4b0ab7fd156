"""Compositions that were made again, and that failed: what was made before stands.

The row of the good one stays, with the warning `remake-failed`. Its message is the code of the
failure, a colon and its words, so that a report of a run finds both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roomreel.model.plan import WarningCode
from roomreel.model.table import Row

# Of the attempt, not of what was made.
_OF_ATTEMPT = ("updated_at", "flow_run_id", "attempts")


def with_failure(standing: Row, failed: Row) -> Row:
    """Return the row of a completed composition after an attempt to make it again that failed.

    An earlier failure of this kind is forgotten.
    """
    warning = {
        "code": WarningCode.REMAKE_FAILED.value,
        "recording_sid": None,
        "message": f"{failed['failure_code']}: {failed['failure_message']}",
    }
    others = [one for one in standing["warnings"] or () if one["code"] != warning["code"]]
    attempt = {column: failed[column] for column in _OF_ATTEMPT}
    return standing | attempt | {"warnings": [*others, warning]}


def failure_of_remake(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return code and message of the last attempt to make a composition again, if it failed."""
    for warning in row["warnings"] or ():
        if warning["code"] == WarningCode.REMAKE_FAILED:
            code, _, message = warning["message"].partition(": ")
            return code, message
    return None
