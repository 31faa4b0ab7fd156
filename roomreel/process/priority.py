"""Keep the scheduling of this process: SVT-AV1 changes it where root runs it.

As root it makes the thread that opens it real-time (SCHED_FIFO), and with it all that the process
starts from then on, which then keep all other processes from the processor.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

TASKS = Path("/proc/self/task")


@contextmanager
def keep_priority() -> Iterator[None]:
    """Give every thread of this process, new ones too, the scheduling from before the block."""
    if sys.platform != "linux":
        yield
        return
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        for task in TASKS.iterdir():
            with suppress(OSError):  # the thread ended meanwhile
                if os.sched_getscheduler(int(task.name)) != policy:
                    os.sched_setscheduler(int(task.name), policy, parameters)
