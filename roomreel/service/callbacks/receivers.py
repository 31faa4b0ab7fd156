"""Receivers as a sender sees them: how much is on its way to each, and which are slow or silent.

Only a receiver that is known to answer quickly gets many places. All others share a part of the
places, so that however many of them there are, what goes to the quick ones goes at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

MOST_AT_ONCE = 256
"""Tries at a time, each of which needs some 50 kB."""

MOST_OF_SLOW = 192
"""Of those, for receivers that are not known to answer quickly."""

MOST_OF_QUICK_ONE = 16
MOST_OF_SLOW_ONE = 4

QUICK_S = 1.0
"""Whoever answered within this the last time is quick."""

SILENT_AFTER = 5
"""Tries without an answer, one after the other, after which a receiver is asked one at a time."""

PAUSE_S = 1.0
"""Between two tries of a silent receiver: as soon as it answers, all the rest goes."""

MOST_KNOWN = 1000
"""Receivers that are remembered while nothing is on its way to them."""


@dataclass(slots=True)
class _Receiver:
    under_way: int = 0
    failures: int = 0
    took_s: float | None = None
    free_at: float = 0.0
    served_at: float = 0.0

    @property
    def is_quick(self) -> bool:
        return self.took_s is not None and self.took_s <= QUICK_S

    def places(self, clock: float) -> int:
        """Return how many more tries there may be now."""
        if self.failures >= SILENT_AFTER:
            return 0 if self.under_way or clock < self.free_at else 1
        return (MOST_OF_QUICK_ONE if self.is_quick else MOST_OF_SLOW_ONE) - self.under_way


class Receivers:
    """The receivers that something is on its way to, or was lately.

    Times are those of a clock that never goes back, in seconds.
    """

    def __init__(self) -> None:
        self._known: dict[str, _Receiver] = {}

    def share(self, due: Mapping[str, datetime], clock: float) -> dict[str, int]:
        """Return how many deliveries to take for each receiver that something is due to.

        Who was served longest ago is first; of two who never were, the one whose is longest due.
        """
        self._forget(due)
        left = MOST_AT_ONCE - sum(one.under_way for one in self._known.values())
        slow = sum(one.under_way for one in self._known.values() if not one.is_quick)
        left_slow = MOST_OF_SLOW - slow
        shared: dict[str, int] = {}
        for host in sorted(due, key=lambda host: (self._of(host).served_at, due[host])):
            receiver = self._of(host)
            most = left if receiver.is_quick else min(left, left_slow)
            places = min(receiver.places(clock), most)
            if places > 0:
                shared[host] = places
                left -= places
                left_slow -= 0 if receiver.is_quick else places
        return shared

    def begin(self, host: str, clock: float) -> None:
        """Note that a try begins."""
        receiver = self._of(host)
        receiver.under_way += 1
        receiver.served_at = clock

    def end(self, host: str, clock: float, answered_in_s: float | None) -> None:
        """Note that a try has ended.

        Args:
            answered_in_s: None: there was no answer.
        """
        receiver = self._of(host)
        receiver.under_way -= 1
        receiver.took_s = answered_in_s
        receiver.failures = receiver.failures + 1 if answered_in_s is None else 0
        receiver.free_at = clock + PAUSE_S

    def _of(self, host: str) -> _Receiver:
        return self._known.setdefault(host, _Receiver())

    def _forget(self, due: Mapping[str, datetime]) -> None:
        idle = [host for host, one in self._known.items() if not one.under_way and host not in due]
        idle.sort(key=lambda host: self._known[host].served_at)
        for host in idle[: max(0, len(idle) - MOST_KNOWN)]:
            del self._known[host]
