"""What clips are called: their names tell them apart."""

from __future__ import annotations

from fractions import Fraction

Seconds = int | float | Fraction
Size = tuple[int, int]


def exact(value: Seconds) -> Fraction:
    """0.1 as one tenth, not as the float next to it."""
    return Fraction(str(value))


def by(size: Size) -> str:
    """As in 320x240."""
    return f"{size[0]}x{size[1]}"


def text(value: Seconds) -> str:
    """The shortest text of a number."""
    return f"{float(value):g}"


def named(*words: str) -> str:
    """Words of a file name."""
    return "-".join(words)


def unusual(**values: tuple[object, object]) -> str:
    """Parameters that are not at their default, for a file name that tells clips apart."""
    return "".join(
        f"-{name}{value}".replace("/", "to")
        for name, (value, default) in values.items()
        if value != default
    )
