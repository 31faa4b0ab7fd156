"""Usage: what was composed, by the days of the catalogs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from roomreel.model.table import Table
from roomreel.service.database.connections import Database
from roomreel.service.database.tables import PARTITIONS

_FOLDER = f"{Table.COMPOSITIONS}/date="
_MADE = ("completed", "deleted")


@dataclass(frozen=True, slots=True)
class Usage:
    """Compositions of a day, or of several.

    Attributes:
        completed: those that were deleted since among them.
        failed: those that were cancelled among them.
        duration_ms: of playing.
        size_bytes: of files.
        render_s: wall clock of rendering.
    """

    completed: int = 0
    failed: int = 0
    duration_ms: int = 0
    size_bytes: int = 0
    render_s: float = 0

    @property
    def realtime_factor(self) -> float | None:
        """Return seconds of rendering per second of playing; None where nothing plays."""
        return self.render_s * 1000 / self.duration_ms if self.duration_ms else None

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.completed + other.completed,
            self.failed + other.failed,
            self.duration_ms + other.duration_ms,
            self.size_bytes + other.size_bytes,
            self.render_s + other.render_s,
        )


def list_usage(database: Database, most: int, before: date = date.max) -> list[tuple[date, Usage]]:
    """Return the newest days of the catalogs with their usage, the newest first.

    Args:
        most: days.
        before: days before this one.

    Raises:
        ServiceDatabaseFailed: the database does not answer.
    """
    end = _FOLDER + before.isoformat()
    name, sums = PARTITIONS.c.name, PARTITIONS.c.sums
    wanted = select(name, sums).where(name >= _FOLDER, name < end, sums.is_not(None))
    with database.read() as connection:
        found = connection.execute(wanted.order_by(name.desc()).limit(most)).all()
    return [(date.fromisoformat(row.name.removeprefix(_FOLDER)), _usage(row.sums)) for row in found]


def _usage(sums: dict[str, dict[str, float]]) -> Usage:
    made = [sums[status] for status in _MADE if status in sums]
    return Usage(
        completed=int(sum(one["rows"] for one in made)),
        failed=int(sum(one["rows"] for status, one in sums.items() if status not in _MADE)),
        duration_ms=int(sum(one["duration_ms"] for one in made)),
        size_bytes=int(sum(one["size_bytes"] for one in made)),
        render_s=sum(one["render_s"] for one in made),
    )
