"""The port by which those who compose at the same time leave each other's compositions alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from roomreel.compose.progress import OnProgress, pass_over
from roomreel.model.composition import Job


class Claims(Protocol):
    """Claims on compositions; one that is not renewed ends by itself."""

    def take(self, sids: Collection[str]) -> Mapping[str, str]:
        """Claim compositions; return those that others hold, by sid, with the names of the others.

        What cannot be asked keeps nobody from the work: then nobody holds any.
        """

    def begin(self, jobs: Collection[Job]) -> None:
        """Note that what was claimed is being made: those who want to be told are."""

    def watch(self, jobs: Collection[Job]) -> OnProgress:
        """Return what takes the progress of a render of these, for those who want to be told.

        It raises `Cancelled` where what is made is not wanted any more.
        """

    def release(self, sids: Collection[str]) -> None:
        """Give up claims; those that are not ours stay."""


class NoClaims:
    """Claims where nobody else composes."""

    def take(self, _sids: Collection[str]) -> Mapping[str, str]:
        """Return that nobody holds any."""
        return {}

    def begin(self, _jobs: Collection[Job]) -> None:
        """Tell nobody."""

    def watch(self, _jobs: Collection[Job]) -> OnProgress:
        """Return what tells nobody."""
        return pass_over

    def release(self, _sids: Collection[str]) -> None:
        """Give up nothing."""
