"""Record outcomes of a batch in the catalogs."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE

from roomreel.batch import record

record_outcomes = task(task_run_name="write catalogs", persist_result=False, cache_policy=NO_CACHE)(
    record.record_outcomes
)
