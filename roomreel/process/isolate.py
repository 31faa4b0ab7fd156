"""Run a function in a process of its own, with a budget of time and memory.

Untrusted media can crash, stall or bloat a codec. What happens to the child ends one job, never
the run: `run` turns each such end into an exception. The child dies with its parent, even when the
parent is killed with SIGKILL.

It is a fence around crashes, memory and time, not around rights: the child is the same user, and
may read the same files. What it is kept from is our environment (`roomreel.process.environment`),
and from having the parent run what it sends (`roomreel.process.messages`).
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, cast

import psutil

from roomreel.errors import (
    Cancelled,
    ChildCrashed,
    MemoryExceeded,
    RenderTimeout,
    RoomreelError,
)
from roomreel.process.child import ENTRY, Call
from roomreel.process.clock import Clock
from roomreel.process.environment import child_environment
from roomreel.process.exchange import Exchange
from roomreel.process.messages import decode_message, message_types
from roomreel.process.stderr_capture import StderrCapture

WATCH_INTERVAL_S = 0.25
"""How often the parent looks at clock and memory: far below any budget, far above its cost."""

START_S = 60.0
"""Before its function is called a child may be silent for so long: a loaded machine is slow to load
libraries."""

END_S = 10.0
"""For a child that was killed, or has closed its pipes, to be gone."""

NO_ACCESS: Mapping[str, str] = MappingProxyType({})

Argument = TypeVar("Argument")
Message = TypeVar("Message")
Result = TypeVar("Result")
Notify = Callable[[Message], None]


@dataclass(frozen=True, slots=True)
class Budget:
    """The time and memory that a child may use.

    Attributes:
        wall_s: seconds from start to result, by the child's `Clock`.
        memory_bytes: resident memory.
        silence_s: such seconds without a message, after which it counts as stalled; None: any.
    """

    wall_s: float
    memory_bytes: int
    silence_s: float | None = None


_stopped = threading.Event()


@contextlib.contextmanager
def stop_children() -> Iterator[None]:
    """End every call of `run`, in whatever thread, with `Cancelled` while the block lasts.

    One that is under way ends its child within a second.
    """
    _stopped.set()
    try:
        yield
    finally:
        _stopped.clear()


def is_stopped() -> bool:
    """Return whether calls of `run` are ended now, for code that waits for something else."""
    return _stopped.is_set()


def run(
    target: Callable[[Argument, Notify[Message]], Result],
    argument: Argument,
    budget: Budget,
    on_message: Notify[Message] | None = None,
    stderr_to: Path | None = None,
    access: Mapping[str, str] = NO_ACCESS,
) -> Result:
    """Call `target(argument, notify)` in a new process and return what it returns.

    Args:
        target: a function at the top level of an importable module. Its signature says what types
            its messages and its result are of; `roomreel.process.messages` can send those.
        argument: picklable.
        budget: past it the child and its children are killed.
        on_message: called in this thread with each object that the child notified.
        stderr_to: a file for its standard error, however it ended; bounded.
        access: environment variables that it needs beyond `child_environment`.

    Raises:
        RenderTimeout: past the time budget, or silent for too long.
        MemoryExceeded: past the memory budget.
        Cancelled: `stop_children` is in force.
        ChildCrashed: it ended without an answer; the message names the signal or exit code.
        RoomreelError: whatever `target` raised.
    """
    call = pickle.dumps(Call(target.__module__, target.__qualname__, argument, dict(access)))
    reading, writing = os.pipe()
    stderr = StderrCapture(reading)
    try:
        child = subprocess.Popen(
            # -P: what lies in the folder where we were started is not ours.
            [sys.executable, "-P", "-c", ENTRY, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=writing,
            # Threads of linear algebra would wait by spinning, for products of a few numbers.
            env={**child_environment(), "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,
        )
    finally:
        os.close(writing)
    try:
        with Exchange(child, call, budget.memory_bytes) as exchange:
            talk = _Conversation(child, exchange, stderr, target)
            return cast("Result", talk.until_result(budget, on_message or _ignore))
    finally:
        _end(child)
        if stderr_to is not None:
            with contextlib.suppress(OSError):  # a full disk has an error of its own
                stderr_to.write_text(stderr.text(), encoding="utf-8")


def _ignore(_: object) -> None:
    """Drop a message that was not asked for."""


class _Conversation:
    """One child, what it sends, and its budget."""

    def __init__(
        self,
        child: subprocess.Popen[bytes],
        exchange: Exchange,
        stderr: StderrCapture,
        target: Callable[..., object],
    ) -> None:
        self._child, self._exchange, self._stderr = child, exchange, stderr
        message, result = message_types(target)
        self._hints = {
            "ready": type(None),
            "message": message,
            "result": result,
            "error": RoomreelError,
        }

    def until_result(self, budget: Budget, on_message: Notify[Any]) -> object:
        """Return the result of the call, or raise what ended it."""
        watched = _watch(self._child.pid)
        clock = Clock(self._child.pid)
        silent_until = max(budget.silence_s or inf, START_S)
        while True:
            for kind, payload in self._received():
                if kind == "result":
                    return payload
                if kind == "error":
                    raise payload
                if kind == "message":
                    on_message(payload)
                silent_until = clock.seconds() + (budget.silence_s or inf)
            _refuse_overdue(budget, clock.seconds(), silent_until)
            _refuse_bloated(budget, watched)

    def _received(self) -> Iterator[tuple[str, Any]]:
        """Yield what has arrived, as soon as something has, or after an instant."""
        try:
            for data in self._exchange.messages(WATCH_INTERVAL_S):
                yield decode_message(data, self._hints)
        except ValueError as error:
            raise ChildCrashed(f"the process sent what is no message of its: {error}") from error
        if self._exchange.ended:
            raise ChildCrashed(self._how_it_ended())

    def _how_it_ended(self) -> str:
        try:
            code = self._child.wait(END_S)
        except subprocess.TimeoutExpired:
            return "the process closed its pipes and went on"
        why = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        lines = self._stderr.text().split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f"the process ended with {why}" + (f": {last}" if last else "")


def _refuse_overdue(budget: Budget, now: float, silent_until: float) -> None:
    if _stopped.is_set():
        raise Cancelled("it was stopped before it was finished", "the next run makes it")
    if now > budget.wall_s:
        raise RenderTimeout(f"not done within {budget.wall_s:.0f} s and ended")
    if now > silent_until:
        raise RenderTimeout(f"no progress for {budget.silence_s:.0f} s and ended")


def _refuse_bloated(budget: Budget, watched: psutil.Process | None) -> None:
    used = _resident_bytes(watched)
    if used > budget.memory_bytes:
        raise MemoryExceeded(
            f"used {used} bytes of memory, more than the {budget.memory_bytes} allowed",
            "raise memory_limit_bytes if the room is really that large",
        )


def _watch(pid: int) -> psutil.Process | None:
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid)
    return None


def _resident_bytes(process: psutil.Process | None) -> int:
    with contextlib.suppress(psutil.Error):
        if process is not None:
            return int(process.memory_info().rss)
    return 0


def _end(child: subprocess.Popen[bytes]) -> None:
    # Its group is its own session: whatever it started goes with it.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    # What a device keeps in the kernel ends when the device answers, which is not waited for.
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(END_S)
