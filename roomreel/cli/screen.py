"""Lines of the log on standard error, for who watches a run."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from roomreel.cli import console
from roomreel.logs import LOG


class _Screen(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        console.say(record.getMessage(), "yellow" if record.levelno >= logging.WARNING else "")


@contextmanager
def lines_on_screen() -> Iterator[None]:
    """Print what roomreel logs while the block runs, a line each."""
    screen, level = _Screen(), LOG.level
    LOG.addHandler(screen)
    LOG.setLevel(logging.INFO)
    try:
        yield
    finally:
        LOG.removeHandler(screen)
        LOG.setLevel(level)
