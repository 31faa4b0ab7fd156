"""What an import writes: whole or not, once, in place of nothing but its own."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from deliveries import MemoryListing
from drafting import draft, piece, track

from roomreel.documents.import_record import parse_import_record
from roomreel.documents.manifest import parse_manifest
from roomreel.errors import OutputRefused, StorageFailed
from roomreel.importers.claims import Claim, DraftParticipant
from roomreel.importers.finding import Code, Finding
from roomreel.importers.settling import write as writing
from roomreel.importers.settling.settle import Choices, GivenOffset, Settled, settle
from roomreel.importers.settling.write import Written, record_beside, write
from roomreel.model.encryption import Encryption, EncryptionFormat
from roomreel.storage import discover
from roomreel.storage import replace as replacing

CANARY = "c4n4ry"
NIGHT = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Vendor:
    name, title = "some", "Some service"


def settled(at: int = 0, media: dict[str, Path] | None = None, **members: Any) -> Settled:
    """A room of one recording, whose file is encrypted, so that nothing looks into it."""
    age = Encryption(EncryptionFormat.AGE)
    one = draft(
        track(piece("a.webm", at, end=9000, encryption=age), who="ana"),
        zero=NIGHT,
        documents=("list.json",),
        **members,
    )
    files = MemoryListing({"list.json": {"at": at}})
    return settle(one, media or {}, Vendor, Choices(), listing=files, memory_bytes=2**30, now=NIGHT)


def state(folder: Path) -> dict[str, bytes]:
    """All files of a folder, but for what a kill left unfinished."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".roomreel-")
    }


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    return {one.name: (one.stat().st_ino, one.stat().st_mtime_ns) for one in folder.iterdir()}


def test_a_second_run_over_unchanged_inputs_writes_nothing_and_says_so(tmp_path: Path) -> None:
    first = write(settled(name="weekly"), tmp_path)
    before = stamps(tmp_path)
    again = write(settled(name="weekly"), tmp_path)
    assert (first.changed, again.changed) == (True, False)
    assert stamps(tmp_path) == before
    assert sorted(before) == ["weekly.import.json", "weekly.room.json"]


def test_the_manifest_is_valid_and_names_its_record(tmp_path: Path, media: dict[str, Path]) -> None:
    done = write(settled(media=media, name="weekly"), tmp_path)
    room = parse_manifest(done.manifest.read_bytes(), str(done.manifest)).room
    mark = room.attributes["import"]
    assert (mark["vendor"], mark["clock"], mark["record"]) == ("some", "good", done.record.name)
    record = parse_import_record(done.record.read_bytes(), "")
    assert record["manifest"]["file"] == done.manifest.name
    (one,) = record["recordings"]
    assert one["claims"]["end"] == {"value": 9000, "at": "list.json#/end"}
    assert one["recording"] == room.recordings[0].sid
    assert room.recordings[0].attributes["import"] == {"id": "1", "files": ["a.webm"]}
    assert [one["file"] for one in record["inputs"]] == ["a.webm", "list.json"]


def test_other_inputs_replace_the_manifest_whole(tmp_path: Path) -> None:
    write(settled(name="weekly"), tmp_path)
    done = write(settled(22_000, name="weekly"), tmp_path)
    assert done.changed
    room = parse_manifest(done.manifest.read_bytes(), "").room
    assert room.recordings[0].offset_ms == 22_000
    assert len(list(tmp_path.iterdir())) == 2


def edit(done: Written) -> bytes:
    data = done.manifest.read_bytes().replace(b'"identity": "Ana"', b'"identity": "Anna"')
    assert data != done.manifest.read_bytes()
    done.manifest.write_bytes(data)
    return data


def test_a_manifest_that_was_changed_by_hand_is_not_replaced_unasked(tmp_path: Path) -> None:
    data = edit(write(settled(), tmp_path))
    same = write(settled(), tmp_path)
    assert (same.changed, same.is_edited) == (False, True)
    with pytest.raises(OutputRefused, match="changed by hand") as error:
        write(settled(22_000), tmp_path)
    assert "--force" in error.value.remedy
    assert same.manifest.read_bytes() == data
    assert write(settled(22_000), tmp_path, force=True).changed
    assert same.manifest.read_bytes() != data


