"""The child's side of `roomreel.process.isolate`, which starts it by `ENTRY`.

It reads one call from standard input and writes messages to standard output.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import pickle
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from roomreel.errors import MemoryExceeded, RoomreelError
from roomreel.process.messages import encode_message

ENTRY = f"from {__name__} import serve; serve()"
"""Not `-m`, which would make this module a second time, as `__main__`, and its classes with it."""

PR_SET_PDEATHSIG = 1
"""prctl option: the signal this process gets when the thread that forked it ends (linux/prctl.h).

That thread waits in `isolate.run` for as long as the child lives, so it cannot end before it.
"""


@dataclass(frozen=True, slots=True)
class Call:
    """The call that a child makes.

    Attributes:
        module: where the function is found, by its name at the top level.
        argument: its first; the second takes messages.
        access: variables that are set before it is called.
    """

    module: str
    name: str
    argument: object
    access: Mapping[str, str] = field(default_factory=dict)


def serve() -> None:
    """Make one call and send its result; the first argument is the parent's process id."""
    _die_with(int(sys.argv[1]))
    # Libraries print to descriptor 1; the messages have a descriptor of their own.
    messages = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    one_at_a_time = threading.Lock()

    def send(kind: str, payload: object) -> None:
        data = encode_message(kind, payload)
        with one_at_a_time:
            messages.write(data)
            messages.flush()

    call: Call = pickle.load(sys.stdin.buffer)  # noqa: S301  from our parent
    os.environ.update(call.access)
    target: Any = getattr(importlib.import_module(call.module), call.name)
    # What is loaded by now stays: no collection has to look through it.
    gc.freeze()
    send("ready", None)
    try:
        result = target(call.argument, lambda payload: send("message", payload))
    except RoomreelError as error:
        send("error", error)
    except MemoryError:
        send("error", MemoryExceeded("ran out of memory"))
    else:
        send("result", result)


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the call above
        sys.exit(1)
