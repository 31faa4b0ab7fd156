"""One frozen `Settings`: what can be set, its kinds and its defaults.

Precedence, highest first: environment (`ROOMREEL_<NAME>`), the file named by `--config` or
`ROOMREEL_CONFIG`, the defaults. The descriptions are Markdown, and `docs/settings.md` is made of
them (`roomreel.settings.documentation`): "; unset: ..." is what holds where the default is None.
`roomreel doctor` prints the values, and where each came from.

Outside, settings are flat names. Inside they are groups, of which `Settings` is each: a function
takes the group that it reads, and is given the settings.
"""

from __future__ import annotations

from typing import Any

from roomreel.model.location import Location
from roomreel.settings.batches import Batches, Queries
from roomreel.settings.places import ObjectStore
from roomreel.settings.serving import Serving


# The fields of the last base come first.
class Settings(Serving, Queries, ObjectStore, Batches):
    """Everything an operator can set."""

    @property
    def in_force(self) -> dict[str, Any]:
        """The value of each setting, as in JSON; what follows from another one is filled in."""
        values = self.model_dump(mode="json")
        return {
            name: value
            if value is not None
            else _text(getattr(self, f"{name.removesuffix('_home')}_root", None))
            for name, value in values.items()
        }


def _text(place: Location | str | None) -> str | None:
    return None if place is None else str(place)