def test_a_manifest_of_another_tool_is_refused_and_what_is_none_is_never_replaced(
    tmp_path: Path,
) -> None:
    done = write(settled(), tmp_path)
    done.record.unlink()
    edit(done)
    with pytest.raises(OutputRefused, match="not made by an import"):
        write(settled(), tmp_path)
    done.manifest.write_text('{"name": "of the service"}')
    for force in (False, True):
        with pytest.raises(OutputRefused, match="not a room manifest"):
            write(settled(), tmp_path, force=force)
    assert done.manifest.read_text() == '{"name": "of the service"}'


def test_a_folder_of_one_room_has_room_json_unless_the_service_has_one(tmp_path: Path) -> None:
    assert write(settled(name="w"), tmp_path / "a", alone=True).manifest.name == "room.json"
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "room.json").write_text("{}")
    assert write(settled(name="w"), tmp_path / "b", alone=True).manifest.name == "w.room.json"


def test_two_rooms_of_one_name_are_two_manifests(tmp_path: Path) -> None:
    one = write(settled(id="1", name="weekly"), tmp_path)
    other = settled(id="2", name="weekly")
    two = write(other, tmp_path)
    assert (one.manifest.name, two.manifest.name) == (
        "weekly.room.json",
        f"{other.room.sid}.room.json",
    )
    assert not write(settled(id="1", name="weekly"), tmp_path).changed
    assert not write(other, tmp_path).changed


@pytest.mark.parametrize(
    ("name", "is_kept"),
    [
        ("Wöchentlich 周会 اجتماع", True),
        ("a.import", True),
        ("../../x", False),
        ("a/b", False),
        (".hidden", False),
        ("a\nb", False),
        ("é" * 100, False),
        ("CON:", False),
    ],
)
def test_a_room_goes_by_its_name_where_that_is_a_name_of_a_file(
    tmp_path: Path, name: str, is_kept: bool
) -> None:
    one = settled(name=name)
    done = write(one, tmp_path)
    assert done.manifest.name == f"{name if is_kept else one.room.sid}.room.json"
    assert done.manifest.parent == tmp_path
    # A batch finds the manifest and not its record.
    assert discover(str(tmp_path)) == [str(done.manifest)]
    assert parse_manifest(done.manifest.read_bytes(), "").room.unique_name == name


def test_records_lie_beside_manifests() -> None:
    names = {"weekly.room.json": "weekly.import.json", "room.json": "room.import.json"}
    assert {name: record_beside(Path(name)).name for name in names} == names


@pytest.fixture
def media(tmp_path: Path) -> dict[str, Path]:
    path = tmp_path / "in" / "a.webm"
    path.parent.mkdir()
    path.write_bytes(b"age" * 1000)
    return {"a.webm": path}


def test_media_are_named_where_they_are_and_folders_that_no_root_holds(
    tmp_path: Path, media: dict[str, Path]
) -> None:
    def named(out: Path, *roots: Path) -> tuple[str | None, tuple[Path, ...]]:
        done = write(settled(media=media), out, roots=list(map(str, roots)))
        return parse_manifest(done.manifest.read_bytes(), "").room.recordings[0].media, done.outside

    folder = tmp_path / "in"
    assert named(folder, tmp_path) == ("a.webm", ())
    assert named(tmp_path, tmp_path) == ("in/a.webm", ())
    assert named(tmp_path / "out", folder) == (str(folder / "a.webm"), ())
    assert named(tmp_path / "out", tmp_path / "out") == (str(folder / "a.webm"), (folder,))


def test_copies_are_named_by_their_bytes_and_made_once(
    tmp_path: Path, media: dict[str, Path]
) -> None:
    out = tmp_path / "out"
    one = settled(media=media)
    done = write(one, out, copy=True, roots=[str(out)])
    (copy,) = done.media
    assert copy.parent == out / f"{one.room.sid}.media"
    assert copy.read_bytes() == media["a.webm"].read_bytes()
    assert done.outside == ()
    before = copy.stat()
    again = write(one, out, copy=True)
    assert not again.changed
    assert copy.stat().st_ino == before.st_ino
    recording = parse_manifest(done.manifest.read_bytes(), "").room.recordings[0]
    assert recording.media == str(copy.relative_to(out))


