"""Colours, texts and images as RGBA, of exactly the size that is asked for."""

from __future__ import annotations

import numpy as np

from roomreel.errors import AssetMissing
from roomreel.media import vips
from roomreel.media.frames import Pixels
from roomreel.media.lettering import draw_text
from roomreel.media.shapes import draw_border, draw_initials
from roomreel.media.signs import draw_mic_off
from roomreel.model.geometry import Size
from roomreel.model.images import REMEDY
from roomreel.model.look import Anchor, Avatar, Border, Colour, Fill, Image, Initials, MicOff, Text


def draw(
    drawing: Fill | Image | Avatar | Text | Border | Initials | MicOff,
    size: Size,
    anchor: Anchor = Anchor.BOTTOM_LEFT,
    asset: bytes = b"",
) -> Pixels:
    """Draw something into a rectangle of that size.

    Args:
        anchor: where in the rectangle a text is that needs less of it.
        asset: the bytes of an image.

    Raises:
        AssetMissing: the bytes are no image that can be drawn.
    """
    match drawing:
        case Fill():
            return draw_fill(drawing.color, size)
        case Text():
            return draw_text(drawing, size, anchor)
        case Border():
            return draw_border(drawing, size)
        case Initials():
            return draw_initials(drawing, size)
        case MicOff():
            return draw_mic_off(size)
        case Image() | Avatar():
            return draw_image(asset, drawing, size)


def draw_fill(color: Colour, size: Size) -> Pixels:
    """Draw a rectangle of one colour."""
    pixels = np.empty((size.height, size.width, 4), np.uint8)
    pixels[:] = color.red, color.green, color.blue, color.alpha
    return pixels


def draw_image(asset: bytes, image: Image | Avatar, size: Size) -> Pixels:
    """Draw an image; one that is contained is in the middle of what is transparent.

    Raises:
        AssetMissing: it is none, or cannot be drawn.
    """
    try:
        scaled = vips.decode_image(asset, size, image.fit)
    except vips.ImageInvalid as error:
        name = (
            f"asset {image.path!r}"
            if isinstance(image, Image)
            else f"the avatar of {image.participant_sid}"
        )
        raise AssetMissing(f"cannot draw {name}: {error}", REMEDY) from error
    height, width = scaled.shape[:2]
    x, y = (size.width - width) // 2, (size.height - height) // 2
    pixels = np.zeros((size.height, size.width, 4), np.uint8)
    pixels[y : y + height, x : x + width] = scaled
    return pixels
