"""Clear what killed runs left behind, before a batch begins."""

from __future__ import annotations

from contextlib import suppress

from roomreel.catalog.catalog import open_catalog
from roomreel.errors import StorageFailed
from roomreel.logs import LOG
from roomreel.maintenance.clearing import forget_deleted, sweep
from roomreel.maintenance.places import Machine
from roomreel.settings.batches import Batches
from roomreel.storage import clean_up_unfinished


def clear_machine(machine: Machine) -> None:
    """Clear what killed runs left on this machine, and what it has of what is deleted by now.

    Raises:
        StorageFailed: a folder of the settings cannot be read or cleared.
    """
    sweep(machine)
    for problem in forget_deleted(open_catalog(machine.settings), machine).problems:
        LOG.warning("Copies of what is deleted there stay: %s", problem)


def clear_store(settings: Batches) -> None:
    """Finish and clear what killed runs left in the store.

    Raises:
        StorageFailed: a folder of the settings cannot be read or cleared.
    """
    catalog = open_catalog(settings)
    catalog.recover()
    # Files of one table are of one schema, or other readers stumble. What cannot be written
    # again fails again where it is needed.
    catalog.upgrade()
    with suppress(StorageFailed):  # then rooms are looked for in the days that it does not know
        catalog.index_rooms()
    clean_up_unfinished(settings.compositions_root)
    clean_up_unfinished(settings.rooms_root)
