"""Places in buckets of others: what is put there is theirs, and never removed."""

from __future__ import annotations

from dataclasses import dataclass

from roomreel.model.location import ObjectLocation


@dataclass(frozen=True, slots=True)
class External:
    """A folder in a bucket of somebody else's, where media go from now on.

    Attributes:
        url: of the folder in HTTP, without a slash at its end.
    """

    folder: ObjectLocation
    url: str
