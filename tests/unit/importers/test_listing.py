"""A folder, a zip and a tar are one view of the same files, and none can do harm."""

from __future__ import annotations

import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomreel.errors import DeliveryInvalid, NotFound, StorageFailed
from roomreel.importers.delivery import archive as archives
from roomreel.importers.delivery.listing import open_delivery
from tests.unit.importers.helpers.archives import ARCHIVES, MAKERS, make_folder, make_zip

FILES = {
    "archive.json": b'{"files": []}',
    "b/c.webm": b"\x1a\x45\xdf\xa3" + bytes(300),
    "b/d/e.webm": b"",
    "ä ö/ж.ogg": b"OggS",
    "z.txt": b"z" * 100_000,
}


@pytest.fixture
def place(tmp_path: Path) -> Callable[[str, dict[str, bytes]], Path]:
    return lambda kind, files: MAKERS[kind](files, tmp_path / f"delivery.{kind}")


@pytest.mark.parametrize("kind", MAKERS)
def test_every_kind_shows_the_same_files(kind: str, place, tmp_path: Path) -> None:
    with open_delivery(place(kind, FILES), tmp_path / "scratch") as files:
        assert dict(files.sizes) == {name: len(data) for name, data in FILES.items()}
        assert list(files.sizes) == sorted(FILES)
        assert files.title == f"delivery.{kind}"
        for name, data in FILES.items():
            assert files.head(name) == data[:32]
            assert files.head(name, 65_536) == data[:65_536]
            assert files.text(name) == data
            assert files.local(name).read_bytes() == data
            assert files.modified(name).tzinfo is not None
        assert files.local("b/c.webm").suffix == ".webm"
    assert list((tmp_path / "scratch").glob("*")) == []


@pytest.mark.parametrize("kind", MAKERS)
def test_a_folder_of_it_is_a_delivery_of_its_own(kind: str, place, tmp_path: Path) -> None:
    extra = {"b.json": b"{}", "b0/x": b"x", "b-/y": b"y"}
    with open_delivery(place(kind, FILES | extra), tmp_path / "scratch") as files:
        assert files.folders == ("b", "b-", "b0", "ä ö")
        below = files.below("b")
        assert list(below.sizes) == ["c.webm", "d/e.webm"]
        assert below.title == f"delivery.{kind}/b"
        assert below.folders == ("d",)
        assert below.local("c.webm").read_bytes() == FILES["b/c.webm"]
        assert files.local("b/c.webm") == below.local("c.webm")
        assert list(below.below("d").sizes) == ["e.webm"]


@given(
    st.dictionaries(
        st.lists(
            st.text(
                st.characters(codec="utf-8", exclude_characters="/\0\\"), min_size=1, max_size=12
            ),
            min_size=1,
            max_size=3,
        )
        .map("/".join)
        .filter(lambda name: not any(p in (".", "..") for p in name.split("/"))),
        st.binary(max_size=40),
        min_size=1,
        max_size=5,
    )
)
@settings(max_examples=40, deadline=None)
def test_any_names_are_the_same_in_every_archive(tmp_path_factory, files) -> None:
    folder = tmp_path_factory.mktemp("names")
    seen = []
    for kind in ARCHIVES:
        try:
            with open_delivery(MAKERS[kind](files, folder / f"x.{kind}"), folder) as delivery:
                seen.append({name: delivery.text(name) for name in delivery.sizes})
        except DeliveryInvalid as error:
            seen.append(error.code)
    assert seen[0] == seen[1] == seen[2]


def test_what_is_hidden_or_ours_is_no_part_of_a_delivery(tmp_path: Path) -> None:
    sid = "RM" + "0a" * 16
    hidden = {
        ".DS_Store": b"x",
        ".git/config": b"x",
        "__MACOSX/._a.webm": b"x",
        "room.json": b'{"schema": "roomreel.room/1"}',
        "x.room.json": b'{\n  "schema": "roomreel.room/1"}',
        "x.import.json": b'{"schema":"roomreel.import/1"}',
        f"{sid}.media/a.webm": b"x",
    }
    theirs = {"their-room.json": b'{"room": 1}', "RM.media/a.webm": b"x"}
    with open_delivery(make_folder(hidden | theirs, tmp_path / "in"), tmp_path) as files:
        assert list(files.sizes) == sorted(theirs)


