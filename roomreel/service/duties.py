"""Duties of the service beside answering: dispatch requests, deliver events, see changes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from roomreel.errors import RoomreelError
from roomreel.logs import LOG
from roomreel.service.callbacks.deliverer import Deliverer
from roomreel.service.clocks import LOOKED_AT_EACH_S, ClockWatch
from roomreel.service.database.leases import end_leases
from roomreel.service.deletions.work import delete_confirmed
from roomreel.service.duty import LASTS, Duty
from roomreel.service.hooks.hook_runs import apply_due, see_hooks
from roomreel.service.projection.projection import refresh
from roomreel.service.requests.dispatcher import Dispatcher
from roomreel.service.requests.settle import settle_found
from roomreel.service.rooms.watcher import Watcher
from roomreel.service.service import Service

REFRESH_S = 1.0
"""How often the catalogs are looked at: what a flow records is answered within 3 s."""

DELETIONS_S = 1.0
"""How often deletions of many are looked for."""

HOOKS_S = 1.0
"""How often hooks are applied to rooms that have completed."""


@dataclass
class Duties:
    """The threads that do them.

    Attributes:
        failure: what ended one of them that should not.
    """

    ended: threading.Event = field(default_factory=threading.Event)
    failure: Exception | None = None

    def check(self) -> None:
        """See that all of them go on.

        Raises:
            Exception: what has ended one of them: a bug in roomreel.
        """
        if self.failure is not None:
            raise self.failure

    def do(self, work: Callable[[], None]) -> None:
        """Do one of them to its end."""
        try:
            work()
        except Exception as error:  # noqa: BLE001  the edge of a thread: `check` raises it
            self.failure = error


@contextmanager
def duties(service: Service, dispatcher: Dispatcher) -> Iterator[Duties]:
    """Do them in threads as long as the block lasts."""
    done = Duties()
    ended, holder = done.ended, dispatcher.holder
    deliverer = Deliverer(
        service.database,
        service.current_account,
        service.settings,
        holder,
        service.callback_tries,
    )
    watcher = Watcher(service, holder)
    work: dict[str, Callable[[], None]] = {
        "deliver": lambda: deliverer.work(ended),
        "dispatch": lambda: dispatcher.work(ended),
        "refresh": lambda: _again("refresh", REFRESH_S, service, holder, ended, _refresh),
        "manifests": lambda: watcher.work(ended),
        "deletions": lambda: _again(
            "deletions", DELETIONS_S, service, holder, ended, _delete_confirmed
        ),
        "clock": lambda: _watch_clock(service, ended),
        "hooks": lambda: _again("hooks", HOOKS_S, service, holder, ended, _HookDuty()),
    }
    threads = [
        threading.Thread(target=done.do, args=(target,), name=name) for name, target in work.items()
    ]
    for thread in threads:
        thread.start()
    try:
        yield done
    finally:
        service.ends.set()
        ended.set()
        dispatcher.wake.set()
        for thread in threads:
            thread.join()
        try:
            end_leases(service.database, holder)
        except RoomreelError as error:
            LOG.warning("What this instance did is another's in %s: %s", LASTS, error)


def _again(
    name: str,
    every_s: float,
    service: Service,
    holder: str,
    ended: threading.Event,
    do: Callable[[Service, threading.Event], None],
) -> None:
    """Do something again and again, one instance at a time; what fails is tried again."""
    duty = Duty(service.database, name, holder)
    while not ended.is_set():
        try:
            if duty.take():
                do(service, ended)
                service.looked_at[name] = time.monotonic()
            service.seen.add(name)
        except RoomreelError as error:
            LOG.warning("%s: %s", name, error)
        ended.wait(every_s)


def _watch_clock(service: Service, ended: threading.Event) -> None:
    """Watch the clock of this machine, which no other instance does."""
    clock = ClockWatch()
    while not ended.is_set():
        try:
            clock.work(service.database)
        except RoomreelError as error:
            LOG.warning("clock: %s", error)
        ended.wait(LOOKED_AT_EACH_S)


def _refresh(service: Service, ended: threading.Event) -> None:
    done = refresh(
        service.database, service.catalog, settle=settle_found, go_on=lambda: not ended.is_set()
    )
    for problem in done.problems:
        LOG.warning("refresh: %s", problem)


@dataclass
class _HookDuty:
    """Applies hooks, and looks at them as often as at manifests."""

    next_look: float = 0.0

    def __call__(self, service: Service, ended: threading.Event) -> None:
        if time.monotonic() >= self.next_look:
            self.next_look = time.monotonic() + service.settings.manifests_poll_s
            see_hooks(service)
        # What cannot be done now is not due any more.
        while apply_due(service, datetime.now(UTC)) and not ended.is_set():
            pass


def _delete_confirmed(service: Service, ended: threading.Event) -> None:
    while delete_confirmed(service) and not ended.is_set():
        pass
