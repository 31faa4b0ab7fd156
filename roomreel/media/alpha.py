"""Pictures that are transparent in part: what is seen of them over black."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from av import VideoFormat, VideoFrame
from av.video.reformatter import VideoReformatter

from roomreel.media.colour import FULL, LIMITED, Matrix, is_full, source_matrix
from roomreel.media.frames import Plane, planes

BLACK = 16, 128, 128
"""Y, U, V at limited range."""


@lru_cache(256)
def has_alpha(pixel_format: str) -> bool:
    """Return whether pictures of a format may be transparent; colours of a palette may be."""
    return pixel_format == "pal8" or any(
        component.is_alpha for component in VideoFormat(pixel_format).components
    )


def over_black(frame: VideoFrame, matrix: Matrix) -> VideoFrame:
    """Return a picture over black, as yuv444p of limited range.

    Alpha is taken to be straight, as browsers take it: colours are stored as if nothing were
    transparent.

    Args:
        matrix: that of the result where the picture has none (RGB).
    """
    source = matrix if frame.format.is_rgb or frame.format.name == "pal8" else source_matrix(frame)
    seen = VideoReformatter().reformat(
        frame,
        format="yuva444p",
        src_colorspace=source.scaler,
        dst_colorspace=source.scaler,
        src_color_range=FULL if is_full(frame) else LIMITED,
        dst_color_range=LIMITED,
        threads=1,
    )
    *colours, alpha = planes(seen)
    flat = VideoFrame(frame.width, frame.height, "yuv444p")
    for target, plane, black in zip(planes(flat), colours, BLACK, strict=True):
        target[:] = _blended(plane, alpha, black)
    flat.colorspace, flat.color_range = source.colorspace, LIMITED
    return flat


def _blended(plane: Plane, alpha: Plane, black: int) -> Plane:
    over = (plane.astype(np.int32) - black) * alpha
    return ((over + np.where(over < 0, -127, 127)) // 255 + black).astype(np.uint8)
