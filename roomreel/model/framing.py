"""Framing: the part of a picture that is seen in its cell, and its left and right."""

from __future__ import annotations

from dataclasses import dataclass

from roomreel.model.look import Anchor, Fit


@dataclass(frozen=True, slots=True, order=True)
class Framing:
    """The way pictures of a region are put into their cells.

    Attributes:
        anchor: the side of the cell at which nothing is cut off a picture that covers it.
        mirror: whether left and right change places, before anything is cut off.
    """

    fit: Fit = Fit.CONTAIN
    anchor: Anchor = Anchor.CENTER
    mirror: bool = False

    @property
    def words(self) -> str:
        """Its words for people, as far as it is not usual."""
        fits = {
            Fit.CONTAIN: "",
            Fit.COVER: f"cut to cover, {self.anchor.value.replace('-', ' ')} kept",
            Fit.STRETCH: "stretched",
        }
        return ", ".join(filter(None, (fits[self.fit], "mirrored" if self.mirror else "")))


WHOLE = Framing()
"""Pictures are whole, in the middle."""
