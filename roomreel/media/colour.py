"""Matrix and range: what a source declares, and how to bring it to the canvas."""

from __future__ import annotations

from dataclasses import dataclass

import av.filter
import numpy as np
from av import VideoFrame
from numpy.typing import NDArray

from roomreel.media.frames import Plane
from roomreel.model.geometry import Size

BT709_FROM_LINES = 720
"""Outputs of at least n lines are BT.709, smaller ones BT.601, as players assume; but those
in VP8 are BT.601 at every size. Its bitstream has no other (RFC 6386, 9.2), and FFmpeg goes by that
whatever the container says, 30 levels off a picture of BT.709; Chromium goes by the container."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """A luma-chroma matrix under the names its users know it by.

    Attributes:
        colorspace: AVColorSpace; `primaries` and `transfer` the values tagged along with it.
        scaler: what libswscale numbers it by (SWS_CS_*).
        filter_name: what FFmpeg's colorspace filter calls it; `scale_name` its scale filter.
        red, blue: their parts of luma, in 1/10000 (Kr, Kb of H.273); that of green is the rest.
    """

    colorspace: int
    primaries: int
    transfer: int
    scaler: int
    filter_name: str
    scale_name: str
    red: int
    blue: int


# The numbers are those of ITU-T H.273, which FFmpeg's enumerations follow.
BT709 = Matrix(1, 1, 1, 1, "bt709", "bt709", 2126, 722)
FCC = Matrix(4, 4, 4, 4, "fcc", "fcc", 3000, 1100)
BT601 = Matrix(6, 6, 6, 5, "smpte170m", "bt601", 2990, 1140)
SMPTE240 = Matrix(7, 7, 7, 7, "smpte240m", "smpte240m", 2120, 870)
BT2020 = Matrix(9, 9, 14, 9, "bt2020ncl", "bt2020", 2627, 593)

LIMITED, FULL = 1, 2
"""AVColorRange: 16-235 and 0-255."""

DECLARED = {1: BT709, 4: FCC, 5: BT601, 6: BT601, 7: SMPTE240, 9: BT2020, 10: BT2020}
"""By AVColorSpace; what is not here (unspecified, mostly) is taken for BT.601, as cameras of the
codecs without a colour description (VP8, most WebRTC H.264) are. Of the others (YCgCo, ICtCp, those
that are derived from primaries) FFmpeg's command shows nothing, and Chromium does the same here;
BT.2020 of constant luminance (10), which both refuse, is near the other one."""


def output_matrix(canvas: Size, encoder: str) -> Matrix:
    """Return the matrix of a composition of that size, by FFmpeg's name of its video encoder."""
    is_vp8 = encoder == "libvpx" or encoder.startswith("vp8_")  # as in vp8_vaapi
    return BT709 if canvas.height >= BT709_FROM_LINES and not is_vp8 else BT601


def is_full(frame: VideoFrame) -> bool:
    """Return whether the levels of a decoded picture use all that 8 bits (or more) have."""
    return frame.color_range == FULL or frame.format.name.startswith("yuvj")


def source_matrix(frame: VideoFrame) -> Matrix:
    """Return the matrix that a decoded picture declares."""
    return DECLARED.get(frame.colorspace, BT601)


def levels(rgb: NDArray[np.uint8], matrix: Matrix) -> tuple[Plane, Plane, Plane]:
    """Return Y, U and V of sRGB, whose last dimension is red, green and blue, at limited range.

    They are exact, rounded half away from zero.
    """
    red, green, blue = (rgb[..., channel].astype(np.int64) for channel in range(3))
    luma = matrix.red * red + (10000 - matrix.red - matrix.blue) * green + matrix.blue * blue
    y = 16 + _quotient(219 * luma, 255 * 10000)
    u = 128 + _quotient(112 * (10000 * blue - luma), 255 * (10000 - matrix.blue))
    v = 128 + _quotient(112 * (10000 * red - luma), 255 * (10000 - matrix.red))
    return y.astype(np.uint8), u.astype(np.uint8), v.astype(np.uint8)


def _quotient(numerator: NDArray[np.int64], denominator: int) -> NDArray[np.int64]:
    rounded = (2 * np.abs(numerator) + denominator) // (2 * denominator)
    quotient: NDArray[np.int64] = np.sign(numerator) * rounded
    return quotient


class MatrixConverter:
    """Converts yuv420p limited-range pictures of one size from one matrix to another.

    FFmpeg's colorspace filter does this within YUV by SIMD, 10 times faster than its scaler, which
    goes through RGB. Primaries and transfer are declared equal on both sides: only the matrix is
    meant, as every player does.
    """

    def __init__(self, size: Size, source: Matrix, target: Matrix) -> None:
        self._source = source
        graph = av.filter.Graph()
        graph.threads = 1  # waking others for one cell takes longer than converting it
        buffer = graph.add(
            "buffer",
            f"video_size={size}:pix_fmt=yuv420p:time_base=1/1000:pixel_aspect=1/1"
            f":colorspace={source.colorspace}:range=tv",
        )
        convert = graph.add(
            "colorspace",
            f"ispace={source.filter_name}:space={target.filter_name}:irange=tv:range=tv"
            ":iprimaries=bt709:primaries=bt709:itrc=bt709:trc=bt709",
        )
        sink = graph.add("buffersink")
        buffer.link_to(convert)
        convert.link_to(sink)
        graph.configure()
        self._graph = graph

    def convert(self, frame: VideoFrame) -> VideoFrame:
        """Return a converted copy of a picture."""
        frame.colorspace = self._source.colorspace
        frame.color_range = LIMITED
        self._graph.push(frame)
        converted = self._graph.pull()
        if not isinstance(converted, VideoFrame):
            raise TypeError("the colorspace filter gave no picture")
        return converted
