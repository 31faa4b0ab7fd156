"""Tags that lists of runs are filtered by: the template of a render, the codes a run failed by.

State names stay Prefect's own, since its pages filter by those they know.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.runtime import flow_run

from roomreel.model.composition import Job
from roomreel.text import shortened

_CODE = "code:"


def tags_of(job: Job) -> frozenset[str]:
    """Return what the run of a render is found by."""
    return frozenset({f"template:{shortened(job.template.friendly_name)}"})


def tag_with_codes(codes: Iterable[str]) -> None:
    """Tag this flow run with the codes of what failed in it now, instead of those of before."""
    if flow_run.id is None:
        return
    tags = set(_without_codes(flow_run.tags)) | {f"{_CODE}{code}" for code in codes}
    if tags != set(flow_run.tags):
        with suppress(httpx.HTTPError), get_client(sync_client=True) as client:
            client.update_flow_run(UUID(flow_run.id), tags=sorted(tags))


def _without_codes(tags: Collection[str]) -> Collection[str]:
    return [tag for tag in tags if not tag.startswith(_CODE)]
