"""Log lines of roomreel on the page of the run, and in a file where the settings name one."""

from __future__ import annotations

import logging

from prefect.logging.handlers import APILogHandler

from roomreel.errors import RoomreelError
from roomreel.logs import LOG, log_to
from roomreel.model.composition import Outcome
from roomreel.model.room import Room
from roomreel.settings import Settings
from roomreel.storage.failure import storage_errors


def listen(settings: Settings) -> None:
    """Send lines to the server, from here on, and to the file of the settings.

    Raises:
        StorageFailed: the file cannot be opened.
    """
    LOG.setLevel(logging.INFO)
    if not any(isinstance(handler, APILogHandler) for handler in LOG.handlers):
        LOG.addHandler(APILogHandler())
    if settings.log_file is not None:
        with storage_errors("open", settings.log_file):
            log_to(settings.log_file)


def log(result: Outcome | RoomreelError, room: Room) -> None:
    """Log the outcome of a composition of a room, and its warnings."""
    if isinstance(result, RoomreelError):
        LOG.error("%s", result)
        return
    for warning in result.warnings:
        LOG.warning("%s", warning.in_words(room))
    place = result.files.media if result.files else "nowhere"
    LOG.info("%d bytes in %.1f s: %s", result.size_bytes or 0, result.render_s or 0, place)
