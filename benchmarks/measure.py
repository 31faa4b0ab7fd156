"""A command as a whole tree of processes: CPU, wall clock and peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_S = 0.1
"""How often memory is looked at: a peak shorter than that may be missed."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a command used.

    Attributes:
        cpu_s: user and system time of it and all its children.
        peak_bytes: most resident memory of all of them at one time; shared pages count twice.
    """

    cpu_s: float
    wall_s: float
    peak_bytes: int


class CommandFailed(Exception):
    """A command of the benchmark ended with an error, which is told."""


def measure(argv: Sequence[str], environment: Mapping[str, str], log: Path) -> Usage:
    """Run a command to its end.

    Args:
        argv: program and arguments.
        environment: on top of this process's own.
        log: takes what the command prints.

    Raises:
        CommandFailed: it ended with another code than 0.
    """
    with log.open("wb") as words:
        start = time.perf_counter()
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
        )
        watch = _Watch(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    peak_bytes = watch.stop()
    if process.returncode:
        last = log.read_text(errors="replace").strip().splitlines()[-3:]
        raise CommandFailed(f"exit code {process.returncode}: {' '.join(last)}")
    return Usage(usage.ru_utime + usage.ru_stime, wall_s, peak_bytes)


class _Watch(threading.Thread):
    """Looks at the memory of a tree of processes until it is told to stop."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._root = psutil.Process(pid)
        self._over = threading.Event()
        self._peak_bytes = 0
        self.start()

    def run(self) -> None:
        while not self._over.wait(SAMPLE_S):
            self._peak_bytes = max(self._peak_bytes, self._now())

    def stop(self) -> int:
        """End, and tell the peak in bytes."""
        self._over.set()
        self.join()
        return self._peak_bytes

    def _now(self) -> int:
        try:
            family = [self._root, *self._root.children(recursive=True)]
        except psutil.Error:
            return 0
        return sum(_resident_bytes(process) for process in family)


def _resident_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def print_ratios(took: Mapping[str, Sequence[float]], base: str, what: str) -> None:
    """Print the median and range of each way, and the median of its ratio to a way of its round.

    Args:
        took: by way, the seconds of each round.
        what: the kind of seconds.
    """
    for way, seconds in took.items():
        ratio = statistics.median(map(float.__truediv__, seconds, took[base]))
        spread = f"{min(seconds):.2f} to {max(seconds):.2f}"
        print(
            f"{way:26} {statistics.median(seconds):7.2f} {what} ({spread}), {ratio:.3f} of {base}"
        )


def print_differences(found: Mapping[str, Sequence[float]], base: str, what: str) -> None:
    """Print the median and range of each way, and the median of what it has more than another one.

    Args:
        found: by way, the figure of each round.
        what: its unit.
    """
    for way, figures in found.items():
        more = statistics.median(map(float.__sub__, figures, found[base]))
        spread = f"{min(figures):.0f} to {max(figures):.0f}"
        print(
            f"{way:26} {statistics.median(figures):7.0f} {what} ({spread}), {more:+.0f} to {base}"
        )
