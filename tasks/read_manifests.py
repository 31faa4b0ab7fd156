"""Read some of the manifests of a batch."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import task_run

from roomreel.batch import reading
from roomreel.text import counted


def _name() -> str:
    return f"read {counted(len(task_run.parameters['urls']), 'manifest')}"


read_manifests = task(task_run_name=_name, persist_result=False, cache_policy=NO_CACHE)(
    reading.read_manifests
)
