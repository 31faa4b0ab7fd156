"""Record a run: rooms, their recordings, and the outcomes of their compositions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import partial

from roomreel.catalog import attempts
from roomreel.catalog.attempts import Unread
from roomreel.catalog.catalog import Catalog
from roomreel.catalog.columns.facts import RecordingFacts
from roomreel.catalog.merge import merge
from roomreel.catalog.remake import with_failure
from roomreel.catalog.rooms import find_rooms
from roomreel.catalog.rows import (
    Stamp,
    composition_row,
    nightly_template,
    recording_row,
    room_row,
    talk_row,
    with_kept,
    with_probe_results_of,
)
from roomreel.catalog.schema.tables import normalised
from roomreel.errors import CatalogError, RoomreelError, StorageFailed
from roomreel.model.composition import CompositionStatus, Decoded, Files, Outcome
from roomreel.model.media import MediaFile
from roomreel.model.plan import PlanWarning
from roomreel.model.room import Manifest, RecordingStatus, RoomStatus
from roomreel.model.table import Partition, Row, Table, composition_day, day_of, purged_digest
from roomreel.model.talk import NO_TALK, RoomTalk
from roomreel.model.time import Span
from roomreel.plan.probe_results import ProbeResult, clock_zero, probe_result
from roomreel.plan.talk_figures import RoomFigures, talk_figures
from roomreel.plan.usable import examine_room

# Columns that say who wrote a row and when, not what it says.
_WRITER = frozenset({"rev", "updated_at", "flow_run_id", "engine_version"})

NOT_COMPLETED = frozenset({CompositionStatus.FAILED, CompositionStatus.CANCELLED})

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class RoomRecord:
    """A room as a run found it.

    Attributes:
        media: by recording sid; one that is missing counts as not looked at.
        probe_results: by recording sid, of those that were looked into.
        warnings: about its recordings, whatever the outcome of its compositions.
        talk: in it; nothing where it was not listened to.
    """

    manifest: Manifest
    media: Mapping[str, MediaFile] = field(default_factory=dict)
    probe_results: Mapping[str, ProbeResult] = field(default_factory=dict)
    warnings: tuple[PlanWarning, ...] = ()
    talk: RoomTalk = NO_TALK

    @classmethod
    def of(
        cls,
        manifest: Manifest,
        media: Mapping[str, MediaFile],
        hold: Fraction,
        talk: RoomTalk = NO_TALK,
    ) -> RoomRecord:
        """Return what media, and the packets of those that were indexed, show of a room.

        Args:
            manifest: the room.
            media: by recording sid, of those that were looked at.
            hold: seconds a picture is held at most while another comes later.
            talk: in the room.
        """
        room = manifest.room
        seen = examine_room(room, media, hold)
        shown = {
            recording.sid: probe_result(recording, medium)
            for recording in room.recordings
            if (medium := media.get(recording.sid)) and medium.packets is not None
        }
        zero = clock_zero(room, shown)
        found = {
            sid: replace(shown.get(sid, ProbeResult()).placed(zero), usable=seen.usable.get(sid))
            for sid in shown.keys() | seen.usable.keys()
        }
        return cls(manifest, media, found, seen.warnings, talk)

    @property
    def figures(self) -> RoomFigures | None:
        """Figures of the talk in the room; None where it was not listened to."""
        recorded: dict[str, list[Span]] = defaultdict(list)
        for recording in self.manifest.room.recordings:
            found = self.probe_results.get(recording.sid, ProbeResult())
            if found.start_ms is not None and found.end_ms is not None:
                span = Span(Fraction(found.start_ms, 1000), Fraction(found.end_ms, 1000))
                recorded[recording.participant_sid].append(span)
        return talk_figures(self.talk, recorded)


@dataclass(frozen=True, slots=True)
class RecordReport:
    """The outcome of recording.

    Attributes:
        written: rows committed, by table.
        unchanged: rows that said what the catalog says already.
        skipped: sids of rooms that are not over, so that they have no row yet.
        superseded: outcomes that were deleted meanwhile, or that a newer one stands for.
        discard: files of superseded outcomes that no row refers to: they are to be removed.
        problems: commits that failed; the others are done. Their rows wait in the journal, unless
            the journal itself could not be written.
    """

    written: Mapping[Table, int]
    unchanged: int
    skipped: tuple[str, ...]
    superseded: tuple[Outcome, ...]
    discard: tuple[Files, ...]
    problems: tuple[RoomreelError, ...]


def record(
    catalog: Catalog,
    rooms: Sequence[RoomRecord],
    outcomes: Sequence[Outcome],
    flow_run_id: str | None,
    now: datetime | None = None,
    is_gone: Callable[[Row], bool] = lambda _row: False,
) -> RecordReport:
    """Write down rooms, recordings and outcomes: one commit per table and date that changed.

    Attempts and compositions come first and rooms last: a kill in between never leaves a template
    noted as done whose composition has no row. Repeating it changes nothing. Where a composition
    was made again and that failed, the row of the good one stays, with a warning.

    Args:
        catalog: where to.
        rooms: those of the outcomes among them, or their `templates_done` stays as it was. Only
            what a night makes goes in there: see `nightly_template`.
        outcomes: at most one per sid.
        flow_run_id: of the orchestrator, or None.
        now: UTC; unset: the clock's.
        is_gone: whether the media file of a completed row is known not to be there any more.

    Returns:
        What was written. It raises nothing: what fails is among the report's problems.
    """
    catalog.recover()
    stamp = Stamp(now or datetime.now(UTC), flow_run_id)
    problems: list[RoomreelError] = []
    known: dict[str, Row] = {}
    try:
        known = find_rooms(catalog, [item.manifest.room for item in rooms])
    except (CatalogError, StorageFailed) as error:
        # Outcomes cost a night to make again; rooms are read again by the next run.
        problems.append(error)
        rooms = ()
    ends = {item.manifest.room.sid: _end_of(item.manifest, known) for item in rooms}
    rooms = [_without_deleted(catalog, item, ends, problems) for item in rooms]
    written: Counter[Table] = Counter()
    unchanged = 0
    standing: dict[str, Row | None] = {}
    for partition, rows in _batches(rooms, outcomes, ends, known, stamp).items():
        try:
            changes = _changes(catalog, partition, rows, is_gone)
            unchanged += len(rows) - len(changes)
            if changes:
                standing |= catalog.commit(partition, changes).superseded
                written[partition.table] += len(changes)
        except (CatalogError, StorageFailed) as error:
            problems.append(error)
    superseded = tuple(outcome for outcome in outcomes if outcome.sid in standing)
    return RecordReport(
        written=written,
        unchanged=unchanged,
        skipped=tuple(sid for sid, end in ends.items() if end is None),
        superseded=superseded,
        discard=tuple(_files_to_discard(superseded, standing)),
        problems=tuple(problems),
    )


def record_unread(
    catalog: Catalog, documents: Iterable[Unread], flow_run_id: str | None, now: datetime
) -> None:
    """Write down which documents could not be read, and why.

    Raises:
        CatalogError: the catalog cannot be written.
        StorageFailed: likewise.
    """
    stamp = Stamp(now, flow_run_id)
    rows = [attempts.of_document(document, stamp) for document in documents]
    if rows:
        catalog.append(Partition(Table.ATTEMPTS, day_of(now)), rows)


def _without_deleted(
    catalog: Catalog,
    item: RoomRecord,
    ends: Mapping[str, datetime | None],
    problems: list[RoomreelError],
) -> RoomRecord:
    """Return a room without the talk in recordings that were deleted since it was listened to."""
    end = ends[item.manifest.room.sid]
    if end is None or not item.talk.recordings:
        return item
    try:
        rows = catalog.find(Table.RECORDINGS, item.talk.recordings, [day_of(end)])
    except (CatalogError, StorageFailed) as error:
        problems.append(error)
        return replace(item, talk=NO_TALK)
    deleted = {row["participant_sid"] for row in rows.values() if row["status"] == "deleted"}
    return replace(item, talk=item.talk.without(deleted)) if deleted else item


def _end_of(manifest: Manifest, known: Mapping[str, Row]) -> datetime | None:
    """Return when a room ended: the first end recorded stays, so that its rows never move."""
    room = manifest.room
    if room.sid in known:
        recorded: datetime = known[room.sid]["end_time"]
        return recorded
    return None if room.status is RoomStatus.IN_PROGRESS else room.end_time


def _batches(
    rooms: Iterable[RoomRecord],
    outcomes: Iterable[Outcome],
    ends: Mapping[str, datetime | None],
    known: Mapping[str, Row],
    stamp: Stamp,
) -> dict[Partition, list[Row]]:
    """Return the rows by partition, in the order in which they are to be committed."""
    of_room: dict[str, list[Outcome]] = defaultdict(list)
    done: dict[str, set[str]] = defaultdict(set)
    batches: dict[Table, dict[Partition, list[Row]]] = {
        table: defaultdict(list) for table in reversed(Table)
    }
    for outcome in outcomes:
        of_room[outcome.room_sid].append(outcome)
        row = composition_row(outcome, stamp)
        nightly = nightly_template(row, ends.get(outcome.room_sid))
        if nightly and outcome.status is CompositionStatus.COMPLETED:
            done[outcome.room_sid].add(nightly)
        partition = Partition(Table.COMPOSITIONS, composition_day(outcome.sid))
        batches[Table.COMPOSITIONS][partition].append(row)
        tried = attempts.of_outcome(outcome, row, stamp)
        batches[Table.ATTEMPTS][attempts.partition_of(tried)].append(tried)
    for item in rooms:
        room_sid = item.manifest.room.sid
        end, made = ends[room_sid], of_room[room_sid]
        if end is None:
            continue
        figures = item.figures
        row = room_row(item.manifest, item.media, done[room_sid], end, stamp, figures)
        batches[Table.ROOMS][Partition(Table.ROOMS, day_of(end))].append(row)
        partition = Partition(Table.RECORDINGS, day_of(end))
        purged = known.get(room_sid, {}).get("recordings_purged") or ()
        batches[Table.RECORDINGS][partition] += [
            row
            for row in _recording_rows(item, made, stamp)
            if purged_digest(row["sid"]) not in purged
        ]
        batches[Table.TALK][Partition(Table.TALK, day_of(end))] += [
            talk_row(item.manifest.room, end, one, stamp)
            for one in (figures.participants.values() if figures else ())
        ]
    return {part: rows for table in batches.values() for part, rows in table.items()}


def _recording_rows(item: RoomRecord, outcomes: Sequence[Outcome], stamp: Stamp) -> list[Row]:
    """Return one row per recording that is no longer being processed."""
    warnings = [item.warnings, *(outcome.warnings for outcome in outcomes)]
    decoded: dict[str, Decoded] = {}
    for outcome in outcomes:
        for sid, seen in outcome.decoded.items():
            # Compositions use parts of a recording; the one that saw most is right.
            if sid not in decoded or seen.frames > decoded[sid].frames:
                decoded[sid] = seen
    return [
        recording_row(
            RecordingFacts(
                item.manifest.room,
                recording,
                item.media.get(recording.sid, MediaFile()),
                item.probe_results.get(recording.sid, ProbeResult()),
                decoded.get(recording.sid),
                warnings,
                item.talk.recordings.get(recording.sid),
            ),
            stamp,
        )
        for recording in item.manifest.room.recordings
        if recording.status is not RecordingStatus.PROCESSING
    ]


def _changes(
    catalog: Catalog, partition: Partition, rows: list[Row], is_gone: Callable[[Row], bool]
) -> list[Row]:
    """Return the rows that say something new."""
    rows = normalised(partition.table, rows)
    try:
        standing = catalog.find(partition.table, [row["sid"] for row in rows], [partition.day])
    except CatalogError:
        return rows  # to be committed: that keeps them in the journal, and says what is wrong
    if partition.table is Table.ATTEMPTS:
        return [row for row in rows if row["sid"] not in standing]
    if partition.table is Table.COMPOSITIONS:
        settle = partial(_settled_outcome, is_gone)
    else:
        settle = partial(_settled, partition.table)
    settled = [settle(row, standing[row["sid"]]) if row["sid"] in standing else row for row in rows]
    return [row for row in settled if row is not None]


def _settled(table: Table, row: Row, standing: Row) -> Row | None:
    """Return a row beside the one that stands; None where merging it changes nothing of note."""
    if table is Table.RECORDINGS:
        row = with_probe_results_of(row, standing)
    elif table is Table.ROOMS:
        row = with_kept(table, row, standing)
    # Whatever the clock says: it was written later.
    row = row | {"updated_at": max(row["updated_at"], standing["updated_at"] + _TICK)}
    merged = merge(table, {row["sid"]: standing}, [row])
    return None if _says(merged[row["sid"]]) == _says(standing) else row


def _settled_outcome(is_gone: Callable[[Row], bool], row: Row, standing: Row) -> Row | None:
    """Return an outcome, unless it is recorded already; a commit says what stands for another.

    One that was not completed leaves what was completed before, as long as its media file is there.
    """
    was, became = (CompositionStatus(one["status"]) for one in (standing, row))
    if was is CompositionStatus.COMPLETED and became in NOT_COMPLETED and not is_gone(standing):
        row = with_failure(standing, row)
    return None if _says(row) == _says(standing) else row


def _says(row: Row) -> Row:
    return {column: value for column, value in row.items() if column not in _WRITER}


def _files_to_discard(
    superseded: Iterable[Outcome], standing: Mapping[str, Row | None]
) -> Iterable[Files]:
    for outcome in superseded:
        if outcome.files is not None and not _is_used(outcome.files, standing[outcome.sid]):
            yield outcome.files


def _is_used(files: Files, stands: Row | None) -> bool:
    """Return whether a row that stands has the medium of an outcome, or what is beside it."""
    used = stands["media_url"] if stands and stands["status"] == "completed" else None
    if stands is None or used is None:
        return False
    # Of two of which one is in a bucket of others the rest has the same place in the store.
    is_external = files.external_location or stands.get("media_external_location")
    is_same_name = files.media.rpartition("/")[2] == used.rpartition("/")[2]
    return files.media == used or bool(is_external and is_same_name)
