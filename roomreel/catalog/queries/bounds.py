"""Bounds of a query: how long it may take, and how much memory.

DuckDB keeps to a limit of its own for its tables, but not for a single long text or list, nor for
the result. So the system bounds what the process may allocate as long as the query runs.

It counts what is reserved, used or not. DuckDB's allocator keeps what it once reserved, so a
process that asked larger queries before has so much more: a command asks in a process of its own.
"""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from roomreel.errors import CatalogError

T = TypeVar("T")

# DuckDB looks between chunks of some 2000 rows whether it was interrupted.
_STOPS_WITHIN_S = 5.0
_ASK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of one query.

    Attributes:
        memory_bytes: on top of what the process has reserved already, the result included.
        seconds: of the clock.
    """

    memory_bytes: int = 2_000_000_000
    seconds: float = 600


USUAL = Bounds()


class StillRunning(CatalogError):
    """A query goes on past its time and cannot be interrupted: the caller ends the process."""


def run_within(bounds: Bounds, ask: Callable[[], T], interrupt: Callable[[], None]) -> T:
    """Return the result of `ask`, called in a thread of its own; ended where it takes too much.

    Args:
        bounds: what it may take.
        ask: the query.
        interrupt: has it end soon, if it can.

    Raises:
        CatalogError: it took too much time or memory.
        StillRunning: it took too much time, and goes on.
    """
    pool = ThreadPoolExecutor(1)
    with _memory(bounds.memory_bytes):
        call = pool.submit(ask)  # not before: what it allocates would count as there already
        try:
            wait([call], bounds.seconds)
        finally:  # Ctrl-C, too
            is_late = not call.done()
            _stop(call, interrupt)
            pool.shutdown(wait=False)
    if is_late:
        kind = CatalogError if call.done() else StillRunning
        raise kind(
            f"the query took longer than {bounds.seconds:g} s",
            "have it read fewer rows, or raise sql_timeout_s",
        )
    try:
        return call.result()
    except MemoryError as error:
        raise CatalogError(
            f"the query needs more than {bounds.memory_bytes} bytes of memory",
            "have it read or return less, or raise sql_memory_bytes",
        ) from error


def _stop(call: Future[T], interrupt: Callable[[], None]) -> None:
    # More than once: what is asked before a query begins to run is forgotten.
    for _ in range(round(_STOPS_WITHIN_S / _ASK_EVERY_S)):
        if call.done():
            return
        interrupt()
        wait([call], _ASK_EVERY_S)


@contextmanager
def _memory(most_bytes: int) -> Iterator[None]:
    """Make allocations fail that would take the process so many bytes beyond what it has now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = _allocated_bytes() + most_bytes
    infinite = resource.RLIM_INFINITY
    if soft == infinite or wanted < soft:
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _allocated_bytes() -> int:
    # The field "data": all private memory that can be written, which is what the limit counts.
    fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return int(fields[5]) * resource.getpagesize()
