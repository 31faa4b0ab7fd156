"""The machine that a run is on, as Prefect knows it."""

from __future__ import annotations

from prefect.settings import get_current_settings

from roomreel.maintenance.places import Machine
from roomreel.settings import Settings
from roomreel.tasks.artifacts import remove_artifacts


def machine_of(settings: Settings) -> Machine:
    """Return the machine of this process, with what Prefect keeps there and on its server."""
    results = get_current_settings().results.local_storage_path
    return Machine(settings, results, lambda sids: remove_artifacts(sids, settings))