def find_all(word: str, text: str) -> list[int]:
    return [match.start() for match in re.finditer(word, text)]


def test_no_secret_reaches_what_is_written(tmp_path: Path) -> None:
    url = f"https://u:{CANARY}@host.example/a.webm?token={CANARY}#{CANARY}"
    secrets = {"url": url, "token": CANARY, "deep": [{"apiKey": CANARY, "passcode": CANARY}]}
    told = replace(
        piece("a.webm", 0, attributes=secrets, codec=f"vp8 {url}"),
        end=Claim(1, f"list.json {url}"),
        size=Claim(-1, url),
        also=(Claim(5, url),),
        pauses=((Claim(0, url), Claim(1, url)),),
    )
    one = draft(
        track(told, who="ana", key=f"k {url}", name=f"cam {url}"),
        id=f"id {url}",
        name=f"room {url}",
        participants=(DraftParticipant("ana", f"Ana {url}", display_name=url, roles=(url,)),),
        findings=(Finding(Code.DATA_KEPT, url, f"see {url} Bearer {CANARY}"),),
        kept={"chat": [url, secrets], url: 1},
        attributes=secrets,
        zero=NIGHT,
    )
    choices = Choices((GivenOffset(5, track=f"cam {url}", at="--offset"),))
    files = MemoryListing({"list.json": secrets})
    result = settle(one, {}, Vendor, choices, listing=files, memory_bytes=2**30, now=NIGHT)
    done = write(result, tmp_path)
    shown = f"{result.findings} {result.rows} {state(tmp_path)} {done}"
    assert "host.example" in shown
    leaks = [shown[at - 60 : at + 10] for at in find_all(CANARY, shown)]
    assert not leaks


# Kills.


def in_a_child(work: Callable[[], object]) -> int:
    """The exit code of a process that does it; negative where a signal ended it."""
    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    child.join()
    return child.exitcode or 0


def steps_of(out: Path, one: Settled, kill_at: int, copy: bool) -> Callable[[], None]:
    """Work that writes a room and dies at one of its steps, before or after a name appears."""

    def work() -> None:
        reached = 0
        put = replacing.put_in_place

        def step() -> None:
            nonlocal reached
            if reached == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            reached += 1

        def put_in_place(file: Path, path: Path) -> None:
            step()
            put(file, path)
            step()

        replacing.put_in_place = put_in_place
        write(one, out, copy=copy)

    return work


@pytest.mark.parametrize("copy", [False, True])
def test_a_kill_at_any_step_leaves_the_old_state_or_the_new_one(
    tmp_path: Path, media: dict[str, Path], copy: bool
) -> None:
    """After a kill the manifest is the old or the new one, and the next run needs no --force,
    whether its inputs are those of before, of the run that was killed, or others."""
    old, new, other = (settled(at, media=media) for at in (0, 22_000, 33_000))
    texts = {}
    for name, one in (("old", old), ("new", new), ("other", other)):
        write(one, tmp_path / name, copy=copy)
        texts[name] = state(tmp_path / name)
    (manifest,) = (name for name in texts["old"] if name.endswith(".room.json"))
    for begin in (None, old):
        killed = 0
        for kill_at in range(100):
            codes = []
            for follow, after in (("old", old), ("new", new), ("other", other)):
                out = tmp_path / f"{begin is None}-{kill_at}-{follow}"
                if begin is not None:
                    write(begin, out, copy=copy)
                codes.append(in_a_child(steps_of(out, new, kill_at, copy)))
                there = state(out).get(manifest)
                assert there in (texts["new"][manifest], begin and texts["old"][manifest])
                write(after, out, copy=copy)
                assert state(out) == texts[follow]
            killed += codes[0] != 0
            if codes == [0, 0, 0]:
                break
        assert killed >= 4


def test_a_failure_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(settled(), tmp_path)
    before = state(tmp_path)

    def full(*_: object) -> None:
        raise StorageFailed("no space left on device")

    monkeypatch.setattr(writing, "write_bytes", full)
    with pytest.raises(StorageFailed):
        write(settled(22_000), tmp_path)
    assert state(tmp_path) == before
