"""SVG: a few shapes as text. Everything that comes from outside is escaped here and only here."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from xml.sax.saxutils import escape, quoteattr

from roomreel.model.mark import MARK
from roomreel.model.time import decimal_text

Number = int | Fraction

STYLE = """
text { font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2933; }
.title { font-size: 18px; font-weight: 600; }
.strong { font-weight: 600; }
.quiet { fill: #616e7c; }
.inside { font-size: 10px; fill: #ffffff; pointer-events: none; }
.region { font-size: 10px; fill: #f7c948; }
.small { font-size: 10px; fill: #616e7c; }
"""


def shape(kind: str, tip: str = "", **attributes: Number | str) -> str:
    """Return an element without text; a browser shows `tip` over it.

    An underscore in the name of an attribute stands for a hyphen.
    """
    return _element(kind, f"<title>{_clean(tip)}</title>" if tip else "", attributes)


def words(at: tuple[Number, Number], content: str, tip: str = "", **attributes: str) -> str:
    """Return a line of text that begins, or with `text_anchor` ends, at a point."""
    inside = (f"<title>{_clean(tip)}</title>" if tip else "") + _clean(content)
    return _element("text", inside, {"x": at[0], "y": at[1]} | attributes)


def document(width: int, height: int, definitions: str, body: Iterable[str]) -> str:
    """Return a whole picture on white; sizes in pixels."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}">'
    )
    ground = shape("rect", width=width, height=height, fill="#ffffff")
    style = f"<style>{STYLE}</style>"
    lines = (
        head,
        f"<!-- {MARK} -->",
        style,
        f"<defs>{definitions}</defs>",
        ground,
        *body,
        "</svg>",
    )
    return "\n".join(lines) + "\n"


def drawing(width: Number, height: Number, label: str, body: Iterable[str]) -> str:
    """Return a picture for a page in HTML, as wide as its place there lets it be."""
    box = f"0 0 {_value(width)} {_value(height)}"
    return _element(
        "svg", "".join(body), {"viewBox": box, "role": "img", "aria_label": _shown(label)}
    )


def _element(kind: str, inside: str, attributes: dict[str, Number | str]) -> str:
    listed = "".join(
        f" {name.rstrip('_').replace('_', '-')}={quoteattr(_value(value))}"
        for name, value in attributes.items()
    )
    return f"<{kind}{listed}>{inside}</{kind}>" if inside else f"<{kind}{listed}/>"


def _value(value: Number | str) -> str:
    return value if isinstance(value, str) else decimal_text(Fraction(value), 2)


def _clean(content: str) -> str:
    return escape(_shown(content))


def _shown(content: str) -> str:
    # XML 1.0 has no way to write most control characters, nor a lone surrogate, at all.
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in content)
