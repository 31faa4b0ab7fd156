"""Outcomes of renders, kept until they are recorded: what a killed run made is not made again.

They lie where an orchestrator keeps its own, so whatever clears those clears these, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from roomreel.errors import StorageFailed
from roomreel.logs import LOG
from roomreel.model.composition import Outcome
from roomreel.storage.failure import storage_errors
from roomreel.storage.replace import replace_file

_OUTCOME = TypeAdapter(Outcome)


@dataclass(frozen=True, slots=True)
class KeptResults:
    """A folder of outcomes, each a file of JSON under its key."""

    folder: Path

    def read(self, key: str) -> Outcome | None:
        """Return a kept outcome; None where there is none, or it cannot be read."""
        try:
            return _OUTCOME.validate_json(self._file(key).read_bytes())
        except (OSError, ValueError):
            return None

    def keep(self, key: str, outcome: Outcome) -> None:
        """Keep an outcome; where that fails, it is only logged."""
        try:
            with storage_errors("write", self._file(key)):
                replace_file(self._file(key), _OUTCOME.dump_json(outcome))
        except StorageFailed as error:
            # The worst that follows is that a killed run leaves it to be made once more.
            LOG.warning("A result is not kept: %s", error)

    def _file(self, key: str) -> Path:
        return self.folder / f"{key}.json"
