"""Decide what is due in some rooms of a batch, and plan it."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import task_run

from roomreel.batch import planning
from roomreel.text import counted


def _name() -> str:
    return f"plan {counted(len(task_run.parameters['manifests']), 'room')}"


plan_rooms = task(task_run_name=_name, persist_result=False, cache_policy=NO_CACHE)(
    planning.plan_rooms
)
