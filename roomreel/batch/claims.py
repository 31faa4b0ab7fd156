"""The port by which those who compose at the same time leave each other's compositions alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from roomreel.model.composition import Job


class Claims(Protocol):
    """Claims on compositions; one that is not renewed ends by itself."""

    def take(self, sids: Collection[str]) -> Mapping[str, str]:
        """Claim compositions; return those that others hold, by sid, with the names of the others.

        What cannot be asked keeps nobody from the work: then nobody holds any.
        """

    def begin(self, jobs: Collection[Job]) -> None:
        """Note that what was claimed is being made: those who want to be told are."""

    def release(self, sids: Collection[str]) -> None:
        """Give up claims; those that are not ours stay."""


class NoClaims:
    """Claims where nobody else composes."""

    def take(self, _sids: Collection[str]) -> Mapping[str, str]:
        """Return that nobody holds any."""
        return {}

    def begin(self, _jobs: Collection[Job]) -> None:
        """Tell nobody."""

    def release(self, _sids: Collection[str]) -> None:
        """Give up nothing."""
