"""Sentences of the report that take more than a choice of words."""

from __future__ import annotations

from roomreel.report.plot import Rows, label, percent, total
from roomreel.report.scale import words


def success_rate(rows: Rows) -> str:
    """Return a sentence of the share that was completed, and its minimum."""
    known = [row for row in rows if row["success_rate"] is not None]
    worst = min(known, key=lambda row: row["success_rate"])
    part, whole = total(rows, "completed"), total(rows, "completed", "failed")
    return (
        f"{percent(part, whole)} of {words(whole)} compositions were completed; "
        f"the lowest rate is {words(worst['success_rate'])} % ({label(worst['first_day'])})."
    )


def factor_over_time(rows: Rows) -> str:
    """Return a sentence of the median, and its maximum."""
    known = [row for row in rows if row["median"] is not None]
    if len(known) == 1:
        return f"The median was {words(known[0]['median'])}."
    slowest = max(known, key=lambda row: row["median"])
    return (
        f"The median was {words(known[0]['median'])} at first and {words(known[-1]['median'])} at"
        f" last; it was highest, {words(slowest['median'])}, at {label(slowest['first_day'])}."
    )


def medians(rows: Rows) -> str:
    """Return a sentence of the templates with the highest and the lowest median."""
    first, last = rows[0], rows[-1]
    if first is last:
        return f"{first['template']}: median {words(first['median'])}."
    return (
        f"{first['template']} has the highest median, {words(first['median'])}; "
        f"{last['template']} has the lowest, {words(last['median'])}."
    )


def repeated(rows: Rows) -> str:
    """Return a sentence of the share that was tried more than once."""
    again = [row for row in rows if row["needed"] != "1 attempt"]
    share = percent(total(again, "completed", "failed"), total(rows, "completed", "failed"))
    return f"{share} of all compositions were tried more than once."


def most_frequent(rows: Rows) -> str:
    """Return a sentence of the most frequent value."""
    first = rows[0]
    return (
        f"Of {words(first['of'])} recordings, {words(first['recordings'])}"
        f" ({percent(first['recordings'], first['of'])}) have the most frequent finding: "
        f"{first['finding']}."
    )
