"""The one door to libvips: shapes of letters, and images of three formats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyvips

from roomreel.model.geometry import Size
from roomreel.model.images import FORMATS, LARGEST_SIDE
from roomreel.model.look import Fit

if TYPE_CHECKING:  # a process that only looks at an image needs no FFmpeg
    from roomreel.media.frames import Pixels

# By their first bytes; "?" is any byte.
_LOADERS = {
    b"\x89PNG\r\n\x1a\n": "png",
    b"\xff\xd8\xff": "jpeg",
    b"RIFF????WEBP": "webp",
}

_SIZES = {Fit.CONTAIN: "both", Fit.COVER: "both", Fit.STRETCH: "force"}

# Whatever else libvips can read (SVG, TIFF, its own files, ...) is not for bytes of strangers.
pyvips.operation_block_set("VipsForeignLoad", True)
for _name in ("Png", "Jpeg", "Webp"):
    pyvips.operation_block_set(f"VipsForeignLoad{_name}Buffer", False)
# What is drawn is small, and kept by who asked for it.
pyvips.concurrency_set(1)
pyvips.cache_set_max(0)


class ImageInvalid(ValueError):
    """Bytes that are no image, or one that is too large; the message says why, in words."""


@dataclass(frozen=True, slots=True)
class Shapes:
    """Letters of one line.

    Attributes:
        x, y: of the upper left pixel, from where the line begins.
    """

    pixels: Pixels
    x: int
    y: int


def version() -> str:
    """Return the version of libvips."""
    return ".".join(str(pyvips.version(part)) for part in range(3))


def measure(markup: str, size: int) -> int:
    """Return how far a line of Pango markup reaches from where it begins, in letters of that size.

    Raises:
        ValueError: further than an image may.
    """
    image = _text(markup, size)
    return int(image.xoffset + image.width)


def shape(markup: str, size: int) -> Shapes:
    """Return the letters of a line of Pango markup, of that many pixels.

    Raises:
        ValueError: they are too many for one image.
    """
    image = _text(markup, size)
    return Shapes(image.numpy(), image.xoffset, image.yoffset)


def _text(markup: str, size: int) -> Any:
    try:
        return pyvips.Image.text(markup, font=f"{size}px", dpi=72, rgba=True)
    except pyvips.Error as error:
        raise ValueError(_first_line(error)) from error


def check_image(data: bytes) -> Size:
    """Decode an image, and return its size as it is seen.

    Raises:
        ImageInvalid: it is none, its sides are too long, or it is damaged.
    """
    image = _opened(data)
    try:
        image.avg()  # a line at a time; that of the last one needs all of them
    except pyvips.Error as error:
        raise ImageInvalid(f"it cannot be decoded: {_first_line(error)}") from error
    return _turned(image)


def decode_image(data: bytes, size: Size, fit: Fit) -> Pixels:
    """Return the first picture of an image, scaled; one that is contained may be smaller.

    Raises:
        ImageInvalid: it is none, its sides are too long, or it is damaged.
    """
    image = _opened(data)
    try:
        scaled = image.thumbnail_image(
            size.width,
            height=size.height,
            size=_SIZES[fit],
            crop="centre" if fit is Fit.COVER else "none",
            output_profile="srgb",
            **({"input_profile": "cmyk"} if image.interpretation == "cmyk" else {}),
        )
        scaled = scaled.colourspace("srgb")
        if not scaled.hasalpha():
            scaled = scaled.addalpha()
        pixels: Pixels = scaled.cast("uchar").numpy()
    except pyvips.Error as error:
        raise ImageInvalid(f"it cannot be decoded: {_first_line(error)}") from error
    return pixels


def _opened(data: bytes) -> Any:
    kind = next((kind for start, kind in _LOADERS.items() if _begins(data, start)), None)
    if kind is None:
        raise ImageInvalid(f"it is not {FORMATS}")
    try:
        image: Any = getattr(pyvips.Image, f"{kind}load_buffer")(
            data, fail_on="truncated", access="sequential"
        )
    except pyvips.Error as error:
        raise ImageInvalid(f"it cannot be decoded: {_first_line(error)}") from error
    if max(image.width, image.height) > LARGEST_SIDE:
        found = f"{image.width}x{image.height}"
        raise ImageInvalid(f"it is {found}, and a side has at most {LARGEST_SIDE} pixels")
    return image


def _begins(data: bytes, start: bytes) -> bool:
    return len(data) >= len(start) and all(
        wanted in (given, ord("?")) for given, wanted in zip(data, start, strict=False)
    )


def _turned(image: Any) -> Size:
    """Return the size of an image once it is turned as its camera was held."""
    fields = image.get_fields()
    lies = "orientation" in fields and image.get("orientation") in (5, 6, 7, 8)
    return Size(image.height, image.width) if lies else Size(image.width, image.height)


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
