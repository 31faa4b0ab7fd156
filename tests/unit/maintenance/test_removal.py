"""What is deleted is gone, wherever it was killed before, and nothing else is."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from roomreel.errors import StorageFailed
from roomreel.maintenance import removal
from roomreel.maintenance.removal import Removal, remove_all
from roomreel.model.table import Table

THEN = datetime(2026, 11, 22, tzinfo=UTC)


def delete(store: Any, table: Table, *sids: str) -> Removal:
    return remove_all(store.catalog, table, sids, store.settings, THEN)


def test_a_composition_goes_with_its_pictures_and_its_plan(store: Any) -> None:
    made, other = store.room(1), store.room(2)
    done = delete(store, Table.COMPOSITIONS, made.outcome.sid)
    assert (len(done.rows), done.files, done.problems) == (1, 4, ())
    assert not any(path.exists() for path in made.files)
    assert all(path.exists() for path in [*other.files, made.camera])
    assert store.row(made.outcome.sid)["status"] == "deleted"
    assert store.row(other.outcome.sid)["status"] == "completed"


def test_a_recording_goes_and_its_compositions_stay(store: Any) -> None:
    made = store.room()
    assert delete(store, Table.RECORDINGS, made.recording).files == 1
    assert not made.camera.exists()
    assert all(path.exists() for path in made.files)
    assert store.row(made.outcome.sid)["status"] == "completed"


def test_again_and_with_media_that_are_gone_it_is_no_failure(store: Any) -> None:
    made = store.room()
    made.files[0].unlink()
    assert delete(store, Table.COMPOSITIONS, made.outcome.sid).files == 3
    again = delete(store, Table.COMPOSITIONS, made.outcome.sid)
    assert (again.files, again.problems) == (0, ())
    assert again.rows[0]["date_deleted"] == THEN


def test_killed_before_the_media_went_it_can_be_done_again(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = store.room()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(removal, "remove", killed)
        with pytest.raises(KeyboardInterrupt):
            delete(store, Table.COMPOSITIONS, made.outcome.sid)
    assert store.row(made.outcome.sid)["status"] == "deleted"
    assert all(path.exists() for path in made.files)
    assert delete(store, Table.COMPOSITIONS, made.outcome.sid).files == 4


def test_no_media_goes_before_its_row_says_so(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = store.room()

    def full(*_: object) -> None:
        raise StorageFailed("the disk is full")

    monkeypatch.setattr("roomreel.catalog.backends.local.LocalBackend.append", full)
    with pytest.raises(StorageFailed):
        delete(store, Table.COMPOSITIONS, made.outcome.sid)
    assert all(path.exists() for path in made.files)


def test_media_outside_the_roots_are_left_alone_and_told_of(store: Any, tmp_path: Path) -> None:
    made = store.room()
    moved = store.settings.model_copy(update={"media_roots": [str(tmp_path / "elsewhere")]})
    done = remove_all(store.catalog, Table.RECORDINGS, [made.recording], moved, THEN)
    assert "outside the media roots" in done.problems[0].message
    assert made.camera.exists()
    assert store.row(made.recording)["status"] == "deleted"


def test_a_medium_that_another_recording_uses_stays(store: Any) -> None:
    made = store.room(1)
    store.commit(Table.RECORDINGS, store.row(made.recording) | {"sid": "RT" + "f" * 32})
    assert delete(store, Table.RECORDINGS, made.recording).files == 0
    assert made.camera.exists()
    assert delete(store, Table.RECORDINGS, "RT" + "f" * 32).files == 1


def test_a_file_of_two_recordings_of_a_manifest_goes_with_the_last_of_them(store: Any) -> None:
    made = store.room_of_two()
    first, second = (recording.sid for recording in made.item.manifest.room.recordings)
    assert delete(store, Table.RECORDINGS, first).files == 0
    assert made.camera.exists()
    assert delete(store, Table.RECORDINGS, second).files == 1
    assert not made.camera.exists()


def test_a_file_of_two_recordings_that_are_deleted_together_goes(store: Any) -> None:
    made = store.room_of_two()
    sids = [recording.sid for recording in made.item.manifest.room.recordings]
    done = delete(store, Table.RECORDINGS, *sids)
    assert (done.files, done.problems) == (1, ())
    assert not made.camera.exists()


def test_what_a_run_made_of_a_deleted_composition_is_discarded(store: Any) -> None:
    from roomreel.catalog.record import record

    made = store.room()
    delete(store, Table.COMPOSITIONS, made.outcome.sid)
    store.publish(made)
    report = record(store.catalog, [made.item], [made.outcome], None, THEN)
    assert report.discard == (made.outcome.files,)
    assert store.row(made.outcome.sid)["status"] == "deleted"


LEFT = ["all", "the poster", "the plan", "all but the plan", "what is encrypted", "a log"]


@pytest.mark.parametrize("left", LEFT)
def test_a_composition_in_the_store_goes_whatever_its_row_says(store: Any, left: str) -> None:
    made, other = store.room(1), store.room(2)
    media, poster, sheet, plan = made.files
    if left in {"the poster", "the plan"}:
        media.unlink()
    if left == "the plan":
        poster.unlink()
        sheet.unlink()
    if left == "all but the plan":  # as of versions that published none
        plan.unlink()
    if left == "what is encrypted":
        media.rename(f"{media}.age")
        poster.rename(f"{poster}.enc")
        plan.rename(f"{plan}.enc")
        for path in (poster, plan):
            path.with_name(f"{path.name}.enc.instruction").write_text("{}")
    if left == "a log":
        media.with_suffix(".codec.log").write_text("== 0\n")
    row = store.row(made.outcome.sid)
    failed = {"status": "failed", "media_url": None, "size_bytes": None, "media_sha256": None}
    store.commit(Table.COMPOSITIONS, row | failed | {"attempts": 2})
    done = delete(store, Table.COMPOSITIONS, made.outcome.sid)
    assert (done.problems, done.kept) == ((), ())
    assert [path.name for path in media.parent.iterdir() if made.outcome.sid in path.name] == []
    assert all(path.exists() for path in other.files)


def test_a_file_put_in_the_place_of_a_composition_stays(store: Any, tmp_path: Path) -> None:
    made = store.room()
    out = tmp_path / "mine.mp4"
    row = store.row(made.outcome.sid)
    out.write_bytes(b"composed")
    digest = hashlib.sha256(b"composed").hexdigest()
    told = {"media_url": str(out), "size_bytes": 8, "media_sha256": digest}
    store.commit(Table.COMPOSITIONS, row | told | {"attempts": 2})
    out.write_bytes(b"mine now")
    done = delete(store, Table.COMPOSITIONS, made.outcome.sid)
    assert done.kept == (f"{out} stays: it is not the file that was composed",)
    assert out.exists()
    out.write_bytes(b"composed")
    (tmp_path / "mine.mp4.poster.jpg").write_bytes(b"x")
    assert delete(store, Table.COMPOSITIONS, made.outcome.sid).files == 2
    assert not out.exists()
