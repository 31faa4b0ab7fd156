"""Failures of requests, and the time to wait before the next one."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import TypeVar

from roomreel.errors import Cancelled, StorageFailed

T = TypeVar("T")

TRIES = 5
LONGEST_WAIT_S = 60.0
_FIRST_WAIT_S = 0.5


class TryAgain(Exception):
    """A request failed in a way that passes.

    Args:
        reason: in words, without a URL.
        after_s: how long the service asks to wait; None: it does not say.
    """

    def __init__(self, reason: str, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after_s = after_s


class NotThere(Exception):
    """The service has nothing of that name (404)."""


class LinkExpired(Exception):
    """A link to a file is not good any more (403)."""


class Changed(Exception):
    """The stored file is another one than before."""


class Patience:
    """Waits between tries, cut short once all is to stop.

    Args:
        first_wait_s: before the second try; it doubles from try to try, with jitter.
    """

    def __init__(self, stop: threading.Event, first_wait_s: float = _FIRST_WAIT_S) -> None:
        self._stop = stop
        self._first_wait_s = first_wait_s

    def go_on(self) -> None:
        """Do nothing, unless all is to stop.

        Raises:
            Cancelled: it is.
        """
        if self._stop.is_set():
            raise Cancelled("the download was stopped", "run it again: it goes on where it was")

    def wait(self, number: int, error: TryAgain) -> None:
        """Wait after a failed try.

        Args:
            number: of the try, from 1.

        Raises:
            StorageFailed: it was the last one.
            Cancelled: all is to stop.
        """
        if number >= TRIES:
            raise StorageFailed(
                f"{error.reason} ({TRIES} tries)", "run it again later: it goes on where it was"
            ) from None
        asked = error.after_s
        grown = self._first_wait_s * 2 ** (number - 1) * random.uniform(0.5, 1.5)  # noqa: S311
        self._stop.wait(min(grown if asked is None else max(asked, 0.0), LONGEST_WAIT_S))
        self.go_on()

    def retry(self, call: Callable[[], T]) -> T:
        """Return what a call returns, tried again while that may help."""
        number = 1
        while True:
            self.go_on()
            try:
                return call()
            except TryAgain as error:
                self.wait(number, error)
            number += 1
