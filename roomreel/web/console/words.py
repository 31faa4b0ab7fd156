"""Values as pages show them: lengths, sizes, names of strangers, times."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

import orjson
from markupsafe import Markup

from roomreel.model.time import decimal_text
from roomreel.text import printable, shortened

NONE = "\N{EN DASH}"

# Longer names are cut in lists; details have all of them.
LONGEST_NAME = 80

_UNITS = (("GB", 10**9), ("MB", 10**6), ("kB", 10**3))


def when(instant: datetime | None) -> Markup | str:
    """Return an instant in UTC, of which a script makes the viewer's time."""
    if instant is None:
        return NONE
    utc = instant.astimezone(UTC)
    text = f"{utc:%Y-%m-%d %H:%M} UTC"
    exact = f"{utc:%Y-%m-%d %H:%M:%S} UTC"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        f"{utc:%Y-%m-%dT%H:%M:%SZ}", exact, text
    )


def duration(milliseconds: int | None) -> str:
    """Return a length of time: 7.2 s, 4:07 min, 1:02:03 h."""
    if milliseconds is None:
        return NONE
    if milliseconds < 59_950:
        return f"{milliseconds / 1000:.1f} s"
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02} h" if hours else f"{minutes}:{seconds:02} min"


def size(count: int | None) -> str:
    """Return a number of bytes with its unit."""
    if count is None:
        return NONE
    for unit, scale in _UNITS:
        if count >= scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count} B"


def number(count: int) -> str:
    """Return a count with its thousands apart."""
    return f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def name(text: str | None, most: int = LONGEST_NAME) -> Markup:
    """Return the name that a stranger gave, in a direction of its own, cut where it is long."""
    if not text or not text.strip():
        return Markup('<span class="faint">no name</span>')
    shown = printable(text[:most]) + ("…" if len(text) > most else "")
    whole = printable(text[: most * 5])
    title = Markup(' title="{}"').format(whole) if len(text) > most else ""
    return Markup("<bdi{}>{}</bdi>").format(title, shown)


def plain(text: str | None, most: int = 2000) -> str:
    """Return a text that may have words of strangers, with what is not seen as such."""
    return shortened(text or "", most)


def lines(text: str) -> str:
    """Return a text of lines, safe to show, to be shown as lines."""
    return "\n".join(map(printable, text.split("\n")))


def format_of(template_json: str | None) -> str:
    """Return the format that a template asks for, of what is not made yet."""
    return str(orjson.loads(template_json or "{}").get("format") or NONE)


def clock(seconds: Fraction | float) -> str:
    """Return a time of a player: 0:07, 1:02:03."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def seconds(value: Fraction | float) -> str:
    """Return a number as attributes have it: a decimal of at most three digits."""
    return decimal_text(Fraction(value), 3)


def rate(fraction: str) -> str:
    """Return a number of pictures a second: 30, or 29.97 of 30000/1001."""
    top, _, bottom = str(fraction).partition("/")
    try:
        return f"{int(top) / int(bottom or 1):.2f}".rstrip("0").rstrip(".")
    except (ValueError, ZeroDivisionError):
        return printable(str(fraction))


def pretty(value: object) -> str:
    """Return JSON as people read it, without what is not seen."""
    return lines(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
