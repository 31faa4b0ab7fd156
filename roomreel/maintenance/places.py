"""The places of a machine that roomreel itself fills: one table for all who clear or name them.

What is in them is a copy of something in the store or of a recording, made to save time. So it goes
with what it is made of (`of`), and when it has not been used for long (`kept_s`).

Where the media of the store are, and what lies beside them (posters, contact sheets, plans, what
codecs said), is for `removal`; what a Prefect server shows, for `roomreel.tasks.artifacts`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from roomreel.compose.media import source_cache
from roomreel.media.kept import source_key
from roomreel.settings import Settings
from roomreel.storage import clean_up_parts
from roomreel.storage.cache import KEY_DIGITS, copies, evict
from roomreel.storage.scratch import find_abandoned, remove_abandoned
from roomreel.storage.walk import Entry, clear_away, entries, files_below

DAY_S = 24 * 3600.0
SET_ASIDE = "set-aside"
RESULTS = "mix-"
"""What the names of results of mixes begin with, before the sid of the composition."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine as its settings describe it.

    Attributes:
        results: where the orchestrator of this machine keeps the results of mixes.
        unpublish: removes what a server of the orchestrator shows of compositions, by their sids,
            and returns how many; may raise StorageFailed.
    """

    settings: Settings
    results: Path
    unpublish: Callable[[Iterable[str]], int] = lambda _sids: 0

    @classmethod
    def of(cls, settings: Settings) -> Machine:
        """Return the machine of a process that no orchestrator is asked in."""
        home = settings.prefect_root.absolute()
        return cls(settings, Path(os.environ.get("PREFECT_LOCAL_STORAGE_PATH", home / "storage")))


@dataclass(frozen=True, slots=True)
class Gone:
    """Rows and files that must not be in any of the places any more.

    Attributes:
        compositions: their sids.
        parts: the names of the folders of their parts.
        media: keys of the places of recordings, as `key_of` gives them.
        room_ends: what the names of the folders of parts begin with that are of the rooms of
            recordings: what is half made of them shows what is gone.
    """

    compositions: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()
    media: frozenset[str] = frozenset()
    room_ends: frozenset[str] = frozenset()

    def __or__(self, other: Gone) -> Gone:
        """Both together."""
        return Gone(
            self.compositions | other.compositions,
            self.parts | other.parts,
            self.media | other.media,
            self.room_ends | other.room_ends,
        )

    def __bool__(self) -> bool:
        """Return whether there is anything."""
        return bool(self.compositions or self.media or self.room_ends)

    def has_parts(self, folder: str) -> bool:
        """Return whether the parts in a folder of this name are of something that is gone."""
        return folder in self.parts or folder[:14] in self.room_ends


@dataclass(frozen=True, slots=True)
class Place:
    """A folder, or the part of one, that roomreel fills.

    Attributes:
        name: of what is in it, in the plural.
        where: the folder.
        holds: what is in it; each is kept or removed as a whole.
        of: whether one of these is of something that is gone.
        kept_s: seconds without use after which one is removed.
        remove: removes one, unless it is in use; returns whether it did.
    """

    name: str
    where: Callable[[Machine], Path]
    holds: Callable[[Path], Iterable[Entry]]
    of: Callable[[Path, Gone], bool]
    kept_s: Callable[[Settings], float]
    remove: Callable[[Path], bool]


def _cleared(path: Path) -> bool:
    clear_away(path)
    return not os.path.lexists(path)


def _parts_dropped(path: Path) -> bool:
    clean_up_parts(path.parent, path.name)
    return not os.path.lexists(path)


def _results(folder: Path) -> list[Entry]:
    return [entry for entry in entries(folder) if entry.path.name.startswith(RESULTS)]


def _sid_of_result(path: Path) -> str:
    return path.name.removeprefix(RESULTS).partition("-")[0]


PLACES = (
    Place(
        name="copies of recordings",
        where=lambda machine: source_cache(machine.settings).folder,
        holds=copies,
        of=lambda path, gone: path.name[:KEY_DIGITS] in gone.media,
        # For the templates and retries of one run, or of the next.
        kept_s=lambda _: 2 * DAY_S,
        remove=evict,
    ),
    Place(
        name="packet indexes",
        where=lambda machine: machine.settings.indexes_root,
        holds=files_below,
        of=lambda path, gone: source_key(path) in gone.media,
        # Rooms are composed within days of their end.
        kept_s=lambda _: 30 * DAY_S,
        remove=_cleared,
    ),
    Place(
        name="parts of compositions",
        where=lambda machine: machine.settings.parts_root,
        holds=entries,
        of=lambda path, gone: gone.has_parts(path.name),
        # Longer than a nightly run, so that the run after a killed one finds what was finished.
        kept_s=lambda _: 2 * DAY_S,
        remove=_parts_dropped,
    ),
    Place(
        name="results of mixes",
        where=lambda machine: machine.results,
        holds=_results,
        of=lambda path, gone: _sid_of_result(path) in gone.compositions,
        # What a killed run could not record, the next one takes from them.
        kept_s=lambda _: 2 * DAY_S,
        remove=_cleared,
    ),
    Place(
        name="catalogs set aside",
        where=lambda machine: machine.settings.scratch_root / SET_ASIDE,
        holds=entries,
        of=lambda _path, _gone: False,
        # They have rows that may be deleted by now.
        kept_s=lambda settings: settings.retention_days * DAY_S,
        remove=_cleared,
    ),
    Place(
        name="scratch folders",
        where=lambda machine: machine.settings.scratch_root,
        holds=find_abandoned,
        of=lambda _path, _gone: True,
        kept_s=lambda _: 0.0,
        remove=remove_abandoned,
    ),
)
