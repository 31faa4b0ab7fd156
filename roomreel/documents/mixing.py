"""The mixing of templates: JSON to nouns, what the schema cannot say, and back to JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from roomreel.documents.findings import Finding, Path, value_text
from roomreel.documents.members import given, patterns, sources
from roomreel.model.loudness import LoudnessTarget
from roomreel.model.mixing import Gain, Level, Mixing

Number = int | float


def parse_mixing(node: Mapping[str, Any]) -> Mixing:
    """Return the mixing that a checked member describes."""
    level, loudness = node.get("level"), node.get("loudness")
    return Mixing(
        gains=tuple(map(_gain, node.get("gains") or ())),
        level=None if level is None else Level(**_exact_members(level)),
        loudness=None if loudness is None else LoudnessTarget(**_exact_members(loudness)),
    )


def mixing_document(mixing: Mixing) -> dict[str, Any]:
    """Return the object that is parsed to an equal mixing, with every key."""
    return {
        "gains": [_gain_document(gain) for gain in mixing.gains],
        "level": mixing.level and _level_document(mixing.level),
        "loudness": mixing.loudness and loudness_document(mixing.loudness),
    }


def _level_document(level: Level) -> dict[str, Number]:
    return {
        "target_lufs": decibels(level.target_lufs),
        "max_gain_db": decibels(level.max_gain_db),
    }


def loudness_document(target: LoudnessTarget) -> dict[str, Number]:
    """Return the object that is parsed to an equal target, with every key."""
    return {
        "target_lufs": decibels(target.target_lufs),
        "true_peak_dbtp": decibels(target.true_peak_dbtp),
    }


def decibels(value: Fraction) -> Number:
    """Return tenths of a decibel as JSON has them."""
    return value.numerator if value.denominator == 1 else float(value)


def _gain(node: Mapping[str, Any]) -> Gain:
    return Gain(patterns(node["sources"]), _exact(node["gain_db"]))


def _gain_document(gain: Gain) -> dict[str, Any]:
    return {"sources": sources(gain.sources), "gain_db": decibels(gain.gain_db)}


def _exact_members(node: Mapping[str, Any]) -> dict[str, Fraction]:
    return {key: _exact(value) for key, value in given(node).items()}


def _exact(number: Number) -> Fraction:
    """Return a number as it was written, not the float that is nearest to it."""
    return Fraction(str(number))


# What the schema cannot say. Any key may be missing here, or have None for a value that is broken
# and reported already; no value has a wrong type.


def findings_of_mixing(mixing: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what is wrong with a mixing that the schema cannot say."""
    for index, gain in enumerate(mixing.get("gains") or ()):
        yield from _not_tenths(("audio", "gains", index, "gain_db"), (gain or {}).get("gain_db"))
    for name in ("level", "loudness"):
        for key, value in (mixing.get(name) or {}).items():
            yield from _not_tenths(("audio", name, key), value)


def _not_tenths(path: Path, number: Number | None) -> Iterator[Finding]:
    if number is not None and 10 % _exact(number).denominator:
        yield Finding(path, "tenths, such as -6.5", value_text(number))
