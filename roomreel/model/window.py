"""Windows: stretches of a call, as templates name them."""

from __future__ import annotations

from dataclasses import dataclass

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


ALL = Window()
"""All of it."""
