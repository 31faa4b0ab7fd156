"""Prefect tasks: one thin `@task` a step, and what Prefect shows of it."""
