"""Catalogs that are lost or broken, put together from journal and media."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import UTC, datetime
from typing import Any

import imageio_ffmpeg
import pytest

from roomreel.errors import StorageFailed
from roomreel.maintenance.check import check
from roomreel.maintenance.rebuild import rebuild
from roomreel.model.table import Table

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def test_a_lost_catalog_comes_back_from_the_media(store: Any) -> None:
    made = store.room()
    sid, room_sid = made.outcome.sid, made.item.manifest.room.sid
    tags = {"title": "room-1 (grid)", "comment": f"composition {sid} of room {room_sid}"}
    argv = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-f", "lavfi"]
    argv += ["-i", "color=red:s=64x48:r=10:d=1"]
    argv += [word for name, value in tags.items() for word in ("-metadata", f"{name}={value}")]
    subprocess.run([*argv, made.files[0]], check=True)
    shutil.rmtree(store.settings.catalog_root)
    assert rebuild(store.catalog, store.settings, NOW).rows == 1
    row = store.row(sid)
    told = {"room_sid": room_sid, "room_name": "room-1", "template": "grid", "format": "mp4"}
    told |= {"width": 64, "height": 48, "duration_ms": 1000, "status": "completed"}
    assert row | told == row
    assert (row["size_bytes"], row["attempts"]) == (made.files[0].stat().st_size, 0)
    assert check(store.catalog, store.settings, NOW) == []
    assert rebuild(store.catalog, store.settings, NOW).rows == 0


def test_what_a_run_wrote_stands_against_what_was_rebuilt(store: Any) -> None:
    made = store.room()
    shutil.rmtree(store.settings.catalog_root)
    rebuild(store.catalog, store.settings, NOW)
    assert store.row(made.outcome.sid)["room_sid"] is None  # it is no media file at all
    store.night(made)
    assert store.row(made.outcome.sid)["template"] == "grid"


@pytest.mark.parametrize("encryption", ["age", "rsa-envelope"])
def test_an_encrypted_medium_gets_the_one_row_that_it_can(store: Any, encryption: str) -> None:
    store.settings = store.settings.model_copy(update={"encryption": encryption})
    made = store.room()
    medium = made.files[0]
    medium.with_name(f"{medium.name}.instruction").write_text("{}")
    older = medium.with_name(f"{made.outcome.sid}.mp4")
    older.write_bytes(b"from before it was encrypted")
    os.utime(older, (0, 0))
    shutil.rmtree(store.settings.catalog_root)
    assert rebuild(store.catalog, store.settings, NOW).rows == 1
    row = store.row(made.outcome.sid)
    told = {"format": "mp4", "encryption": encryption, "media_url": str(medium), "room_sid": None}
    assert row | told == row


def test_a_broken_file_is_set_aside_and_the_journal_merged(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = store.room(1)
    part = store.settings.catalog_root / "compositions/date=2026-11-20/part.parquet"
    broken = part.read_bytes()[:-20]
    part.write_bytes(broken)

    def full(*_: object) -> bool:
        raise StorageFailed("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("roomreel.catalog.backends.local.LocalBackend.replace", full)
        other = store.room(2)
    rebuilt = rebuild(store.catalog, store.settings, NOW)
    (copy,) = rebuilt.set_aside
    assert copy.read_bytes() == broken
    assert (rebuilt.entries, rebuilt.rows) == (len(Table), 1)
    # One row came from the journal, whole; the other from its medium.
    assert store.row(other.outcome.sid)["template"] == "grid"
    assert store.row(made.outcome.sid)["media_url"] == str(made.files[0])
    assert store.catalog.read(Table.COMPOSITIONS).num_rows == 2


def test_a_sound_catalog_is_left_alone(store: Any) -> None:
    store.room()
    before = {path: path.read_bytes() for path in store.settings.catalog_root.rglob("*.parquet")}
    rebuilt = rebuild(store.catalog, store.settings, NOW)
    assert (rebuilt.set_aside, rebuilt.entries, rebuilt.rows) == ((), 0, 0)
    assert {path: path.read_bytes() for path in before} == before
