"""First sights of hooks without dates: each composes by day what ends after the first one.

A file says no date, and what the file system says of it is that of a copy, or of a checkout. So the
service notes when it saw a hook first, and one that composes otherwise as another one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import select

from roomreel.service.database.connections import Database
from roomreel.service.database.first_looks import note_looked_at
from roomreel.service.database.tables import FIRST_LOOKS
from roomreel.service.hooks.hook_files import Hook

_PREFIX = "hook "
# As many as the name of a look has place for.
_DIGITS = 40


def note_sights(database: Database, hooks: Iterable[Hook]) -> Mapping[str, datetime]:
    """Return since when hooks without dates are known, by their sids; one that is new, since now.

    Raises:
        ServiceDatabaseFailed: the database does not answer.
    """
    names = {hook.sid: _name_of(hook) for hook in hooks if hook.ready.template.changed_at is None}
    known = _known(database) if names else {}
    new = sorted(set(names.values()) - known.keys())
    if new:
        with database.write() as connection:
            for name in new:
                note_looked_at(connection, name)
        known = _known(database)
    return {sid: known[name] for sid, name in names.items()}


def _known(database: Database) -> dict[str, datetime]:
    with database.read() as connection:
        of_hooks = FIRST_LOOKS.c.name.startswith(_PREFIX)
        rows = connection.execute(select(FIRST_LOOKS.c.name, FIRST_LOOKS.c.date).where(of_hooks))
        return {row.name: row.date for row in rows}


def _name_of(hook: Hook) -> str:
    said = f"{hook.ready.name}\0{hook.ready.sha256}"
    return _PREFIX + hashlib.sha256(said.encode()).hexdigest()[:_DIGITS]
