"""The page of a run in Prefect's UI, which is beside its API."""

from __future__ import annotations

import os
import uuid
from contextlib import suppress

from roomreel.model.table import Row
from roomreel.service.requests.requests import OPEN

_API = "/api"


def run_url(row: Row) -> str:
    """Return the page of the run that made a composition; "" where none is known.

    A run that is under way is known by a ticket of ours, and not to Prefect's UI.
    """
    ui = os.environ.get("PREFECT_UI_URL") or _beside(os.environ.get("PREFECT_API_URL", ""))
    if row["status"] not in OPEN and ui.startswith(("http://", "https://")):
        with suppress(ValueError, TypeError):  # it was made without Prefect
            return f"{ui.rstrip('/')}/runs/flow-run/{uuid.UUID(row['flow_run_id'])}"
    return ""


def _beside(api: str) -> str:
    api = api.rstrip("/")
    return api.removesuffix(_API) if api.endswith(_API) else ""
