"""For how long things are kept: settings that no row knows, for the view that goes by them."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Ages:
    """The settings of these names, in days; None: unset, or not known."""

    delete_after_days: int | None = None
    retention_days: int | None = None

    def filled(self, query: str) -> str:
        """Return the query of a view with these ages; an unset one gives nulls."""
        days = {name: "null::int" if age is None else age for name, age in asdict(self).items()}
        return query.format_map(days)


UNKNOWN = Ages()
