"""Turned and mirrored pictures, as players show them, by the matrix that comes with them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import atan2, pi
from typing import Any

import numpy as np
from av import VideoFrame

from roomreel.media.frames import Plane

MATRIX = struct.Struct("=9i")
"""AVFrameSideData of a display matrix: a b u, c d v, x y w; (x, y) goes to (ax + cy, bx + dy)."""

Part = tuple[Fraction, Fraction, Fraction, Fraction]
"""Left, top, right and bottom edge of a part of a picture, each side of which is 1 long."""


@dataclass(frozen=True, slots=True)
class Pose:
    """One of the eight ways in which a rectangle can lie.

    Attributes:
        mirrored: whether left and right change places, before anything else.
        turns: quarter turns counter-clockwise, 0 to 3.
    """

    mirrored: bool = False
    turns: int = 0

    @property
    def lies(self) -> bool:
        """True if width and height change places."""
        return self.turns % 2 == 1

    @property
    def seen_in_a_mirror(self) -> Pose:
        """The pose of the same picture with left and right changed in the end."""
        return Pose(not self.mirrored, -self.turns % 4)

    def decoded(self, part: Part) -> Part:
        """Return the part of a decoded picture that is shown as a part of it in this pose."""
        left, top, right, bottom = part
        for _ in range(self.turns):
            left, top, right, bottom = 1 - bottom, left, 1 - top, right
        return (1 - right, top, 1 - left, bottom) if self.mirrored else (left, top, right, bottom)

    def applied(self, plane: Plane) -> Plane:
        """Return a plane as it is shown; a view of it."""
        if self.mirrored:
            plane = plane[:, ::-1]
        return np.rot90(plane, self.turns) if self.turns else plane


UPRIGHT = Pose()


def pose_of(frame: VideoFrame) -> Pose:
    """Return the pose in which a player shows a decoded picture."""
    try:
        side_data: Any = frame.side_data
        matrix = side_data["DISPLAYMATRIX"]
    except KeyError:
        return UPRIGHT
    except ValueError:  # PyAV has no name for some of what stands beside it, such as EXIF
        return Pose(turns=round(frame.rotation / 90) % 4)
    return pose_by(bytes(matrix))


@lru_cache(64)
def pose_by(matrix: bytes) -> Pose:
    """Return the pose nearest to that of a display matrix; upright where it says nothing."""
    if len(matrix) != MATRIX.size:
        return UPRIGHT
    a, b, _, c, d, *_ = MATRIX.unpack(matrix)
    mirrored = a * d < b * c
    # What is left of the matrix without the mirror is a turn; y points down, so it is clockwise.
    clockwise = atan2(-b, -a) if mirrored else atan2(b, a)
    return Pose(mirrored, round(-clockwise / (pi / 2)) % 4)
