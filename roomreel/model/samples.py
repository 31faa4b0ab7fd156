"""The grid on which sound is placed: samples of container time."""

from __future__ import annotations

from fractions import Fraction

RATE = 48_000
"""Hz of everything that is mixed: Opus's only rate, and what both outputs are made of."""

SOURCE_RATES = range(4_000, 768_001)
"""Hz that a recording may have: half of a telephone's rate to four times that of a studio. A file
that claims less would make hours of sound of a few bytes."""

GAP = RATE // 100
"""A step of the timestamps of more than 10 ms beyond the samples is a gap: half a usual packet
(20 ms), yet 10 times the rounding of Matroska's timestamps (1 ms)."""


def nearest_sample(seconds: Fraction) -> int:
    """Return the sample nearest to an instant; between two, the even one."""
    return round(seconds * RATE)


class SampleGrid:
    """Samples by the ticks of a time base, in whole numbers: packets are many.

    Args:
        time_base: seconds a tick; None: a sample.
    """

    def __init__(self, time_base: Fraction | None) -> None:
        ratio = Fraction(time_base or Fraction(1, RATE)) * RATE
        self._samples, self._ticks = ratio.as_integer_ratio()

    def position(self, ticks: int) -> int:
        """Return the sample nearest to a timestamp."""
        return (2 * ticks * self._samples + self._ticks) // (2 * self._ticks)

    def timestamp(self, sample: int) -> int:
        """Return the last tick that is not after a sample."""
        return sample * self._ticks // self._samples
