"""Run a function in a process of its own, with a budget of time and memory.

Untrusted media can crash, stall or bloat a codec. What happens to the child ends one job, never
the run: `run` turns each such end into an exception. The child dies with its parent, even when the
parent is killed with SIGKILL.

`python -m roomreel.media.isolate PARENT_PID` is the child's side: it reads one pickled call from
standard input and writes pickled messages to standard output.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import pickle
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil

from roomreel.errors import Cancelled, RenderError, RenderTimeout, RoomreelError
from roomreel.media.said import Said

PR_SET_PDEATHSIG = 1
"""prctl option: the signal this process gets when the thread that forked it ends (linux/prctl.h).

That thread waits in `run` for as long as the child lives, so it cannot end before it.
"""

WATCH_INTERVAL_S = 0.25
"""How often the parent looks at clock and memory: far below any budget, far above its cost."""

Notify = Callable[[object], None]


@dataclass(frozen=True, slots=True)
class Budget:
    """What a child may use.

    Attributes:
        wall_s: seconds from start to result.
        memory_bytes: resident memory.
        silence_s: seconds without a message, after which it counts as stalled; None: any.
    """

    wall_s: float
    memory_bytes: int
    silence_s: float | None = None


_stopped = threading.Event()


@contextlib.contextmanager
def stopped() -> Iterator[None]:
    """As long as the block lasts, every call of `run`, in whatever thread, ends with `Cancelled`.

    One that is under way ends its child within a second.
    """
    _stopped.set()
    try:
        yield
    finally:
        _stopped.clear()


def is_stopped() -> bool:
    """Whether what is under way is to end, for those who wait for something else than `run`."""
    return _stopped.is_set()


class ChildCrashed(RenderError):
    """The child ended without a result: killed by a signal, or by its own exit."""


class MemoryExceeded(RenderError):
    """The child went past its memory budget and was ended."""


def run(
    target: Callable[[Any, Notify], Any],
    argument: object,
    budget: Budget,
    on_message: Notify | None = None,
    said_to: Path | None = None,
) -> Any:
    """Call `target(argument, notify)` in a new process and return what it returns.

    Args:
        target: a function at the top level of an importable module.
        argument: picklable, as are the result and whatever `target` passes to `notify`.
        budget: past it the child and its children are killed.
        on_message: called in this thread with each object that the child notified.
        said_to: a file for what it said on standard error, however it ended; bounded.

    Raises:
        RenderTimeout: past the time budget, or silent for too long.
        MemoryExceeded: past the memory budget.
        Cancelled: somebody stopped all that is under way.
        ChildCrashed: it ended without an answer; the message names the signal or exit code.
        RoomreelError: whatever `target` raised.
    """
    reading, writing = os.pipe()
    said = Said(reading)
    try:
        child = subprocess.Popen(
            [sys.executable, "-m", __name__, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=writing,
            # Threads of linear algebra would wait by spinning, for products of a few numbers.
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,
        )
    finally:
        os.close(writing)
    try:
        return _converse(child, (target, argument), budget, on_message, said)
    finally:
        _end(child)
        if said_to is not None:
            with contextlib.suppress(OSError):  # a full disk has an error of its own
                said_to.write_text(said.text(), encoding="utf-8")


def _converse(
    child: subprocess.Popen[bytes],
    call: tuple[Callable[[Any, Notify], Any], object],
    budget: Budget,
    on_message: Notify | None,
    said: Said,
) -> Any:
    stdin, stdout = child.stdin, child.stdout
    if stdin is None or stdout is None:
        raise ChildCrashed("a render process without pipes")
    target, argument = call
    with contextlib.suppress(BrokenPipeError):
        pickle.dump((target.__module__, target.__qualname__, argument), stdin)
        stdin.close()
    deadline = time.monotonic() + budget.wall_s
    heard = time.monotonic()
    watched = _watch(child.pid)
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        while True:
            if selector.select(WATCH_INTERVAL_S):
                kind, payload = _receive(child, stdout, said)
                if kind == "result":
                    return payload
                if kind == "error":
                    raise payload
                heard = time.monotonic()
                if on_message is not None:
                    on_message(payload)
            if _stopped.is_set():
                raise Cancelled("it was stopped while it was under way", "the next run makes it")
            if time.monotonic() > deadline:
                raise RenderTimeout(f"not done within {budget.wall_s:.0f} s and ended")
            if budget.silence_s is not None and time.monotonic() - heard > budget.silence_s:
                raise RenderTimeout(f"no progress for {budget.silence_s:.0f} s and ended")
            used = _resident_bytes(watched)
            if used > budget.memory_bytes:
                raise MemoryExceeded(
                    f"used {used} bytes of memory, more than the {budget.memory_bytes} allowed",
                    "raise memory_limit_bytes if the room is really that large",
                )


def _receive(child: subprocess.Popen[bytes], stdout: IO[bytes], said: Said) -> Any:
    try:
        return pickle.load(stdout)  # noqa: S301  the child is ours, over a private pipe
    except (EOFError, pickle.UnpicklingError) as error:
        code = child.wait()
        why = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        lines = said.text().split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        raise ChildCrashed(
            f"the process ended with {why}" + (f": {last}" if last else "")
        ) from error


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
    child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def _die_with_parent(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the call above
        sys.exit(1)


def _serve(parent: int) -> None:
    _die_with_parent(parent)
    # Libraries print to descriptor 1; the messages have a descriptor of their own.
    messages = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    one_at_a_time = threading.Lock()

    def send(kind: str, payload: object) -> None:
        with one_at_a_time:
            pickle.dump((kind, payload), messages)
            messages.flush()

    module, name, argument = pickle.load(sys.stdin.buffer)  # noqa: S301  from our parent
    target = getattr(importlib.import_module(module), name)
    # What is loaded by now stays: no collection has to look through it.
    gc.freeze()
    try:
        result = target(argument, lambda payload: send("message", payload))
    except RoomreelError as error:
        send("error", error)
    except MemoryError:
        send("error", MemoryExceeded("ran out of memory"))
    else:
        send("result", result)


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
