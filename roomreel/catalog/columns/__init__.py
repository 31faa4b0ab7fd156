"""The one table of the columns of all tables.

Schemas, rows, descriptions in Parquet files, the pages of `docs`, `roomreel columns` and the
document that `roomreel compose --json` prints follow from it. A column is added here, in the module
of its table, last and with the next `since`; the files of older versions are then written again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roomreel.catalog.columns.attempts import ATTEMPTS
from roomreel.catalog.columns.column import Column
from roomreel.catalog.columns.compositions import COMPOSITIONS
from roomreel.catalog.columns.recordings import RECORDINGS
from roomreel.catalog.columns.rooms import ROOMS
from roomreel.catalog.columns.talk import TALK
from roomreel.model.table import Table

COLUMNS: Mapping[Table, tuple[Column[Any], ...]] = {
    Table.ROOMS: ROOMS,
    Table.RECORDINGS: RECORDINGS,
    Table.COMPOSITIONS: COMPOSITIONS,
    Table.ATTEMPTS: ATTEMPTS,
    Table.TALK: TALK,
}
"""By table, in the order of its schema; younger ones come last."""
