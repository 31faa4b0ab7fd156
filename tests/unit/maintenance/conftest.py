"""A store with composed rooms, and media that can be looked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.record import RoomRecord, record
from roomreel.compose.publish import files_beside
from roomreel.model.composition import Files, Outcome, beginning_of_sid
from roomreel.model.media import MediaFile, Stored
from roomreel.model.table import Partition, Row, Table, composition_day
from roomreel.settings import Settings

NIGHT = datetime(2026, 11, 21, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Made:
    """A room with a recording and a composition of it, and where their media are."""

    item: RoomRecord
    outcome: Outcome
    camera: Path
    files: tuple[Path, ...]

    @property
    def recording(self) -> str:
        return self.item.manifest.room.recordings[0].sid


class Store:
    """A store whose nights are written down without rendering."""

    def __init__(self, root: Path, rooms: Callable, outcomes: Callable) -> None:
        self.root = root
        self.settings = Settings(store=root / "store", media_roots=[str(root / "rooms")])
        self._rooms, self._outcomes = rooms, outcomes

    @property
    def catalog(self) -> Catalog:
        return Catalog.open(self.settings.catalog_root, self.settings.journal_root)

    def room_of_two(self) -> Made:
        """Two recordings that name one file."""
        [first] = self._rooms(1).manifest.room.recordings
        second = replace(first, sid="RT" + "e" * 32, track_index=1)
        return self._made(self._rooms(1, recordings=(first, second)))

    def room(self, number: int = 1) -> Made:
        return self._made(self._rooms(number))

    def asked_for(self, created: datetime, number: int = 1, **changes: object) -> Made:
        """A composition that was asked for at an instant, on another day than that of its room."""
        sid = f"{beginning_of_sid(created)}{number:020x}"
        return self._made(self._rooms(number), sid=sid, **changes)

    def _made(self, item: RoomRecord, **changes: object) -> Made:
        recordings = item.manifest.room.recordings
        sid = recordings[0].sid
        camera = self.root / "rooms" / f"{sid}.mkv"
        camera.parent.mkdir(exist_ok=True)
        camera.write_bytes(b"camera")
        medium = MediaFile(Stored(str(camera), 6, "1"))
        item = replace(item, media={recording.sid: medium for recording in recordings})
        outcome = self._outcomes(item, **changes)
        folder = self.settings.compositions_root.absolute() / f"date={composition_day(outcome.sid)}"
        files = files_beside(folder / f"{outcome.sid}.mp4", self.settings)
        made = Made(item, replace(outcome, files=files), camera, _paths(files))
        self.publish(made)
        self.night(made)
        return made

    def publish(self, made: Made) -> None:
        for path in made.files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(path.name.encode())

    def night(self, made: Made, now: datetime = NIGHT) -> None:
        record(self.catalog, [made.item], [made.outcome], None, now)

    def row(self, sid: str) -> Row | None:
        return self.catalog.lookup(sid)

    def commit(self, table: Table, row: Row) -> None:
        """Write a row of the day of all rooms."""
        self.catalog.commit(Partition(table, date(2026, 11, 20)), [row])


def _paths(files: Files) -> tuple[Path, ...]:
    return tuple(Path(at) for at in (files.media, files.poster, files.sheet, files.plan) if at)


@pytest.fixture
def store(
    tmp_path: Path, room_record: Callable[..., RoomRecord], outcome_of: Callable[..., Outcome]
) -> Store:
    return Store(tmp_path, room_record, outcome_of)
