"""Names of runs in lists: the flow, what it is about, and when.

Prefect gives a run a name of two words when it is scheduled; from its beginning on it has this one.
"""

from __future__ import annotations

from datetime import UTC, date
from pathlib import PurePosixPath

from prefect.runtime import flow_run

from roomreel.text import shortened


def of_the_day() -> str:
    """Return flow and day (UTC) of this run, and what it is narrowed to."""
    given = flow_run.parameters
    about = _about(given.get("room"), given.get("template"))
    day = flow_run.scheduled_start_time.astimezone(UTC).date()
    dry = ", dry run" if given.get("dry_run") else ""
    return f"{flow_run.flow_name} {day}{about and f', {about}'}{dry}"


def of_days() -> str:
    """Return flow and range of days of this run, without what the last day repeats."""
    given = flow_run.parameters
    about = _about(given.get("template"))
    dry = ", dry run" if given.get("dry_run") else ""
    days = _range(given["first_day"], given["last_day"])
    return f"{flow_run.flow_name} {days}{about and f', {about}'}{dry}"


def of_the_room() -> str:
    """Return flow and room, or composition, of this run, and the template where one is named."""
    given = flow_run.parameters
    return f"{flow_run.flow_name} {_about(given['what'], given.get('template'))}"


def of_the_manifest() -> str:
    """Return flow and file of the manifest of this run."""
    file = PurePosixPath(flow_run.parameters["manifest"]).name
    return f"{flow_run.flow_name} {shortened(file)}"


def _about(*names: str | None) -> str:
    return " / ".join(shortened(name) for name in names if name)


def _range(first: date, last: date) -> str:
    """Two days of ISO 8601: 2026-11-01..07, 2026-11-01..12-07, or both in full."""
    if first.year != last.year:
        return f"{first}..{last}"
    return f"{first}..{last:%d}" if first.month == last.month else f"{first}..{last:%m-%d}"
