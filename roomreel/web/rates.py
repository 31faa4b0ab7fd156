"""Rates: how often somebody may do something, counted in this process."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

# Of each there is a number; those who were not heard of for longest are forgotten.
_MOST_KNOWN = 10_000


class Rate:
    """So many things a second, and some at once, for each of many.

    The generic cell rate algorithm: of each it is known until when what they did is paid for.

    Args:
        per_s: how many a second in the long run.
        at_once: how many after a pause.
        clock: seconds that never go back.
    """

    def __init__(
        self, per_s: float, at_once: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._interval = 1 / per_s
        self._ahead = (at_once - 1) * self._interval
        self._clock = clock
        self._paid_until: OrderedDict[Hashable, float] = OrderedDict()

    def wait_s(self, who: Hashable) -> float:
        """Return the seconds until somebody may do one more; 0 where they may now."""
        return max(0.0, self._paid_until.get(who, 0.0) - self._ahead - self._clock())

    def take(self, who: Hashable) -> float:
        """Count one; return 0, or the seconds to wait, in which case it is not counted."""
        wait = self.wait_s(who)
        if wait == 0:
            until = max(self._paid_until.get(who, 0.0), self._clock()) + self._interval
            self._paid_until[who] = until
            self._paid_until.move_to_end(who)
            while len(self._paid_until) > _MOST_KNOWN:
                self._paid_until.popitem(last=False)
        return wait
