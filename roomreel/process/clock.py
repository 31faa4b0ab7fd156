"""The time of a process, without that in which others kept it from a processor."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path


class Clock:
    """Counts seconds of wall time; of those in which a thread waits for a processor, none.

    So a budget says how long work may take, and a process on an overloaded machine has as much of
    it as on an idle one. One that sleeps, waits for a disk or runs for ever uses it up.

    Where the kernel does not say how long threads wait (not Linux), all time counts.

    Args:
        pid: of the process. It may end meanwhile.
    """

    def __init__(self, pid: int) -> None:
        self._tasks = Path(f"/proc/{pid}/task")
        self._began = time.monotonic()
        self._delays = self._delays_now()
        self._waited_s = 0.0

    def seconds(self) -> float:
        """Return the seconds that have passed for the process since the clock was made.

        To be asked at least every few seconds: threads that end in between are not seen.
        """
        delays = self._delays_now()
        # Threads wait beside each other: the one that waited longest held up the process.
        most = max((delay - self._delays.get(task, 0) for task, delay in delays.items()), default=0)
        self._delays = delays
        passed = time.monotonic() - self._began
        self._waited_s = min(self._waited_s + most / 1e9, passed)
        return passed - self._waited_s

    def _delays_now(self) -> dict[str, int]:
        """Return the nanoseconds that each thread has waited in the queue of a processor.

        The second figure of schedstat (Documentation/scheduler/sched-stats.rst of Linux).
        """
        delays = {}
        with suppress(OSError):  # the process has ended
            for task in self._tasks.iterdir():
                with suppress(OSError, IndexError):  # the thread has ended; nothing is counted
                    delays[task.name] = int((task / "schedstat").read_text().split()[1])
        return delays
