"""Kills of what works on the service database, at any statement."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event


class Killed(BaseException):
    """Ends a refresh, as a kill would."""


@contextmanager
def killed_at(database: Any, step: int) -> Iterator[list[int]]:
    """Have the statement of this number fail, and count them."""
    seen = [0]

    def count(*_: Any) -> None:
        seen[0] += 1
        if seen[0] == step:
            raise Killed

    event.listen(database.engine, "before_cursor_execute", count)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", count)