def test_names_in_a_folder_that_are_no_utf_8_are_escaped(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    Path(os.fsdecode(os.fsencode(folder) + b"/\xe4.ogg")).write_bytes(b"OggS")
    with open_delivery(folder, tmp_path) as files:
        assert list(files.sizes) == ["\\xe4.ogg"]
        assert files.text("\\xe4.ogg") == files.local("\\xe4.ogg").read_bytes() == b"OggS"


def test_old_zips_have_names_in_their_own_encoding(tmp_path: Path) -> None:
    place = tmp_path / "old.zip"
    make_zip({"aa.ogg": b"utf-8", "bbb.ogg": b"cp437"}, place)
    data = place.read_bytes().replace(b"aa.ogg", "ä.ogg".encode())
    place.write_bytes(data.replace(b"bbb.ogg", b"b\x81b.ogg"))
    with open_delivery(place, tmp_path) as files:
        assert {name: files.text(name) for name in files.sizes} == {
            "ä.ogg": b"utf-8",
            "büb.ogg": b"cp437",
        }


def test_links_of_a_folder_count_where_they_stay_inside(tmp_path: Path) -> None:
    folder = make_folder({"in/a.ogg": b"OggS", "out/b.ogg": b"secret"}, tmp_path) / "in"
    (folder / "same.ogg").symlink_to("a.ogg")
    (folder / "out.ogg").symlink_to(tmp_path / "out/b.ogg")
    (folder / "out").symlink_to(tmp_path / "out")
    (folder / "loop").symlink_to(folder)
    (folder / "gone.ogg").symlink_to("nothing")
    os.mkfifo(folder / "fifo.ogg")
    with open_delivery(folder, tmp_path) as files:
        assert list(files.sizes) == ["a.ogg", "same.ogg"]


def test_a_file_that_grows_is_read_as_it_is(tmp_path: Path) -> None:
    folder = make_folder({"a.json": b"{}"}, tmp_path / "in")
    with open_delivery(folder, tmp_path) as files:
        (folder / "a.json").write_bytes(b'{"more": 1}')
        assert files.text("a.json") == b'{"more": 1}'
        (folder / "a.json").unlink()
        with pytest.raises(StorageFailed, match=r"a\.json of in"):
            files.text("a.json")


def test_a_hundred_thousand_files_are_a_folder(tmp_path: Path, monkeypatch) -> None:
    names = [f"{number % 100}/{number}.webm" for number in range(2_000)]
    folder = make_folder(dict.fromkeys(names, b"x"), tmp_path / "in")
    monkeypatch.setattr(archives, "MOST_ENTRIES", 1_000)
    with open_delivery(folder, tmp_path) as files:
        assert len(files.sizes) == 2_000
        assert sum(len(files.below(one).sizes) for one in files.folders) == 2_000


def test_texts_have_a_limit(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("roomreel.importers.delivery.listing.LARGEST_TEXT", 2**20)
    for kind in MAKERS:
        place = MAKERS[kind]({"ok.json": bytes(2**20), "a.json": bytes(2**20 + 1)}, tmp_path / kind)
        with open_delivery(place, tmp_path / "scratch") as files:
            assert len(files.text("ok.json")) == 2**20
            with pytest.raises(DeliveryInvalid, match=rf"a\.json of {kind} is larger than 1 MiB"):
                files.text("a.json")


HOSTILE = {
    "../x": 'leads out of it by ".."',
    "a/../../x": 'leads out of it by ".."',
    "a\\..\\x": 'leads out of it by ".."',
    "/etc/passwd": "absolute",
    "\\x": "absolute",
    "C:/x": "absolute",
    "./": "no name",
}


@pytest.mark.parametrize("kind", ARCHIVES)
@pytest.mark.parametrize("name", HOSTILE)
def test_names_that_lead_elsewhere_are_refused(kind: str, name: str, tmp_path: Path) -> None:
    if name == "./" and kind == "zip":
        pytest.skip("a folder, in a zip")
    place = MAKERS[kind]({"a.json": b"{}", name: b"x"}, tmp_path / f"bad.{kind}")
    refuse(place, tmp_path, f"bad.{kind} is not taken: .*{HOSTILE[name]}")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("kind", ARCHIVES)
def test_names_that_come_twice_are_refused(kind: str, tmp_path: Path) -> None:
    class Twice(dict[str, bytes]):
        def items(self):
            return [("a/b.json", b"1"), ("a//b.json", b"2")]

    place = MAKERS[kind](Twice(), tmp_path / f"bad.{kind}")
    refuse(place, tmp_path, r"bad.* is not taken: a//b\.json is in it twice")


def test_links_in_archives_are_refused(tmp_path: Path) -> None:
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
        with tarfile.open(tmp_path / "bad.tar", "w") as archive:
            member = tarfile.TarInfo("a.webm")
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
        refuse(tmp_path / "bad.tar", tmp_path, r"a\.webm is (a link|no regular file)")
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        info = zipfile.ZipInfo("a.webm")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    refuse(tmp_path / "bad.zip", tmp_path, r"a\.webm is a link")


@pytest.mark.parametrize("kind", ARCHIVES)
def test_archives_of_too_many_entries_are_refused(kind: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(archives, "MOST_ENTRIES", 10)
    allowed = MAKERS[kind]({f"{n}.json": b"" for n in range(10)}, tmp_path / f"ok.{kind}")
    with open_delivery(allowed, tmp_path) as files:
        assert len(files.sizes) == 10
    place = MAKERS[kind]({f"{n}.json": b"" for n in range(11)}, tmp_path / f"bad.{kind}")
    refuse(place, tmp_path, "more than 10 entries")


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_what_inflates_too_far_is_refused(kind: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(archives, "INFLATED_FREELY", 2**20)
    allowed = MAKERS[kind]({"a.webm": bytes(2**20)}, tmp_path / f"ok.{kind}")
    with open_delivery(allowed, tmp_path) as files:
        assert files.local("a.webm").stat().st_size == 2**20
    place = MAKERS[kind]({"b.webm": bytes(2**20), "a.webm": b"x"}, tmp_path / f"bad.{kind}")
    refuse(place, tmp_path, "inflates more than 200-fold|makes 1.0 MB of")
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("kind", ARCHIVES)
def test_a_gibibyte_of_the_disk_stays_free(kind: str, tmp_path: Path, monkeypatch) -> None:
    place = MAKERS[kind]({"a.webm": bytes(2_000)}, tmp_path / f"x.{kind}")
    usage = SimpleNamespace(free=2**30 + 1_999)
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda _: usage)
    with (
        pytest.raises(DeliveryInvalid, match="holds 2000 bytes to be taken out, and 1999 bytes"),
        open_delivery(place, tmp_path) as files,
    ):
        files.local("a.webm")
    usage.free += 1
    with open_delivery(place, tmp_path) as files:
        assert files.local("a.webm").read_bytes() == bytes(2_000)


def test_a_password_is_named(tmp_path: Path) -> None:
    place = make_zip({"a.webm": b"x" * 50}, tmp_path / "locked.zip")
    data = bytearray(place.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    place.write_bytes(data)
    refuse(place, tmp_path, r"locked\.zip is not taken: a\.webm is locked with a password")


def test_what_is_no_archive_is_said(tmp_path: Path) -> None:
    for head, words in (
        (b"7z\xbc\xaf\x27\x1c", "packed by 7z"),
        (b"\x1a\x45\xdf\xa3" + bytes(600), "neither a folder nor a zip or tar"),
        (b"", "neither a folder nor a zip or tar"),
        (b"\x1f\x8b" + bytes(600), "cannot be read"),
        (b"PK\x03\x04" + bytes(600), "cannot be read"),
    ):
        (tmp_path / "x").write_bytes(head)
        refuse(tmp_path / "x", tmp_path, f"x (is|cannot).*{words}|x is {words}|x {words}")
    with pytest.raises(NotFound), open_delivery(tmp_path / "nothing", tmp_path):
        pass


def test_a_directory_that_claims_to_be_huge_costs_no_memory(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "bad.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("././@LongLink")
        member.type, member.size = tarfile.GNUTYPE_LONGNAME, 2**26
        archive.addfile(member, io.BytesIO(bytes(2**26)))
    refuse(tmp_path / "bad.tar.gz", tmp_path, "67.1 MB is to be read at once")


def changed(data: bytes, random: Random) -> bytes:
    """Return bytes of which some are cut, changed, doubled or moved."""
    held = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 5))):
        at, until = sorted((random.randrange(len(held) + 1), random.randrange(len(held) + 1)))
        match random.randrange(4):
            case 0 if held:
                held[min(at, len(held) - 1)] = random.randrange(256)
            case 1:
                del held[at : min(until, at + 40)]
            case 2:
                held[at:at] = held[at : min(until, at + 40)]
            case _:
                held[at : at + 4] = random.choice((b"\xff" * 4, b"\0" * 4, b"PK\1\2"))
    return bytes(held)


def read_changed(kind: str, count: int, folder: Path) -> None:
    files = {"a.json": b"{}" * 40, "b/c.webm": bytes(range(256)) * 4, "ж": b"x"}
    data = MAKERS[kind](files, folder / f"good.{kind}").read_bytes()
    random, words = Random(kind), list[str]()
    place = folder / f"x.{kind}"
    for _ in range(count):
        place.write_bytes(changed(data, random))
        try:
            with open_delivery(place, folder / "scratch") as delivery:
                for name in delivery.sizes:
                    delivery.head(name)
                    delivery.text(name)
                    delivery.modified(name)
                paths = delivery.locals(delivery.sizes).values()
                assert all(path.is_relative_to(folder / "scratch") for path in paths)
        except DeliveryInvalid as error:
            words.append(error.message)
        assert {one.name for one in folder.iterdir()} <= {f"good.{kind}", f"x.{kind}", "scratch"}
        assert not any((folder / "scratch").glob("*"))
    assert all(f"x.{kind}" in one for one in words)
    assert 0 < len(words) < count


@pytest.mark.parametrize("kind", ARCHIVES)
def test_x3_changed_archives_are_read_or_refused(kind: str, tmp_path: Path) -> None:
    read_changed(kind, 100, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("kind", ARCHIVES)
def test_x3_many_changed_archives_are_read_or_refused(kind: str, tmp_path: Path) -> None:
    read_changed(kind, 3_000, tmp_path)


def refuse(place: Path, scratch: Path, words: str) -> None:
    before = sorted(scratch.rglob("*"))
    with pytest.raises(DeliveryInvalid, match=words) as raised, open_delivery(place, scratch):
        pass
    assert raised.value.exit_code == 2
    assert sorted(scratch.rglob("*")) == before


def test_beginnings_are_read_once_as_far_as_they_may_be_kept(tmp_path: Path, monkeypatch) -> None:
    data = {name: bytes(range(256)) * 1024 for name in ("a.json", "b.json", "c.json")}
    monkeypatch.setattr(
        "roomreel.importers.delivery.listing._Room.__init__.__defaults__", (2 * 65_536,)
    )
    reads = []
    with open_delivery(make_folder(data, tmp_path / "in"), tmp_path) as files:
        read = files._read
        monkeypatch.setattr(
            files, "_read", lambda name, count: reads.append(name) or read(name, count)
        )
        for count in (65_536, 10, 4096, 65_536):
            for name, whole in data.items():
                assert files.head(name, count) == whole[:count]
        assert files.head("a.json", 70_000) == data["a.json"][:70_000]
    assert reads.count("b.json") == 1
    assert reads.count("a.json") == 2
    assert reads.count("c.json") > 2
