"""Renew what ends by itself, as long as somebody is at work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from roomreel.errors import ServiceDatabaseFailed
from roomreel.logs import LOG

RENEW_S = 15.0
"""What is held for a minute is renewed four times in it: one that fails ends nothing."""


@contextmanager
def renewing(renew: Callable[[], object], what: str, every_s: float = RENEW_S) -> Iterator[None]:
    """Call a function now and then, in a thread, as long as the block lasts.

    Args:
        renew: may raise `ServiceDatabaseFailed`, and is called again then.
        what: it renews, for the log.
    """
    ended = threading.Event()

    def work() -> None:
        while not ended.wait(every_s):
            try:
                renew()
            except ServiceDatabaseFailed as error:
                LOG.warning("%s not renewed: %s", what, error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
