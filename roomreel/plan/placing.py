"""Places of what is drawn over pictures: anchored, within limits, whatever the fonts."""

from __future__ import annotations

from roomreel.model.geometry import Rect, Size
from roomreel.model.look import Align, Anchor, Style
from roomreel.model.overlay import ClockOverlay, ImageOverlay, Placed, TemplateOverlay


def anchored(holder: Rect, anchor: Anchor, inset: Size, size: Size) -> Rect:
    """Return the rectangle of a size that is anchored in another one.

    Args:
        holder: what it lies in.
        anchor: of both.
        inset: pixels from the anchor inwards; none in the middle.
        size: of the result.
    """
    return Rect(
        holder.x + _offset(anchor.across, holder.width, inset.width, size.width),
        holder.y + _offset(anchor.down, holder.height, inset.height, size.height),
        size.width,
        size.height,
    )


def _offset(align: Align, side: int, inset: int, length: int) -> int:
    if align is Align.CENTER:
        return (side - length) // 2
    return inset if align is Align.START else side - inset - length


def left_along(align: Align, side: int, inset: int) -> int:
    """Return the pixels of a side that an inset leaves: in the middle it is on either side."""
    return side - (2 if align is Align.CENTER else 1) * inset


def least_size(overlay: TemplateOverlay) -> Size:
    """Return the smallest size in which an overlay can be drawn.

    A text has its height, and the width of one character at least; a clock that of all it shows.
    """
    if isinstance(overlay, ImageOverlay):
        return Size(1, 1)
    style = overlay.style
    if not isinstance(overlay, ClockOverlay):
        return least_size_of_text(style)
    # Digits are no wider than this in common fonts.
    width = len(overlay.format) * (4 * style.size // 5)
    return Size(width + 2 * style.edge, style.reserved_height)


def least_size_of_text(style: Style) -> Size:
    """Return the height of a text, and the width of one character."""
    return Size(style.size + 2 * style.edge, style.reserved_height)


def limits(overlay: Placed, canvas: Size) -> Size:
    """Return the most that an overlay may take: what it asks for, else what is left."""
    anchor = overlay.anchor
    return Size(
        overlay.width or left_along(anchor.across, canvas.width, overlay.x),
        overlay.height or left_along(anchor.down, canvas.height, overlay.y),
    )


def size_of(overlay: TemplateOverlay, canvas: Size, own: Size | None) -> Size:
    """Return the size of an overlay.

    Args:
        overlay: of a template.
        canvas: of the composition.
        own: of the picture, where it is one.
    """
    most, least = limits(overlay, canvas), least_size(overlay)
    if own is None:
        is_clock = isinstance(overlay, ClockOverlay)
        return Size(least.width if is_clock else most.width, least.height)
    is_free = overlay.width is None and overlay.height is None
    if is_free and own.width <= most.width and own.height <= most.height:
        return own
    return scaled(own, most)


def scaled(own: Size, most: Size) -> Size:
    """Return the largest size of the same proportions that fits, a pixel a side at least."""
    if most.width * own.height <= most.height * own.width:
        return Size(most.width, max(_rounded(own.height * most.width, own.width), 1))
    return Size(max(_rounded(own.width * most.height, own.height), 1), most.height)


def _rounded(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def rect_of(overlay: TemplateOverlay, canvas: Size, own: Size | None = None) -> Rect:
    """Return the rectangle of an overlay; edges are even, so it may be a pixel larger a side.

    Args:
        overlay: of a template.
        canvas: of the composition.
        own: of the picture, where it is one.
    """
    whole = Rect(0, 0, canvas.width, canvas.height)
    inset = Size(overlay.x, overlay.y)
    return anchored(whole, overlay.anchor, inset, size_of(overlay, canvas, own)).even_outside
