"""Sizes and rectangles in pixels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Size:
    """Width and height in pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    @property
    def padded_even(self) -> Size:
        """The smallest even size that holds this one (4:2:0 shares chroma between two pixels)."""
        return Size(self.width + self.width % 2, self.height + self.height % 2)


@dataclass(frozen=True, slots=True, order=True)
class Rect:
    """A rectangle in pixels from the upper left corner, right and bottom edges exclusive."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """First column to the right of it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First row below it."""
        return self.y + self.height

    @property
    def size(self) -> Size:
        """Its width and height."""
        return Size(self.width, self.height)

    def inset(self, by: int) -> Rect:
        """Return what is left without as many pixels at each edge; may be empty."""
        return Rect(
            self.x + by, self.y + by, max(self.width - 2 * by, 0), max(self.height - 2 * by, 0)
        )

    def intersects(self, other: Rect) -> bool:
        """Return whether a pixel lies in both."""
        return (
            self.x < other.right
            and other.x < self.right
            and self.y < other.bottom
            and other.y < self.bottom
        )

    def contains(self, other: Rect) -> bool:
        """Return whether every pixel of `other` lies in this one."""
        return (
            self.x <= other.x
            and self.y <= other.y
            and other.right <= self.right
            and other.bottom <= self.bottom
        )

    def common(self, other: Rect) -> Rect:
        """Return the rectangle of the pixels that lie in both; an empty one where none does."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        width, height = min(self.right, other.right) - x, min(self.bottom, other.bottom) - y
        return Rect(x, y, max(width, 0), max(height, 0))

    def rows(self, step: int = 1) -> slice:
        """Return its rows in a plane that has one for each `step` rows of pixels."""
        return slice(self.y // step, self.bottom // step)

    def columns(self, step: int = 1) -> slice:
        """Return its columns, as `rows`."""
        return slice(self.x // step, self.right // step)

    @property
    def even_inside(self) -> Rect:
        """The largest rectangle inside with even edges; may be empty.

        yuv420p stores one chroma sample for 2x2 pixels, so a cell painted up to an odd edge would
        colour a pixel of its neighbour.
        """
        x, y = self.x + self.x % 2, self.y + self.y % 2
        return Rect(
            x,
            y,
            max(self.right - self.right % 2 - x, 0),
            max(self.bottom - self.bottom % 2 - y, 0),
        )

    @property
    def even_outside(self) -> Rect:
        """The smallest rectangle with even edges that holds this one."""
        x, y = self.x - self.x % 2, self.y - self.y % 2
        size = Size(self.right - x, self.bottom - y).padded_even
        return Rect(x, y, size.width, size.height)
