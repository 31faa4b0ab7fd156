"""A gate that closes if the store does not answer: found out once, for all threads.

A request to a store that is gone is given up after a minute or two. Whatever comes after it ends at
once, until one short question, which is asked for all of them, is answered again.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Hashable
from functools import lru_cache

ASKED_EVERY_S = 2.0
PREFIX = "AWS_"
"""Of the variables that a client goes by."""


class Gate:
    """Open as long as nothing says otherwise; safe for threads."""

    def __init__(self) -> None:
        self._bucket: str | None = None
        self._asked = 0.0
        self._one_asks = threading.Lock()

    def shut(self, bucket: str) -> None:
        """Have what comes from now on end at once, as the store did not answer about a bucket."""
        self._asked, self._bucket = time.monotonic(), bucket

    def silent(self, answers: Callable[[str], bool]) -> str | None:
        """Return the bucket that was asked for in vain, and is now; None where the store answers.

        Args:
            answers: asks a short question about a bucket.
        """
        if self._bucket is None:
            return None
        with self._one_asks:
            if self._bucket is not None and time.monotonic() - self._asked >= ASKED_EVERY_S:
                if answers(self._bucket):
                    self._bucket = None
                self._asked = time.monotonic()
            return self._bucket


def surroundings() -> tuple[tuple[str, str], ...]:
    """Return the environment by which a client finds the store, and its credentials."""
    return tuple(sorted(item for item in os.environ.items() if item[0].startswith(PREFIX)))


def gate(account: Hashable = None) -> Gate:
    """Return the gate to the store of the environment as it is now, or to that of an account."""
    return _gate(os.getpid(), surroundings(), account)


@lru_cache(maxsize=32)
def _gate(_pid: int, _about: tuple[tuple[str, str], ...], _account: Hashable) -> Gate:
    return Gate()
