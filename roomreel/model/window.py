"""Windows: stretches of a call, as templates name them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from roomreel.model.time import Span

LONGEST_WINDOW_MS = 24 * 3_600_000
"""No composition is longer."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of the call, in ms from where the composition begins before anything is cut out.

    Attributes:
        end_ms: after `start_ms`, not in it any more; None: to the end.
    """

    start_ms: int = 0
    end_ms: int | None = None

    def span(self, whole: Span) -> Span:
        """Return the stretch on the clock of a call, of which all that can be meant is given."""
        start, end_ms = whole.start + Fraction(self.start_ms, 1000), self.end_ms
        return Span(start, whole.end if end_ms is None else whole.start + Fraction(end_ms, 1000))


ALL = Window()
"""All of it."""
