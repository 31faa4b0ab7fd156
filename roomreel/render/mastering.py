"""The gain of a mix and the ceiling of its peaks, by which its file gets the loudness wanted."""

from __future__ import annotations

from dataclasses import dataclass, replace

from roomreel.model.loudness import LoudnessTarget, Measured

MOST_GAIN_DB = 20.0
"""A mix that is further below its target is noise rather than speech."""

HEADROOM_DB = 0.5
"""The limiter goes by samples. By so much the peaks between them, and those that coders add, are
commonly above: of speech that is brought to -16 LUFS less than 0.3 dB."""

LOWEST_CEILING_DB = -24.0
"""FFmpeg's alimiter goes no lower."""

TOLERANCE_LU = 0.5

MOST_MIXES = 3
"""How often sound is mixed that does not come out as loud as wanted; nearly all of it does the
first time, and what is off by the limiter or a coder the second."""

MARGIN_DB = 0.05
"""Further below the limit than a ceiling that was too high is lowered, as coders round."""


@dataclass(frozen=True, slots=True)
class Mastering:
    """All that is done to a sum of sounds before it is encoded, in this order.

    Attributes:
        gain_db: by which it is louder.
        ceiling_db: of full scale, that no sample is beyond afterwards.
    """

    gain_db: float = 0.0
    ceiling_db: float = 0.0


PLAIN = Mastering()
"""That of a sum whose loudness is left alone."""


def first_mastering(mix: Measured, target: LoudnessTarget) -> Mastering:
    """Return the mastering of a mix that was measured; `PLAIN` of one that has no loudness."""
    if mix.loudness_lufs is None:
        return PLAIN
    return Mastering(
        min(float(target.target_lufs) - mix.loudness_lufs, MOST_GAIN_DB),
        float(target.true_peak_dbtp) - HEADROOM_DB,
    )


def corrected(used: Mastering, file: Measured, target: LoudnessTarget) -> Mastering:
    """Return a mastering by which a file comes out right; the one that was used, if it did.

    What the limiter and the coder took of the loudness is added, and the ceiling is lowered by what
    peaks were over. Of a file that can get no nearer to its target it is the one that was used.
    """
    if used == PLAIN or file.loudness_lufs is None or file.true_peak_dbtp is None:
        return used
    found = used
    missing = float(target.target_lufs) - file.loudness_lufs
    if abs(missing) > TOLERANCE_LU:
        found = replace(found, gain_db=min(used.gain_db + missing, MOST_GAIN_DB))
    over = file.true_peak_dbtp - float(target.true_peak_dbtp)
    if over > 0:
        lower = max(used.ceiling_db - over - MARGIN_DB, LOWEST_CEILING_DB)
        found = replace(found, ceiling_db=lower)
    return found
