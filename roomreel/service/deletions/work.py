"""Confirmed deletions, worked off some at a time: after a kill the next start goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, exists, select, update

from roomreel.errors import RoomreelError
from roomreel.model.table import Table
from roomreel.redaction import redacted
from roomreel.service.database.connections import Database
from roomreel.service.database.tables import DELETIONS, DOOMED
from roomreel.service.lists.compositions import delete_compositions
from roomreel.service.lists.recordings import delete_recordings
from roomreel.service.lists.stays import Stays
from roomreel.service.service import Service

AT_ONCE = 100
"""How many are deleted in one commit of a day: one by one the catalogs would be read for each."""

_DELETE: Mapping[Table, Callable[[Service, Sequence[str]], dict[str, Stays]]] = {
    Table.COMPOSITIONS: delete_compositions,
    Table.RECORDINGS: delete_recordings,
}

# By somebody else, or by us before a kill.
_DONE = frozenset({Stays.GONE, Stays.DELETED})


def delete_confirmed(service: Service) -> bool:
    """Delete some of what was confirmed; return whether anything was left to be done.

    Raises:
        StorageFailed, CatalogError: it cannot be done now; the deletion says so until it can.
        ServiceDatabaseFailed: the database does not answer.
    """
    database = service.database
    is_due = DELETIONS.c.date_confirmed.is_not(None), DELETIONS.c.date_ended.is_(None)
    oldest = select(DELETIONS.c.id, DELETIONS.c.of_table).where(*is_due)
    with database.read() as connection:
        row = connection.execute(oldest.order_by(DELETIONS.c.date_confirmed).limit(1)).first()
        if row is None:
            return False
        this = select(DOOMED.c.sid).where(DOOMED.c.deletion_id == row.id)
        sids = connection.execute(this.order_by(DOOMED.c.sid).limit(AT_ONCE)).scalars().all()
    try:
        stay = _DELETE[Table(row.of_table)](service, sids) if sids else {}
    except RoomreelError as error:
        _note_problem(database, row.id, redacted(str(error)))
        raise
    with database.write() as connection:
        _strike_out(connection, row.id, sids, stay)
    return True


def _strike_out(
    connection: Connection, deletion: str, sids: Sequence[str], stay: Mapping[str, Stays]
) -> None:
    """Note what became of some; what another instance has noted counts once."""
    struck = delete(DOOMED).where(DOOMED.c.deletion_id == deletion, DOOMED.c.sid.in_(sids))
    gone = connection.execute(struck.returning(DOOMED.c.sid)).scalars().all()
    left = Counter(str(stay[sid]) for sid in gone if stay.get(sid, Stays.GONE) not in _DONE)
    this = DELETIONS.c.id == deletion
    kept = connection.execute(select(DELETIONS.c.kept).where(this).with_for_update()).scalar()
    is_left = connection.execute(select(exists().where(DOOMED.c.deletion_id == deletion))).scalar()
    values = {
        "done": DELETIONS.c.done + len(gone) - left.total(),
        "kept": Counter(kept) + left,
        "date_ended": None if is_left else datetime.now(UTC),
        "problem": None,
    }
    connection.execute(update(DELETIONS).where(this).values(values))


def _note_problem(database: Database, deletion: str, problem: str) -> None:
    with database.write() as connection:
        connection.execute(
            update(DELETIONS).where(DELETIONS.c.id == deletion).values(problem=problem)
        )
