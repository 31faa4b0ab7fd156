"""Write outcomes, rooms and unreadable documents into the catalogs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from fractions import Fraction

from roomreel.batch.edge import attempt
from roomreel.batch.planning import RoomPlan
from roomreel.batch.report import Line, State, failed_line
from roomreel.catalog.attempts import Unread
from roomreel.catalog.catalog import open_catalog
from roomreel.catalog.record import RoomRecord, record, record_unread
from roomreel.compose.listening import talk_in
from roomreel.compose.publish import (
    files_encrypted_otherwise,
    is_gone,
    medium_of_ours,
    stored_files,
)
from roomreel.errors import RoomreelError
from roomreel.logs import LOG
from roomreel.metrics import export_metrics, measure_time
from roomreel.model.composition import Files, Outcome
from roomreel.model.table import Row
from roomreel.settings.batches import Batches
from roomreel.storage import remove


def record_outcomes(
    rooms: list[RoomPlan], outcomes: list[Outcome], settings: Batches, run_id: str | None
) -> list[Line]:
    """Commit rooms, recordings and outcomes, one commit a table and date.

    The files of an outcome that lost (it was deleted meanwhile, or a newer one stands) are removed,
    and those that one made again has from when it was encrypted otherwise, or not at all.

    Returns:
        A line for each commit that failed; its rows wait in the journal for the next run.
    """
    hold = Fraction(settings.hold_s)
    records = [
        RoomRecord.of(room.manifest, room.media, hold, talk_in(room.manifest.room, room.media))
        for room in rooms
    ]
    with measure_time("record"):
        catalog = open_catalog(settings)
        result = attempt(record, catalog, records, outcomes, run_id, is_gone=_has_lost_its_medium)
    _export_metrics(outcomes, settings)
    if isinstance(result, RoomreelError):
        return [failed_line(result, "catalog")]
    stored = [files for outcome in outcomes if (files := outcome.files) and outcome.attempts > 1]
    # Where a commit failed, rows may still refer to them: then the retention flow removes them.
    again = [] if result.problems else [one for one in stored if one not in result.discard]
    removed = attempt(_remove, result.discard, again, settings)
    problems = [*result.problems, *([removed] if isinstance(removed, RoomreelError) else [])]
    return [failed_line(problem, "catalog") for problem in problems]


def record_documents(lines: Iterable[Line], settings: Batches, run_id: str | None) -> bool:
    """Record which documents could not be read; where that fails, it is only logged.

    Returns:
        Whether they stand in the catalogs now.
    """
    unread = [
        Unread(line.room or line.template, line.code, line.message)
        for line in lines
        if line.state is State.FAILED
    ]
    if not unread:
        return True
    result = attempt(_record_unread, unread, settings, run_id)
    if isinstance(result, RoomreelError):
        # The run reports them itself: that they are not in the catalogs is no failure of its own.
        LOG.warning("No attempts of documents are recorded: %s", result)
    return not isinstance(result, RoomreelError)


def _record_unread(unread: list[Unread], settings: Batches, run_id: str | None) -> None:
    record_unread(open_catalog(settings), unread, run_id, datetime.now(UTC))


def _export_metrics(outcomes: list[Outcome], settings: Batches) -> None:
    if settings.metrics_file is not None:
        result = attempt(export_metrics, outcomes, settings.metrics_file)
        if isinstance(result, RoomreelError):
            # Figures are not worth a failed run.
            LOG.warning("No figures for Prometheus: %s", result)


def _has_lost_its_medium(row: Row) -> bool:
    return row["media_url"] is None or is_gone(row["media_url"], row["size_bytes"])


def _remove(discarded: Iterable[Files], made_again: Iterable[Files], settings: Batches) -> None:
    for files in discarded:
        for place in stored_files(medium_of_ours(files, settings)):
            remove(place)
    for files in made_again:
        medium = medium_of_ours(files, settings)
        for place in files_encrypted_otherwise(medium):
            remove(place)
        if files.external_location:
            remove(medium)  # of before it went elsewhere
