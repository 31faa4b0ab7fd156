"""Jobs for `roomreel.process.isolate` that go wrong the way codecs do."""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import signal
import subprocess
import sys
import threading
import time

import av

from roomreel.errors import VerificationFailed
from roomreel.media.log import enable_codec_log
from roomreel.process.isolate import Notify


def doubles(argument: int, notify: Notify[str]) -> int:
    notify("half way")
    print("a library writes to standard output")  # must not reach the messages
    return argument * 2


def decoder_crashes(_: object, notify: Notify[str]) -> None:
    notify("reading")
    ctypes.string_at(0)


def decoder_hangs(_: object, notify: Notify[str]) -> None:
    ctypes.PyDLL(None).pause()  # in C, with the interpreter's lock held


def works(seconds: float, notify: Notify[str]) -> str:
    """So long on a processor."""
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
    return "done"


def memory_runs_away(_: object, notify: Notify[str]) -> None:
    held = []
    while True:
        held.append(b"x" * 10_000_000)
        time.sleep(0.001)


def codec_complains(_: object, notify: Notify[str]) -> None:
    enable_codec_log()
    with contextlib.suppress(av.FFmpegError):
        av.open(io.BytesIO(b"\x1aE\xdf\xa3" + b"x" * 5000), format="matroska")


def exits(code: int, notify: Notify[str]) -> None:
    print("said on the way out", file=sys.stderr)
    os._exit(code)


def runs_out_of_memory(_: object, notify: Notify[str]) -> None:
    raise MemoryError


def answers_and_stays(_: object, notify: Notify[str]) -> str:
    threading.Thread(target=time.sleep, args=(600,)).start()  # a process ends with its threads
    for word in ("one", "two", "three"):
        notify(word)
    return "four"


def says_much(size: int, notify: Notify[int | str]) -> None:
    notify(os.getpid())
    notify("x" * size)


def tells_of_others(_: object, notify: Notify[str]) -> dict[str, str]:
    return dict(os.environ)


def reads_in_turn(items: tuple[str, ...], notify: Notify[tuple[str, str]]) -> None:
    poisoned = False
    for item in items:
        if item == "crash" or poisoned:
            ctypes.string_at(0)
        if item == "leave":
            return
        if item == "lie":
            notify(("a", "not of a"))
            notify(("nobody", "is this"))
        poisoned = item == "poison"
        notify((item, f"read by {os.getpid()}"))


def raises_ours(_: object, notify: Notify[str]) -> None:
    raise VerificationFailed("one frame is missing", "try again")


def raises_foreign(_: object, notify: Notify[str]) -> None:
    raise ZeroDivisionError("a bug of our own")


def leaves_a_child(_: object, notify: Notify[int]) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    notify(child.pid)
    signal.pause()


def sleeps(seconds: float, notify: Notify[int]) -> None:
    notify(os.getpid())
    time.sleep(seconds)
