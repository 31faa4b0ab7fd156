"""The state of rooms and of their compositions in the catalogs, which decides what is due."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from roomreel.batch.due import Previous
from roomreel.catalog.catalog import open_catalog
from roomreel.catalog.remake import failure_of_remake
from roomreel.catalog.rooms import find_rooms
from roomreel.compose.publish import is_stored
from roomreel.documents.identity import OTHER_INPUTS
from roomreel.model.composition import CompositionStatus
from roomreel.model.room import Manifest
from roomreel.model.table import Row, Table, composition_days
from roomreel.settings.batches import Batches


@dataclass(frozen=True, slots=True)
class CatalogState:
    """The rows of some rooms, as far as planning needs them.

    Attributes:
        compositions: by sid.
        templates_done: by room sid, digests of the templates it was ever completed with.
        end_times: by room sid, the first end recorded.
        listened: sids of rooms of which the catalogs know who talks.
    """

    compositions: Mapping[str, Previous] = field(default_factory=dict)
    templates_done: Mapping[str, Collection[str]] = field(default_factory=dict)
    end_times: Mapping[str, datetime] = field(default_factory=dict)
    listened: Collection[str] = ()


def load_catalog_state(
    manifests: Sequence[Manifest],
    settings: Batches,
    runs: Collection[str],
    sids_of: Callable[[CatalogState], Iterable[str]],
) -> CatalogState:
    """Load the rows of these rooms, and of what they could be composed into.

    Args:
        runs: ids of the run itself and of related runs, whose rows are tried once more.
        sids_of: the compositions that the rooms could have, by their rows.

    Raises:
        CatalogError: the catalogs cannot be read.
        StorageFailed: likewise.
    """
    catalog = open_catalog(settings)
    found = find_rooms(catalog, [manifest.room for manifest in manifests])
    state = CatalogState(
        templates_done={sid: frozenset(row["templates_done"] or ()) for sid, row in found.items()},
        end_times={sid: row["end_time"] for sid, row in found.items() if row["end_time"]},
        listened={sid for sid, row in found.items() if row["talk_ms"] is not None},
    )
    sids = list(sids_of(state))
    rows = catalog.find(Table.COMPOSITIONS, sids, composition_days(sids))
    return replace(state, compositions={sid: _previous(row, runs) for sid, row in rows.items()})


def _previous(row: Row, runs: Collection[str]) -> Previous:
    status, of_this_run = CompositionStatus(row["status"]), row["flow_run_id"] in runs
    return Previous(
        status,
        None if row["engine_version"] in OTHER_INPUTS else row["inputs_sha256"],
        row["failure_code"],
        row["failure_message"],
        row["attempts"] or 1,
        of_this_run,
        # Whole files are read when a run is tried again, not in each run.
        in_place=not of_this_run
        or status is not CompositionStatus.COMPLETED
        or is_stored(row["media_url"], row["size_bytes"], row["media_sha256"]),
        remake_failed=failure_of_remake(row) is not None,
        ended=row["date_completed"],
    )
