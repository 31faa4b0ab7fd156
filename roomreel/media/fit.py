"""Scale pictures into cells, as a player would show them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from av import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

from roomreel.media.alpha import has_alpha, over_black
from roomreel.media.colour import FULL, LIMITED, Matrix, MatrixConverter, is_full, source_matrix
from roomreel.media.crop import Cropper
from roomreel.media.frames import Plane, planes
from roomreel.media.pose import Part, Pose, pose_of
from roomreel.model.framing import WHOLE, Framing
from roomreel.model.geometry import Rect, Size
from roomreel.model.look import Anchor, Fit

AREA = Interpolation.AREA.value
"""Means over the pixels that a smaller one covers, bilinear where it grows. Of camera pictures
brought to 0.2 to 0.8 of their size it is 0.2 to 3.5 dB nearer to Lanczos than bilinear, and takes
0.6 to 0.9 of the time."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture scaled for one cell.

    Attributes:
        rect: where it goes on the canvas, even edges.
        planes: Y of shape (height, width), U and V of half of both; 8 bit, limited range.
    """

    rect: Rect
    planes: tuple[Plane, Plane, Plane]


@dataclass(frozen=True, slots=True)
class _Place:
    """The fate of pictures of one shape: where they go, and which part of them.

    Attributes:
        rect: where they go on the canvas.
        size: to which they are scaled before they are turned.
        part: what is scaled of them, before it.
    """

    rect: Rect
    size: Size
    part: Rect


class Fitter:
    """Scales pictures into one cell, as CSS `object-fit` does; edges are even.

    Keeps what FFmpeg needs to set up for a picture size, so one is made for each cell and source.

    Args:
        framing: of pictures in the cell; unless it is given they are whole, in the middle.
    """

    def __init__(self, cell: Rect, matrix: Matrix, framing: Framing = WHOLE) -> None:
        self._cell = cell.even_inside
        self._matrix = matrix
        self._framing = framing
        self._scaler = VideoReformatter()
        self._cropper = Cropper()
        self._shape: tuple[int, int, Fraction, Pose] | None = None
        self._place = _Place(Rect(0, 0, 0, 0), Size(0, 0), Rect(0, 0, 0, 0))
        self._converter: tuple[tuple[Size, Matrix], MatrixConverter] | None = None

    def fit(self, frame: VideoFrame, sample_aspect_ratio: Fraction) -> Picture | None:
        """Scale a picture into the cell; None where the cell has no even pixel at all."""
        pose = pose_of(frame)
        if self._framing.mirror:
            pose = pose.seen_in_a_mirror
        shape = frame.width, frame.height, sample_aspect_ratio, pose
        if shape != self._shape:
            self._shape, self._place = shape, _place(self._cell, self._framing, *shape)
        place = self._place
        if place.size.width == 0 or place.size.height == 0:
            return None
        if place.part.size != Size(frame.width, frame.height):
            frame = self._cropper.crop(frame, place.part)
        if has_alpha(frame.format.name):
            frame = over_black(frame, self._matrix)
        y, u, v = (pose.applied(plane) for plane in planes(self._scale(frame, place.size)))
        return Picture(place.rect, (y, u, v))

    def _scale(self, frame: VideoFrame, size: Size) -> VideoFrame:
        full = is_full(frame)
        if frame.format.name == "yuv420p" and not full and Size(frame.width, frame.height) == size:
            return self._to_matrix(frame, source_matrix(frame), size)
        # Between YUV formats one matrix stands on both sides: given two, the scaler would go
        # through RGB. RGB itself has none, and is brought to the canvas's at once.
        source = self._matrix if frame.format.is_rgb else source_matrix(frame)
        scaled = self._scaler.reformat(
            frame,
            size.width,
            size.height,
            "yuv420p",
            src_colorspace=source.scaler,
            dst_colorspace=source.scaler,
            src_color_range=FULL if full else LIMITED,
            dst_color_range=LIMITED,
            interpolation=AREA,
            threads=1,
        )
        return self._to_matrix(scaled, source, size)

    def _to_matrix(self, frame: VideoFrame, source: Matrix, size: Size) -> VideoFrame:
        if source == self._matrix:
            return frame
        if self._converter is None or self._converter[0] != (size, source):
            self._converter = ((size, source), MatrixConverter(size, source, self._matrix))
        return self._converter[1].convert(frame)


def _place(
    cell: Rect,
    framing: Framing,
    width: int,
    height: int,
    sample_aspect_ratio: Fraction,
    pose: Pose,
) -> _Place:
    shape = Fraction(width) * sample_aspect_ratio / height
    shape = 1 / shape if pose.lies else shape
    rect = contain(shape, cell) if framing.fit is Fit.CONTAIN else cell
    part = Rect(0, 0, width, height)
    if framing.fit is Fit.COVER and cell.width and cell.height:
        seen = covering(shape, Fraction(cell.width, cell.height), framing.anchor)
        part = _in_pixels(pose.decoded(seen), part.size)
    return _Place(rect, Size(rect.height, rect.width) if pose.lies else rect.size, part)


def covering(shape: Fraction, cell: Fraction, anchor: Anchor) -> Part:
    """Return the part of a picture that is seen of it when it covers a cell.

    Args:
        shape: aspect ratio of the picture.
        cell: aspect ratio of the cell.
        anchor: the side at which nothing is cut off.
    """
    width, height = min(cell / shape, Fraction(1)), min(shape / cell, Fraction(1))
    left = (1 - width) * _share(anchor, Anchor.LEFT, Anchor.RIGHT)
    top = (1 - height) * _share(anchor, Anchor.TOP, Anchor.BOTTOM)
    return left, top, left + width, top + height


def _share(anchor: Anchor, near: Anchor, far: Anchor) -> Fraction:
    """Return how much of what is cut off is cut off at the near side."""
    words = anchor.split("-")
    return Fraction(0) if near in words else Fraction(1) if far in words else Fraction(1, 2)


def _in_pixels(part: Part, size: Size) -> Rect:
    """Return the rectangle of a part, its edges at the nearest even pixels, or at the picture's."""
    left, right = _edges(part[0], part[2], size.width)
    top, bottom = _edges(part[1], part[3], size.height)
    return Rect(left, top, right - left, bottom - top)


def _edges(near: Fraction, far: Fraction, side: int) -> tuple[int, int]:
    first, end = (side if edge == 1 else 2 * round(edge * side / 2) for edge in (near, far))
    first = max(min(first, (side - 1) // 2 * 2), 0)
    return first, min(max(end, first + 2), side)


def contain(shape: Fraction, cell: Rect) -> Rect:
    """Return the largest centred rectangle of an aspect ratio in a cell of even edges."""
    if cell.width == 0 or cell.height == 0:
        return Rect(cell.x, cell.y, 0, 0)
    width = min(Fraction(cell.width), cell.height * shape)
    size = Size(_even(width, cell.width), _even(width / shape, cell.height))
    return Rect(
        cell.x + (cell.width - size.width) // 4 * 2,
        cell.y + (cell.height - size.height) // 4 * 2,
        size.width,
        size.height,
    )


def _even(value: Fraction, limit: int) -> int:
    return min(max(2 * round(value / 2), 2), limit)
