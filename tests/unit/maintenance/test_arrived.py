"""Folders of rooms that came by the API: media go with their rows, the rest with the last one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from roomreel.catalog.record import record
from roomreel.documents.manifest import manifest_text
from roomreel.maintenance.removal import remove_all
from roomreel.maintenance.retention import retain
from roomreel.model.media import MediaFile, Stored
from roomreel.model.room import Recording
from roomreel.model.table import Table

NIGHT = datetime(2026, 11, 21, 1, tzinfo=UTC)
THEN = datetime(2026, 11, 22, tzinfo=UTC)
LATER = THEN + timedelta(days=31)


class Arrived:
    """A room of two recordings in its folder, as a night has recorded it."""

    def __init__(self, store: Any) -> None:
        self.store = store
        made = store.room_of_two()
        room = made.item.manifest.room
        self.folder = Path(str(store.settings.rooms_root)) / room.sid
        self.recordings: list[Recording] = [
            replace(one, media=f"{one.sid}.mkv") for one in room.recordings
        ]
        self.room = replace(room, recordings=tuple(self.recordings))
        self.folder.mkdir(parents=True)
        (self.folder / "room.json").write_text(manifest_text(self.room))
        media = {}
        for one in self.recordings:
            place = self.folder / f"{one.sid}.mkv"
            place.write_bytes(b"camera")
            media[one.sid] = MediaFile(Stored(str(place), 6, "1"))
        manifest = replace(made.item.manifest, room=self.room, url=str(self.folder / "room.json"))
        item = replace(made.item, manifest=manifest, media=media)
        record(store.catalog, [item], [made.outcome], None, NIGHT + timedelta(hours=1))

    def delete(self, *recordings: Recording) -> None:
        sids = [one.sid for one in recordings]
        settings = self.store.settings
        removal = remove_all(self.store.catalog, Table.RECORDINGS, sids, settings, THEN)
        assert (removal.files, removal.problems, removal.kept) == (len(sids), (), ())

    def left(self) -> set[str]:
        return {path.name for path in self.folder.glob("*")}


@pytest.fixture
def arrived(store: Any) -> Arrived:
    return Arrived(store)


def test_a_recording_that_is_deleted_takes_its_file_along(arrived: Arrived) -> None:
    first, second = arrived.recordings
    arrived.delete(first)
    assert arrived.left() == {"room.json", f"{second.sid}.mkv"}


def test_the_folder_goes_when_the_last_recording_is_purged(arrived: Arrived) -> None:
    (arrived.folder / "rules.json").write_text("{}")
    first, second = arrived.recordings
    arrived.delete(first)
    retain(arrived.store.settings, LATER)
    assert arrived.left() == {"room.json", "rules.json", f"{second.sid}.mkv"}
    arrived.delete(second)
    retain(arrived.store.settings, THEN)
    assert arrived.left() == {"room.json", "rules.json"}
    dry = retain(arrived.store.settings, LATER, dry_run=True)
    assert arrived.left() == {"room.json", "rules.json"}
    assert dry.problems == ()
    done = retain(arrived.store.settings, LATER)
    assert done.counts["folders of purged rooms removed"] == 1
    assert not arrived.folder.exists()
    assert retain(arrived.store.settings, LATER).headline == "nothing to remove"


def test_a_room_that_says_more_than_was_purged_stays(arrived: Arrived) -> None:
    more = replace(arrived.recordings[0], sid="RT" + "d" * 32, media="other.mkv")
    room = replace(arrived.room, recordings=(*arrived.recordings, more))
    (arrived.folder / "room.json").write_text(manifest_text(room))
    arrived.delete(*arrived.recordings)
    retain(arrived.store.settings, LATER)
    assert arrived.left() == {"room.json"}


def test_a_manifest_that_somebody_broke_stays(arrived: Arrived) -> None:
    arrived.delete(*arrived.recordings)
    (arrived.folder / "room.json").write_text("{")
    retain(arrived.store.settings, LATER)
    assert arrived.left() == {"room.json"}


def test_posted_rules_of_other_rooms_go_with_them(arrived: Arrived) -> None:
    (arrived.folder / "rules.json").write_text("{}")
    (arrived.folder / "room.json").unlink()
    arrived.delete(*arrived.recordings)
    retain(arrived.store.settings, LATER)
    assert not arrived.folder.exists()


def test_what_was_half_sent_goes(arrived: Arrived) -> None:
    (arrived.folder / f".roomreel-{'0' * 16}.part").write_bytes(b"half")
    report = retain(arrived.store.settings, THEN)
    assert report.counts["unfinished files and uploads removed"] == 1
    assert not any(name.endswith(".part") for name in arrived.left())
