"""A batch: every room of the last days by every enabled template, without an orchestrator."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime

from roomreel.api.configuration import configured
from roomreel.batch.in_process import compose_in_process
from roomreel.batch.report import BatchReport, State
from roomreel.batch.selection import RunFilter, in_utc, since_when
from roomreel.service.requests.claims import claims_of
from roomreel.service.requests.pending import tell
from roomreel.settings import Settings


def compose_batch(
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    room: str | None = None,
    template: str | None = None,
    force: bool = False,
    dry_run: bool = False,
    settings: Settings | None = None,
) -> BatchReport:
    """Compose every room of the last days by every enabled template, once.

    What the catalogs have already is not made again. Progress and warnings are lines of the logger
    `roomreel`. One program at a time may do this with a store, with or without Prefect.

    Args:
        since: rooms that ended at this instant or later; unset: in the last `window_days`. A time
            without a zone is UTC.
        until: rooms that ended before it; unset: no end.
        room: only the room of this sid or unique name.
        template: only the template of this name.
        force: compose again what is made, or failed permanently.
        dry_run: list what is due, and change nothing.
        settings: unset: those that the command line would read.

    Returns:
        A line for each composition, and for each document that cannot be used. Failures are lines,
        too: see `is_failed`.

    Raises:
        KeyboardInterrupt: it was stopped; what was under way is recorded as cancelled.
        RoomreelError: nothing could be composed at all (settings, folders).

    Example:
        >>> since = datetime(2026, 11, 20)
        >>> roomreel.compose_batch(since=since, settings=settings).headline
        '1 completed'
        >>> roomreel.compose_batch(since=since, settings=settings).headline
        'nothing to do: 1 up to date'
    """
    settings = configured(settings)
    wanted = RunFilter(
        since=since_when(since, datetime.now(UTC), settings.window_days),
        until=until and in_utc(until),
        room=room,
        template=template,
        force=force,
        dry_run=dry_run,
    )
    with claims_of(settings, f"process {os.getpid()} of {platform.node()}") as claims:
        report = compose_in_process(wanted, settings, claims)
    if not dry_run:
        ended = (line for line in report.lines if line.state in {State.COMPLETED, State.FAILED})
        tell({line.composition for line in ended if line.composition}, settings)
    return report
