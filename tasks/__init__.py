"""Prefect tasks: one thin `@task` a step. What they do lives in `roomreel`."""
