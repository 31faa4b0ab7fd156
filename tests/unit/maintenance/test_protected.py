"""Whatever a manifest calls its media, deleting its recordings takes nothing of others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.record import RoomRecord, record
from roomreel.documents.manifest import manifest_text
from roomreel.errors import StorageFailed
from roomreel.maintenance.removal import remove_all
from roomreel.maintenance.retention import retain
from roomreel.model.media import MediaFile, Stored
from roomreel.model.room import Participant
from roomreel.model.table import Table
from roomreel.settings import Settings

THEN = datetime(2026, 11, 22, tzinfo=UTC)
VICTIM, EVIL = 1, 2


class Site:
    """A folder in which everything lies: recordings, documents, the store, keys."""

    def __init__(self, root: Path, rooms: Callable[..., RoomRecord], store: Any) -> None:
        self.root, self._rooms = root, rooms
        self.made = store.room(7)
        (root / "key.txt").write_text("AGE-SECRET-KEY-1")
        (root / "store" / "prefect").mkdir()
        (root / "store" / "prefect" / "prefect.db").write_bytes(b"SQLite format 3")
        self.settings = Settings(
            store=root / "store",
            manifests=str(root / "rooms"),
            media_roots=[str(root)],
            private_key=root / "key.txt",
        )
        self.file("layouts/grid.json", '{"schema": "roomreel.template/1"}')
        self.file("plans/plan.json", '\ufeff \n {"schema": "roomreel.plan/1"}')

    @property
    def catalog(self) -> Catalog:
        return Catalog.open(self.settings.catalog_root, self.settings.journal_root)

    def file(self, name: str, text: str = "media") -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def manifest(self, number: int, media: str, **changes: Any) -> Path:
        """Write the manifest of a room whose camera is `media`."""
        room = self._rooms(number).manifest.room
        named = replace(room.recordings[0], media=media)
        text = manifest_text(replace(room, recordings=(named,)))
        document = json.loads(text) | changes
        return self.file(f"rooms/{number}/room.json", json.dumps(document))

    def ingest(self, number: int, place: Path) -> str:
        """Record a room whose camera lies there; the sid of its recording."""
        item = self._rooms(number)
        sid = item.manifest.room.recordings[0].sid
        media = {sid: MediaFile(Stored(str(place.resolve()), place.stat().st_size, "1"))}
        told = replace(item.manifest, url=str(self.root / f"rooms/{number}/room.json"))
        record(self.catalog, [replace(item, media=media, manifest=told)], [], None, THEN)
        return sid

    def call(
        self, number: int, avatar: str, again: bool = False, events: str | None = None
    ) -> list[str]:
        """Record a room of two people of one camera each, or one of two, and of one avatar."""
        item = self._rooms(number)
        [first] = item.manifest.room.recordings
        second = replace(first, sid=f"RT{number:031x}e", participant_sid=f"PA{number:031x}e")
        if again:
            second = replace(second, participant_sid=first.participant_sid)
        recordings = (replace(first, media="1.mkv"), replace(second, media="2.mkv"))
        people = dict.fromkeys(one.participant_sid for one in recordings)
        room = replace(
            item.manifest.room,
            recordings=recordings,
            participants=tuple(Participant(sid, sid, avatar=avatar) for sid in people),
            events_media=events,
        )
        path = self.file(f"rooms/{number}/room.json", manifest_text(room))
        stored = {
            one.sid: Stored(str(self.file(f"rooms/{number}/{one.media}")), 5, "1")
            for one in recordings
        }
        media = {sid: MediaFile(one) for sid, one in stored.items()}
        told = replace(item.manifest, room=room, url=str(path))
        record(self.catalog, [replace(item, manifest=told, media=media)], [], None, THEN)
        return [one.sid for one in recordings]

    def delete(self, sid: str) -> Any:
        return remove_all(self.catalog, Table.RECORDINGS, [sid], self.settings, THEN)

    def others(self, *aside: Path) -> dict[Path, str]:
        """Everything that is there, by digest, but for catalogs and what is named."""
        return {
            path: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in self.root.rglob("*")
            if path.is_file() and path.name != "part.parquet" and path not in aside
            if not path.name.startswith(".") and "scratch" not in path.parts
        }


@pytest.fixture
def site(tmp_path: Path, room_record: Callable[..., RoomRecord], store: Any) -> Site:
    return Site(tmp_path, room_record, store)


PRECIOUS = [
    "rooms/1/room.json",
    "layouts/grid.json",
    "plans/plan.json",
    "key.txt",
    "store/prefect/prefect.db",
    "store/catalog/rooms/date=2026-11-20/part.parquet",
    "store/catalog/recordings/date=2026-11-20/part.parquet",
    "composition",
    "poster",
    "plan",
]


@pytest.mark.parametrize("name", PRECIOUS)
def test_what_is_no_medium_stays(site: Site, name: str) -> None:
    site.manifest(VICTIM, "camera.mkv")
    composed = dict(zip(("composition", "poster", "sheet", "plan"), site.made.files, strict=True))
    place = composed.get(name, site.root / name)
    sid = site.ingest(EVIL, place)
    before = site.others()
    done = site.delete(sid)
    assert (done.files, done.problems) == (0, ())
    (words,) = done.kept
    assert words.startswith(f"{place} stays: ")
    assert place.exists()
    assert site.others() == before
    assert site.catalog.lookup(sid)["status"] == "deleted"
    retain(site.settings, THEN)
    assert place.exists()


NAMED = {
    "relative": lambda _: "camera.mkv",
    "by another folder": lambda _: "../1/camera.mkv",
    "absolute": lambda folder: str(folder / "camera.mkv"),
    "as a URL": lambda folder: (folder / "camera.mkv").as_uri(),
    "by a link": lambda folder: _link(folder / "link.mkv", folder / "camera.mkv"),
    "by a linked folder": lambda folder: f"{_link(folder / 'here', folder)}/camera.mkv",
}
CHANGES: dict[str, dict[str, Any]] = {
    "valid": {},
    "broken by a rule": {"nosuchkey": 1},
    "of a room that goes on": {"room": {"sid": "RM" + "1" * 32, "status": "in-progress"}},
    "of no room": {"room": None},
}


def _link(link: Path, to: Path) -> str:
    link.symlink_to(to)
    return link.name


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("named", NAMED.values(), ids=NAMED)
def test_what_another_manifest_names_stays(
    site: Site, named: Callable[[Path], str], changes: dict[str, Any]
) -> None:
    camera = site.file("rooms/1/camera.mkv")
    site.manifest(VICTIM, named(camera.parent), **changes)
    sid = site.ingest(EVIL, camera)
    site.manifest(EVIL, "../1/camera.mkv")
    done = site.delete(sid)
    assert (done.files, done.problems) == (0, ())
    assert "rooms/1/room.json has it, too" in done.kept[0]
    assert camera.read_text() == "media"
    report = retain(site.settings, THEN)
    assert (report.problems, camera.exists()) == ((), True)


def test_it_goes_with_the_last_recording_that_has_it(site: Site) -> None:
    camera = site.file("rooms/1/camera.mkv")
    site.manifest(VICTIM, "camera.mkv")
    site.manifest(EVIL, "../1/camera.mkv")
    evil, victim = site.ingest(EVIL, camera), site.ingest(VICTIM, camera)
    assert site.delete(evil).files == 0
    assert camera.exists()
    assert site.delete(victim).files == 1
    assert not camera.exists()


def test_a_recording_that_was_purged_holds_nothing(site: Site) -> None:
    camera = site.file("rooms/1/camera.mkv")
    site.manifest(VICTIM, "camera.mkv")
    site.manifest(EVIL, "../1/camera.mkv")
    victim = site.ingest(VICTIM, camera)
    site.ingest(EVIL, camera)
    site.delete(victim)
    settings = site.settings.model_copy(update={"retention_days": 0})
    retain(settings, THEN)
    assert site.catalog.lookup(victim) is None
    assert site.delete(f"RT{EVIL:032x}").files == 1


OWN = {
    "healthy": b"media",
    "empty": b"",
    "truncated": b"\x1aE\xdf\xa3",
    "locked": b"age-encryption.org/v1\n",
    "text": b"what is this?",
    "broken document": b'{"schema": "roomreel.room/1"',
    "document of others": b'{"schema": "other/1"}',
    "brackets": b'{"a":' + b"[" * 100_000,
    "huge": b"{" + b" " * 9_000_000,
}


@pytest.mark.parametrize("manifests", ["rooms", "rooms/2/room.json", "nowhere"])
@pytest.mark.parametrize("content", OWN.values(), ids=OWN)
def test_a_recording_of_its_own_goes_whatever_is_in_it(
    site: Site, content: bytes, manifests: str
) -> None:
    camera = site.file("rooms/2/camera.mkv")
    camera.write_bytes(content)
    site.manifest(VICTIM, "camera.mkv")
    site.manifest(EVIL, "camera.mkv")
    site.file("rooms/1/notes.json", "[not json")
    site.settings = site.settings.model_copy(update={"manifests": str(site.root / manifests)})
    sid = site.ingest(EVIL, camera)
    before = site.others(camera)
    done = site.delete(sid)
    assert (done.files, done.problems, done.kept) == (1, (), ())
    assert not camera.exists()
    assert site.others() == before


def test_where_a_manifest_cannot_be_read_nothing_goes(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = site.file("rooms/2/camera.mkv")
    site.manifest(EVIL, "camera.mkv")
    sid = site.ingest(EVIL, camera)

    def broken(url: str, _limit: int) -> bytes:
        raise StorageFailed(f"cannot read {url}") from OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("roomreel.maintenance.protected.read_bytes", broken)
        done = site.delete(sid)
    # Nor is it known what avatars there are.
    assert (done.files, len(done.problems)) == (0, 2)
    assert camera.exists()
    assert retain(site.settings, THEN).counts["files of deleted rows removed"] == 1
    assert not camera.exists()


def test_what_was_never_there_is_not_looked_for_where_the_command_runs(
    site: Site, monkeypatch: pytest.MonkeyPatch, room_record: Callable[..., RoomRecord]
) -> None:
    item = room_record(EVIL)
    record(site.catalog, [replace(item, media={})], [], None, THEN)
    precious = site.file("camera.mkv")
    monkeypatch.chdir(site.root)
    done = site.delete(item.manifest.room.recordings[0].sid)
    assert (done.files, done.problems, done.kept) == (0, (), ())
    assert precious.exists()


def test_an_avatar_goes_with_the_last_recording_of_who_has_it(site: Site) -> None:
    first, second = site.call(VICTIM, "ann.png", again=True)
    ann = site.file("rooms/1/ann.png")
    assert site.delete(first).files == 1
    assert ann.exists()
    done = site.delete(second)
    assert (done.files, done.problems, done.kept, ann.exists()) == (2, (), (), False)


def test_an_avatar_that_a_kill_left_goes_by_retention(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    sids = site.call(VICTIM, "ann.png", again=True)
    ann = site.file("rooms/1/ann.png")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("roomreel.maintenance.removal.remove", killed)
        for sid in sids:
            with pytest.raises(KeyboardInterrupt):
                site.delete(sid)
    assert ann.exists()
    assert retain(site.settings, THEN, dry_run=True).counts["files of deleted rows removed"] == 3
    assert ann.exists()
    assert retain(site.settings, THEN).counts["files of deleted rows removed"] == 3
    assert not ann.exists()


def test_an_avatar_of_two_goes_with_the_last_of_them(site: Site) -> None:
    first, second = site.call(VICTIM, "both.png")
    both = site.file("rooms/1/both.png")
    done = site.delete(first)
    assert (done.files, both.exists()) == (1, True)
    assert done.kept == (
        f"{both} stays: participant PA{VICTIM:031x}e of {both.parent}/room.json has it, too",
    )
    site.delete(second)
    assert not both.exists()


def test_the_file_of_events_of_a_room_goes_with_its_last_recording(site: Site) -> None:
    first, second = site.call(VICTIM, "none.png", events="told.jsonl")
    told = site.file("rooms/1/told.jsonl", '{"at_ms": 1, "type": "mark", "text": "a"}')
    assert site.delete(first).files == 1
    for sid in site.call(EVIL, "none.png", events="../1/told.jsonl"):
        assert site.delete(sid).files == 1
    assert told.exists()
    done = site.delete(second)
    assert (done.files, done.problems, done.kept, told.exists()) == (2, (), (), False)


HELD = {
    "avatar": lambda site: site.call(VICTIM, "ann.png"),
    "medium": lambda site: site.manifest(VICTIM, "ann.png"),
    "row": lambda site: site.ingest(VICTIM, site.file("rooms/1/ann.png")),
}


@pytest.mark.parametrize("held", HELD.values(), ids=HELD)
def test_an_avatar_that_others_have_stays(site: Site, held: Callable[[Site], Any]) -> None:
    ann = site.file("rooms/1/ann.png")
    held(site)
    for sid in site.call(EVIL, "../1/ann.png"):
        assert site.delete(sid).files == 1
    assert ann.exists()


@pytest.mark.parametrize("name", PRECIOUS)
def test_what_is_no_avatar_stays(site: Site, name: str) -> None:
    composed = dict(zip(("composition", "poster", "sheet", "plan"), site.made.files, strict=True))
    place = composed.get(name, site.root / name)
    site.manifest(VICTIM, "camera.mkv")
    before = hashlib.sha256(place.read_bytes()).digest() if place.suffix != ".parquet" else b""
    for sid in site.call(EVIL, str(place)):
        assert site.delete(sid).files == 1
    assert before in {b"", hashlib.sha256(place.read_bytes()).digest()}
    assert place.exists()


@pytest.mark.parametrize("avatar", ["../../../away.png", "none.png", "../2"])
def test_avatars_elsewhere_are_no_failure(site: Site, avatar: str) -> None:
    away = site.root.parent / "away.png"
    away.write_bytes(b"")
    for sid in site.call(EVIL, avatar):
        done = site.delete(sid)
        assert (done.files, done.problems) == (1, ())
    assert away.exists()
