"""The retention run under a clock that is moved: before, after 29 days, after 31 days."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from roomreel.errors import StorageFailed
from roomreel.maintenance import removal
from roomreel.maintenance.removal import remove_all
from roomreel.maintenance.retention import RetentionReport, retain
from roomreel.model.table import Table

THEN = datetime(2026, 11, 22, tzinfo=UTC)


def after(days: int) -> datetime:
    return THEN + timedelta(days=days)


def counted(report: RetentionReport) -> dict[str, int]:
    """What was done, by the first word or two of what it says."""
    assert report.problems == ()
    return {what: count for what, count in report.counts.items() if count}


def touch(path: Path, when: datetime) -> None:
    os.utime(path, (when.timestamp(), when.timestamp()))


def test_with_nothing_to_do_it_says_so_and_makes_nothing(store: Any) -> None:
    report = retain(store.settings, THEN)
    assert (counted(report), report.headline) == ({}, "nothing to remove")
    assert not store.settings.catalog_root.exists()


def test_before_after_29_days_and_after_31_days(store: Any, tmp_path: Path) -> None:
    made, other = store.room(1), store.room(2)
    sids = {Table.COMPOSITIONS: made.outcome.sid, Table.RECORDINGS: made.recording}
    for table, sid in sids.items():
        remove_all(store.catalog, table, [sid], store.settings, THEN)
    for days in (0, 29):
        assert counted(retain(store.settings, after(days))) == {}
        assert [store.row(sid)["status"] for sid in sids.values()] == ["deleted"] * 2
    dry = retain(store.settings, after(31), dry_run=True)
    assert dry.headline == "Dry run: 2 rows purged"
    assert [store.row(sid)["status"] for sid in sids.values()] == ["deleted"] * 2
    assert counted(retain(store.settings, after(31))) == {"rows purged": 2}
    for sid in sids.values():
        assert store.row(sid) is None
        files = [path for path in (tmp_path / "store").rglob("*") if path.is_file()]
        assert [path for path in files if sid.encode() in path.read_bytes()] == []
    assert store.row(other.outcome.sid)["status"] == "completed"
    assert all(path.exists() for path in [*other.files, other.camera])


def test_media_that_a_killed_deletion_left_are_removed(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = store.room()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    for table, sid in ((Table.COMPOSITIONS, made.outcome.sid), (Table.RECORDINGS, made.recording)):
        with monkeypatch.context() as patch:
            patch.setattr(removal, "remove", killed)
            with pytest.raises(KeyboardInterrupt):
                remove_all(store.catalog, table, [sid], store.settings, THEN)
    dry = retain(store.settings, THEN, dry_run=True)
    assert dry.counts["files of deleted rows removed"] == 5
    assert made.camera.exists()
    assert counted(retain(store.settings, THEN)) == {"files of deleted rows removed": 5}
    assert not any(path.exists() for path in [*made.files, made.camera])


def test_media_without_a_row_go_after_a_day(store: Any) -> None:
    made = store.room()
    orphan = made.files[0].with_name(made.outcome.sid[:-1] + "f.mp4")
    notes = made.files[0].with_name("notes.txt")
    for path in (orphan, notes):
        path.write_bytes(b"x")
        touch(path, THEN)
    assert counted(retain(store.settings, THEN + timedelta(hours=23))) == {}
    late = THEN + timedelta(hours=25)
    assert retain(store.settings, late, dry_run=True).counts["orphaned files removed"] == 1
    assert orphan.exists()
    assert counted(retain(store.settings, late)) == {"orphaned files removed": 1}
    assert not orphan.exists()
    assert all(path.exists() for path in [*made.files, notes])


def test_files_from_before_encryption_was_set_go_after_a_day(store: Any) -> None:
    store.settings = store.settings.model_copy(update={"encryption": "rsa-envelope"})
    made = store.room()
    encrypted = made.files
    beside = encrypted[0].with_name(f"{encrypted[0].name}.instruction")
    plain = [path.with_name(path.name.removesuffix(".enc")) for path in encrypted]
    for path in (*plain, *encrypted, beside):
        path.write_bytes(b"x")
        touch(path, THEN)
    assert counted(retain(store.settings, THEN + timedelta(hours=23))) == {}
    late = THEN + timedelta(hours=25)
    assert counted(retain(store.settings, late)) == {"orphaned files removed": 4}
    assert not any(path.exists() for path in plain)
    assert all(path.exists() for path in (*encrypted, beside))


def test_where_the_catalog_cannot_be_read_nothing_is_taken_for_an_orphan(store: Any) -> None:
    made = store.room()
    for path in made.files:
        touch(path, THEN)
    part = store.settings.catalog_root / "compositions/date=2026-11-20/part.parquet"
    whole = part.read_bytes()
    part.write_bytes(b"not ours")
    report = retain(store.settings, after(9))
    assert {problem.code for problem in report.problems} == {"catalog-invalid"}
    assert all(path.exists() for path in made.files)
    part.write_bytes(whole)
    assert counted(retain(store.settings, after(9))) == {}


def test_what_waits_in_the_journal_is_merged_first(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> bool:
        raise StorageFailed("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("roomreel.catalog.backends.local.LocalBackend.replace", full)
        made = store.room()
    for path in made.files:
        touch(path, THEN)
    report = retain(store.settings, after(9), dry_run=True)
    assert report.counts["journal entries merged"] == len(Table)
    assert counted(retain(store.settings, after(9))) == {"journal entries merged": len(Table)}
    assert all(path.exists() for path in made.files)


def test_compositions_are_deleted_for_their_age_only_if_that_is_set(store: Any) -> None:
    made = store.room()
    assert counted(retain(store.settings, after(900))) == {}
    limit_peaks = store.settings.model_copy(update={"delete_after_days": 10})
    # It was completed on the 21st at 1:00:08.
    assert counted(retain(limit_peaks, after(10))) == {"compositions deleted for their age": 1}
    assert store.row(made.outcome.sid)["status"] == "deleted"
    assert not any(path.exists() for path in made.files)
    assert made.camera.exists()


def test_leftovers_of_killed_runs_are_removed(store: Any) -> None:
    made = store.room()
    scratch = store.settings.scratch_root / "roomreel-attempt-0123456789abcdef"
    scratch.mkdir(parents=True)
    half = made.files[0].with_name(".roomreel-0123456789abcdef.part")
    half.write_bytes(b"half")
    left = {"unused files of this machine removed": 1, "unfinished files and uploads removed": 1}
    assert counted(retain(store.settings, THEN, dry_run=True)) == left
    assert scratch.exists()
    assert half.exists()
    assert counted(retain(store.settings, THEN)) == left
    assert not scratch.exists()
    assert not half.exists()
