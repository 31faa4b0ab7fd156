"""The rooms and templates that a run considers. Values in, values out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase

from roomreel.model.room import Manifest, Room
from roomreel.model.template import Template
from roomreel.model.time import refuse_reversed


@dataclass(frozen=True, slots=True)
class ReadyTemplate:
    """A template with its canonical JSON and the digest of it.

    Attributes:
        file: path or URL it was read from.
    """

    template: Template
    json: str
    sha256: str
    file: str

    @property
    def name(self) -> str:
        """Return the name its compositions are known by."""
        return self.template.friendly_name

    def applies_to(self, room: Room) -> bool:
        """Return whether it is enabled, and not kept from this room by its globs."""
        globs = self.template.rooms
        return self.template.enabled and (
            globs is None or any(fnmatchcase(room.unique_name, glob) for glob in globs)
        )


@dataclass(frozen=True, slots=True)
class RunFilter:
    """The rooms and templates that a run considers, and options of the run.

    Attributes:
        since: rooms that ended at this instant or later (UTC).
        until: rooms that ended before it, or None for no end.
        room: only the room of this sid or unique name, or None.
        template: only the template of this name, or None.
        force: make what is made already, or failed for good, again.
        dry_run: decide everything and change nothing.
        composition: only the composition of this sid, or None.
        runs: ids of the run itself and of related runs: what they recorded is tried once more.

    Raises:
        ArgumentsInvalid: `until` is not after `since`.
    """

    since: datetime
    until: datetime | None = None
    room: str | None = None
    template: str | None = None
    force: bool = False
    dry_run: bool = False
    composition: str | None = None
    runs: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        refuse_reversed(self.since, self.until)

    def names(self, room: Room) -> bool:
        """Return whether the room is the one that is asked for, or none is."""
        return self.room is None or self.room in {room.sid, room.unique_name}

    def includes(self, room: Room) -> bool:
        """Return whether the room is considered: one that goes on is, where no end is asked for."""
        if not self.names(room):
            return False
        if room.end_time is None:
            return self.until is None
        return self.since <= room.end_time and (self.until is None or room.end_time < self.until)


def since_when(since: datetime | None, now: datetime, window_days: int) -> datetime:
    """Return the start of the window: as asked for, else `window_days` before `now`."""
    return now - timedelta(days=window_days) if since is None else in_utc(since)


def in_utc(moment: datetime) -> datetime:
    """Return the instant in UTC; a time without a zone is UTC already."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)


def in_order(manifests: Iterable[Manifest]) -> list[Manifest]:
    """Return the rooms in the order they are composed: those that ended first come first."""
    latest = datetime.max.replace(tzinfo=UTC)
    return sorted(manifests, key=lambda m: (m.room.end_time or latest, m.room.sid))


def distinct(manifests: Iterable[Manifest]) -> tuple[list[Manifest], list[tuple[Manifest, str]]]:
    """Set apart the manifests of a room that another one describes already.

    Returns:
        The first manifest of each room by URL; the others, each with the URL of the first.
    """
    first: dict[str, Manifest] = {}
    repeated: list[tuple[Manifest, str]] = []
    for manifest in sorted(manifests, key=lambda m: m.url):
        known = first.setdefault(manifest.room.sid, manifest)
        if known is not manifest:
            repeated.append((manifest, known.url))
    return list(first.values()), repeated
