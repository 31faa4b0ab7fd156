"""Notices of changes below a folder of this machine, by the operating system."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from watchfiles import Change, watch

_STEP_MS = 50
# What changes all the time, such as media that are being recorded, is told of together.
_TOGETHER_MS = 500
# How often it is looked whether to end.
_LOOK_MS = 1000


@dataclass
class Notices:
    """Paths that have changed below a folder since they were taken last.

    Args:
        folder: which must be there.
        is_wanted: whether a path is worth telling of.
        wake: called when there is something to be taken.

    Attributes:
        problem: why there are none any more; "" while there are.
        is_listening: whether nothing that happens now is missed.
    """

    folder: Path
    is_wanted: Callable[[str], bool]
    wake: Callable[[], None]
    problem: str = ""
    is_listening: bool = False
    _changed: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _inode: tuple[int, int] = (0, 0)

    def start(self) -> None:
        """Begin to listen.

        Raises:
            OSError: the folder is not there.
        """
        self._inode = self._found()
        # It ends with the process, too: nothing is lost by that.
        self._thread = threading.Thread(target=self._listen, name="notices", daemon=True)
        self._thread.start()

    def is_stale(self) -> bool:
        """Return whether there is another folder by now, or none."""
        with suppress(OSError):
            return self._found() != self._inode
        return True

    def take(self) -> set[str]:
        """Return the paths that have changed since they were taken last."""
        with self._lock:
            changed, self._changed = self._changed, set()
        return changed

    def stop(self) -> None:
        """Listen no more."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(2 * _LOOK_MS / 1000)

    def _listen(self) -> None:
        try:
            for changes in watch(
                self.folder,
                watch_filter=self._is_wanted,
                debounce=_TOGETHER_MS,
                step=_STEP_MS,
                rust_timeout=_LOOK_MS,
                # The first one says that it listens.
                yield_on_timeout=True,
                stop_event=self._ended,
                raise_interrupt=False,
                force_polling=False,
                ignore_permission_denied=True,
            ):
                with self._lock:
                    self._changed.update(path for _, path in changes)
                if changes or not self.is_listening:
                    self.is_listening = True
                    self.wake()
        # Its own type of error has no common base; most are that of the limit of watches.
        except (OSError, RuntimeError) as error:
            self.problem = str(error)
            self.wake()

    def _is_wanted(self, change: Change, path: str) -> bool:
        # What lies in a folder that has come, came with it.
        return self.is_wanted(path) or (change is Change.added and Path(path).is_dir())

    def _found(self) -> tuple[int, int]:
        about = self.folder.stat()
        return about.st_dev, about.st_ino
