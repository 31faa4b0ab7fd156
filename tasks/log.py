"""Log lines of roomreel on the page of the run, and in a file where the settings name one."""

from __future__ import annotations

import logging

from prefect.context import FlowRunContext, TaskRunContext
from prefect.logging import get_logger
from prefect.logging.handlers import APILogHandler

from roomreel.logs import LOG, log_to
from roomreel.settings.batches import Batches


def show_lines() -> None:
    """Send lines of runs to the server, from here on."""
    LOG.setLevel(get_logger("flow_runs").getEffectiveLevel())
    if not any(isinstance(handler, APILogHandler) for handler in LOG.handlers):
        handler = APILogHandler()
        handler.addFilter(_is_of_a_run)
        LOG.addHandler(handler)


def listen(settings: Batches) -> None:
    """Send lines of runs to the server, from here on, and lines to the file of the settings.

    Raises:
        StorageFailed: the file cannot be opened.
    """
    show_lines()
    log_to(settings.log_file)


def _is_of_a_run(_line: logging.LogRecord) -> bool:
    """Return whether this thread is in a run; Prefect warns of every line that belongs to none."""
    return (FlowRunContext.get() or TaskRunContext.get()) is not None
