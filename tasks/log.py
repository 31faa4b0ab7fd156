"""Log lines of roomreel on the page of the run, and in a file where the settings name one."""

from __future__ import annotations

from prefect.logging import get_logger
from prefect.logging.handlers import APILogHandler

from roomreel.logs import LOG, log_to
from roomreel.settings.batches import Batches


def show_lines() -> None:
    """Send lines to the server, from here on."""
    LOG.setLevel(get_logger("flow_runs").getEffectiveLevel())
    if not any(isinstance(handler, APILogHandler) for handler in LOG.handlers):
        LOG.addHandler(APILogHandler())


def listen(settings: Batches) -> None:
    """Send lines to the server, from here on, and to the file of the settings.

    Raises:
        StorageFailed: the file cannot be opened.
    """
    show_lines()
    log_to(settings.log_file)
